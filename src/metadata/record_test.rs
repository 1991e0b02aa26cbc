//! The records' text: promised names, tolerance for fields, none for types.

use crate::samples::history;
use crate::*;

fn tag(record: &Record) -> String {
    let value: serde_json::Value = serde_json::from_slice(&record.encode()).unwrap();
    value["type"].as_str().unwrap().to_owned()
}

#[test]
fn every_promised_type_is_written_and_read_and_no_other() {
    let mut seen: Vec<String> = history().iter().map(tag).collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen, RECORD_TYPES, "the list is sorted, whole, and the sample history uses all of it");
    for record in history() {
        assert_eq!(Record::decode(&record.encode()).unwrap(), record);
    }
}

#[test]
fn the_text_of_a_record_is_a_promise() {
    let records = history();
    let text = |at: usize| String::from_utf8(records[at].encode()).unwrap();
    assert_eq!(text(0), r#"{"type":"cluster-created","cluster_id":"AAAAAAAAQACAAAAAAAAAAQ"}"#);
    assert_eq!(text(1), r#"{"type":"feature-set","name":"metadata.version","level":30}"#);
    assert_eq!(
        text(4),
        r#"{"type":"config-set","resource":{"kind":"broker","name":""},"key":"min.insync.replicas","value":"1"}"#
    );
    assert_eq!(text(6), r#"{"type":"broker-changed","broker":1,"epoch":5,"fenced":false}"#);
    assert_eq!(text(9), r#"{"type":"topic-created","topic_id":"AAAAAAAAAAAAAAAAAAAAAQ","name":"payments.eu"}"#);
    let partition = concat!(
        r#"{"type":"partition-created","topic_id":"AAAAAAAAAAAAAAAAAAAAAQ","partition":0,"replicas":[1],"isr":[1],"#,
        r#""directories":["00000000-0000-0000-0000-000000000385"],"leader":1,"leader_epoch":0,"partition_epoch":0}"#
    );
    assert_eq!(text(10), partition);
    let of_type = |name: &str| {
        let found = records.iter().find(|record| tag(record) == name).unwrap();
        String::from_utf8(found.encode()).unwrap()
    };
    let acl = concat!(
        r#"{"type":"acl-created","resource_type":"topic","pattern_type":"literal","resource_name":"orders","#,
        r#""principal":"User:alice","host":"*","operation":"read","permission":"deny"}"#
    );
    assert_eq!(of_type("acl-created"), acl);
    let quota = concat!(
        r#"{"type":"quota-set","entity":{"user":{"named":"alice"},"client_id":"default"},"#,
        r#""key":"producer_byte_rate","value":1024.5}"#
    );
    assert_eq!(of_type("quota-set"), quota);
    let scram = concat!(
        r#"{"type":"scram-credential-set","user":"alice","mechanism":"SCRAM-SHA-256","iterations":4096,"#,
        r#""salt":"7365637265742073616c74","stored_key":"0001feff","server_key":""}"#
    );
    assert_eq!(of_type("scram-credential-set"), scram);
}

#[test]
fn a_field_from_a_newer_version_is_passed_over() {
    let text = br#"{"type":"feature-set","name":"x","level":2,"because":{"of":["what"]}}"#;
    assert_eq!(Record::decode(text).unwrap(), Record::FeatureSet { name: "x".into(), level: 2 });
    let text = br#"{"type":"partition-changed","topic_id":"AAAAAAAAAAAAAAAAAAAAAQ","partition":0,"isr":[1],"later":1}"#;
    assert!(matches!(Record::decode(text), Ok(Record::PartitionChanged { .. })));
}

#[test]
fn a_type_from_a_newer_version_is_refused_and_says_so() {
    let error = Record::decode(br#"{"type":"from-the-future","x":1}"#).unwrap_err();
    assert!(matches!(&error, RecordError::Newer(name) if name == "from-the-future"));
    assert!(error.to_string().contains("written by a newer version"), "{error}");
}

#[test]
fn bytes_that_are_no_record_are_damage() {
    for bytes in [&b""[..], b"\xff\xfe", b"{}", b"[1]", br#"{"type":"feature-set","name":7}"#, br#"{"type":5}"#] {
        assert!(matches!(Record::decode(bytes), Err(RecordError::Damaged(_))), "{bytes:?}");
    }
}

#[test]
fn what_is_kept_of_a_password_is_never_shown() {
    for record in history() {
        let text = format!("{record:?}");
        let set = matches!(record, Record::ScramCredentialSet { .. });
        assert!(!set || (!text.contains("254") && !text.contains("115, 101")), "{text}");
    }
    let damaged = br#"{"type":"scram-credential-set","user":"a","mechanism":"SCRAM-SHA-256","iterations":1,"salt":"0","stored_key":"","server_key":""}"#;
    assert!(matches!(Record::decode(damaged), Err(RecordError::Damaged(_))));
}
