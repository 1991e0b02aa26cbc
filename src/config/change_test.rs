//! Changes of configuration, each with the answer that a running Kafka 4.3.1 gave; where a key is of Kafka 4.4, with the answer that its
//! source gives.

use crate::startup_test::start;
use crate::{
    AlterKind, AlterOp, BrokerValues, CleanupPolicy, ConfigMap, Rejection, RejectionKind, Resource, apply,
    validate_client_metrics,
};

fn map(text: &str) -> ConfigMap {
    text.split_whitespace()
        .map(|pair| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap())
        .collect()
}

fn answer(result: Result<(), Rejection>) -> String {
    match result {
        Ok(()) => "ok".to_owned(),
        Err(Rejection { kind: RejectionKind::InvalidConfig, text }) => format!("config: {text}"),
        Err(Rejection { kind: RejectionKind::InvalidRequest, text }) => format!("request: {text}"),
    }
}

fn topic(values: &BrokerValues, configs: &str, before: &str) -> String {
    answer(values.validate_topic(&map(configs), &map(before)))
}

fn broker(values: &BrokerValues, resource: Resource, configs: &str) -> String {
    answer(values.validate_broker(resource, &map(configs)))
}

const TIERED: &str = "esker.tier.url=memory:\nlog.retention.hours=24\nlog.retention.bytes=5000000\n";

#[test]
fn topics_without_a_tier() {
    let values = start("").values;
    for (configs, expected) in [
        ("", "ok"),
        ("retention.ms=x", "config: Invalid value x for configuration retention.ms: Not a number of type LONG"),
        ("unknown.key=1", "config: Unknown topic config name: unknown.key"),
        ("message.format.version=3.0", "config: Unknown topic config name: message.format.version"),
        (
            "min.compaction.lag.ms=100 max.compaction.lag.ms=50",
            "config: conflict topic config setting min.compaction.lag.ms (100) > max.compaction.lag.ms (50)",
        ),
        (
            "remote.storage.enable=true",
            "config: Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.",
        ),
        ("remote.log.copy.disable=true", "ok"),
        ("remote.copy.lag.ms=99999999999 remote.copy.lag.bytes=99999999999", "ok"),
        ("local.retention.ms=99999999999", "ok"),
        ("internal.segment.bytes=5", "ok"),
        ("cleanup.policy=", "ok"),
    ] {
        assert_eq!(topic(&values, configs, ""), expected, "{configs}");
    }
}

#[test]
fn tiered_topics() {
    let values = start(TIERED).values;
    let policy = "config: Remote log storage only supports topics with cleanup.policy=delete or cleanup.policy being an empty list.";
    for (configs, expected) in [
        ("", "ok"),
        ("cleanup.policy=compact", policy),
        ("cleanup.policy=compact,delete", policy),
        ("cleanup.policy=", "ok"),
        (
            "local.retention.ms=-1",
            "config: Invalid value -1 for configuration local.retention.ms: Value must not be -1 as retention.ms value is set as 86400000.",
        ),
        (
            "local.retention.ms=86400001",
            "config: Invalid value 86400001 for configuration local.retention.ms: Value must not be more than retention.ms property value: 86400000",
        ),
        (
            "local.retention.bytes=-1",
            "config: Invalid value -1 for configuration local.retention.bytes: Value must not be -1 as retention.bytes value is set as 5000000.",
        ),
        (
            "local.retention.bytes=5000001",
            "config: Invalid value 5000001 for configuration local.retention.bytes: Value must not be more than retention.bytes property value: 5000000",
        ),
        ("retention.ms=-1 local.retention.ms=-1 retention.bytes=-1 local.retention.bytes=-1", "ok"),
        (
            "remote.log.copy.disable=true local.retention.ms=5",
            "config: When `remote.log.copy.disable` is set to true, the `local.retention.ms` and `retention.ms` must be set to the identical value because there will be no more logs copied to the remote storage.",
        ),
        (
            "remote.log.copy.disable=true local.retention.bytes=5",
            "config: When `remote.log.copy.disable` is set to true, the `local.retention.bytes` and `retention.bytes` must be set to the identical value because there will be no more logs copied to the remote storage.",
        ),
        ("remote.log.copy.disable=true", "ok"),
        (
            "retention.ms=50 local.retention.ms=100",
            "config: Invalid value 100 for configuration local.retention.ms: Value must not be more than retention.ms property value: 50",
        ),
        ("remote.copy.lag.ms=-1 remote.copy.lag.bytes=-1", "ok"),
        ("remote.copy.lag.ms=86400000 remote.copy.lag.bytes=5000000", "ok"),
        ("retention.ms=-1 local.retention.ms=-1 remote.copy.lag.ms=99999999999", "ok"),
        (
            "remote.copy.lag.ms=-2",
            "config: Invalid value -2 for configuration remote.copy.lag.ms: Value must be at least -1",
        ),
        (
            "remote.copy.lag.ms=86400001",
            "config: Invalid value 86400001 for configuration remote.copy.lag.ms: Value must not exceed local.retention.ms (effective value: 86400000)",
        ),
        (
            "local.retention.bytes=100 remote.copy.lag.bytes=101",
            "config: Invalid value 101 for configuration remote.copy.lag.bytes: Value must not exceed local.retention.bytes (effective value: 100)",
        ),
        (
            "local.retention.ms=5 remote.copy.lag.ms=6 remote.copy.lag.bytes=5000001",
            "config: Invalid value 6 for configuration remote.copy.lag.ms: Value must not exceed local.retention.ms (effective value: 5)",
        ),
    ] {
        assert_eq!(topic(&values, &format!("remote.storage.enable=true {configs}"), ""), expected, "{configs}");
    }
}

