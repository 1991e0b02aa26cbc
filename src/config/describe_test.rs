//! DescribeConfigs, entry by entry as a running Kafka 4.3.1 answered under the same settings.

use crate::startup_test::start;
use crate::{BrokerValues, ConfigMap, ConfigSource, DescribedConfig, Type, describe_client_metrics};

fn map(pairs: &[(&str, &str)]) -> ConfigMap {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn source(source: ConfigSource) -> &'static str {
    match source {
        ConfigSource::Topic => "topic",
        ConfigSource::DynamicBroker => "broker",
        ConfigSource::DynamicDefaultBroker => "cluster",
        ConfigSource::StaticBroker => "static",
        ConfigSource::Default => "default",
        ConfigSource::ClientMetrics => "metrics",
        ConfigSource::Group => "group",
        ConfigSource::BrokerLogger => "broker logger",
    }
}

/// `value@source [name=value@source ...]`.
fn line(entries: &[DescribedConfig], name: &str) -> String {
    let entry = entries.iter().find(|entry| entry.name == name).unwrap_or_else(|| panic!("{name} is not described"));
    let value = |value: &Option<String>| value.clone().unwrap_or("null".to_owned());
    let synonyms = entry.synonyms.iter();
    let synonyms: Vec<_> = synonyms
        .map(|synonym| format!("{}={}@{}", synonym.name, value(&synonym.value), source(synonym.source)))
        .collect();
    format!("{}@{} [{}]", value(&entry.value), source(entry.source), synonyms.join(" "))
}

/// A broker with settings in every layer.
fn layered() -> BrokerValues {
    let values = start(
        "log.retention.hours=24\nlog.roll.ms=3600000\nlog.flush.scheduler.interval.ms=7000\nlog.roll.jitter.hours=1\n\
         log.segment.bytes=2000000\nlog.cleanup.policy=delete\nfoo.bar=baz\ninternal.metadata.delete.delay.millis=1000\n\
         listener.name.plaintext.max.connections=77\nmin.insync.replicas=1\nssl.keystore.password=hunter2\n\
         group.consumer.session.timeout.ms=50000\n",
    )
    .values;
    values.with_dynamic(
        &map(&[
            ("min.insync.replicas", "1"),
            ("listener.name.plaintext.max.connections", "78"),
            ("log.flush.interval.ms", "9000"),
            ("log.retention.ms", "200000"),
            ("max.connections", "78"),
        ]),
        &map(&[
            ("log.retention.ms", "300000"),
            ("listener.name.plaintext.max.connections", "78"),
            ("unknown.a", "1"),
            ("leader.replication.throttled.rate", "100"),
        ]),
    )
}

#[test]
fn all_of_kafkas_keys_are_described() {
    let ours = |entries: &[DescribedConfig]| entries.iter().filter(|entry| !entry.name.starts_with("esker.")).count();
    let values = start("").values;
    assert_eq!(ours(&values.describe_broker()), 342, "two of them are Kafka 4.4's");
    assert_eq!(ours(&values.describe_topic(&ConfigMap::new())), 35, "and these are their topic keys");
    assert_eq!(values.describe_group(&ConfigMap::new()).len(), 17);
    assert_eq!(describe_client_metrics(&ConfigMap::new()).len(), 3);
    let entries = values.describe_broker();
    assert!(entries.is_sorted_by(|one, next| one.name < next.name));
    assert!(entries.iter().all(|entry| entry.documentation.is_some()));
}

#[test]
fn a_topic_at_its_defaults_names_the_brokers_keys_where_kafka_does() {
    let topic = start("").values.describe_topic(&ConfigMap::new());
    for (name, expected) in [
        ("cleanup.policy", "delete@default [log.cleanup.policy=delete@default]"),
        ("retention.ms", "604800000@default []"),
        ("segment.ms", "604800000@default []"),
        ("segment.jitter.ms", "0@default []"),
        ("flush.ms", "9223372036854775807@default []"),
        ("remote.storage.enable", "false@default []"),
        ("local.retention.ms", "-2@default [log.local.retention.ms=-2@default]"),
        ("min.insync.replicas", "1@default [min.insync.replicas=1@default]"),
        ("min.cleanable.dirty.ratio", "0.5@default [log.cleaner.min.cleanable.ratio=0.5@default]"),
        ("leader.replication.throttled.replicas", "@default []"),
    ] {
        assert_eq!(line(&topic, name), expected, "{name}");
    }
    assert!(topic.iter().all(|entry| !entry.read_only && !entry.sensitive));
}

#[test]
fn a_topic_shows_every_layer_below_its_own() {
    let values = layered();
    let topic = values.describe_topic(&map(&[("retention.ms", "1000"), ("min.cleanable.dirty.ratio", "0.3f")]));
    for (name, expected) in [
        (
            "retention.ms",
            "1000@topic [retention.ms=1000@topic log.retention.ms=300000@broker log.retention.ms=200000@cluster \
             log.retention.hours=24@static log.retention.hours=168@default]",
        ),
        (
            "flush.ms",
            "9000@cluster [log.flush.interval.ms=9000@cluster log.flush.scheduler.interval.ms=7000@static \
             log.flush.scheduler.interval.ms=9223372036854775807@default]",
        ),
        ("segment.ms", "3600000@static [log.roll.ms=3600000@static log.roll.hours=168@default]"),
        ("segment.jitter.ms", "3600000@default []"),
        ("segment.bytes", "2000000@static [log.segment.bytes=2000000@static log.segment.bytes=1073741824@default]"),
        ("cleanup.policy", "delete@static [log.cleanup.policy=delete@static log.cleanup.policy=delete@default]"),
        (
            "min.insync.replicas",
            "1@cluster [min.insync.replicas=1@cluster min.insync.replicas=1@static min.insync.replicas=1@default]",
        ),
        (
            "min.cleanable.dirty.ratio",
            "0.3@topic [min.cleanable.dirty.ratio=0.3@topic log.cleaner.min.cleanable.ratio=0.5@default]",
        ),
    ] {
        assert_eq!(line(&topic, name), expected, "{name}");
    }
}

