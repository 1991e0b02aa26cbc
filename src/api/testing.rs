//! A broker without a network for the tests of this room, and a client that speaks to it in frames.

use crate::{Api, Piece, Reply, Response, Services, Session};
use crate::{CoordinationParts, PartitionMarkers, start_groups, start_transactions};
use bytes::Bytes;
use esker_config::{BrokerConfig, RawConfig, Startup};
use esker_controller::{Controller, ImageMachine, ProducerIds};
use esker_coordinator::group::OFFSETS_TOPIC;
use esker_env::sim::World;
use esker_env::{Env, Pool};
use esker_log::{Bounds, LogManager, ManagerConfig};
use esker_metadata::{
    Broker, ClusterImage, ConfigResource, ConfigStore, Endpoint, Partition, PartitionChange, Record, SecurityProtocol,
};
use esker_model::TopicId;
use esker_protocol::Request;
use esker_protocol::frame::{read_response, request_frame};
use esker_protocol::wire::decode::Decode;
use esker_quorum::{Member, MetadataQuorum, NoPeers, Options, Proposal, QuorumNode, Tuning};
use esker_record::{BatchBuilder, Codec, NewRecord};
use esker_replication::{ReplicaManager, ReplicaOptions};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// How long anything in a test may take: much longer than it does.
const PATIENCE: Duration = Duration::from_secs(30);

/// Settings in which only what a test says differs from Kafka's defaults.
pub const PLAIN: &str = "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:9093\n\
    listeners=PLAINTEXT://127.0.0.1:9092,INTERNAL://127.0.0.1:9094,CONTROLLER://127.0.0.1:9093\n\
    advertised.listeners=PLAINTEXT://example.org:19092,INTERNAL://10.0.0.1:9094\n\
    controller.listener.names=CONTROLLER\n\
    listener.security.protocol.map=PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs=/data\n";

/// Lets clients push their metrics.
pub const TELEMETRY: &str = "esker.client.telemetry.enable=true\n";

/// What `text` beside [`PLAIN`] resolves to.
pub fn startup(text: &str) -> Startup {
    RawConfig::from_text(&format!("{PLAIN}{text}")).unwrap().resolve("host").unwrap()
}

/// A broker over a metadata log that a test writes record by record, or by what it asks for, with real logs in a directory of its own.
pub struct Fixture {
    pub api: Api,
    pub session: Session,
    /// The newest image as of the last record or answer.
    pub image: Arc<ClusterImage>,
    pub replicas: Arc<ReplicaManager>,
    quorum: Arc<QuorumNode>,
    runtime: Runtime,
    _dir: TempDir,
}

impl Fixture {
    /// A cluster of the brokers 1, unfenced, and nothing else.
    pub fn new(config: &str) -> Self {
        let startup = startup(config);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let env = Env::system();
        let machine = ImageMachine::new();
        let image = machine.watch();
        let quorum = runtime.block_on(quorum(&env, &machine));
        let configs = Arc::new(ConfigStore::new(startup.values, 1, image.clone()));
        let controller = Controller::new(env.clone(), 1, quorum.clone(), Arc::clone(&configs));
        let producer_ids = ProducerIds::new(env.clone(), Arc::clone(&controller), 1);
        let dir = tempfile::tempdir().unwrap();
        let replicas = replicas(&env, &runtime, &startup.broker, &configs, &dir);
        let config = Arc::new(startup.broker);
        let groups = runtime
            .block_on(async { start_groups(env.clone(), Arc::clone(&configs), image.clone(), Arc::clone(&replicas)) });
        let markers = PartitionMarkers::new(env.clone(), image.clone(), Arc::clone(&replicas), Arc::clone(&groups));
        let markers = Arc::new(markers);
        let transactions = runtime.block_on(async {
            start_transactions(&CoordinationParts {
                env: env.clone(),
                configs: Arc::clone(&configs),
                image: image.clone(),
                replicas: Arc::clone(&replicas),
                producer_ids: Arc::clone(&producer_ids),
                markers: Arc::clone(&markers),
            })
        });
        let services = Services {
            env,
            node_id: 1,
            config,
            configs,
            image,
            controller,
            producer_ids,
            replicas: Arc::clone(&replicas),
            markers,
            transactions,
            groups,
        };
        let session = Session::new("PLAINTEXT".into(), "127.0.0.1:50000".parse().unwrap());
        let (api, image) = (Api::new(services), Arc::default());
        let mut fixture = Self { api, session, image, replicas, quorum, runtime, _dir: dir };
        fixture.apply(Record::ClusterCreated { cluster_id: "test-cluster".parse().unwrap() });
        fixture.apply(Record::BrokerRegistered(broker(1)));
        fixture
    }