#[test]
fn a_topic_leaves_the_tier_only_with_its_data() {
    let values = start(TIERED).values;
    let refused = "config: It is invalid to disable remote storage without deleting remote data. If you want to keep the \
        remote data and turn to read only, please set `remote.storage.enable=true,remote.log.copy.disable=true`. If you want \
        to disable remote storage and delete all remote data, please set \
        `remote.storage.enable=false,remote.log.delete.on.disable=true`.";
    let before = "remote.storage.enable=true";
    assert_eq!(topic(&values, "remote.storage.enable=false", before), refused);
    assert_eq!(topic(&values, "", before), refused);
    assert_eq!(topic(&values, "remote.storage.enable=false remote.log.delete.on.disable=true", before), "ok");
    assert_eq!(topic(&values, "remote.storage.enable=false remote.log.delete.on.disable=true", ""), "ok");
}

#[test]
fn new_topics_are_tiered_by_default_where_they_can_be() {
    let tiered = map("remote.storage.enable=true");
    let values = start("esker.tier.url=memory:\nesker.tier.topics.default=true\n").values;
    assert_eq!(values.creation_defaults("t", &ConfigMap::new()), tiered);
    for (name, configs) in [
        ("t", "remote.storage.enable=false"),
        ("t", "cleanup.policy=compact"),
        ("t", "cleanup.policy=compact,delete"),
        ("t", "local.retention.ms=9999999999999"),
        ("__consumer_offsets", ""),
    ] {
        assert_eq!(values.creation_defaults(name, &map(configs)), ConfigMap::new(), "{name} {configs}");
    }
    let off = start("esker.tier.topics.default=true\n").values;
    assert_eq!(off.creation_defaults("t", &ConfigMap::new()), ConfigMap::new());
    let compacting =
        start("esker.tier.url=memory:\nesker.tier.topics.default=true\nlog.cleanup.policy=compact\n").values;
    assert_eq!(compacting.creation_defaults("t", &ConfigMap::new()), ConfigMap::new());
}

#[test]
fn a_stored_value_that_is_no_longer_allowed_reads_as_not_set() {
    let values = start("").values;
    let settings = values.topic_settings(&map("segment.bytes=5 cleanup.policy=shred gone.key=1 retention.ms=7"));
    assert_eq!(settings.segment_bytes, 1 << 30);
    assert_eq!(settings.cleanup_policy, CleanupPolicy { compact: false, delete: true });
    assert_eq!(settings.retention.unwrap().as_millis(), 7);
}

#[test]
fn local_retention_is_the_whole_where_it_is_not_set_apart() {
    let values = start("").values;
    let settings = values.topic_settings(&map("retention.ms=5 retention.bytes=6"));
    assert_eq!((settings.local_retention(), settings.local_retention_size()), (settings.retention, 6));
    let settings = values.topic_settings(&map("retention.ms=-1 local.retention.ms=9 local.retention.bytes=8"));
    assert_eq!((settings.local_retention().unwrap().as_millis(), settings.local_retention_size()), (9, 8));
    assert_eq!(settings.retention, None);
    assert_eq!(values.topic_settings(&map("internal.segment.bytes=77")).segment_size(), 77);
}

