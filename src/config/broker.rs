//! What the broker uses: its configuration, typed and resolved.

use crate::authorizer::{self, AuthorizerConfig};
use crate::endpoint::{HostPort, Voter, parse_host_port, parse_server, parse_voter};
use crate::listeners::{Fault, Listeners, resolve_listeners};
use crate::section::section;
use crate::tier_url::{TierUrl, parse_tier_url};
use crate::values::BrokerValues;
use crate::{Secret, Value};
use std::path::PathBuf;
use std::time::Duration;

section! {
    /// Connections and requests.
    NetworkConfig {
        /// Most connections at once, all listeners together.
        connections_max: usize = "max.connections",
        /// Most connections at once from one address.
        connections_per_ip_max: usize = "max.connections.per.ip",
        /// Most new connections a second.
        connection_rate_max: usize = "max.connection.creation.rate",
        /// Silence after which a connection is closed; `None` for never.
        idle_max: Option<Duration> = "connections.max.idle.ms",
        /// Largest request, in bytes.
        request_bytes_max: usize = "socket.request.max.bytes",
        /// Requests in hand before reading stops.
        requests_queued_max: usize = "queued.max.requests",
        /// Bytes of `SO_SNDBUF`; -1 leaves it to the system.
        send_buffer_bytes: i32 = "socket.send.buffer.bytes",
        /// Bytes of `SO_RCVBUF`; -1 leaves it to the system.
        receive_buffer_bytes: i32 = "socket.receive.buffer.bytes",
        /// Connections that may wait to be accepted.
        backlog: usize = "socket.listen.backlog.size",
        /// Deadline of a request from this node to another.
        request_timeout: Duration = "request.timeout.ms",
        /// Fetch sessions that are remembered.
        fetch_sessions_max: usize = "max.incremental.fetch.session.cache.slots",
        /// Most bytes in one answer to a fetch.
        fetch_bytes_max: usize = "fetch.max.bytes",
        /// Most partitions in one answer to DescribeTopicPartitions.
        described_partitions_max: usize = "max.request.partition.size.limit",
    }
}

section! {
    /// Work on all local logs together. What single logs do is in [`crate::TopicSettings`].
    LogConfig {
        /// Threads that recover and close logs, per directory.
        recovery_threads_per_dir: usize = "num.recovery.threads.per.data.dir",
        /// Longest delay of the first round of background work.
        initial_task_delay: Duration = "log.initial.task.delay.ms",
        /// Longest time between two looks for segments to delete.
        retention_check_interval: Duration = "log.retention.check.interval.ms",
        /// Time between two writes of the recovery-point checkpoint.
        recovery_checkpoint_interval: Duration = "log.flush.offset.checkpoint.interval.ms",
        /// Time between two writes of the log-start checkpoint.
        start_checkpoint_interval: Duration = "log.flush.start.offset.checkpoint.interval.ms",
        /// Time between two writes of the high-watermark checkpoint.
        high_watermark_checkpoint_interval: Duration = "replica.high.watermark.checkpoint.interval.ms",
        /// Silence after which a producer is forgotten.
        producer_id_expiration: Duration = "producer.id.expiration.ms",
        /// Time between two looks for forgotten producers.
        producer_id_check_interval: Duration = "producer.id.expiration.check.interval.ms",
        /// Memory maps that the indexes of closed segments may hold at once.
        maps_max: usize = "esker.log.map.budget",
        /// Free bytes below which the oldest local segments that are in the tier go.
        disk_free_low_bytes: u64 = "esker.disk.free.low.bytes",
        /// Free bytes below which records of clients are refused.
        disk_free_min_bytes: u64 = "esker.disk.free.min.bytes",
        /// Threads for reads and syncs that wait for a disk.
        disk_threads: usize = "esker.disk.threads",
    }
}

section! {
    /// Compaction of all local logs together.
    CompactionConfig {
        /// Whether compacted topics are compacted.
        enabled: bool = "log.cleaner.enable",
        /// Threads that compact.
        threads: usize = "log.cleaner.threads",
        /// Pause when there is nothing to compact.
        backoff: Duration = "log.cleaner.backoff.ms",
        /// Memory for the newest offset of each key, all threads together.
        dedupe_buffer_bytes: u64 = "log.cleaner.dedupe.buffer.size",
        /// How full that memory may become, of 1.
        load_factor: f64 = "log.cleaner.io.buffer.load.factor",
        /// Memory for reading and writing, all threads together.
        io_buffer_bytes: usize = "log.cleaner.io.buffer.size",
        /// Most bytes a second that are read and written.
        io_bytes_per_second: f64 = "log.cleaner.io.max.bytes.per.second",
    }
}

