//! The most specific quota counts.

use super::QuotaKind;
use super::limits::Limits;
use crate::testing::image;
use esker_metadata::{QuotaEntity, QuotaName, Record};

fn entity(user: Option<&str>, client: Option<&str>) -> QuotaEntity {
    let name = |text: &str| if text == "*" { QuotaName::Default } else { QuotaName::Named(text.into()) };
    QuotaEntity { user: user.map(name), client_id: client.map(name), ip: None }
}

fn quota(user: Option<&str>, client: Option<&str>, value: f64) -> Record {
    Record::QuotaSet { entity: entity(user, client), key: "producer_byte_rate".into(), value: Some(value) }
}

#[test]
fn quotas_count_in_kafkas_order() {
    let levels = [
        (Some("u"), Some("c"), (true, true)),
        (Some("u"), Some("*"), (true, true)),
        (Some("u"), None, (true, false)),
        (Some("*"), Some("c"), (true, true)),
        (Some("*"), Some("*"), (true, true)),
        (Some("*"), None, (true, false)),
        (None, Some("c"), (false, true)),
        (None, Some("*"), (false, true)),
    ];
    for first in 0..levels.len() {
        let records =
            levels.iter().zip(1..).skip(first).map(|((user, client, _), n)| quota(*user, *client, f64::from(n)));
        let limits = Limits::new(image(records).quotas());
        let limit = limits.of(QuotaKind::Produce).unwrap().find("u", "c").unwrap();
        let shares = (limit.key.user.is_some(), limit.key.client_id.is_some());
        assert_eq!((limit.value, shares), ((first + 1) as f64, levels[first].2), "from level {first} on");
        assert!(limits.of(QuotaKind::Fetch).is_none());
    }
}

#[test]
fn an_empty_client_id_is_only_limited_by_its_user() {
    let records = [quota(Some("u"), Some("*"), 1.0), quota(None, Some("*"), 2.0), quota(Some("*"), None, 3.0)];
    let limits = Limits::new(image(records).quotas());
    let produce = limits.of(QuotaKind::Produce).unwrap();
    assert_eq!(produce.find("u", "").unwrap().value, 3.0);
    assert_eq!(produce.find("u", "c").unwrap().value, 1.0);
    assert_eq!(produce.find("v", "c").unwrap().value, 3.0);
    let clients = Limits::new(image([quota(None, Some("*"), 2.0)]).quotas());
    assert!(clients.of(QuotaKind::Produce).unwrap().find("u", "").is_none());
}

#[test]
fn quotas_of_addresses_limit_no_user() {
    let entity = QuotaEntity { ip: Some(QuotaName::Default), ..QuotaEntity::default() };
    let records = [Record::QuotaSet { entity, key: "producer_byte_rate".into(), value: Some(1.0) }];
    assert!(Limits::new(image(records).quotas()).of(QuotaKind::Produce).is_none());
}
