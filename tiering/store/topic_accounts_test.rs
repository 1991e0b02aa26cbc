//! Whose requests are whose, and how many accounts there are.

use crate::keys::{Keys, PartitionHome};
use crate::store::{Counters, Operation, Reason};
use esker_model::TopicId;
use uuid::Uuid;

fn id(number: u128) -> TopicId {
    TopicId(Uuid::from_u128(number))
}

fn keys() -> Keys {
    Keys::new(&"some-cluster".parse().unwrap())
}

fn read(counters: &Counters, key: &str, bytes: u64) {
    let account = counters.account(Operation::Get, Reason::ColdRead, key);
    account.sent();
    account.moved(bytes);
}

/// Name, requests and bytes of each account.
fn told(counters: &Counters) -> Vec<(String, u64, u64)> {
    let rows = counters.topics().rows().into_iter();
    let sums = rows.map(|one| {
        let sum = |value: fn(&crate::RequestCount) -> u64| one.requests.iter().map(value).sum();
        (one.topic.to_string(), sum(|row| row.requests), sum(|row| row.bytes))
    });
    sums.collect()
}

#[test]
fn every_key_is_counted_for_its_topic() {
    let (counters, keys) = (Counters::default(), keys());
    counters.topics().open(id(7), "orders");
    let home = PartitionHome { topic_id: id(7), partition: 3 };
    for key in [keys.manifest(home, 1), keys.segments(home), keys.page(home, Uuid::nil()), keys.topic_json(id(7))] {
        read(&counters, &key, 10);
    }
    read(&counters, &keys.topic(id(7)), 1);
    read(&counters, &keys.topic_json(id(8)), 2);
    [keys.generation(1), keys.snapshots(), keys.probe(Uuid::nil()), String::new()].iter().for_each(|key| {
        read(&counters, key, 100);
    });
    let account = |name: &str, requests, bytes| (name.to_owned(), requests, bytes);
    assert_eq!(told(&counters), [account("(cluster)", 4, 400), account("(other)", 1, 2), account("orders", 5, 41)]);
    assert_eq!(counters.rows()[0].requests, 10, "the whole account has all of them");
}

#[test]
fn accounts_are_few_and_are_given_back() {
    let (counters, keys) = (Counters::default(), keys());
    for number in 0..150 {
        counters.topics().open(id(number), &format!("t{number}"));
        read(&counters, &keys.topic(id(number)), 1);
    }
    assert_eq!(told(&counters).len(), 101);
    assert!(told(&counters).contains(&("(other)".to_owned(), 50, 50)));
    counters.topics().close(id(5));
    counters.topics().open(id(149), "t149");
    read(&counters, &keys.topic(id(149)), 1);
    assert!(told(&counters).contains(&("t149".to_owned(), 1, 1)));
    assert!(!told(&counters).iter().any(|(name, ..)| name == "t5"));
    assert_eq!(counters.topics().name_of(id(148)), None);
}

#[test]
fn a_topic_that_is_made_again_goes_on_in_the_same_account() {
    let (counters, keys) = (Counters::default(), keys());
    counters.topics().open(id(1), "again");
    read(&counters, &keys.topic(id(1)), 3);
    counters.topics().open(id(2), "again");
    read(&counters, &keys.topic(id(2)), 4);
    counters.topics().close(id(1));
    assert_eq!(told(&counters), [("again".to_owned(), 2, 7)]);
}