impl CompactionConfig {
    /// As `values` have it: most of it can change while the broker runs.
    pub fn of(values: &BrokerValues) -> Self {
        Self::read(&|name| values.get(name))
    }
}

section! {
    /// Creating and deleting topics.
    TopicCreationConfig {
        /// Whether a client that asks for an unknown topic gets it created.
        auto_create: bool = "auto.create.topics.enable",
        /// Whether topics can be deleted.
        delete_enabled: bool = "delete.topic.enable",
        /// Partitions where the creator names no count.
        partitions: i32 = "num.partitions",
        /// Replicas where the creator names no count.
        replication_factor: i32 = "default.replication.factor",
        /// Whether a new topic is tiered when its creator does not say.
        tiered: bool = "esker.tier.topics.default",
    }
}

section! {
    /// When the metadata log is snapshot.
    MetadataLogConfig {
        /// Bytes of new records after which a snapshot is written.
        snapshot_bytes: u64 = "metadata.log.max.record.bytes.between.snapshots",
        /// Longest time between two snapshots while there is something new; zero sets no bound.
        snapshot_interval: Duration = "metadata.log.max.snapshot.interval.ms",
    }
}

section! {
    /// Groups and their offsets, as they are configured now.
    GroupConfig {
        /// Kinds of groups that are served.
        protocols: Vec<String> = "group.coordinator.rebalance.protocols",
        /// Memory that groups may take, in bytes.
        memory_bytes: usize = "esker.groups.memory.bytes",
        /// Shortest session timeout of a classic member, in milliseconds.
        session_min: i32 = "group.min.session.timeout.ms",
        /// Longest session timeout of a classic member, in milliseconds.
        session_max: i32 = "group.max.session.timeout.ms",
        /// How long an empty classic group waits for more members.
        initial_delay: Duration = "group.initial.rebalance.delay.ms",
        /// Most members of a classic group.
        classic_size_max: usize = "group.max.size",
        /// How long a consumer may be silent, in milliseconds.
        consumer_session: i32 = "group.consumer.session.timeout.ms",
        /// Least of what a group may set for that.
        consumer_session_min: i32 = "group.consumer.min.session.timeout.ms",
        /// Greatest of what a group may set for that.
        consumer_session_max: i32 = "group.consumer.max.session.timeout.ms",
        /// How often a consumer is to be heard of, in milliseconds.
        consumer_heartbeat: i32 = "group.consumer.heartbeat.interval.ms",
        /// Least of what a group may set for that.
        consumer_heartbeat_min: i32 = "group.consumer.min.heartbeat.interval.ms",
        /// Greatest of what a group may set for that.
        consumer_heartbeat_max: i32 = "group.consumer.max.heartbeat.interval.ms",
        /// Least time between two assignments of a consumer group, in milliseconds.
        assignment_interval: i32 = "group.consumer.assignment.interval.ms",
        /// Least of what a group may set for that.
        assignment_interval_min: i32 = "group.consumer.min.assignment.interval.ms",
        /// Greatest of what a group may set for that.
        assignment_interval_max: i32 = "group.consumer.max.assignment.interval.ms",
        /// Most members of a consumer group.
        consumer_size_max: usize = "group.consumer.max.size",
        /// Assignors that consumer groups may ask for, the default first.
        assignors: Vec<String> = "group.consumer.assignors",
        /// Which way groups may change between the protocols while they have members.
        migration_policy: String = "group.consumer.migration.policy",
        /// How often patterns of topics are looked up anew.
        regex_refresh: Duration = "group.consumer.regex.refresh.interval.ms",
        /// Partitions of `__consumer_offsets` where it is created.
        topic_partitions: i32 = "offsets.topic.num.partitions",
        /// Its replicas.
        topic_replicas: i16 = "offsets.topic.replication.factor",
        /// Its segments' size.
        topic_segment_bytes: i32 = "offsets.topic.segment.bytes",
        /// Codec of its records, by number.
        codec: i32 = "offsets.topic.compression.codec",
        /// How long unused offsets are kept, in minutes.
        offsets_retention_minutes: u64 = "offsets.retention.minutes",
        /// Time between two looks for unused offsets.
        offsets_check_interval: Duration = "offsets.retention.check.interval.ms",
        /// Longest wait for the replicas of a commit.
        commit_timeout: Duration = "offsets.commit.timeout.ms",
        /// Most text beside an offset.
        offset_metadata_max: usize = "offset.metadata.max.bytes",
    }
}