    /// Has one record committed.
    pub fn apply(&mut self, record: Record) {
        self.apply_all(&[record]);
    }

    /// Has records committed together: one image for all of them.
    pub fn apply_all(&mut self, records: &[Record]) {
        let records = records.iter().map(|record| record.encode().into()).collect();
        let committed = self.quorum.propose(Proposal { expected: None, records }, PATIENCE);
        self.runtime.block_on(committed).unwrap();
        let watch = self.api.services.image.clone();
        self.image = watch.current();
        self.runtime.block_on(watch.applied(self.image.offset(), PATIENCE)).unwrap();
    }

    /// Creates the topic of groups, and waits until its partitions are served.
    pub fn create_groups_topic(&mut self) {
        self.create_topic(0xfeed, OFFSETS_TOPIC, 2);
        let groups = Arc::clone(&self.api.services.groups);
        self.runtime.block_on(async {
            while groups.served().len() < 2 {
                esker_env::sleep(Duration::from_millis(5)).await;
            }
        });
    }

    /// Sets a configuration.
    pub fn set(&mut self, resource: ConfigResource, key: &str, value: &str) {
        self.apply(Record::ConfigSet { resource, key: key.into(), value: Some(value.into()) });
    }

    /// Creates a topic whose partitions are led by broker 1.
    pub fn create_topic(&mut self, id: u128, name: &str, partitions: i32) {
        self.create_partitions(id, name, partitions, &led_by(1, &[1]));
    }

    /// Creates a topic whose partitions are all in the same state.
    pub fn create_partitions(&mut self, id: u128, name: &str, partitions: i32, state: &Partition) {
        let topic_id = topic_id(id);
        let created = Record::TopicCreated { topic_id, name: name.into(), tiered: false };
        let partition = |partition| Record::PartitionCreated { topic_id, partition, state: state.clone() };
        let records: Vec<Record> = std::iter::once(created).chain((0..partitions).map(partition)).collect();
        self.apply_all(&records);
    }

    /// Elects a leader, or the same once more: the leader epoch grows.
    pub fn elect(&mut self, id: u128, partition: i32, leader: Option<i32>) {
        let change = PartitionChange { leader: Some(leader), ..PartitionChange::default() };
        self.apply(Record::PartitionChanged { topic_id: topic_id(id), partition, change });
    }

    /// The offsets of a partition's log.
    pub fn bounds(&self, id: u128, partition: i32) -> Bounds {
        self.replicas.partition(topic_id(id), partition).unwrap().log().bounds()
    }

    /// Sends a request and reads its answer, waiting for it where need be.
    pub fn ask<R: Request>(&mut self, version: i16, request: &R) -> R::Response
    where
        R::Response: Decode,
    {
        let reply = self.send(version, request);
        self.read::<R>(reply, version)
    }

    /// Reads the answer in a reply, waiting for it where need be.
    pub fn read<R: Request>(&mut self, reply: Reply, version: i16) -> R::Response
    where
        R::Response: Decode,
    {
        let response = self.response(reply);
        self.image = self.api.services.image.current();
        read::<R>(response, version)
    }

    /// The response in a reply, waiting for it where need be.
    pub fn response(&self, reply: Reply) -> Response {
        match reply {
            Reply::Now(response) => response,
            Reply::Later(answer) => {
                let answer = self.runtime.block_on(async { esker_env::timeout(PATIENCE, answer).await });
                answer.expect("an answer in time").expect("an answer")
            }
            other => panic!("{other:?} is no answer"),
        }
    }

    /// Sends a request.
    pub fn send<R: Request>(&mut self, version: i16, request: &R) -> Reply {
        self.send_as("test", version, request)
    }

    /// Sends a request under a client id.
    pub fn send_as<R: Request>(&mut self, client_id: &str, version: i16, request: &R) -> Reply {
        let frame = request_frame(7, Some(client_id.into()), version, request).unwrap().freeze();
        let _inside = self.runtime.enter();
        self.api.dispatch(&mut self.session, frame.slice(4..))
    }

    /// Sends a frame without its length.
    pub fn dispatch(&mut self, frame: Bytes) -> Reply {
        let _inside = self.runtime.enter();
        self.api.dispatch(&mut self.session, frame)
    }

    /// Waits until the newest image is as `wanted`.
    pub fn wait_for(&mut self, wanted: impl Fn(&ClusterImage) -> bool) {
        let watch = self.api.services.image.clone();
        self.image = self.runtime.block_on(async {
            loop {
                let image = watch.current();
                if wanted(&image) {
                    return image;
                }
                watch.published(image.offset() + 1, PATIENCE).await.unwrap();
            }
        });
    }

