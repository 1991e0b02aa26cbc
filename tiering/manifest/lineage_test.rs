//! The tiered history wins wherever the log cannot prove that it continues it.

use crate::manifest::{Lineage, compare};
use esker_model::{EpochEntry, EpochHistory};

fn history(entries: &[(i32, i64)]) -> EpochHistory {
    let entries = entries.iter().map(|&(epoch, start_offset)| EpochEntry { epoch, start_offset }).collect();
    EpochHistory::from_entries(entries).unwrap()
}

#[test]
fn a_log_with_the_last_tiered_record_agrees() {
    let tiered = history(&[(0, 0), (2, 100)]);
    assert_eq!(compare(&tiered, 150, &history(&[(0, 0), (2, 100)]), 150), Lineage::Agrees);
    assert_eq!(compare(&tiered, 150, &history(&[(0, 0), (2, 100), (5, 160)]), 200), Lineage::Agrees);
    assert_eq!(compare(&tiered, 150, &history(&[(2, 120), (5, 160)]), 200), Lineage::Agrees, "cut at log start");
    assert_eq!(compare(&tiered, 150, &history(&[(2, 150)]), 200), Lineage::Agrees, "begins at the tiered end");
    assert_eq!(compare(&tiered, 150, &EpochHistory::default(), 150), Lineage::Agrees, "an empty log at the tiered end");
}

#[test]
fn a_longer_log_of_another_lineage_diverges() {
    let tiered = history(&[(0, 0), (2, 100)]);
    assert_eq!(compare(&tiered, 150, &history(&[(0, 0), (1, 100)]), 900), Lineage::Diverges);
    assert_eq!(compare(&tiered, 150, &history(&[(0, 0)]), 900), Lineage::Diverges);
    assert_eq!(compare(&tiered, 150, &history(&[(0, 0), (2, 90)]), 900), Lineage::Diverges);
    assert_eq!(compare(&tiered, 150, &history(&[(0, 0), (2, 100), (3, 140)]), 900), Lineage::Diverges);
    assert_eq!(compare(&tiered, 150, &history(&[(1, 160)]), 900), Lineage::Diverges);
}

#[test]
fn a_log_that_ends_below_the_tiered_end_is_short_whatever_its_epochs() {
    let tiered = history(&[(0, 0)]);
    assert_eq!(compare(&tiered, 150, &history(&[(0, 0)]), 149), Lineage::EndsBelow);
    assert_eq!(compare(&tiered, 150, &EpochHistory::default(), 0), Lineage::EndsBelow);
}

#[test]
fn nothing_tiered_contradicts_nothing() {
    assert_eq!(compare(&EpochHistory::default(), 0, &history(&[(3, 0)]), 40), Lineage::Agrees);
}
