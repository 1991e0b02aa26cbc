//! Whether a log is the continuation of what is tiered: lineage, not length.
//!
//! An epoch has one leader and a leader only appends, so two logs that have the same epoch, begun at the same offset, at one
//! offset are the same up to there. It suffices to look at the last tiered record.

use esker_model::{EpochHistory, Offset};

/// How a local log stands to the tiered history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lineage {
    /// It holds or continues the last tiered record.
    Agrees,
    /// It ends before the tiered end: what is missing is in the bucket.
    EndsBelow,
    /// Its record at the last tiered offset was written by another leader: the tiered history wins.
    Diverges,
}

/// Compares the leader epochs of what is tiered, `[.., tiered_end)`, with those of a log that ends at `log_end`.
pub(crate) fn compare(tiered: &EpochHistory, tiered_end: Offset, local: &EpochHistory, log_end: Offset) -> Lineage {
    if log_end < tiered_end {
        return Lineage::EndsBelow;
    }
    let last = tiered_end - 1;
    let Some(tiered_epoch) = tiered.epoch_for_offset(last) else {
        return Lineage::Agrees; // nothing is tiered
    };
    let Some(local_epoch) = local.epoch_for_offset(last) else {
        // The log begins behind the last tiered record; it must then begin in that record's epoch or a later one.
        let begins_later = local.earliest().is_none_or(|first| first.epoch >= tiered_epoch);
        return if begins_later { Lineage::Agrees } else { Lineage::Diverges };
    };
    let start_of = |history: &EpochHistory, epoch| {
        history.entries().iter().find(|entry| entry.epoch == epoch).map(|entry| entry.start_offset)
    };
    let (tiered_start, local_start) = (start_of(tiered, tiered_epoch), start_of(local, local_epoch));
    // A history that was cut at log start begins late; its first start offset says nothing.
    let local_is_cut = local.earliest().map(|first| first.start_offset) == local_start;
    let starts_agree = tiered_start == local_start || (local_is_cut && local_start >= tiered_start);
    if tiered_epoch == local_epoch && starts_agree { Lineage::Agrees } else { Lineage::Diverges }
}
