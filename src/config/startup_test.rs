//! From typed settings to a broker's configuration: layers, places, faults, refusals.

use crate::{
    AuthorizerConfig, BrokerConfig, EMBEDDED, HostPort, Origin, ProduceInspection, RawConfig, SecurityProtocol,
    Startup, TierUrl, Value,
};
use esker_env::SystemDisk;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The least that a broker needs.
pub(crate) const MINIMAL: &str = "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n\
    controller.quorum.voters=1@localhost:9093\nlisteners=PLAINTEXT://:9092,CONTROLLER://:9093\n";

pub(crate) fn start(text: &str) -> Startup {
    RawConfig::from_text(&format!("{MINIMAL}{text}"))
        .unwrap()
        .resolve("box")
        .unwrap_or_else(|errors| panic!("{errors}"))
}

pub(crate) fn faults(text: &str) -> String {
    let raw = RawConfig::from_text(&format!("{MINIMAL}{text}")).unwrap();
    raw.resolve("box").expect_err("it must not start").to_string()
}

fn load(file: Option<&Path>, environment: &[(&str, &str)], overrides: &[&str]) -> Result<Startup, String> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    let raw = RawConfig::load(&SystemDisk, file, environment, &overrides).map_err(|errors| errors.to_string())?;
    raw.resolve("box").map_err(|errors| errors.to_string())
}

fn file(text: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("broker.properties");
    esker_env::Env::system().disk.replace_small(&path, text).unwrap();
    (dir, path)
}

#[test]
fn without_a_file_the_built_in_text_starts_one_broker_with_its_tier() {
    let Startup { broker, warnings, .. } = load(None, &[], &[]).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(broker.log_dirs, [PathBuf::from("./esker-data/log")]);
    let tier = broker.tier.unwrap();
    assert_eq!(tier.url, TierUrl::File { path: "./esker-data/bucket".into() });
    assert_eq!(tier.cache_dir, Some("./esker-data/cache".into()));
    assert!(broker.topics.tiered);
    let client = broker.listeners.clients().next().unwrap();
    assert_eq!((client.host.as_deref(), client.port), (Some("127.0.0.1"), 9092));
    let controller = broker.listeners.controllers().next().unwrap();
    assert_eq!((controller.host.as_deref(), controller.port), (Some("127.0.0.1"), 9093));
    assert_eq!(broker.http.listener, Some(HostPort { host: "127.0.0.1".into(), port: 9464 }));
    assert!(!broker.http.configured, "a taken default port is only a warning");
}

#[test]
fn with_a_file_nothing_of_the_built_in_text_applies() {
    let (_dir, path) = file(MINIMAL.as_bytes());
    let Startup { values, broker, .. } = load(Some(&path), &[], &[]).unwrap();
    assert!(broker.tier.is_none() && !values.tier_enabled() && !broker.topics.tiered);
    assert_eq!(broker.log_dirs, [PathBuf::from("/tmp/kafka-logs")]);
    assert_eq!(values.get("offsets.topic.replication.factor"), Value::Short(3));
}

#[test]
fn the_environment_lies_over_the_file_and_overrides_over_both() {
    let (_dir, path) = file(format!("{MINIMAL}num.partitions=2\nlog.dirs=/a\nbroker.rack=file\n").as_bytes());
    let environment = [
        ("KAFKA_NUM_PARTITIONS", "3"),
        ("KAFKA_LOG_DIRS", "/b, /c"),
        ("KAFKA_ESKER_TIER_URL", "memory:"),
        ("KAFKA_HEAP_OPTS", "-Xmx1G"),
        ("CLUSTER_ID", "4L6g3nShT-eMCtK--X86sw"),
    ];
    let started = load(Some(&path), &environment, &["num.partitions=4", "log.retention.ms = 7"]).unwrap();
    assert_eq!(started.broker.topics.partitions, 4);
    assert_eq!(started.broker.log_dirs, [PathBuf::from("/b"), PathBuf::from("/c")]);
    assert_eq!(started.broker.metadata_log_dir, PathBuf::from("/b"));
    assert_eq!(started.broker.rack.as_deref(), Some("file"));
    assert!(started.values.tier_enabled());
    assert_eq!(started.cluster_id.unwrap().as_str(), "4L6g3nShT-eMCtK--X86sw");
    assert_eq!(started.values.topic_settings(&Default::default()).retention, Some(Duration::from_millis(7)));
    assert_eq!(started.warnings, Vec::<String>::new());
}