    /// Waits a little, for what goes on behind answers.
    pub fn pause(&self) {
        self.runtime.block_on(esker_env::sleep(Duration::from_millis(5)));
    }

    /// Stops the metadata quorum.
    pub fn stop_quorum(&self) {
        self.runtime.block_on(self.quorum.shutdown());
    }
}

/// A quorum of one voter on a disk in memory.
async fn quorum(env: &Env, machine: &Arc<ImageMachine>) -> Arc<QuorumNode> {
    let disk = World::new(1).env().disk;
    let voters = vec![Member { id: 1, address: "127.0.0.1:9093".into(), voter: true }];
    let options = Options { node_id: 1, dir: "/data/esker-metadata".into(), voters, tuning: Tuning::default() };
    let env = Env { disk, ..env.clone() };
    QuorumNode::start(&env, options, machine.clone(), Arc::new(NoPeers)).await.unwrap()
}

/// The partitions of broker 1, in `dir`, without a tier.
fn replicas(
    env: &Env,
    runtime: &Runtime,
    config: &BrokerConfig,
    configs: &Arc<ConfigStore>,
    dir: &TempDir,
) -> Arc<ReplicaManager> {
    let manager = ManagerConfig {
        sync_threads_per_dir: 1,
        ..ManagerConfig::new(vec![dir.path().to_owned()], "test-cluster".parse().unwrap(), 1)
    };
    let (logs, _) = LogManager::open(env, &manager, &|_| Arc::default()).unwrap();
    let pool = Pool::new(runtime.handle().clone(), 2, 100);
    let (env, configs, log) = (env.clone(), Arc::clone(configs), config.log.clone());
    let options = ReplicaOptions::new(env, 1, configs, Arc::new(logs), log, pool, runtime.handle().clone());
    let _inside = runtime.enter();
    ReplicaManager::start(options)
}

/// The message in a response whose correlation id is that of [`Fixture::send`].
pub fn read<R: Request>(response: Response, version: i16) -> R::Response
where
    R::Response: Decode,
{
    let frame = bytes(&response);
    assert_eq!(frame[4..8], 7i32.to_be_bytes(), "the correlation id");
    read_response::<R>(frame.slice(4..), version).unwrap()
}

/// A response as one piece, what lies in files read from there.
pub fn bytes(response: &Response) -> Bytes {
    let mut whole = Vec::new();
    for piece in &response.pieces {
        match piece {
            Piece::Bytes(bytes) => whole.extend_from_slice(bytes),
            Piece::File(range) => {
                let mut read = vec![0; usize::try_from(range.len).unwrap()];
                range.file.read_exact_at(&mut read, range.position).unwrap();
                whole.extend_from_slice(&read);
            }
        }
    }
    Bytes::from(whole)
}

/// A batch of values as a producer sends it.
pub fn batch(values: &[&str]) -> Vec<u8> {
    filled(BatchBuilder::new(Codec::None), values)
}

/// A batch of values, each with a key and the present time, begun by `builder`.
pub fn filled(mut builder: BatchBuilder, values: &[&str]) -> Vec<u8> {
    let timestamp = Env::system().clock.wall_ms();
    for value in values {
        let record = NewRecord { timestamp, key: Some(b"k"), value: Some(value.as_bytes()), headers: &[] };
        builder.append(&record).unwrap();
    }
    builder.build().unwrap()
}

pub fn topic_id(id: u128) -> TopicId {
    TopicId(Uuid::from_u128(id))
}

/// A partition whose replicas are all in sync.
pub fn led_by(leader: i32, replicas: &[i32]) -> Partition {
    Partition { replicas: replicas.into(), isr: replicas.into(), leader: Some(leader), ..Partition::default() }
}

/// An unfenced broker with the endpoints that [`PLAIN`] advertises.
pub fn broker(id: i32) -> Broker {
    let endpoint = |listener: &str, host: &str, port| Endpoint {
        listener: listener.into(),
        host: host.into(),
        port,
        protocol: SecurityProtocol::Plaintext,
    };
    Broker {
        id,
        incarnation: Uuid::from_u128(id as u128),
        epoch: i64::from(id),
        endpoints: vec![
            endpoint("PLAINTEXT", "example.org", 19091 + id as u16),
            endpoint("INTERNAL", "10.0.0.1", 9094),
        ],
        rack: None,
        log_dirs: Vec::new(),
        features: Default::default(),
        fenced: false,
        in_controlled_shutdown: false,
    }
}
