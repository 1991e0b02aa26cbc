//! When clients may ask and push.

use super::instances::{Found, Instances};
use super::{Push, PushFault, Throttled, Wanted, is_instance_id};
use bytes::Bytes;
use esker_env::Instant;
use esker_record::Codec;
use std::time::Duration;

const CLIENT: u128 = 7;

fn wanted(subscription: i32) -> Wanted {
    Wanted { subscription, interval_ms: 1_000, metrics: Vec::new() }
}

fn at(millis: u64) -> Instant {
    Instant::from_start(Duration::from_millis(millis))
}

fn pushed(subscription: i32) -> Push {
    Push { instance: CLIENT, subscription, terminating: false, compression: 0, metrics: Bytes::from_static(b"1234") }
}

/// One client that follows subscription 5.
struct Client(Instances);

impl Client {
    fn ask(&mut self, millis: u64) -> Result<(), Throttled> {
        self.0.look_up(CLIENT, &wanted(5), 1, at(millis));
        self.0.ask(CLIENT, &wanted(5), at(millis))
    }

    fn push(&mut self, push: &Push, millis: u64) -> Result<Codec, PushFault> {
        self.0.look_up(CLIENT, &wanted(5), 1, at(millis));
        self.0.push(push, 4, at(millis))
    }
}

fn client() -> Client {
    Client(Instances::default())
}

#[test]
fn who_asks_again_within_the_interval_is_throttled() {
    let mut client = client();
    assert_eq!(client.ask(0), Ok(()));
    assert_eq!(client.ask(999), Err(Throttled));
    assert_eq!(client.ask(1_000), Ok(()));
    assert_eq!(client.push(&pushed(5), 1_500), Ok(Codec::None));
    assert_eq!(client.ask(2_400), Err(Throttled), "a push counts too");
    assert_eq!(client.ask(2_500), Ok(()));
}

#[test]
fn the_first_push_after_an_answer_may_come_early_and_the_next_may_not() {
    let mut client = client();
    assert_eq!(client.ask(1), Ok(()));
    assert_eq!(client.push(&pushed(5), 10), Ok(Codec::None));
    assert_eq!(client.push(&pushed(5), 1_009), Err(PushFault::Throttled));
    assert_eq!(client.push(&pushed(5), 1_010), Ok(Codec::None));
    let last = Push { terminating: true, ..pushed(5) };
    assert_eq!(client.push(&last, 1_020), Ok(Codec::None), "a client that ends may always push");
    assert_eq!(client.push(&pushed(5), 9_000), Err(PushFault::Terminated), "and then no more");
}

#[test]
fn whoever_follows_another_subscription_may_ask_at_once() {
    let mut client = client();
    assert_eq!(client.ask(1), Ok(()));
    assert_eq!(client.push(&pushed(6), 10), Err(PushFault::UnknownSubscription));
    assert_eq!(client.ask(20), Ok(()));
    assert_eq!(client.ask(30), Err(Throttled), "once");
    let unknown_codec = Push { compression: 5, ..pushed(5) };
    assert_eq!(client.push(&unknown_codec, 1_030), Err(PushFault::UnknownCodec));
    assert_eq!(client.push(&Push { compression: -1, ..pushed(5) }, 2_040), Err(PushFault::UnknownCodec));
    assert_eq!(client.ask(2_050), Ok(()));
}

#[test]
fn what_is_too_large_is_refused_and_is_no_reason_to_ask() {
    let mut client = client();
    assert_eq!(client.ask(1), Ok(()));
    let large = Push { metrics: Bytes::from_static(b"12345"), compression: 4, ..pushed(5) };
    assert_eq!(client.push(&large, 10), Err(PushFault::TooLarge));
    assert_eq!(client.ask(20), Err(Throttled));
    assert_eq!(client.push(&Push { compression: 4, ..pushed(5) }, 1_010), Ok(Codec::Zstd));
}

#[test]
fn changed_subscriptions_begin_anew() {
    let mut client = client();
    assert_eq!(client.ask(1), Ok(()));
    let found = client.0.look_up(CLIENT, &wanted(6), 2, at(10));
    assert_eq!(found, Found { is_new: true, evicted: None });
    assert_eq!(client.0.push(&pushed(5), 4, at(10)), Err(PushFault::UnknownSubscription));
    assert_eq!(client.0.len(), 1);
    assert_eq!(client.0.look_up(CLIENT, &wanted(6), 2, at(20)), Found::default());
}

#[test]
fn silent_clients_are_forgotten_after_a_minute_or_three_intervals() {
    let mut client = client();
    assert_eq!(client.ask(0), Ok(()));
    assert!(client.0.expire(at(59_999)).is_empty());
    assert_eq!(client.0.expire(at(60_000)), [CLIENT]);
    let slow = Wanted { interval_ms: 3_600_000, ..wanted(5) };
    client.0.look_up(CLIENT, &slow, 1, at(0));
    assert!(client.0.expire(at(3 * 3_600_000 - 1)).is_empty());
    assert!(client.0.look_up(CLIENT, &slow, 1, at(3 * 3_600_000)).is_new, "noticed when it comes back, too");
}

#[test]
fn clients_without_end_take_the_place_of_whoever_was_silent_longest() {
    let mut all = Instances::default();
    let mut look_up = |id: u128, millis| all.look_up(id, &wanted(5), 1, at(millis));
    for id in 0..16_384 {
        assert_eq!(look_up(id, 0).evicted, None);
    }
    assert_eq!(look_up(0, 1), Found::default());
    assert_eq!(look_up(20_000, 1), Found { is_new: true, evicted: Some(1) });
    assert_eq!(all.len(), 16_384);
    assert_eq!(all.expire(at(60_000)).len(), 16_382);
    assert_eq!(all.len(), 2);
}

#[test]
fn no_client_has_the_ids_that_kafka_keeps_for_itself() {
    assert!(!is_instance_id(0) && !is_instance_id(1) && is_instance_id(2));
}
