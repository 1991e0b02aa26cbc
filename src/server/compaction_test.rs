//! A broker compacts what its clients write to a compacted topic, and says so.

use crate::testing::{Client, World, http_get};
use esker_record::{BatchBuilder, Codec, NewRecord};
use std::time::Duration;

fn put(client: &mut Client, key: &str, number: i64) {
    let mut batch = BatchBuilder::new(Codec::None);
    let value = number.to_string();
    // A second between two of them: each begins a segment.
    let timestamp = 1_700_000_000_000 + 1000 * number;
    let record = NewRecord { timestamp, key: Some(key.as_bytes()), value: Some(value.as_bytes()), headers: &[] };
    batch.append(&record).unwrap();
    assert_eq!(client.produce_batch("table", 0, batch.build().unwrap().into()).unwrap(), number);
}

/// The count of a figure without labels.
fn figure(text: &str, name: &str) -> f64 {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{name} is missing:\n{text}"))
}

#[test]
fn a_compacted_topic_keeps_the_newest_of_each_key() {
    let world = World::new("log.cleaner.backoff.ms=20").unwrap();
    let broker = world.start().unwrap();
    let mut client = Client::of(&broker).unwrap();
    let configs = [("cleanup.policy", "compact"), ("segment.ms", "1"), ("min.cleanable.dirty.ratio", "0.01")];
    client.create_topic("table", 1, &configs).unwrap();
    for number in 0..20 {
        put(&mut client, if number % 2 == 0 { "even" } else { "odd" }, number);
    }
    let newest = ["17", "18", "19"].map(|value| value.as_bytes().to_vec());
    let mut left = Vec::new();
    for _ in 0..300 {
        left = client.fetch_all("table", 0, 0).unwrap();
        if left == newest {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
    assert_eq!(left, newest, "two keys, and the active segment, which is left alone");
    let (_, text) = http_get(&broker, "/metrics").unwrap();
    assert!(figure(&text, "kafka_log_logcleaner_rounds_total") >= 1.0);
    assert_eq!(figure(&text, "kafka_log_logcleaner_deadthreadcount"), 0.0);
    broker.stop();

    let broker = world.start().unwrap();
    let mut client = Client::of(&broker).unwrap();
    assert_eq!(client.fetch_all("table", 0, 0).unwrap(), newest, "after a clean stop too");
    put(&mut client, "even", 20);
    broker.stop();
}

#[test]
fn without_a_cleaner_nothing_is_compacted() {
    let world = World::new("log.cleaner.enable=false").unwrap();
    let broker = world.start().unwrap();
    let (_, text) = http_get(&broker, "/metrics").unwrap();
    assert!(!text.contains("logcleaner"), "{text}");
    broker.stop();
}
