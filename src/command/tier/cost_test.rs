//! What topics come to, and how it is written.

use super::cost::{Sum, money};
use esker_tiering::bucket::{Growth, Uploads};
use esker_tiering::cost::{MONTH, Prices, Usage};

const PRICES: Prices = Prices { storage_gib_month: 0.5, class_a_thousand: 4.0, class_b_thousand: 2.0, egress_gib: 8.0 };

#[test]
fn partitions_are_added_up_and_those_without_dates_are_named() {
    let usage = Usage { class_a: 1000, ..Usage::default() };
    let uploads = Uploads { period: MONTH / 2, objects: 500, bytes: 1 << 30, usage };
    let mut sum = Sum::default();
    sum.take(&Growth { objects: 700, bytes: 2 << 30, uploads: Some(uploads) }, &PRICES);
    sum.take(&Growth { objects: 3, bytes: 1 << 30, uploads: None }, &PRICES);
    sum.take(&Growth::default(), &PRICES);
    assert_eq!((sum.objects, sum.bytes, sum.undated), (703, 3 << 30, 1));
    assert_eq!((sum.storage, sum.uploads), (1.5, 8.0));
    let mut all = sum.clone();
    all += &sum;
    assert_eq!((all.objects, all.storage, all.uploads, all.undated), (1406, 3.0, 16.0, 2));
}

#[test]
fn small_sums_keep_two_digits() {
    let shown = [0.0, 12.345, 0.5, 0.099, 0.012_34, 0.000_456_7, 1e-12].map(money);
    assert_eq!(shown, ["0.00", "12.35", "0.50", "0.099", "0.012", "0.00046", "0.00000000"]);
}