#[test]
fn brokers_change_what_kafkas_can() {
    use Resource::{Broker, ClusterDefault};
    let values = start("").values;
    let threads = "request: Invalid value org.apache.kafka.common.config.ConfigException: Dynamic thread count update validation failed for num.io.threads=100, value should not be greater than double the current value 8 for configuration Invalid dynamic configuration";
    for (resource, configs, expected) in [
        (Broker, "log.retention.hours=1", "request: Cannot update these configs dynamically: [log.retention.hours]"),
        (
            Broker,
            "log.retention.ms=5 log.retention.hours=4 node.id=4",
            "request: Cannot update these configs dynamically: [log.retention.hours, node.id]",
        ),
        (
            Broker,
            "num.io.threads=0",
            "request: Invalid value 0 for configuration num.io.threads: Value must be at least 1",
        ),
        (Broker, "num.io.threads=100", threads),
        (ClusterDefault, "num.io.threads=100", threads),
        (ClusterDefault, "num.io.threads=16", "ok"),
        (
            ClusterDefault,
            "background.threads=1",
            "request: Invalid value org.apache.kafka.common.config.ConfigException: Dynamic thread count update validation failed for background.threads=1, value should be at least half the current value 10 for configuration Invalid dynamic configuration",
        ),
        (
            ClusterDefault,
            "log.cleaner.threads=10",
            "request: Invalid value org.apache.kafka.common.config.ConfigException: Log cleaner threads cannot be increased to more than double the current value 1 for configuration Invalid dynamic configuration",
        ),
        (
            ClusterDefault,
            "listeners=PLAINTEXT://:9092",
            "request: Cannot update these configs at default cluster level, broker id must be specified: [listeners]",
        ),
        (
            Broker,
            "listeners=PLAINTEXT://:9099",
            "request: requirement failed: controller.listener.names must contain at least one value appearing in the 'listeners' configuration when running the KRaft controller role",
        ),
        (
            Broker,
            "ssl.keystore.location=/x",
            "request: These security configs can be dynamically updated only per-listener using the listener prefix: [ssl.keystore.location]",
        ),
        (Broker, "listener.name.plaintext.ssl.keystore.location=/x", "ok"),
        (
            ClusterDefault,
            "listener.name.plaintext.ssl.keystore.location=/x",
            "request: Cannot update these configs at default cluster level, broker id must be specified: [listener.name.plaintext.ssl.keystore.location]",
        ),
        (ClusterDefault, "listener.name.plaintext.max.connections=78", "ok"),
        (Broker, "unknown.thing=3", "ok"),
        (
            ClusterDefault,
            "log.retention.ms=0",
            "request: requirement failed: log.retention.ms must be unlimited (-1) or, greater than or equal to 1",
        ),
        (ClusterDefault, "log.retention.ms=-2", "ok"),
        (
            ClusterDefault,
            "log.segment.bytes=100",
            "request: Invalid value 100 for configuration log.segment.bytes: Value must be at least 1048576",
        ),
        (
            ClusterDefault,
            "max.connections.per.ip=0",
            "request: requirement failed: max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.",
        ),
        (Broker, "max.connections.per.ip.overrides=127.0.0.1:5", "ok"),
        (
            ClusterDefault,
            "log.local.retention.ms=99999999999",
            "request: Invalid value org.apache.kafka.common.config.ConfigException: Invalid value 99999999999 for configuration log.local.retention.ms: Value must not be more than log.retention.ms property value: 604800000 for configuration Invalid dynamic configuration",
        ),
        (
            ClusterDefault,
            "log.remote.copy.lag.ms=604800001",
            "request: Invalid value org.apache.kafka.common.config.ConfigException: Invalid value 604800001 for configuration log.remote.copy.lag.ms: Value must not exceed log.local.retention.ms (effective value: 604800000) for configuration Invalid dynamic configuration",
        ),
        (
            Broker,
            "principal.builder.class=foo",
            "request: Invalid value foo for configuration principal.builder.class: Class foo could not be found.",
        ),
        (
            Broker,
            "leader.replication.throttled.rate=-1",
            "request: Invalid value -1 for configuration leader.replication.throttled.rate: Value must be at least 0",
        ),
        (
            Broker,
            "advertised.listeners=PLAINTEXT://foo:1",
            "request: Cannot update these configs dynamically: [advertised.listeners]",
        ),
        (Broker, "cordoned.log.dirs=*", "ok"),
        (
            Broker,
            "cordoned.log.dirs=/x",
            "request: requirement failed: All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : /x",
        ),
        (
            Broker,
            "listener.security.protocol.map=A:B",
            "request: Invalid security protocol `B` defined in listener.security.protocol.map",
        ),
        (
            ClusterDefault,
            "remote.log.storage.system.enable=false",
            "request: Cannot update these configs dynamically: [remote.log.storage.system.enable]",
        ),
        (
            ClusterDefault,
            "sasl.jaas.config=foo",
            "request: Cannot update these configs at default cluster level, broker id must be specified: [sasl.jaas.config]",
        ),
    ] {
        assert_eq!(broker(&values, resource, configs), expected, "{configs}");
    }
}

