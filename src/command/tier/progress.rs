//! A line on the standard error output that says how far a long check is, and when it will be done.

use super::table;
use esker_env::{Env, Instant};
use esker_tiering::bucket::{VerifyCounts, VerifyProgress};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

/// Pause between two lines on a terminal, and elsewhere.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// Shows the progress while `work` runs.
pub async fn while_running<T>(env: &Env, progress: &VerifyProgress, work: impl Future<Output = T>) -> T {
    let is_terminal = io::stderr().is_terminal();
    let begun = env.clock.now();
    let pause = if is_terminal { PAUSES.0 } else { PAUSES.1 };
    let mut work = std::pin::pin!(work);
    loop {
        if let Some(done) = esker_env::timeout(pause, work.as_mut()).await {
            if is_terminal {
                show("\r\x1b[K");
            }
            return done;
        }
        let line = line(&progress.counts(), env.clock.now(), begun);
        if is_terminal { show(&format!("\r{line}\x1b[K")) } else { show(&format!("{line}\n")) }
    }
}

/// Whether it can be shown is not what the check is about.
fn show(text: &str) {
    let mut err = io::stderr();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

/// The line: share, counts, speed, time left.
pub fn line(counts: &VerifyCounts, now: Instant, begun: Instant) -> String {
    let VerifyCounts { objects_total, bytes_total, objects_done, bytes_done } = *counts;
    let share = bytes_done.saturating_mul(100).checked_div(bytes_total).unwrap_or(0).min(100);
    let seconds = now.since(begun).as_secs_f64();
    let speed = if seconds > 0.0 { bytes_done as f64 / seconds } else { 0.0 };
    let left = if speed >= 1.0 {
        let left = (bytes_total.saturating_sub(bytes_done) as f64 / speed) as u64;
        format!("{}:{:02}:{:02} left", left / 3600, left / 60 % 60, left % 60)
    } else {
        "time left unknown".to_owned()
    };
    let (done, total, speed) = (table::bytes(bytes_done), table::bytes(bytes_total), table::bytes(speed as u64));
    format!("{share:3} %  {objects_done} of {objects_total} objects  {done} of {total}  {speed}/s  {left}")
}
