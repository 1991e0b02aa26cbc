//! A broker's partitions in a test: real files in a temporary directory, an image that the test writes, a tier in memory where asked for.

use crate::fetch::{FetchAnswer, FetchPartition, FetchRequest, Fetched, FetchedRecords, Fetching, Isolation};
use crate::manager::{ListOffset, ReplicaManager, ReplicaOptions};
use crate::partition::{Append, Appended, FoundOffset, OffsetSpec, Partition};
use crate::settings::log_config_for;
use crate::{Acks, ListFault};
use esker_config::{RawConfig, Startup};
use esker_env::{Env, Pool};
use esker_log::{LoadReport, LogConfig, LogManager, ManagerConfig, ManagerError};
use esker_metadata::{
    Broker, ClusterImage, ConfigResource, ConfigStore, ImagePublisher, Partition as PartitionRecord, PartitionChange,
    Record, TopicDeletion,
};
use esker_model::{BrokerId, Offset, TopicId};
use esker_record::{BatchBuilder, Batches, Codec, NewRecord, Records};
use esker_tiering::{Tier, TierOptions, TierState, TierUrl};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use uuid::Uuid;

pub const SOON: Duration = Duration::from_secs(20);
const PLAIN: &str = "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:9093\n\
    listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093\ncontroller.listener.names=CONTROLLER\n\
    listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs=/data\n";

/// What outlives a broker: its directory, the bucket, the metadata.
pub struct World {
    pub manager: Arc<ReplicaManager>,
    pub publisher: ImagePublisher,
    pub image: ClusterImage,
    pub tier: Option<Tier>,
    pub finished: Arc<parking_lot::Mutex<Vec<TopicId>>>,
    dir: Arc<tempfile::TempDir>,
    bucket: Option<PathBuf>,
    dirs: usize,
    text: String,
    /// How long the first image took.
    pub applied_in: Duration,
}

pub fn topic_id(name: &str) -> TopicId {
    let number = name.bytes().fold(7u128, |hash, byte| hash.wrapping_mul(131).wrapping_add(u128::from(byte)));
    TopicId(Uuid::from_u128(number + 1000))
}

impl World {
    /// A broker without a tier. `text` is configuration beside what every broker needs.
    pub async fn new(text: &str) -> Self {
        Self::with_dirs(text, 1).await
    }