#[test]
fn no_change_turns_on_what_cannot_be_enforced() {
    let values = start("").values;
    for configs in [
        "listener.security.protocol.map=PLAINTEXT:SSL,CONTROLLER:PLAINTEXT",
        "ssl.client.auth=required",
        "sasl.enabled.mechanisms=PLAIN",
        "listener.name.plaintext.ssl.client.auth=required",
        "config.providers=file",
    ] {
        assert!(broker(&values, Resource::Broker, configs).starts_with("request: "), "{configs}");
    }
}

#[test]
fn where_data_goes_and_whose_keys_open_it_is_never_changed_from_outside() {
    let values = start("").values;
    for configs in [
        "esker.tier.url=s3://elsewhere",
        "esker.tier.s3.endpoint=http://169.254.169.254",
        "esker.tier.s3.secret.access.key=x",
        "esker.tier.cache.dir=/",
        "esker.http.listener=0.0.0.0:1",
    ] {
        let name = configs.split('=').next().unwrap();
        let expected = format!("config: {name} is read at the start and cannot be changed dynamically");
        assert_eq!(broker(&values, Resource::Broker, configs), expected);
        assert_eq!(broker(&values, Resource::ClusterDefault, configs), expected);
    }
    assert_eq!(broker(&values, Resource::Broker, "esker.foo=1"), "config: Unknown broker config name: esker.foo");
}

#[test]
fn groups_stay_within_the_brokers_bounds() {
    let values = start("").values;
    let group = |configs: &str| answer(values.validate_group(&map(configs)));
    for (configs, expected) in [
        ("consumer.session.timeout.ms=46000", "ok"),
        (
            "consumer.session.timeout.ms=x",
            "config: Invalid value x for configuration consumer.session.timeout.ms: Not a number of type INT",
        ),
        (
            "consumer.session.timeout.ms=1",
            "config: consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms",
        ),
        (
            "consumer.session.timeout.ms=1000000",
            "config: consumer.session.timeout.ms must be less than or equal to group.consumer.max.session.timeout.ms",
        ),
        (
            "consumer.heartbeat.interval.ms=100000",
            "config: consumer.heartbeat.interval.ms must be less than or equal to group.consumer.max.heartbeat.interval.ms",
        ),
        ("nosuch=1", "config: Unknown group config name: nosuch"),
        ("share.auto.offset.reset=by_duration:PT1H", "ok"),
        (
            "share.record.lock.duration.ms=1000000",
            "config: share.record.lock.duration.ms must be less than or equal to group.share.max.record.lock.duration.ms",
        ),
        (
            "share.record.lock.duration.ms=100",
            "config: Invalid value 100 for configuration share.record.lock.duration.ms: Value must be at least 1000",
        ),
        (
            "share.delivery.count.limit=100",
            "config: share.delivery.count.limit must be less than or equal to group.share.max.delivery.count.limit",
        ),
        (
            "share.partition.max.record.locks=1000000",
            "config: share.partition.max.record.locks must be less than or equal to group.share.max.partition.max.record.locks",
        ),
        (
            "streams.num.standby.replicas=100",
            "config: streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas",
        ),
        (
            "streams.session.timeout.ms=100",
            "config: streams.session.timeout.ms must be greater than or equal to group.streams.min.session.timeout.ms",
        ),
        (
            "consumer.assignment.interval.ms=100000",
            "config: consumer.assignment.interval.ms must be less than or equal to group.consumer.max.assignment.interval.ms",
        ),
    ] {
        assert_eq!(group(configs), expected, "{configs}");
    }
}

