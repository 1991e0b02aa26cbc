//! Changes of quotas: what becomes a record, and Kafka's sentences for what does not.

use crate::testing::image;
use crate::{QuotaAlteration, alter_quotas};
use esker_metadata::{QuotaEntity, QuotaName, Record};

type Parts<'a> = &'a [(&'a str, Option<&'a str>)];

fn alteration(entity: Parts<'_>, ops: &[(&str, Option<f64>)]) -> QuotaAlteration {
    QuotaAlteration {
        entity: entity.iter().map(|(kind, name)| ((*kind).to_owned(), name.map(str::to_owned))).collect(),
        ops: ops.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect(),
    }
}

fn set(key: &str, value: Option<f64>) -> Record {
    let entity = QuotaEntity { user: Some(QuotaName::Named("u".into())), ..QuotaEntity::default() };
    Record::QuotaSet { entity, key: key.into(), value }
}

#[test]
fn only_what_differs_becomes_a_record() {
    let image = image([set("producer_byte_rate", Some(5.0)), set("request_percentage", Some(1.5))]);
    let change = alter_quotas(
        &image,
        &[alteration(
            &[("user", Some("u"))],
            &[
                ("producer_byte_rate", Some(5.0)),
                ("request_percentage", None),
                ("consumer_byte_rate", None),
                ("controller_mutation_rate", Some(0.5)),
            ],
        )],
    );
    assert_eq!(change.records, [set("request_percentage", None), set("controller_mutation_rate", Some(0.5))]);
    assert!(change.answer.len() == 1 && change.answer[0].1.is_ok());
}

#[test]
fn what_cannot_be_is_told_in_kafkas_words() {
    let user: Parts<'_> = &[("user", Some("u"))];
    let ip: Parts<'_> = &[("ip", Some("10.0.0.1"))];
    let table: &[(Parts<'_>, &str, f64, &str)] = &[
        (&[], "producer_byte_rate", 1.0, "Invalid empty client quota entity"),
        (&[("group", Some("g"))], "producer_byte_rate", 1.0, "Unhandled client quota entity type: group"),
        (&[("user", Some(""))], "producer_byte_rate", 1.0, "Empty user not supported"),
        (
            &[("user", Some("u")), ("ip", None)],
            "producer_byte_rate",
            1.0,
            "Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId",
        ),
        (
            &[("ip", Some("no such host"))],
            "connection_creation_rate",
            1.0,
            "no such host is not a valid IP or resolvable host.",
        ),
        (ip, "producer_byte_rate", 1.0, "Invalid configuration key producer_byte_rate"),
        (ip, "connection_creation_rate", 3e9, "Proposed value for connection_creation_rate is too large for an INT."),
        (user, "connection_creation_rate", 1.0, "Invalid configuration key connection_creation_rate"),
        (user, "x", 1.0, "Invalid configuration key x"),
        (user, "producer_byte_rate", 0.0, "Quota producer_byte_rate must be greater than 0"),
        (user, "producer_byte_rate", -1.0, "Quota producer_byte_rate must be greater than 0"),
        (user, "request_percentage", f64::NAN, "Quota request_percentage must be greater than 0"),
        (user, "request_percentage", f64::INFINITY, "Proposed value for request_percentage is too large for a DOUBLE."),
        (user, "producer_byte_rate", 1e19, "Proposed value for producer_byte_rate is too large for a LONG."),
        (user, "consumer_byte_rate", 1.5, "consumer_byte_rate cannot be a fractional value."),
    ];
    for (entity, key, value, text) in table {
        let change = alter_quotas(&image([]), &[alteration(entity, &[(key, Some(*value))])]);
        assert_eq!(change.answer[0].1.as_ref().unwrap_err().text, *text);
        assert!(change.records.is_empty(), "{text}");
    }
    assert!(
        alter_quotas(&image([]), &[alteration(ip, &[("connection_creation_rate", Some(3.0))])]).answer[0].1.is_ok()
    );
}

#[test]
fn an_entity_that_comes_twice_keeps_the_first_change_and_is_told_off() {
    let user: Parts<'_> = &[("user", Some("u")), ("client-id", None)];
    let change = alter_quotas(
        &image([]),
        &[
            alteration(user, &[("producer_byte_rate", Some(1.0))]),
            alteration(user, &[("producer_byte_rate", Some(2.0))]),
            alteration(&[("user", None)], &[("producer_byte_rate", Some(1.0)), ("producer_byte_rate", None)]),
        ],
    );
    assert_eq!((change.records.len(), change.answer.len()), (1, 2));
    let text = |at: usize| change.answer[at].1.as_ref().unwrap_err().text.clone();
    assert_eq!(text(0), "Ignoring duplicate entity ClientQuotaEntity(entries={client-id=null, user=u})");
    assert_eq!(text(1), "Ignoring duplicate entity ClientQuotaEntity(entries={user=null})");
}