    pub async fn with_dirs(text: &str, dirs: usize) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        Self::start(Env::system(), dir, None, dirs, text, ClusterImage::default()).await
    }

    /// A broker with a tier in a directory.
    pub async fn tiered(text: &str) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let bucket = dir.path().join("bucket");
        Self::start(Env::system(), dir, Some(bucket), 1, text, ClusterImage::default()).await
    }

    /// A broker without a tier in another world.
    pub async fn simulated(env: Env, text: &str) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        Self::start(env, dir, None, 1, text, ClusterImage::default()).await
    }

    async fn start(
        env: Env,
        dir: Arc<tempfile::TempDir>,
        bucket: Option<PathBuf>,
        dirs: usize,
        text: &str,
        mut image: ClusterImage,
    ) -> Self {
        let broker_epoch = register(&mut image);
        let Startup { broker, values, .. } =
            RawConfig::from_text(&format!("{PLAIN}{text}")).unwrap().resolve("host").unwrap();
        let publisher = ImagePublisher::default();
        let configs = Arc::new(ConfigStore::new(values, 1, publisher.watch()));
        let paths: Vec<PathBuf> = (0..dirs).map(|number| dir.path().join(format!("data-{number}"))).collect();
        let manager_config = ManagerConfig::new(paths, "test-cluster".parse().unwrap(), 1);
        let config_of = |topic: &str| log_config_for(&configs, &image, topic);
        let (logs, report) = open_logs(&env, &manager_config, &config_of).await;
        let tier = match &bucket {
            Some(bucket) => Some(open_tier(bucket, dir.path(), &env).await),
            None => None,
        };
        let pool = Pool::new(Handle::current(), 4, 1000);
        let finished: Arc<parking_lot::Mutex<Vec<TopicId>>> = Arc::default();
        let heard = Arc::clone(&finished);
        let options = ReplicaOptions {
            clean_dirs: report.clean.into_iter().map(|(path, _)| path).collect(),
            tier: tier.clone(),
            generation: 1,
            broker_epoch,
            finish_deletion: Some(Arc::new(move |id| {
                heard.lock().push(id);
                Box::pin(async { Ok(()) })
            })),
            ..ReplicaOptions::new(env, 1, configs, Arc::new(logs), broker.log, pool, Handle::current())
        };
        let manager = ReplicaManager::start(options);
        let (applied_in, text) = (Duration::ZERO, text.to_owned());
        let mut world = Self { manager, publisher, image, tier, finished, dir, bucket, dirs, text, applied_in };
        let clock = Env::system().clock;
        let started = clock.now();
        world.publish().await;
        world.applied_in = clock.now().since(started);
        world
    }

    /// Stops cleanly and starts again.
    pub async fn restart(self) -> Self {
        self.manager.shut_down().await;
        self.start_again().await
    }

    /// Starts again without a clean stop; the files are as the process left them.
    pub async fn crash(self) -> Self {
        self.manager.stop_without_a_word();
        self.start_again().await
    }

    /// Starts again on an empty disk; metadata and bucket are kept.
    pub async fn lose_disk(self) -> Self {
        let gone = ["data-0", "tier"].map(|name| self.dir.path().join(name));
        self.manager.stop_without_a_word();
        self.end_and(async || {
            let removed = |path: &PathBuf| match Env::system().disk.remove_dir_all(path) {
                Err(error) => error.kind() == std::io::ErrorKind::NotFound,
                Ok(()) => true,
            };
            // What the former broker has under way may still write for a moment.
            until("the disk is empty", || gone.iter().all(removed)).await;
        })
        .await
    }

    async fn start_again(self) -> Self {
        self.end_and(async || {}).await
    }

    async fn end_and(self, between: impl AsyncFnOnce()) -> Self {
        let Self { manager, dir, bucket, dirs, text, image, tier, .. } = self;
        drop(tier);
        let logs = Arc::downgrade(manager.logs());
        drop(manager);
        // Tasks of the former broker may hold its logs, and with them the lock of its directory, for a moment.
        for _ in 0..2000 {
            if logs.upgrade().is_none() {
                break;
            }
            esker_env::sleep(Duration::from_millis(5)).await;
        }
        assert!(logs.upgrade().is_none(), "the former broker does not end");
        between().await;
        Self::start(Env::system(), dir, bucket, dirs, &text, image).await
    }

    pub fn apply(&mut self, record: Record) {
        self.image.apply(self.image.offset() + 1, &record).unwrap();
    }

    /// Publishes the image and waits until it is applied.
    pub async fn publish(&self) {
        self.publisher.publish(Arc::new(self.image.clone()));
        self.publisher.watch().applied(self.image.offset(), SOON).await.unwrap();
    }

    pub async fn create(&mut self, name: &str, partitions: i32, configs: &[(&str, &str)]) {
        self.create_with(name, partitions, configs, &[1]).await;
    }

    pub async fn create_with(&mut self, name: &str, partitions: i32, configs: &[(&str, &str)], replicas: &[BrokerId]) {
        let id = topic_id(name);
        self.apply(Record::TopicCreated { topic_id: id, name: name.into(), tiered: false });
        for (key, value) in configs {
            self.set(name, key, Some(value));
        }
        for partition in 0..partitions {
            let state = PartitionRecord {
                replicas: replicas.into(),
                isr: replicas.into(),
                leader: replicas.first().copied(),
                ..PartitionRecord::default()
            };
            self.apply(Record::PartitionCreated { topic_id: id, partition, state });
        }
        self.publish().await;
    }

    pub fn set(&mut self, topic: &str, key: &str, value: Option<&str>) {
        let value = value.map(str::to_owned);
        self.apply(Record::ConfigSet { resource: ConfigResource::topic(topic), key: key.into(), value });
    }

    pub async fn change(&mut self, name: &str, partition: i32, change: PartitionChange) {
        self.apply(Record::PartitionChanged { topic_id: topic_id(name), partition, change });
        self.publish().await;
    }

    pub async fn delete(&mut self, name: &str, partitions: i32, tiered: bool) {
        let deletion = TopicDeletion { topic_id: topic_id(name), name: name.into(), partitions, tiered };
        self.apply(Record::TopicDeleted(deletion));
        self.publish().await;
    }

    pub fn partition(&self, topic: &str, number: i32) -> Arc<Partition> {
        self.manager.partition(topic_id(topic), number).unwrap()
    }

    pub fn append(&self, topic: &str, number: i32, batch: &[u8]) -> Appended {
        self.partition(topic, number).append(batch, &Append::client(Acks::All)).unwrap()
    }

    /// Appends batches of one record of `len` bytes each.
    pub fn fill(&self, topic: &str, number: i32, batches: usize, len: usize) {
        for _ in 0..batches {
            self.append(topic, number, &batch(now_ms(), 1, len));
        }
    }

    pub async fn fetch(&self, request: FetchRequest) -> Vec<FetchAnswer> {
        match self.manager.fetch(request) {
            Fetching::Now(answers) => answers,
            Fetching::Later(answers) => esker_env::timeout(SOON, answers).await.expect("an answer"),
        }
    }

    /// Everything from `from` to the high watermark: offset and value of each record.
    pub async fn read_all(&self, topic: &str, number: i32, from: Offset) -> Vec<(Offset, Vec<u8>)> {
        let (mut records, mut next) = (Vec::new(), from);
        loop {
            let mut answers = self.fetch(fetch(&[(topic, number, next)])).await;
            let fetched = answers.remove(0).unwrap();
            if fetched.records.is_empty() {
                if next >= fetched.high_watermark {
                    return records;
                }
                continue;
            }
            let bytes = bytes_of(&fetched);
            for batch in Batches::new(&bytes) {
                let batch = batch.unwrap();
                assert!(batch.crc_matches());
                let plain = batch.decompressed(1 << 24).unwrap();
                for record in Records::new(&plain, batch.header.record_count) {
                    let record = record.unwrap();
                    let offset = batch.header.base_offset + i64::from(record.offset_delta);
                    records.push((offset, record.value.unwrap().to_vec()));
                }
                next = batch.header.next_offset();
            }
        }
    }

    /// Paths of all objects in the bucket.
    pub fn objects(&self) -> Vec<String> {
        let (disk, mut found) = (Env::system().disk, Vec::new());
        let mut open = vec![self.bucket.clone().unwrap()];
        while let Some(dir) = open.pop() {
            for entry in disk.list(&dir).unwrap_or_default() {
                let path = dir.join(&entry.name);
                if entry.is_dir { open.push(path) } else { found.push(path.display().to_string()) }
            }
        }
        found
    }

    /// Turns over bytes in the middle of every object whose path holds `part`.
    pub fn break_objects(&self, part: &str) {
        for path in self.objects().iter().filter(|path| path.contains(part)) {
            let file = Env::system().disk.open(path.as_ref(), esker_env::OpenMode::ReadWrite).unwrap();
            let middle = file.len().unwrap() / 2;
            for position in [200, middle] {
                let mut byte = [0];
                file.read_exact_at(&mut byte, position).unwrap();
                file.write_all_at(&[std::io::IoSlice::new(&[!byte[0]])], position).unwrap();
            }
        }
    }

    pub async fn list(&self, topic: &str, what: OffsetSpec) -> Result<Option<FoundOffset>, ListFault> {
        self.manager.list_offset(list(topic, what), Some(SOON)).await
    }
}