#[test]
fn client_metrics_subscriptions_have_bounds_and_patterns() {
    for (configs, expected) in [
        ("interval.ms=100 metrics=a,b match=client_id=a.*", "ok"),
        (
            "interval.ms=1",
            "request: Invalid value 1 for interval.ms, interval must be between 100 and 3600000 (1 hour)",
        ),
        ("interval.ms=x", "config: Invalid value x for configuration interval.ms: Not a number of type INT"),
        ("match=foo", "config: Illegal client matching pattern: foo"),
        ("match=foo=bar", "config: Illegal client matching pattern: foo=bar"),
        ("match=client_id=[", "config: Illegal client matching pattern: client_id=["),
        (
            "match=client_id=((a{1000}){1000}){1000}",
            "config: Illegal client matching pattern: client_id=((a{1000}){1000}){1000}",
        ),
        ("nosuch=1", "request: Unknown client metrics configuration: nosuch"),
    ] {
        assert_eq!(answer(validate_client_metrics(&map(configs))), expected, "{configs}");
    }
}

fn op(kind: AlterKind, name: &str, value: &str) -> AlterOp {
    AlterOp { name: name.to_owned(), kind, value: Some(value.to_owned()) }
}

fn applied(resource: Resource, current: &str, ops: &[AlterOp]) -> Result<ConfigMap, String> {
    apply(resource, &map(current), ops).map_err(|rejection| answer(Err(rejection)))
}

#[test]
fn operations_set_delete_append_and_subtract() {
    use AlterKind::{Append, Delete, Set, Subtract};
    let topic = |current: &str, ops: &[AlterOp]| applied(Resource::Topic, current, ops);
    assert_eq!(topic("a=1 b=2", &[op(Set, "a", "3"), op(Delete, "b", ""), op(Delete, "c", "")]), Ok(map("a=3")));
    assert_eq!(topic("", &[op(Append, "cleanup.policy", "compact")]), Ok(map("cleanup.policy=delete,compact")));
    assert_eq!(
        topic("cleanup.policy=compact", &[op(Append, "cleanup.policy", "compact")]),
        Ok(map("cleanup.policy=compact"))
    );
    assert_eq!(
        topic("cleanup.policy=delete,compact", &[op(Subtract, "cleanup.policy", "delete,compact")]),
        Ok(map("cleanup.policy="))
    );
    assert_eq!(topic("", &[op(Subtract, "cleanup.policy", "compact")]), Ok(map("cleanup.policy=delete")));
}

#[test]
fn wrong_operations_are_answered_as_kafka_does() {
    use AlterKind::{Append, Delete, Set};
    let refused = |text: &str| Err(text.to_owned());
    assert_eq!(
        applied(Resource::Topic, "", &[op(Append, "retention.ms", "1")]),
        refused("config: Can't APPEND to key retention.ms because its type is not LIST.")
    );
    assert_eq!(
        applied(Resource::Topic, "", &[op(Append, "nosuch", "1")]),
        refused("config: Can't APPEND to key nosuch because its type is not LIST.")
    );
    assert_eq!(
        applied(Resource::ClientMetrics, "metrics=a", &[op(Append, "metrics", "c")]),
        refused("config: Can't APPEND to key metrics because its type is not LIST.")
    );
    assert_eq!(
        applied(Resource::ClusterDefault, "", &[op(Append, "num.io.threads", "3")]),
        refused("config: Config value append is not allowed for config key: num.io.threads")
    );
    assert_eq!(
        applied(Resource::Topic, "", &[op(Set, "retention.ms", "1"), op(Set, "retention.ms", "2")]),
        refused("request: Error due to duplicate config keys")
    );
    let null = AlterOp { name: "retention.ms".to_owned(), kind: Set, value: None };
    assert_eq!(applied(Resource::Topic, "", &[null]), refused("request: Null value not supported for : retention.ms"));
    let min_isr = "min.insync.replicas";
    assert_eq!(
        applied(Resource::Broker, "", &[op(Set, min_isr, "2")]),
        refused("config: Broker-level min.insync.replicas cannot be altered while ELR is enabled.")
    );
    assert_eq!(
        applied(Resource::ClusterDefault, "min.insync.replicas=1", &[op(Delete, min_isr, "")]),
        refused("config: Cluster-level min.insync.replicas cannot be removed while ELR is enabled.")
    );
    assert_eq!(applied(Resource::ClusterDefault, "", &[op(Set, min_isr, "2")]), Ok(map("min.insync.replicas=2")));
}
