//! Sensors are bounded, expire, and are shared by those for whom there is no room; quotas use them.

use super::limits::SensorKey;
use super::sensors::Sensors;
use super::{QuotaKind, Quotas, SENSORS_MAX};
use crate::testing::image;
use esker_config::QuotaConfig;
use esker_env::Instant;
use esker_metadata::{ImagePublisher, QuotaEntity, QuotaName, Record};
use std::sync::Arc;
use std::time::Duration;

fn at(millis: u64) -> Instant {
    Instant::from_start(Duration::from_millis(1_000_000 + millis))
}

fn key(n: usize) -> SensorKey {
    SensorKey { user: None, client_id: Some(n.to_string().into()) }
}

#[test]
fn made_up_names_fill_no_memory() {
    let mut sensors = Sensors::default();
    for n in 0..SENSORS_MAX + 1_000 {
        *sensors.get(key(n), at(0), || 0) += 1;
    }
    assert_eq!(sensors.len(), SENSORS_MAX);
    assert_eq!(*sensors.get(key(SENSORS_MAX + 5_000), at(0), || 0), 1_000, "those without room share one");
    assert_eq!(*sensors.get(key(7), at(0), || 0), 1, "who has one keeps it");
    sensors.get(key(7), at(3_600_000), || 0);
    assert_eq!(sensors.len(), 1, "an hour of silence ends a sensor");
}

fn quotas(records: impl IntoIterator<Item = Record>) -> (ImagePublisher, Arc<Quotas>) {
    let config = QuotaConfig { samples: 11, sample_seconds: 1, mutation_samples: 11, mutation_sample_seconds: 1 };
    let publisher = ImagePublisher::default();
    let quotas = Quotas::new(&config, publisher.watch());
    publisher.publish(Arc::new(image(records)));
    (publisher, quotas)
}

fn limit(user: Option<QuotaName>, client_id: Option<QuotaName>, key: &str, value: f64) -> Record {
    Record::QuotaSet { entity: QuotaEntity { user, client_id, ip: None }, key: key.into(), value: Some(value) }
}

#[test]
fn without_a_quota_nobody_pauses_and_nothing_is_remembered() {
    let (_publisher, quotas) = quotas([]);
    assert_eq!(quotas.record(QuotaKind::Produce, "u", "c", 1e12, at(0)), Duration::ZERO);
    assert_eq!(quotas.most_at_once(QuotaKind::Fetch, "u", "c"), None);
    assert_eq!(quotas.produce.lock().len(), 0);
    let mutations = quotas.mutations("u", "c", true);
    assert!(mutations.record(1e9, at(0)) && mutations.throttle(at(0)).is_zero());
}

#[test]
fn a_quota_for_users_adds_up_all_their_clients_and_one_for_clients_each_by_itself() {
    let (publisher, quotas) = quotas([limit(Some(QuotaName::Default), None, "producer_byte_rate", 500.0)]);
    assert_eq!(quotas.record(QuotaKind::Produce, "u", "a", 5_000.0, at(0)), Duration::ZERO);
    assert_eq!(quotas.record(QuotaKind::Produce, "v", "a", 5_000.0, at(0)), Duration::ZERO);
    assert_eq!(quotas.record(QuotaKind::Produce, "u", "b", 5_000.0, at(0)), Duration::from_secs(10));
    publisher.publish(Arc::new(image([
        limit(None, Some(QuotaName::Default), "consumer_byte_rate", 500.0),
        limit(None, Some(QuotaName::Named("b".into())), "consumer_byte_rate", 100.0),
    ])));
    assert_eq!(quotas.record(QuotaKind::Produce, "u", "b", 5_000.0, at(0)), Duration::ZERO, "the quota is gone");
    assert_eq!(quotas.record(QuotaKind::Fetch, "u", "a", 5_000.0, at(0)), Duration::ZERO);
    assert_eq!(quotas.record(QuotaKind::Fetch, "u", "b", 5_000.0, at(0)), Duration::from_secs(40));
    assert_eq!(quotas.most_at_once(QuotaKind::Fetch, "u", "b"), Some(1_000.0));
    quotas.note(QuotaKind::Fetch, "u", "b", -5_000.0, at(0));
    assert_eq!(quotas.record(QuotaKind::Fetch, "u", "b", 0.0, at(0)), Duration::ZERO, "it was taken back");
}

#[test]
fn time_on_threads_is_made_up_for_a_sample_at_a_time() {
    let (_publisher, quotas) = quotas([limit(Some(QuotaName::Default), None, "request_percentage", 0.1)]);
    assert_eq!(quotas.record(QuotaKind::Request, "u", "c", 100.0, at(0)), Duration::from_secs(1));
}

#[test]
fn changes_of_topics_are_refused_or_paused_for() {
    let quota = limit(Some(QuotaName::Default), None, "controller_mutation_rate", 1.0);
    let (_publisher, quotas) = quotas([quota]);
    let strict = quotas.mutations("u", "c", true);
    assert!(strict.record(12.0, at(0)), "eleven are saved, and the first that overdraws may");
    assert!(!strict.record(1.0, at(0)) && strict.is_exceeded());
    assert_eq!(strict.throttle(at(0)), Duration::from_secs(1));
    assert_eq!(strict.throttle(at(700)), Duration::from_millis(300), "what has passed since is not waited for again");
    let lax = quotas.mutations("u", "c", false);
    assert!(lax.record(2.0, at(1_000)) && !lax.is_exceeded());
    assert_eq!(lax.throttle(at(1_000)), Duration::from_secs(2));
    assert!(!quotas.mutations("u", "c", true).record(0.0, at(2_999)));
    assert!(quotas.mutations("u", "c", true).record(1.0, at(3_000)));
}
