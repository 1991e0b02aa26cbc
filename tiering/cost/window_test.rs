//! What requests cost, and which of them count.

use crate::cost::{CostWindow, MONTH, Prices, RequestCost, Usage};
use crate::store::{Operation, Reason, RequestCount};
use esker_env::Instant;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn at(hours: u32) -> Instant {
    Instant::from_start(HOUR * (hours + 1000))
}

fn used(class_a: u64) -> BTreeMap<Arc<str>, Usage> {
    BTreeMap::from([(Arc::from("t"), Usage { class_a, ..Usage::default() })])
}

fn seen(look: (Duration, BTreeMap<Arc<str>, Usage>)) -> (u64, u64) {
    (look.0.as_secs() / 3600, look.1.get("t").map_or(0, |usage| usage.class_a))
}

#[test]
fn requests_are_sorted_as_providers_price_them() {
    let row =
        |operation, requests, bytes| RequestCount { operation, reason: Reason::Segment, requests, errors: 0, bytes };
    let rows = [
        row(Operation::Put, 1, 100),
        row(Operation::Create, 2, 100),
        row(Operation::List, 4, 0),
        row(Operation::Multipart, 8, 0),
        row(Operation::PutPart, 16, 100),
        row(Operation::Get, 32, 500),
        row(Operation::Delete, 64, 0),
    ];
    assert_eq!(Usage::of(&rows), Usage { class_a: 31, class_b: 32, egress_bytes: 500 });
}

#[test]
fn a_month_goes_on_as_the_period_was() {
    let prices = Prices { storage_gib_month: 0.5, class_a_thousand: 4.0, class_b_thousand: 2.0, egress_gib: 8.0 };
    assert_eq!(prices.storage(3 << 30), 1.5);
    let usage = Usage { class_a: 1000, class_b: 500, egress_bytes: 1 << 29 };
    let cost = usage.per_month(MONTH / 2, &prices);
    assert_eq!(cost, RequestCost { class_a: 8.0, class_b: 2.0, egress: 8.0 });
    assert_eq!(cost.sum(), 18.0);
    assert_eq!(usage.per_month(Duration::ZERO, &prices), RequestCost::default());
}

#[test]
fn a_window_reaches_back_to_the_start_and_then_moves_on() {
    let mut window = CostWindow::new(HOUR * 24, at(0));
    assert_eq!(seen(window.look(at(0), used(50))), (0, 0), "nothing can be told yet");
    assert_eq!(seen(window.look(at(12), used(60))), (12, 60));
    assert_eq!(seen(window.look(at(24), used(70))), (24, 70), "the whole window still begins at the start");
    assert_eq!(seen(window.look(at(30), used(75))), (30, 75), "no later look is a whole window old");
    assert_eq!(seen(window.look(at(37), used(80))), (25, 20), "the look of hour 12 is");
    assert_eq!(seen(window.look(at(100), used(90))), (63, 10));
}

#[test]
fn a_window_keeps_few_looks_however_often_it_is_asked() {
    let mut window = CostWindow::new(HOUR * 24, at(0));
    for minute in 0..24 * 60 * 4 {
        let now = at(0) + Duration::from_secs(60 * minute);
        let (period, _) = window.look(now, used(minute));
        assert!(period <= HOUR * 25, "it is never longer than a step more");
    }
    assert!(format!("{window:?}").matches("class_a").count() <= 26);
}

#[test]
fn a_topic_that_is_new_or_counted_anew_is_not_more_than_it_is() {
    let mut window = CostWindow::new(HOUR, at(0));
    window.look(at(1), used(50));
    assert_eq!(seen(window.look(at(2), used(7))), (1, 0), "fewer than before: it went and came back");
    let (_, within) =
        window.look(at(3), BTreeMap::from([(Arc::from("new"), Usage { class_a: 3, ..Usage::default() })]));
    assert_eq!(within.len(), 1);
    assert_eq!(within["new"].class_a, 3);
}