#[test]
fn a_broker_shows_every_layer_and_hides_what_nobody_knows() {
    let broker = layered().describe_broker();
    for (name, expected) in [
        (
            "log.retention.ms",
            "300000@broker [log.retention.ms=300000@broker log.retention.ms=200000@cluster log.retention.hours=24@static \
             log.retention.hours=168@default]",
        ),
        // A dynamic setting hides the static ones that mean the same; Kafka shows the default with the place of the hidden.
        ("log.retention.hours", "168@static [log.retention.hours=24@static log.retention.hours=168@default]"),
        ("log.retention.minutes", "null@default []"),
        ("max.connections", "78@cluster [max.connections=78@cluster max.connections=2147483647@default]"),
        (
            "listener.name.plaintext.max.connections",
            "78@broker [listener.name.plaintext.max.connections=78@broker \
             listener.name.plaintext.max.connections=78@cluster max.connections=78@cluster \
             listener.name.plaintext.max.connections=77@static max.connections=2147483647@default]",
        ),
        ("foo.bar", "null@static [foo.bar=null@static]"),
        ("unknown.a", "null@broker [unknown.a=null@broker]"),
        ("ssl.keystore.password", "null@static [ssl.keystore.password=null@static]"),
        ("leader.replication.throttled.rate", "100@broker [leader.replication.throttled.rate=100@broker]"),
        (
            "internal.metadata.delete.delay.millis",
            "1000@static [internal.metadata.delete.delay.millis=1000@static \
             internal.metadata.delete.delay.millis=60000@default]",
        ),
        ("broker.id", "1@static [broker.id=1@static broker.id=-1@default]"),
    ] {
        assert_eq!(line(&broker, name), expected, "{name}");
    }
    let entry = |name: &str| broker.iter().find(|entry| entry.name == name).unwrap();
    let flags = |name: &str| (entry(name).read_only, entry(name).sensitive, entry(name).kind);
    assert_eq!(flags("foo.bar"), (true, true, None));
    assert_eq!(flags("ssl.keystore.password"), (false, true, Some(Type::Password)));
    assert_eq!(flags("listener.name.plaintext.max.connections"), (true, false, Some(Type::Int)));
    assert_eq!(flags("leader.replication.throttled.rate"), (false, false, Some(Type::Long)));
    assert_eq!(flags("log.retention.hours"), (true, false, Some(Type::Int)));
    assert_eq!(flags("esker.tier.s3.secret.access.key"), (true, true, Some(Type::Password)));
}

#[test]
fn the_clusters_defaults_are_only_those_that_are_set() {
    let cluster = layered().describe_cluster_default();
    let names: Vec<_> = cluster.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "listener.name.plaintext.max.connections",
            "log.flush.interval.ms",
            "log.retention.ms",
            "max.connections",
            "min.insync.replicas",
        ]
    );
    assert_eq!(
        line(&cluster, "listener.name.plaintext.max.connections"),
        "78@cluster [listener.name.plaintext.max.connections=78@cluster max.connections=78@cluster]"
    );
}

#[test]
fn groups_and_client_metrics_show_their_own_and_what_is_behind() {
    let values = layered();
    let group = values.describe_group(&map(&[
        ("share.auto.offset.reset", "by_duration:PT1H"),
        ("consumer.heartbeat.interval.ms", "6000"),
    ]));
    for (name, expected) in [
        (
            "consumer.session.timeout.ms",
            "50000@static [group.consumer.session.timeout.ms=50000@static \
             group.consumer.session.timeout.ms=45000@default]",
        ),
        (
            "consumer.heartbeat.interval.ms",
            "6000@group [consumer.heartbeat.interval.ms=6000@group group.consumer.heartbeat.interval.ms=5000@default]",
        ),
        (
            "share.auto.offset.reset",
            "by_duration:PT1H@group [share.auto.offset.reset=by_duration:PT1H@group \
             share.auto.offset.reset=latest@default]",
        ),
        ("share.isolation.level", "read_uncommitted@default [share.isolation.level=read_uncommitted@default]"),
    ] {
        assert_eq!(line(&group, name), expected, "{name}");
    }
    let metrics = describe_client_metrics(&map(&[("metrics", "a,b")]));
    assert_eq!(line(&metrics, "metrics"), "a,b@metrics [metrics=a,b@metrics]");
    assert_eq!(line(&metrics, "interval.ms"), "300000@default []");
}

#[test]
fn a_test_hook_is_described_only_where_it_is_set() {
    let values = start("").values;
    let described = |overrides: &ConfigMap| {
        values.describe_topic(overrides).iter().any(|entry| entry.name == "internal.segment.bytes")
    };
    assert!(!described(&ConfigMap::new()));
    assert!(described(&map(&[("internal.segment.bytes", "5")])));
}
