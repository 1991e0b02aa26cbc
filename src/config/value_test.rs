//! Values are read and refused as Kafka 4.3.1 does; the sentences were taken from a running one.

use crate::{Scope, Secret, Value, find};

fn read(scope: Scope, name: &str, text: &str) -> Result<Option<String>, String> {
    let key = find(scope, name).unwrap();
    key.parse(text).map(|value| value.shown()).map_err(|error| error.to_string())
}

fn topic(name: &str, text: &str) -> Result<Option<String>, String> {
    read(Scope::Topic, name, text)
}

fn broker(name: &str, text: &str) -> Result<Option<String>, String> {
    read(Scope::Broker, name, text)
}

fn shown(text: &str) -> Result<Option<String>, String> {
    Ok(Some(text.to_owned()))
}

fn refused(text: &str) -> Result<Option<String>, String> {
    Err(text.to_owned())
}

#[test]
fn numbers_are_read_as_java_reads_them() {
    assert_eq!(topic("flush.ms", "+5"), shown("5"));
    assert_eq!(topic("flush.ms", " 7\t"), shown("7"));
    assert_eq!(topic("retention.bytes", "-5"), shown("-5"));
    for text in ["x", "", "1e3", "0x10", "1.0", "1 000", "9223372036854775808"] {
        let sentence = format!("Invalid value {text} for configuration flush.ms: Not a number of type LONG");
        assert_eq!(topic("flush.ms", text), refused(&sentence));
    }
    assert_eq!(
        topic("segment.bytes", "99999999999"),
        refused("Invalid value 99999999999 for configuration segment.bytes: Not a number of type INT")
    );
    assert_eq!(
        broker("offsets.topic.replication.factor", "40000"),
        refused("Invalid value 40000 for configuration offsets.topic.replication.factor: Not a number of type SHORT")
    );
}