/// The settings of the file that Kafka 4.3 ships for one node.
#[test]
fn kafkas_own_file_for_one_node_starts_esker_as_it_is() {
    let text = "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.bootstrap.servers=localhost:9093\n\
        listeners=PLAINTEXT://:9092,CONTROLLER://:9093\ninter.broker.listener.name=PLAINTEXT\n\
        advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n\
        controller.listener.names=CONTROLLER\nlistener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,\
        SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL\nnum.network.threads=3\nnum.io.threads=8\n\
        socket.send.buffer.bytes=102400\nsocket.receive.buffer.bytes=102400\nsocket.request.max.bytes=104857600\n\
        log.dirs=/tmp/kraft-combined-logs\nnum.partitions=1\nnum.recovery.threads.per.data.dir=2\n\
        offsets.topic.replication.factor=1\nshare.coordinator.state.topic.replication.factor=1\n\
        share.coordinator.state.topic.min.isr=1\ntransaction.state.log.replication.factor=1\n\
        transaction.state.log.min.isr=1\nlog.retention.hours=168\nlog.segment.bytes=1073741824\n\
        log.retention.check.interval.ms=300000\n";
    let Startup { broker, warnings, without_effect, .. } = RawConfig::from_text(text).unwrap().resolve("box").unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert!(without_effect.contains(&"num.network.threads") && !without_effect.contains(&"log.segment.bytes"));
    let client = broker.listeners.clients().next().unwrap();
    assert_eq!((client.host.as_deref(), client.port, client.protocol), (None, 9092, SecurityProtocol::Plaintext));
    assert_eq!(client.advertised, Some(HostPort { host: "localhost".into(), port: 9092 }));
    assert_eq!(broker.bootstrap_servers, [HostPort { host: "localhost".into(), port: 9093 }]);
    assert!(broker.tier.is_none());
    assert_eq!(broker.log_dirs, [PathBuf::from("/tmp/kraft-combined-logs")]);
}

#[test]
fn every_fault_is_told_at_once_with_its_place_and_what_is_allowed() {
    let (_dir, path) =
        file(b"process.roles=broker,controller\nnode.id=x\n\n# a comment\nlog.segment.bytes=5\nlisteners=");
    let text =
        load(Some(&path), &[("KAFKA_NUM_PARTITIONS", "none")], &["auto.create.topics.enable=perhaps"]).unwrap_err();
    let name = path.display();
    assert_eq!(text.lines().collect::<Vec<_>>(), [
        format!("{name}:2: node.id: Invalid value x for configuration node.id: Not a number of type INT (allowed: a whole number from 0 to 2147483647)"),
        format!("{name}:5: log.segment.bytes: Invalid value 5 for configuration log.segment.bytes: Value must be at least 1048576 (allowed: a whole number from 1048576 to 2147483647)"),
        format!("{name}:6: listeners: Configuration 'listeners' must not be empty. Valid values include: any non-empty value (allowed: a comma-separated list that is not empty)"),
        "--override: auto.create.topics.enable: Invalid value perhaps for configuration auto.create.topics.enable: Expected value to be either true or false (allowed: true or false)".to_owned(),
        "controller.listener.names: Missing required configuration \"controller.listener.names\" which has no default value. (allowed: a comma-separated list that is not empty)".to_owned(),
        "environment variable KAFKA_NUM_PARTITIONS: num.partitions: Invalid value none for configuration num.partitions: Not a number of type INT (allowed: a whole number from 1 to 2147483647)".to_owned(),
    ]);
}

#[test]
fn a_file_that_cannot_be_read_says_so() {
    let text = load(Some(Path::new("/no/such/file")), &[], &[]).unwrap_err();
    assert!(text.starts_with("cannot read /no/such/file: "), "{text}");
    let (_dir, path) = file(b"a=1\nb=\xff");
    let text = load(Some(&path), &[], &[]).unwrap_err();
    assert_eq!(text, format!("{0}:2: {0} is no properties file: the bytes are not UTF-8", path.display()));
    let (_dir, path) = file(&vec![b'#'; 9 << 20]);
    assert!(load(Some(&path), &[], &[]).unwrap_err().contains("more than the 8388608 allowed"));
}