section! {
    /// Over what time a client's use is measured.
    QuotaConfig {
        /// Samples of rates of bytes and of the time for requests.
        samples: usize = "quota.window.num",
        /// Length of one of these samples, in seconds.
        sample_seconds: u64 = "quota.window.size.seconds",
        /// Samples of changes of topics.
        mutation_samples: usize = "controller.quota.window.num",
        /// Length of one of these samples, in seconds.
        mutation_sample_seconds: u64 = "controller.quota.window.size.seconds",
    }
}

section! {
    /// Metrics of clients (KIP-714).
    TelemetryConfig {
        /// Whether clients may push their metrics.
        enabled: bool = "esker.client.telemetry.enable",
        /// Most bytes in one push, before and after decompression.
        bytes_max: usize = "telemetry.max.bytes",
        /// Most values that are kept, all clients together.
        values_max: usize = "esker.client.telemetry.values.max",
    }
}

section! {
    /// How the S3 service is reached. What is not set comes from the usual `AWS_*` environment.
    S3Config {
        /// Address of the service.
        endpoint: Option<String> = "esker.tier.s3.endpoint",
        /// Region of the bucket.
        region: Option<String> = "esker.tier.s3.region",
        /// Access key id.
        access_key_id: Option<String> = "esker.tier.s3.access.key.id",
        /// Secret of the access key.
        secret_access_key: Option<Secret> = "esker.tier.s3.secret.access.key",
        /// Session token that belongs to the access key.
        session_token: Option<Secret> = "esker.tier.s3.session.token",
        /// Whether the bucket stands in the path; where not set, whenever an endpoint is given.
        path_style: Option<bool> = "esker.tier.s3.path.style",
        /// Whether plain HTTP may be spoken.
        allow_http: Option<bool> = "esker.tier.s3.allow.http",
        /// Checksum of each object: `none` or `sha256`.
        checksum: String = "esker.tier.s3.checksum",
        /// Whether requests are signed without a digest of their body; where not set, over HTTPS.
        unsigned_payload: Option<bool> = "esker.tier.s3.unsigned.payload",
    }
}

section! {
    /// The tier's budgets and deadlines.
    TierLimits {
        /// Memory for the cache of tiered data, in bytes.
        cache_memory_bytes: u64 = "esker.tier.cache.memory.bytes",
        /// Disk space for the cache of tiered data, in bytes.
        cache_disk_bytes: u64 = "esker.tier.cache.disk.bytes",
        /// Whether the cache on the disk bypasses the page cache.
        cache_direct_io: bool = "esker.tier.cache.direct.io",
        /// Uploads of one partition at once.
        upload_parallelism: usize = "esker.tier.upload.parallelism",
        /// Memory for the parts that are being sent, in bytes.
        upload_buffer_bytes: u64 = "esker.tier.upload.buffer.bytes",
        /// Requests that wait for the store's answer at once, for cold reads; uploads and 32 others share the bound.
        read_parallelism: usize = "esker.tier.read.parallelism",
        /// Memory for cold reads under way, in bytes.
        read_budget_bytes: u64 = "esker.tier.read.budget.bytes",
        /// Most bytes read ahead of one sequential reader.
        read_ahead_bytes_max: u64 = "esker.tier.read.ahead.max.bytes",
        /// Longest wait for remote data in one fetch.
        fetch_wait_max: Duration = "remote.fetch.max.wait.ms",
        /// Deadline of a search for an offset in the tier.
        list_offsets_timeout: Duration = "remote.list.offsets.request.timeout.ms",
        /// Longest time between two rounds of tier work for a partition.
        task_interval: Duration = "remote.log.manager.task.interval.ms",
        /// How often committed offsets are written to the bucket where they have changed.
        group_offsets_interval: Duration = "esker.tier.group.offsets.interval.ms",
        /// In how long all that a partition has in the bucket is checked once.
        scrub_interval: Option<Duration> = "esker.tier.scrub.interval.ms",
        /// Bound on the bytes that are read for that, per second.
        scrub_bytes_per_second: u64 = "esker.tier.scrub.bytes.per.second",
    }
}

section! {
    /// What the bucket's provider asks.
    TierPrices {
        /// For a GiB that is stored for a month.
        storage_gib_month: f64 = "esker.tier.price.storage.gib.month",
        /// For a thousand requests that write or list.
        class_a_thousand: f64 = "esker.tier.price.class.a.thousand",
        /// For a thousand requests that read.
        class_b_thousand: f64 = "esker.tier.price.class.b.thousand",
        /// For a GiB that leaves the bucket.
        egress_gib: f64 = "esker.tier.price.egress.gib",
        /// In which currency.
        currency: String = "esker.tier.price.currency",
        /// The time from whose requests a month is extrapolated.
        window: Duration = "esker.tier.price.window.ms",
    }
}

