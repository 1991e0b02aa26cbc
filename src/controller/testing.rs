//! Clusters for the tests of this room: one on paper for decisions, one over a real quorum for the shell.

use crate::cluster::{Cluster, Decision};
use crate::*;
use esker_config::{BrokerValues, RawConfig};
use esker_env::Env;
use esker_env::sim::World;
use esker_metadata::{
    Broker, ClusterImage, ConfigResource, ConfigStore, Endpoint, LeaderRecovery, Partition, Record, SecurityProtocol,
    VersionRange,
};
use esker_model::{BrokerId, TopicId};
use esker_quorum::{Member, NoPeers, Options, QuorumNode, Tuning};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub const LONG: Duration = Duration::from_secs(20);

pub fn values(text: &str) -> BrokerValues {
    let plain = "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:9093\n\
        listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093\ncontroller.listener.names=CONTROLLER\n\
        listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs=/data\n";
    RawConfig::from_text(&format!("{plain}{text}")).unwrap().resolve("host").unwrap().values
}

/// A cluster on paper.
pub struct Paper {
    pub image: ClusterImage,
    pub statics: BrokerValues,
    pub values: BrokerValues,
    pub world: World,
}

impl Paper {
    /// The brokers `ids`, unfenced, with eligible leader replicas.
    pub fn new(ids: &[BrokerId], config: &str) -> Self {
        let statics = values(config);
        let image = ClusterImage::default();
        let mut paper = Self { image, values: statics.clone(), statics, world: World::new(7) };
        let fresh = "paper-cluster".parse().unwrap();
        let first = create_cluster::decide(paper.cluster(), None, &fresh).unwrap();
        paper.take(first);
        for id in ids {
            paper.apply(Record::BrokerRegistered(broker(*id, None, false)));
        }
        paper
    }

    pub fn cluster(&self) -> Cluster<'_> {
        Cluster { image: &self.image, values: &self.values }
    }

    pub fn apply(&mut self, record: Record) {
        self.image.apply(self.image.offset() + 1, &record).unwrap();
        let set = |resource| self.image.configs(&resource).map(|set| (**set).clone()).unwrap_or_default();
        let (cluster_default, own) = (set(ConfigResource::cluster_default()), set(ConfigResource::broker(1)));
        self.values = self.statics.with_dynamic(&cluster_default, &own);
    }

    /// Makes a decision come true; every record must fit the image.
    pub fn take<T>(&mut self, decision: Decision<T>) -> T {
        decision.records.into_iter().for_each(|record| self.apply(record));
        decision.answer
    }

    pub fn set(&mut self, resource: ConfigResource, key: &str, value: &str) {
        self.apply(Record::ConfigSet { resource, key: key.into(), value: Some(value.into()) });
    }

    /// A topic with one partition in this state.
    pub fn topic(&mut self, id: u128, name: &str, state: Partition) {
        self.apply(Record::TopicCreated { topic_id: topic_id(id), name: name.into(), tiered: false });
        self.apply(Record::PartitionCreated { topic_id: topic_id(id), partition: 0, state });
    }

    pub fn partition(&self, id: u128) -> Partition {
        (**self.image.topic(topic_id(id)).unwrap().partition(0).unwrap()).clone()
    }

    pub fn create(&self, topic: NewTopic) -> Result<CreatedTopic, ControllerError> {
        create_topics::decide(self.cluster(), &[topic], &*self.world.random)?.answer.pop().unwrap()
    }
}

pub fn topic_id(id: u128) -> TopicId {
    TopicId(Uuid::from_u128(id))
}

pub fn broker(id: BrokerId, rack: Option<&str>, fenced: bool) -> Broker {
    let range = |max| VersionRange { min: 0, max };
    Broker {
        id,
        incarnation: Uuid::from_u128(id as u128 + 1000),
        epoch: i64::from(id) + 100,
        endpoints: vec![Endpoint {
            listener: "PLAINTEXT".into(),
            host: "127.0.0.1".into(),
            port: 9092,
            protocol: SecurityProtocol::Plaintext,
        }],
        rack: rack.map(str::to_owned),
        log_dirs: vec![dir(id)],
        features: NEW_CLUSTER_FEATURES.iter().map(|(name, level)| ((*name).to_owned(), range(*level))).collect(),
        fenced,
        in_controlled_shutdown: false,
    }
}

/// The only log directory of a broker.
pub fn dir(id: BrokerId) -> Uuid {
    Uuid::from_u128(id as u128 + 5000)
}

/// What a broker with this id says when its process starts for the `run`th time.
pub fn newcomer(id: BrokerId, run: u128) -> NewBroker {
    let Broker { endpoints, rack, log_dirs, features, .. } = broker(id, None, true);
    let incarnation = Uuid::from_u128(run << 64 | id as u128);
    NewBroker { id, incarnation, cluster_id: None, endpoints, rack, log_dirs, features, previous_epoch: None }
}

/// A partition led by its first in-sync replica.
pub fn state(replicas: &[BrokerId], isr: &[BrokerId]) -> Partition {
    Partition {
        replicas: replicas.into(),
        isr: isr.into(),
        leader: isr.first().copied(),
        leader_epoch: 5,
        partition_epoch: 9,
        recovery: LeaderRecovery::Recovered,
        ..Partition::default()
    }
}

/// A controller over a quorum of one voter on a simulated disk.
pub struct Live {
    pub controller: Arc<Controller>,
    pub machine: Arc<ImageMachine>,
    pub quorum: Arc<QuorumNode>,
    pub env: Env,
}

impl Live {
    pub async fn start(world: &World, config: &str) -> Live {
        let env = Env { clock: Env::system().clock, ..world.env() };
        let voters = vec![Member { id: 1, address: "node-1:9093".into(), voter: true }];
        let options = Options { node_id: 1, dir: "/data/esker-metadata".into(), voters, tuning: Tuning::default() };
        let machine = ImageMachine::new();
        let quorum = QuorumNode::start(&env, options, machine.clone(), Arc::new(NoPeers)).await.unwrap();
        let configs = Arc::new(ConfigStore::new(values(config), 1, machine.watch()));
        let controller = Controller::new(env.clone(), 1, quorum.clone(), configs);
        Live { controller, machine, quorum, env }
    }

    /// With the cluster created and broker 1 registered and unfenced.
    pub async fn with_broker(world: &World) -> Live {
        let live = Live::start(world, "").await;
        live.controller.create_cluster(None).await.unwrap();
        let epoch = live.controller.register_broker(newcomer(1, 1), LONG).await.unwrap();
        live.controller.set_broker_state(1, epoch, Some(false), None, LONG).await.unwrap();
        live
    }
}
