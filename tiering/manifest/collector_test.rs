//! The grace counts from the first sight and is never shortened.

use crate::manifest::{Collector, Garbage};
use esker_env::Instant;
use std::time::Duration;
use uuid::Uuid;

#[test]
fn an_item_is_due_a_grace_after_it_was_first_seen_however_often_it_is_seen_again() {
    let grace = Duration::from_secs(3600);
    let at = |secs| Instant::from_start(Duration::from_secs(secs));
    let [one, two] = [1, 2].map(|n| Garbage::PageAlone(Uuid::from_u128(n)));
    let mut collector = Collector::default();
    collector.observe(&[one], at(10));
    collector.observe(&[one, two], at(1000));
    assert_eq!(collector.next_due(grace), Some(at(3610)));
    assert!(collector.due(grace, at(3609), 9).is_empty());
    assert_eq!(collector.due(grace, at(3610), 9), [one]);
    assert_eq!(collector.due(grace, at(9999), 1).len(), 1);
    collector.observe(&[two], at(3700));
    assert_eq!(collector.due(grace, at(4600), 9), [two]);
    collector.observe(&[], at(3700));
    assert_eq!(collector.next_due(grace), None);
    collector.observe(&[one], at(5000));
    assert!(collector.due(grace, at(8000), 9).is_empty(), "gone and come again counts anew");
}

#[test]
fn what_is_deleted_is_not_due_again_while_a_version_still_lists_it() {
    let (grace, now) = (Duration::from_secs(3600), Instant::from_start(Duration::from_secs(9000)));
    let [one, two] = [1, 2].map(|n| Garbage::PageAlone(Uuid::from_u128(n)));
    let mut collector = Collector::default();
    collector.observe(&[one, two], Instant::from_start(Duration::from_secs(10)));
    collector.collected(&[one]);
    assert_eq!(collector.due(grace, now, 9), [two]);
    collector.collected(&[two]);
    assert_eq!((collector.due(grace, now, 9), collector.next_due(grace)), (vec![], None));
    collector.observe(&[one, two], now);
    assert_eq!((collector.due(grace, now, 9), collector.next_due(grace)), (vec![], None));
}