/// The remote tier of a broker that has one.
#[derive(Clone, Debug, PartialEq)]
pub struct TierConfig {
    /// Where segments go.
    pub url: TierUrl,
    /// How an S3 service is reached.
    pub s3: S3Config,
    /// Directory of the disk cache; `None` for a cache in memory only.
    pub cache_dir: Option<PathBuf>,
    /// Budgets and deadlines.
    pub limits: TierLimits,
    /// What the provider asks.
    pub prices: TierPrices,
}

/// How far produced batches are examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProduceInspection {
    /// Every record is walked, compressed ones decompressed with a cap.
    Full,
    /// The batch's header and checksum only.
    Header,
}

/// The HTTP service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpConfig {
    /// Where it listens; `None` turns it off.
    pub listener: Option<HostPort>,
    /// Whether someone asked for this address: then a port that is taken stops the start, else it is a warning.
    pub configured: bool,
}

/// A bound on the connections from one address or host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionsPerIp {
    /// Address or name.
    pub host: String,
    /// Most connections at once.
    pub connections_max: usize,
}

/// The configuration of a broker.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerConfig {
    /// Its `node.id`; never negative.
    pub node_id: i32,
    /// Where it stands.
    pub rack: Option<String>,
    /// Its listeners.
    pub listeners: Listeners,
    /// Fixed voters of the metadata quorum; this node or none.
    pub voters: Vec<Voter>,
    /// Where the quorum's members are asked for.
    pub bootstrap_servers: Vec<HostPort>,
    /// Directories of the logs; at least one, all different.
    pub log_dirs: Vec<PathBuf>,
    /// Directory of the metadata log.
    pub metadata_log_dir: PathBuf,
    /// Connections and requests.
    pub network: NetworkConfig,
    /// Bounds for single addresses.
    pub connections_per_ip: Vec<ConnectionsPerIp>,
    /// Memory for requests in hand, in bytes; a larger request is admitted alone.
    pub request_memory_bytes: u64,
    /// How far produced batches are examined.
    pub produce_inspection: ProduceInspection,
    /// Work on all local logs together.
    pub log: LogConfig,
    /// Creating and deleting topics.
    pub topics: TopicCreationConfig,
    /// When the metadata log is snapshot.
    pub metadata_log: MetadataLogConfig,
    /// Over what time a client's use is measured.
    pub quota: QuotaConfig,
    /// Metrics of clients.
    pub telemetry: TelemetryConfig,
    /// Who may do what; `None` lets everybody do everything.
    pub authorizer: Option<AuthorizerConfig>,
    /// The remote tier, where there is one.
    pub tier: Option<TierConfig>,
    /// The HTTP service.
    pub http: HttpConfig,
}

/// The broker keys that the code below reads by name.
#[cfg(test)]
pub(crate) const SINGLE_KEYS: &[&str] = &[
    "process.roles",
    "node.id",
    "broker.id",
    "broker.rack",
    "controller.listener.names",
    "controller.quorum.voters",
    "controller.quorum.bootstrap.servers",
    "metadata.log.dir",
    "log.dirs",
    "log.dir",
    "listeners",
    "advertised.listeners",
    "listener.security.protocol.map",
    "inter.broker.listener.name",
    "security.inter.broker.protocol",
    "max.connections.per.ip.overrides",
    "queued.max.request.bytes",
    "esker.request.memory.bytes",
    "esker.produce.inspect",
    "authorizer.class.name",
    "esker.http.listener",
    "esker.tier.url",
    "esker.tier.cache.dir",
    "remote.log.storage.system.enable",
    "remote.log.manager.copy.max.bytes.per.second",
    "remote.log.manager.fetch.max.bytes.per.second",
];