#[test]
fn an_override_needs_an_equals_sign() {
    let text = load(None, &[], &["num.partitions"]).unwrap_err();
    assert_eq!(text, "--override: an override of 14 characters has no '='; write key=value");
}

#[test]
fn unknown_and_repeated_keys_warn() {
    let started = start("num.partitions=2\nlog.retention.houres=5\nnum.partitions=3\n");
    assert_eq!(
        started.warnings,
        [
            "server.properties:8: num.partitions is set again; server.properties:6 has no effect",
            "server.properties:7: log.retention.houres is unknown and has no effect",
        ]
    );
    assert_eq!(started.broker.topics.partitions, 3);
    let many: String = (0..5_000).map(|at| format!("unknown.{at}=1\n")).collect();
    let warnings = start(&many).warnings;
    assert_eq!((warnings.len(), warnings[100].as_str()), (101, "and 4900 more warnings about the configuration"));
}

#[test]
fn zookeeper_is_answered_with_what_to_set() {
    let text =
        RawConfig::from_text("broker.id=0\nzookeeper.connect=localhost:2181\n").unwrap().resolve("box").unwrap_err();
    let text = text.to_string();
    assert!(text.contains("server.properties:2: zookeeper.connect: ZooKeeper is gone since Kafka 4.0"), "{text}");
    assert!(text.contains("controller.quorum.voters=<node.id>@<host>:<port>"), "{text}");
}

#[test]
fn security_that_cannot_be_enforced_stops_the_start() {
    for (setting, said) in [
        (
            "listeners=SSL://:9092,CONTROLLER://:9093\nlistener.security.protocol.map=SSL:SSL,CONTROLLER:PLAINTEXT\ninter.broker.listener.name=SSL",
            "listener SSL uses SSL, which this build cannot serve; it will not serve PLAINTEXT instead",
        ),
        (
            "listeners=SASL_PLAINTEXT://:9092,CONTROLLER://:9093\nlistener.security.protocol.map=SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT\nsecurity.inter.broker.protocol=SASL_PLAINTEXT",
            "listener SASL_PLAINTEXT uses SASL_PLAINTEXT",
        ),
        ("listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:SASL_SSL", "listener CONTROLLER uses SASL_SSL"),
        ("authorizer.class.name=com.example.Authorizer", "this build knows no other authorizer"),
        ("ssl.client.auth=required", "cannot ask clients for certificates"),
        ("listener.name.plaintext.ssl.client.auth=required", "cannot ask clients for certificates"),
        ("sasl.enabled.mechanisms=SCRAM-SHA-256", "cannot authenticate clients"),
        ("listener.name.plaintext.sasl.enabled.mechanisms=PLAIN", "cannot authenticate clients"),
        ("principal.builder.class=com.example.Builder", "Class com.example.Builder could not be found."),
        ("create.topic.policy.class.name=com.example.Policy", "Class com.example.Policy could not be found."),
        ("config.providers=file", "fetches no values from elsewhere"),
    ] {
        let text = faults(&format!("{setting}\n"));
        assert!(text.contains(said), "{setting}: {text}");
    }
    start("authorizer.class.name=\nssl.client.auth=none\nsasl.enabled.mechanisms=\nssl.keystore.location=/unused\n");
}

#[test]
fn the_standard_authorizer_is_configured_by_its_own_keys() {
    const CLASS: &str = "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n";
    assert_eq!(start("super.users=User:a\n").broker.authorizer, None);
    let plain = start(CLASS);
    assert_eq!(plain.broker.authorizer, Some(AuthorizerConfig { super_users: Vec::new(), allow_everyone: false }));
    let full = start(&format!("{CLASS}super.users= User:a ; User:CN=b,O=c;\nallow.everyone.if.no.acl.found=TRUE\n"));
    let super_users = vec!["User:a".to_owned(), "User:CN=b,O=c".to_owned()];
    assert_eq!(full.broker.authorizer, Some(AuthorizerConfig { super_users, allow_everyone: true }));
    assert!(full.warnings.is_empty(), "{:?}", full.warnings);
    assert!(start("super.users=User:a\n").warnings[0].contains("super.users is unknown and has no effect"));
    let fault = faults(&format!("{CLASS}super.users=alice\n"));
    assert!(fault.contains("expected a string in format principalType:principalName but got alice"), "{fault}");
}

