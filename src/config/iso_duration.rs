//! Durations written as ISO 8601 has them: `PnDTnHnMn.nS`, a day being 24 hours.

use std::time::Duration;

/// Reads a duration; `None` where the text is none, is negative or does not fit.
pub fn parse_iso_duration(text: &str) -> Option<Duration> {
    let upper = text.to_ascii_uppercase();
    let body = upper.strip_prefix('P')?;
    let (days, clock) = match body.split_once('T') {
        // A `T` announces a time, so there must be one.
        Some((_, "")) => return None,
        Some((days, clock)) => (days, clock),
        None => (body, ""),
    };
    if days.is_empty() && clock.is_empty() {
        return None;
    }
    let mut total = Duration::ZERO;
    if !days.is_empty() {
        total = whole(days.strip_suffix('D')?, 86_400)?;
    }
    let (hours, rest) = part(clock, 'H', 3_600)?;
    let (minutes, rest) = part(rest, 'M', 60)?;
    let seconds = if rest.is_empty() { Duration::ZERO } else { fractional(rest.strip_suffix('S')?)? };
    total.checked_add(hours)?.checked_add(minutes)?.checked_add(seconds)
}

/// The part of `text` before `mark`, in seconds times `factor`, and what follows; zero where the mark is absent.
fn part(text: &str, mark: char, factor: u64) -> Option<(Duration, &str)> {
    match text.split_once(mark) {
        Some((number, rest)) => Some((whole(number, factor)?, rest)),
        None => Some((Duration::ZERO, text)),
    }
}

fn whole(text: &str, factor: u64) -> Option<Duration> {
    digits(text).then_some(())?;
    Some(Duration::from_secs(text.parse::<u64>().ok()?.checked_mul(factor)?))
}

fn fractional(text: &str) -> Option<Duration> {
    let (seconds, nanos) = text.split_once('.').unwrap_or((text, "0"));
    if !digits(seconds) || !digits(nanos) || nanos.len() > 9 {
        return None;
    }
    Some(Duration::new(seconds.parse().ok()?, format!("{nanos:0<9}").parse().ok()?))
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