impl BrokerConfig {
    /// Types and resolves. An address without a host is advertised as `hostname`.
    pub(crate) fn resolve(values: &BrokerValues, hostname: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let listeners = keep(resolve_listeners(values, hostname), &mut faults);
        let tier = keep(tier(values), &mut faults);
        let http = keep(http(values), &mut faults);
        let connections_per_ip = keep(connections_per_ip(values), &mut faults);
        let authorizer = keep(authorizer::resolve(values), &mut faults);
        let (Some(listeners), Some(tier), Some(http), Some(connections_per_ip), Some(authorizer)) =
            (listeners, tier, http, connections_per_ip, authorizer)
        else {
            return Err(faults);
        };
        let read = |name: &str| values.get(name);
        let log_dirs = log_dirs(values);
        let metadata_log_dir = text(values, "metadata.log.dir").map(PathBuf::from);
        Ok(Self {
            node_id: node_id(values),
            rack: text(values, "broker.rack"),
            voters: entries(values, "controller.quorum.voters", parse_voter),
            bootstrap_servers: entries(values, "controller.quorum.bootstrap.servers", parse_server),
            metadata_log_dir: metadata_log_dir.or_else(|| log_dirs.first().cloned()).unwrap_or_default(),
            log_dirs,
            network: NetworkConfig::read(&read),
            connections_per_ip,
            request_memory_bytes: request_memory_bytes(values),
            produce_inspection: match text(values, "esker.produce.inspect").as_deref() {
                Some("header") => ProduceInspection::Header,
                _ => ProduceInspection::Full,
            },
            log: LogConfig::read(&read),
            topics: TopicCreationConfig::read(&read),
            metadata_log: MetadataLogConfig::read(&read),
            quota: QuotaConfig::read(&read),
            telemetry: TelemetryConfig::read(&read),
            authorizer,
            tier,
            http,
            listeners,
        })
    }
}

fn keep<T>(result: Result<T, Fault>, faults: &mut Vec<Fault>) -> Option<T> {
    result.map_err(|fault| faults.push(fault)).ok()
}

pub(crate) fn text(values: &BrokerValues, name: &str) -> Option<String> {
    match values.get(name) {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn entries<T>(values: &BrokerValues, name: &str, parse: fn(&str) -> Result<T, String>) -> Vec<T> {
    match values.get(name) {
        Value::List(texts) => texts.iter().filter_map(|text| parse(text).ok()).collect(),
        _ => Vec::new(),
    }
}

pub(crate) fn node_id(values: &BrokerValues) -> i32 {
    values.get("node.id").as_i64().and_then(|id| i32::try_from(id).ok()).unwrap_or(-1)
}

/// `log.dirs`, or `log.dir` where that is not set.
pub(crate) fn log_dirs(values: &BrokerValues) -> Vec<PathBuf> {
    match values.first_of(&["log.dirs", "log.dir"]) {
        Value::List(dirs) => dirs.into_iter().map(PathBuf::from).collect(),
        _ => Vec::new(),
    }
}

/// Kafka's bound where it is set, else our own.
fn request_memory_bytes(values: &BrokerValues) -> u64 {
    let number =
        |name| values.get(name).as_i64().and_then(|bytes| u64::try_from(bytes).ok()).filter(|bytes| *bytes > 0);
    number("queued.max.request.bytes").or_else(|| number("esker.request.memory.bytes")).unwrap_or(u64::MAX)
}

fn tier(values: &BrokerValues) -> Result<Option<TierConfig>, Fault> {
    let Some(url) = text(values, "esker.tier.url") else { return Ok(None) };
    let read = |name: &str| values.get(name);
    Ok(Some(TierConfig {
        url: parse_tier_url(&url).map_err(|why| ("esker.tier.url", why))?,
        s3: S3Config::read(&read),
        cache_dir: text(values, "esker.tier.cache.dir").map(PathBuf::from),
        limits: TierLimits::read(&read),
        prices: TierPrices::read(&read),
    }))
}

fn http(values: &BrokerValues) -> Result<HttpConfig, Fault> {
    const KEY: &str = "esker.http.listener";
    let listener = match text(values, KEY).filter(|address| !address.is_empty()) {
        Some(address) => {
            Some(parse_host_port(&address).ok_or((KEY, format!("{address:?} is not of the form host:port")))?)
        }
        None => None,
    };
    Ok(HttpConfig { listener, configured: values.effective.contains_key(KEY) })
}

fn connections_per_ip(values: &BrokerValues) -> Result<Vec<ConnectionsPerIp>, Fault> {
    const KEY: &str = "max.connections.per.ip.overrides";
    let overrides = text(values, KEY).unwrap_or_default();
    let entries = overrides.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries
        .map(|entry| {
            let (host, count) =
                entry.rsplit_once(':').ok_or((KEY, format!("{entry:?} is not of the form host:count")))?;
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-%._:".contains(&byte);
            if host.is_empty() || !host.bytes().all(known) {
                return Err((KEY, format!("{KEY} contains invalid addresses : {host}")));
            }
            let connections_max = count.trim().parse().map_err(|_| (KEY, format!("{count:?} is not a count")))?;
            Ok(ConnectionsPerIp { host: host.to_owned(), connections_max })
        })
        .collect()
}
