//! The comparison notices what it is there to notice.

use crate::kills_ledger::{Ledger, ReadLog, Sent};

fn sent(number: u64) -> Sent {
    Sent { session: 1, topic: "t", partition: 0, number }
}

fn log(numbers: &[u64]) -> ReadLog {
    ReadLog { topic: "t", partition: 0, records: numbers.iter().copied().map(sent).collect() }
}

fn ledger(acknowledged: &[(u64, i64)]) -> Ledger {
    Ledger { acknowledged: acknowledged.iter().map(|(n, o)| (sent(*n), *o)).collect(), failed: Vec::new() }
}

#[test]
fn what_was_acknowledged_and_stands_in_order_passes() {
    assert!(ledger(&[(0, 0), (1, 1)]).compare(&log(&[0, 1, 2])).is_ok());
}

#[test]
fn a_lost_record_is_noticed() {
    assert!(ledger(&[(0, 0), (1, 1)]).compare(&log(&[0])).is_err());
}

#[test]
fn a_gap_a_duplicate_and_a_swap_are_noticed() {
    assert!(ledger(&[]).compare(&log(&[0, 2])).is_err());
    assert!(ledger(&[]).compare(&log(&[0, 0])).is_err());
    assert!(ledger(&[]).compare(&log(&[1, 0])).is_err());
}

#[test]
fn a_label_reads_back() {
    let value = format!("{}filling", sent(42).label());
    assert_eq!(Sent::parse("t", 0, value.as_bytes()).unwrap(), sent(42));
}
