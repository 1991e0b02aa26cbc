//! What is stored and what was asked become one picture of each topic.

use super::cost::{FIGURES, costs};
use super::figure::Emit;
use esker_tiering::cost::{MONTH, Prices, Usage};
use esker_tiering::{Operation, Reason, RequestCount, TopicRequests};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const PRICES: Prices = Prices { storage_gib_month: 0.5, class_a_thousand: 4.0, class_b_thousand: 2.0, egress_gib: 8.0 };

fn shown(name: &str, costs: &super::cost::Costs) -> Vec<(String, f64)> {
    let figure = FIGURES.iter().find(|figure| figure.name == name).unwrap();
    let mut seen = Vec::new();
    (figure.read)(
        costs,
        &mut Emit::new(&mut |value, labels| {
            let labels: Vec<String> = labels.iter().map(|label| label.value.to_string()).collect();
            seen.push((labels.join(" "), value));
        }),
    );
    seen
}

fn requests(topic: &str) -> TopicRequests {
    let row = RequestCount { operation: Operation::Put, reason: Reason::Segment, requests: 1000, errors: 1, bytes: 7 };
    TopicRequests { topic: topic.into(), requests: vec![row] }
}

#[test]
fn a_topic_is_priced_by_what_it_stores_and_asks() {
    let used = BTreeMap::from([(Arc::from("a"), Usage { class_a: 500, class_b: 500, egress_bytes: 1 << 28 })]);
    let stored = BTreeMap::from([(Arc::from("a"), 4 << 30), (Arc::from("quiet"), 1 << 30)]);
    let costs = costs(stored, vec![requests("a"), requests("(cluster)")], (MONTH / 2, &used), &PRICES);
    let expected = [
        ("(cluster) storage", 0.0),
        ("(cluster) class_a", 0.0),
        ("(cluster) class_b", 0.0),
        ("(cluster) egress", 0.0),
        ("a storage", 2.0),
        ("a class_a", 4.0),
        ("a class_b", 2.0),
        ("a egress", 4.0),
        ("quiet storage", 0.5),
        ("quiet class_a", 0.0),
        ("quiet class_b", 0.0),
        ("quiet egress", 0.0),
    ];
    assert_eq!(shown("esker_tier_cost_per_month", &costs), expected.map(|(labels, value)| (labels.to_owned(), value)));
    let total = shown("esker_tier_topic_requests_total", &costs);
    assert_eq!(total, ["(cluster)", "a"].map(|topic| (format!("{topic} put segment"), 1000.0)));
    assert_eq!(shown("esker_tier_cost_window_seconds", &costs), [(String::new(), MONTH.as_secs_f64() / 2.0)]);
}

#[test]
fn nothing_is_extrapolated_from_nothing() {
    let stored = BTreeMap::from([(Arc::from("a"), 2 << 30)]);
    let costs = costs(stored, Vec::new(), (Duration::ZERO, &BTreeMap::new()), &PRICES);
    assert_eq!(shown("esker_tier_cost_per_month", &costs), [("a storage".to_owned(), 1.0)]);
    assert_eq!(shown("esker_tier_topic_stored_bytes", &costs), [("a".to_owned(), 2_147_483_648.0)]);
}