#[test]
fn the_tier_is_on_exactly_when_its_url_is_set() {
    assert!(start("esker.tier.url=memory:\n").values.tier_enabled());
    assert!(start("esker.tier.url=memory:\nremote.log.storage.system.enable=true\n").broker.tier.is_some());
    assert!(!start("remote.log.storage.system.enable=false\n").values.tier_enabled());
    assert!(faults("remote.log.storage.system.enable=true\n").contains("server.properties:6: remote.log.storage.system.enable: the tier is on exactly when esker.tier.url is set: set it"));
    assert!(
        faults("remote.log.storage.system.enable=false\nesker.tier.url=memory:\n").contains("remove one of the two")
    );
}

#[test]
fn rules_between_keys_are_kafkas() {
    for (settings, said) in [
        (
            "log.retention.ms=0",
            "log.retention.ms: log.retention.ms must be unlimited (-1) or, greater than or equal to 1",
        ),
        ("log.retention.minutes=0", "log.retention.ms must be unlimited"),
        ("log.roll.ms=0", "log.roll.ms must be greater than or equal to 1"),
        (
            "replica.fetch.wait.max.ms=40000",
            "replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms",
        ),
        ("queued.max.request.bytes=5", "queued.max.request.bytes must be larger or equal to socket.request.max.bytes"),
        ("max.connections.per.ip=0", "max.connections.per.ip can be set to zero only if"),
        ("max.connections.per.ip.overrides=a b:3", "max.connections.per.ip.overrides contains invalid addresses : a b"),
        ("max.connections.per.ip.overrides=a", "is not of the form host:count"),
        ("connections.max.idle.ms=50", "should always be less than connections.max.idle.ms=50"),
        (
            "group.consumer.session.timeout.ms=1",
            "group.consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms",
        ),
        (
            "group.consumer.heartbeat.interval.ms=50000",
            "group.consumer.heartbeat.interval.ms must be less than or equal to group.consumer.max.heartbeat.interval.ms",
        ),
        ("log.cleaner.dedupe.buffer.size=5", "log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread."),
        (
            "log.cleaner.min.compaction.lag.ms=10\nlog.cleaner.max.compaction.lag.ms=5",
            "conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)",
        ),
        ("broker.id=2", "You must set `node.id` to the same value as `broker.id`."),
        (
            "controller.quorum.voters=2@h:9",
            "the node id 1 must be included in the set of voters controller.quorum.voters=Set(2)",
        ),
        ("controller.quorum.voters=", "controller.quorum.voters must contain a parseable set of controllers."),
        (
            "controller.quorum.voters=1@a:1,2@b:1,3@c:1",
            "3 controllers are named, and this build's metadata quorum has one",
        ),
        ("controller.quorum.voters=\ncontroller.quorum.bootstrap.servers=a:1,b:1", "2 controllers are named"),
        ("process.roles=broker", "set process.roles=broker,controller"),
        ("cordoned.log.dirs=/x", "Missing entries : /x"),
        (
            "esker.tier.url=memory:\nlog.local.retention.ms=-1",
            "Value must not be -1 as log.retention.ms value is set as 604800000.",
        ),
        ("esker.tier.url=ftp://bucket", "esker.tier.url: unknown scheme"),
        ("esker.http.listener=9464", "\"9464\" is not of the form host:port"),
    ] {
        let text = faults(&format!("{settings}\n"));
        assert!(text.contains(said), "{settings}: {text}");
    }
}