#[test]
fn decimal_numbers_are_read_and_written_as_java_does() {
    let ratio = "min.cleanable.dirty.ratio";
    for (text, written) in
        [(".5", "0.5"), ("0.3f", "0.3"), ("1", "1.0"), ("NaN", "NaN"), ("5e-1", "0.5"), ("0.0001", "1.0E-4")]
    {
        assert_eq!(topic(ratio, text), shown(written));
    }
    let rate = "log.cleaner.io.max.bytes.per.second";
    for (text, written) in [
        ("1e7", "1.0E7"),
        ("1000000", "1000000.0"),
        ("123456789.25", "1.2345678925E8"),
        ("0.001", "0.001"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("1.7976931348623157E308", "1.7976931348623157E308"),
        ("-0", "-0.0"),
    ] {
        assert_eq!(broker(rate, text), shown(written));
    }
    for text in ["x", "", "inf", "nan", "infinity", "0x1p3", "1_0", "f", "--1", "."] {
        assert_eq!(
            topic(ratio, text),
            refused(&format!("Invalid value {text} for configuration {ratio}: Not a number of type DOUBLE"))
        );
    }
    assert_eq!(
        topic(ratio, "1.5"),
        refused("Invalid value 1.5 for configuration min.cleanable.dirty.ratio: Value must be no more than 1")
    );
    assert_eq!(
        broker("log.cleaner.min.cleanable.ratio", "-1"),
        refused("Invalid value -1.0 for configuration log.cleaner.min.cleanable.ratio: Value must be at least 0")
    );
}

#[test]
fn bounds_are_told_in_kafkas_words() {
    for (name, text, why) in [
        ("retention.ms", "-2", "Value must be at least -1"),
        ("segment.bytes", "1000", "Value must be at least 1048576"),
        ("compression.gzip.level", "0", "Value must be between 1 and 9 or equal to -1"),
        ("compression.lz4.level", "18", "Value must be no more than 17"),
        ("compression.zstd.level", "23", "Value must be no more than 22"),
        ("min.insync.replicas", "0", "Value must be at least 1"),
        ("preallocate", "maybe", "Expected value to be either true or false"),
        ("message.timestamp.type", "foo", "String must be one of: CreateTime, LogAppendTime"),
        ("compression.type", "GZIP", "String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer"),
        ("cleanup.policy", "foo", "String must be one of: compact, delete"),
    ] {
        assert_eq!(topic(name, text), refused(&format!("Invalid value {text} for configuration {name}: {why}")));
    }
    assert_eq!(topic("preallocate", "TRUE"), shown("true"));
    assert_eq!(broker("group.consumer.migration.policy", "Upgrade"), shown("Upgrade"));
    assert_eq!(
        broker("group.consumer.migration.policy", "x"),
        refused(
            "Invalid value x for configuration group.consumer.migration.policy: String must be one of (case \
             insensitive): DISABLED, DOWNGRADE, UPGRADE, BIDIRECTIONAL"
        )
    );
    assert_eq!(
        broker("remote.log.storage.manager.class.name", ""),
        refused("Invalid value  for configuration remote.log.storage.manager.class.name: String must be non-empty")
    );
}

#[test]
fn lists_lose_repetitions_and_may_not_hold_empty_entries() {
    assert_eq!(topic("cleanup.policy", "compact, compact ,delete"), shown("compact,delete"));
    assert_eq!(topic("cleanup.policy", ""), shown(""));
    for text in [",", "delete,", "a,,b"] {
        assert_eq!(topic("cleanup.policy", text), refused("Configuration 'cleanup.policy' values must not be empty."));
    }
    assert_eq!(
        broker("log.dirs", ""),
        refused("Configuration 'log.dirs' must not be empty. Valid values include: any non-empty value")
    );
    assert_eq!(
        broker("process.roles", ""),
        refused("Configuration 'process.roles' must not be empty. Valid values include: [broker, controller]")
    );
    let key = "leader.replication.throttled.replicas";
    assert_eq!(topic(key, "0:1,1:2"), shown("0:1,1:2"));
    assert_eq!(topic(key, "*"), shown("*"));
    assert_eq!(
        topic(key, "none"),
        refused(
            "Invalid value [none] for configuration leader.replication.throttled.replicas: \
             leader.replication.throttled.replicas must be the literal '*' or a list of replicas in the following format: \
             [partitionId]:[brokerId],[partitionId]:[brokerId],..."
        )
    );
}

#[test]
fn java_classes_other_than_the_default_cannot_be_found() {
    let key = "principal.builder.class";
    let default = find(Scope::Broker, key).unwrap().default.text().unwrap();
    assert_eq!(broker(key, default), shown(default));
    assert_eq!(
        broker(key, "foo"),
        refused("Invalid value foo for configuration principal.builder.class: Class foo could not be found.")
    );
    assert!(broker("create.topic.policy.class.name", "com.example.Policy").is_err());
}

#[test]
fn a_share_group_begins_at_an_end_or_some_time_ago() {
    let key = "share.auto.offset.reset";
    let group = |text: &str| read(Scope::Group, key, text);
    for text in ["latest", "earliest", "by_duration:PT1H", "by_duration:P1DT2H3M4.5S", "by_duration:pt0s"] {
        assert_eq!(group(text), shown(text));
    }
    for text in [
        "foo",
        "by_duration:foo",
        "by_duration:",
        "by_duration:PT",
        "by_duration:P",
        "by_duration:-PT1H",
        "by_duration:PT1.S",
        "by_duration:P99999999999999999999D",
    ] {
        assert_eq!(
            group(text),
            refused(&format!(
                "Invalid value {text} for configuration {key}: Invalid value `{text}` for configuration {key}. The value \
                 must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'."
            ))
        );
    }
}

#[test]
fn the_metadata_quorum_is_named_by_id_host_and_port() {
    let key = "controller.quorum.voters";
    assert_eq!(broker(key, "1@h:9,2@[::1]:8"), shown("1@h:9,2@[::1]:8"));
    assert_eq!(
        broker(key, "x"),
        refused(
            "Invalid configuration value for controller.quorum.voters. Each entry should be in the form `{id}@{host}:{port}`."
        )
    );
    assert_eq!(
        broker(key, "1@h"),
        refused(
            "Failed to parse host name from entry 1@h for the configuration controller.quorum.voters. Each entry should \
             be in the form `{id}@{host}:{port}`."
        )
    );
    for text in ["1@h:99999", "1@:9", "@h:9", "1@h:-1", "1@h:9x"] {
        assert!(broker(key, text).is_err(), "{text}");
    }
    assert_eq!(
        broker("controller.quorum.bootstrap.servers", "h"),
        refused(
            "Failed to parse host name from h for the configuration controller.quorum.bootstrap.servers. Each entry \
             should be in the form \"{host}:{port}\""
        )
    );
}

#[test]
fn a_very_long_value_is_not_repeated_whole() {
    let long = "9".repeat(10_000_000);
    let error = topic("retention.ms", &long).unwrap_err();
    assert!(error.len() < 1_000, "{} bytes", error.len());
    let list = vec!["x"; 1_000_000].join(",");
    assert!(topic("cleanup.policy", &list).unwrap_err().len() < 1_000);
    assert!(topic("leader.replication.throttled.replicas", &list).unwrap_err().len() < 2_000);
}

#[test]
fn a_secret_hides_in_every_form() {
    let secret = Secret::new("hunter2");
    assert_eq!(
        format!("{secret} {secret:?} {:?}", Value::Password(secret.clone())),
        "[hidden] [hidden] Password([hidden])"
    );
    assert_eq!(Value::Password(secret.clone()).shown(), None);
    assert_eq!(secret.reveal(), "hunter2");
}
