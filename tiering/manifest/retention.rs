//! How far remote retention may move log start: by time and by size over both tiers together.
//!
//! As in Kafka, whole segments go, oldest first, and the first that stays ends the walk.

use crate::manifest::{Entry, PageRef, Root};
use esker_model::{Offset, TimestampMs};

/// `retention.ms` and `retention.bytes`; `None` means for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RetentionLimits {
    pub(crate) time_ms: Option<i64>,
    pub(crate) bytes: Option<u64>,
}

/// What a walk found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Where log start may move to.
    pub(crate) log_start: Option<Offset>,
    /// The page in which the walk goes on, with the limits that are left.
    pub(crate) inside: Option<(PageRef, Walk)>,
    /// When the oldest survivor's time is over, if nothing else happens.
    pub(crate) survives_until_ms: Option<TimestampMs>,
}

/// The state of a walk from the oldest entry on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Walk {
    log_start: Offset,
    horizon_ms: Option<TimestampMs>,
    time_ms: i64,
    excess: u64,
}

/// Walks over a version. `local_bytes` are those of the log behind the tiered end.
pub(crate) fn expired_until(root: &Root, local_bytes: u64, limits: RetentionLimits, now_ms: TimestampMs) -> Cut {
    let mut walk = Walk {
        log_start: root.log_start,
        horizon_ms: limits.time_ms.map(|time_ms| now_ms.saturating_sub(time_ms)),
        time_ms: limits.time_ms.unwrap_or(0),
        excess: 0,
    };
    // While a page is only partly below log start and not dropped that far, its visible bytes are not known: better late than
    // too much.
    let first_is_known =
        root.pages.first().is_none_or(|page| page.base >= root.log_start || root.dropped_to == root.log_start);
    if let Some(limit) = limits.bytes.filter(|_| first_is_known) {
        let hidden_pages = root.pages.iter().filter(|page| page.next <= root.log_start).map(|page| page.bytes);
        let hidden_entries = root.entries.iter().filter(|entry| entry.next <= root.log_start).map(Entry::object_len);
        let hidden: u64 = hidden_pages.sum::<u64>() + hidden_entries.sum::<u64>();
        let total = root.live_bytes.saturating_sub(hidden).saturating_add(local_bytes);
        walk.excess = total.saturating_sub(limit);
    }
    walk.over(&root.pages, &root.entries)
}

impl Walk {
    /// Goes on over pages and the entries behind them.
    pub(crate) fn over(mut self, pages: &[PageRef], entries: &[Entry]) -> Cut {
        let mut cut = Cut::default();
        let log_start = self.log_start;
        for page in pages.iter().filter(|page| page.next > log_start) {
            if !self.takes(page.bytes, page.max_timestamp) {
                if self.horizon_ms.is_some() || self.excess > 0 {
                    cut.inside = Some((*page, self));
                }
                return cut;
            }
            cut.log_start = Some(page.next);
        }
        for entry in entries.iter().filter(|entry| entry.next > log_start) {
            if !self.takes(entry.object_len(), entry.max_timestamp) {
                let until = entry.max_timestamp.saturating_add(self.time_ms);
                cut.survives_until_ms = self.horizon_ms.map(|_| until);
                return cut;
            }
            cut.log_start = Some(entry.next);
        }
        cut
    }

    fn takes(&mut self, bytes: u64, max_timestamp: TimestampMs) -> bool {
        // A segment without timestamps (-1) never ends by time: nobody said how old it is.
        let is_old = max_timestamp >= 0 && self.horizon_ms.is_some_and(|horizon| max_timestamp < horizon);
        let is_too_much = bytes > 0 && self.excess >= bytes;
        if is_old || is_too_much {
            self.excess = self.excess.saturating_sub(bytes);
        }
        is_old || is_too_much
    }
}
