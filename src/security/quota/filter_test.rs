//! Filters of quotas, as Kafka's tools use them.

use crate::testing::image;
use crate::{QuotaFilter, QuotaMatch, Refusal, RefusalKind};
use esker_metadata::{QuotaEntity, QuotaName, Record};

fn named(name: &str) -> Option<QuotaName> {
    Some(QuotaName::Named(name.into()))
}

fn selected(parts: &[(&str, QuotaMatch)], strict: bool) -> Vec<String> {
    let entities = [
        QuotaEntity { user: named("u"), ..QuotaEntity::default() },
        QuotaEntity { user: named("u"), client_id: named("c"), ip: None },
        QuotaEntity { user: Some(QuotaName::Default), ..QuotaEntity::default() },
        QuotaEntity { client_id: Some(QuotaName::Default), ..QuotaEntity::default() },
        QuotaEntity { ip: named("1.1.1.1"), ..QuotaEntity::default() },
    ];
    let image = image(entities.into_iter().map(|entity| Record::QuotaSet {
        entity,
        key: "producer_byte_rate".into(),
        value: Some(1.0),
    }));
    let mut filter = QuotaFilter::new(strict);
    for (kind, meant) in parts {
        filter.add(kind, Ok(meant.clone())).unwrap();
    }
    filter.check().unwrap();
    let mut found: Vec<String> = filter.select(&image).map(|(entity, _)| entity.to_string()).collect();
    found.sort();
    found
}

#[test]
fn a_filter_selects_by_parts() {
    let exactly = |name: QuotaName| QuotaMatch::Exactly(name);
    let u = || exactly(QuotaName::Named("u".into()));
    assert_eq!(selected(&[], false).len(), 5);
    assert!(selected(&[], true).is_empty());
    assert_eq!(selected(&[("user", u())], true), ["user u"]);
    assert_eq!(selected(&[("user", u())], false), ["user u", "user u client-id c"]);
    assert_eq!(selected(&[("user", QuotaMatch::Anybody)], true), ["user <default>", "user u"]);
    assert_eq!(selected(&[("client-id", exactly(QuotaName::Default))], false), ["client-id <default>"]);
    assert_eq!(selected(&[("user", u()), ("client-id", QuotaMatch::Anybody)], true), ["user u client-id c"]);
    assert_eq!(selected(&[("ip", QuotaMatch::Anybody)], true), ["ip 1.1.1.1"]);
}

#[test]
fn filters_that_cannot_be_are_told_in_kafkas_words() {
    let mut filter = QuotaFilter::new(false);
    let text = |result: Result<(), Refusal>| result.unwrap_err();
    assert_eq!(text(filter.add("", Ok(QuotaMatch::Anybody))).text, "Invalid empty entity type.");
    let unknown = text(filter.add("group", Ok(QuotaMatch::Anybody)));
    assert_eq!((unknown.kind, &*unknown.text), (RefusalKind::UnsupportedVersion, "Unsupported entity type group"));
    assert_eq!(text(filter.add("ip", Err(Refusal::invalid("Unknown match type 9")))).text, "Unknown match type 9");
    filter.add("ip", Ok(QuotaMatch::Anybody)).unwrap();
    let twice = text(filter.add("ip", Ok(QuotaMatch::Anybody)));
    assert_eq!(twice.text, "Entity type ip cannot appear more than once in the filter.");
    filter.check().unwrap();
    filter.add("user", Ok(QuotaMatch::Anybody)).unwrap();
    assert!(text(filter.check()).text.starts_with("Invalid entity filter component combination."));
}