/// Has broker 1 registered anew, as each start does; its broker epoch.
fn register(image: &mut ClusterImage) -> i64 {
    if image.cluster_id().is_none() {
        image.apply(0, &Record::ClusterCreated { cluster_id: "test-cluster".parse().unwrap() }).unwrap();
    }
    let epoch = image.offset() + 1;
    image.apply(epoch, &Record::BrokerRegistered(Broker { epoch, ..broker_of(1) })).unwrap();
    epoch
}

/// Opens the logs, as soon as the broker before has let go of them.
async fn open_logs(
    env: &Env,
    config: &ManagerConfig,
    config_of: &(dyn Fn(&str) -> Arc<LogConfig> + Sync),
) -> (LogManager, LoadReport) {
    for _ in 0..1000 {
        match LogManager::open(env, config, config_of) {
            Err(ManagerError::InUse(_)) => esker_env::sleep(Duration::from_millis(5)).await,
            opened => return opened.unwrap(),
        }
    }
    panic!("the former broker does not end");
}

async fn open_tier(bucket: &std::path::Path, dir: &std::path::Path, env: &Env) -> Tier {
    let mut options = TierOptions::new(dir.join("tier"));
    options.cache_disk_bytes = 0;
    options.task_interval = Duration::from_millis(200);
    options.retry_timeout = Duration::from_millis(500);
    options.garbage_grace = Duration::from_millis(50);
    let url: TierUrl = format!("file:{}", bucket.display()).parse().unwrap();
    let tier = Tier::open(&url, &"test-cluster".parse().unwrap(), options, env.clone(), Handle::current()).unwrap();
    assert_eq!(tier.first_probe(SOON).await, TierState::Ready);
    tier
}