#[test]
fn retention_reads_the_finest_unit_that_is_set() {
    let retention = |text: &str| start(text).values.topic_settings(&Default::default()).retention;
    assert_eq!(retention(""), Some(Duration::from_secs(168 * 3600)));
    assert_eq!(retention("log.retention.hours=2\n"), Some(Duration::from_secs(7200)));
    assert_eq!(retention("log.retention.hours=2\nlog.retention.minutes=5\n"), Some(Duration::from_secs(300)));
    assert_eq!(
        retention("log.retention.hours=2\nlog.retention.minutes=5\nlog.retention.ms=9\n"),
        Some(Duration::from_millis(9))
    );
    assert_eq!(retention("log.retention.hours=-1\n"), None);
    assert_eq!(retention("log.retention.ms=-7\n"), None);
    let settings = start("log.roll.hours=3\nlog.roll.jitter.hours=1\nlog.flush.scheduler.interval.ms=5\n").values;
    let settings = settings.topic_settings(&Default::default());
    assert_eq!(
        (settings.segment_age_max, settings.segment_jitter),
        (Duration::from_secs(10_800), Duration::from_secs(3600))
    );
    assert_eq!(settings.flush_interval, Some(Duration::from_millis(5)));
    assert_eq!(start("").values.topic_settings(&Default::default()).flush_interval, None, "never");
}

#[test]
fn the_rest_is_typed_and_resolved() {
    let broker = start(
        "broker.id=1\nconnections.max.idle.ms=-1\nmax.connections.per.ip.overrides=127.0.0.1:5, ::1:6\n\
         listener.name.plaintext.max.connections=7\nesker.produce.inspect=header\nesker.http.listener=\n\
         queued.max.request.bytes=200000000\nmetadata.log.dir=/meta\nlog.dir=/one\n",
    )
    .broker;
    assert_eq!((broker.node_id, broker.network.idle_max), (1, None));
    let bounds: Vec<_> =
        broker.connections_per_ip.iter().map(|bound| (bound.host.as_str(), bound.connections_max)).collect();
    assert_eq!(bounds, [("127.0.0.1", 5), ("::1", 6)]);
    assert_eq!(broker.listeners.all[0].connections_max, Some(7));
    assert_eq!(broker.produce_inspection, ProduceInspection::Header);
    assert_eq!((broker.http.listener, broker.http.configured), (None, true));
    assert_eq!(broker.request_memory_bytes, 200_000_000);
    assert_eq!((broker.metadata_log_dir, broker.log_dirs), (PathBuf::from("/meta"), vec![PathBuf::from("/one")]));
    assert_eq!(start("").broker.request_memory_bytes, 64 << 20);
}

#[test]
fn node_id_may_have_its_older_name() {
    let text = MINIMAL.replace("node.id=1", "broker.id=1");
    let started = RawConfig::from_text(&text).unwrap().resolve("box").unwrap();
    assert_eq!(started.broker.node_id, 1);
}

#[test]
fn a_cluster_id_that_is_none_stops_the_start() {
    let text = load(None, &[("CLUSTER_ID", "../../etc")], &[]).unwrap_err();
    assert!(text.starts_with("environment variable CLUSTER_ID: "), "{text}");
    assert!(load(None, &[("CLUSTER_ID", "")], &[]).unwrap().cluster_id.is_none());
}

#[test]
fn a_dynamic_change_resolves_anew() {
    let values = start("").values;
    let changed = values.with_dynamic(&[("max.connections".to_owned(), "5".to_owned())].into(), &Default::default());
    assert_eq!(BrokerConfig::from_values(&changed, "box").unwrap().network.connections_max, 5);
    let own = [("max.connections".to_owned(), "6".to_owned())].into();
    let changed = changed.with_dynamic(&changed.cluster_default, &own);
    assert_eq!(BrokerConfig::from_values(&changed, "box").unwrap().network.connections_max, 6);
}

#[test]
fn a_place_is_kept_with_every_setting() {
    let raw = RawConfig::from_text("a=1\n\nb=2\n").unwrap();
    let Origin::File { line, .. } = raw.settings()["b"].origin else { panic!("not from a file") };
    assert_eq!(line, 3);
    let line = 1 + EMBEDDED.lines().position(|line| line.starts_with("node.id=")).unwrap();
    let raw = RawConfig::load(&SystemDisk, None, [], &[]).unwrap();
    assert_eq!(raw.settings()["node.id"].origin, Origin::Embedded { line: u32::try_from(line).unwrap() });
}