pub fn broker_of(id: BrokerId) -> Broker {
    Broker {
        id,
        incarnation: Uuid::from_u128(id as u128),
        epoch: i64::from(id),
        endpoints: Vec::new(),
        rack: None,
        log_dirs: Vec::new(),
        features: Default::default(),
        fenced: false,
        in_controlled_shutdown: false,
    }
}

pub fn list(topic: &str, what: OffsetSpec) -> ListOffset {
    let (topic_id, isolation) = (topic_id(topic), Some(Isolation::Uncommitted));
    ListOffset { topic_id, partition: 0, current_leader_epoch: None, what, isolation }
}

pub fn now_ms() -> i64 {
    Env::system().clock.wall_ms()
}

/// A consumer's fetch that does not wait.
pub fn fetch(partitions: &[(&str, i32, Offset)]) -> FetchRequest {
    let partition = |(topic, partition, offset): &(&str, i32, Offset)| FetchPartition {
        topic_id: topic_id(topic),
        partition: *partition,
        offset: *offset,
        max_bytes: 1 << 20,
        current_leader_epoch: None,
        last_fetched_epoch: None,
        log_start: -1,
    };
    FetchRequest {
        max_wait: Duration::ZERO,
        min_bytes: 1,
        max_bytes: 50 << 20,
        isolation: Isolation::Uncommitted,
        replica: None,
        partitions: partitions.iter().map(partition).collect(),
    }
}

pub fn bytes_of(fetched: &Fetched) -> Vec<u8> {
    match &fetched.records {
        FetchedRecords::Empty => Vec::new(),
        FetchedRecords::File(slice) => slice.read().unwrap().to_vec(),
        FetchedRecords::Tiered(read) => read.batches.concat(),
    }
}

/// A batch as a client sends it: records of `len` bytes.
pub fn batch(timestamp: i64, records: i32, len: usize) -> Vec<u8> {
    build(BatchBuilder::new(Codec::None), timestamp, records, len)
}

pub fn build(mut builder: BatchBuilder, timestamp: i64, records: i32, len: usize) -> Vec<u8> {
    for number in 0..records {
        let value = vec![b'a' + (number % 26) as u8; len];
        let timestamp = timestamp + i64::from(number);
        builder.append(&NewRecord { timestamp, key: Some(b"key"), value: Some(&value), headers: &[] }).unwrap();
    }
    builder.build().unwrap()
}

/// Waits, in real time, until something holds.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..4_000 {
        if holds() {
            return;
        }
        esker_env::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}
