//! One shard over a log in memory, with a clock that stands until a test moves it.

use crate::group::budget::Budget;
use crate::group::consumer::{ConsumerGroup, resolve};
use crate::group::cx::Cx;
use crate::group::effects::{Effects, Reply};
use crate::group::error::GroupError;
use crate::group::execute::{ServingGroups, execute};
use crate::group::request::*;
use crate::group::shard::{GroupShard, Kind};
use crate::group::world::{GroupMachine, World};
use crate::runtime::{Machine, Serving};
use crate::testing::MemoryLog;
use bytes::Bytes;
use esker_config::RawConfig;
use esker_env::sim::SimClock;
use esker_env::{Clock, Env, Instant};
use esker_metadata::{ClusterImage, ConfigResource, ConfigStore, ImagePublisher, Partition, Record};
use esker_model::TopicId;
use esker_record::{Batches, Records};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

const PLAIN: &str = "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:9093\n\
    listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093\ncontroller.listener.names=CONTROLLER\n\
    log.dirs=/data\n";

/// The cluster as a test makes it.
pub(crate) struct Cluster {
    pub publisher: ImagePublisher,
    pub image: ClusterImage,
    pub configs: Arc<ConfigStore>,
}

impl Cluster {
    pub fn new(config: &str) -> Self {
        let startup = RawConfig::from_text(&format!("{PLAIN}{config}")).unwrap().resolve("host").unwrap();
        let publisher = ImagePublisher::default();
        let configs = Arc::new(ConfigStore::new(startup.values, 1, publisher.watch()));
        let mut cluster = Self { publisher, image: ClusterImage::default(), configs };
        cluster.apply(Record::ClusterCreated { cluster_id: "test-cluster".parse().unwrap() });
        cluster
    }

    pub fn apply(&mut self, record: Record) {
        self.image.apply(self.image.offset() + 1, &record).unwrap();
        self.publisher.publish(Arc::new(self.image.clone()));
    }

    pub fn topic(&mut self, name: &str, partitions: i32) -> TopicId {
        let id = TopicId(uuid::Uuid::from_u128(1000 + self.image.offset() as u128));
        self.apply(Record::TopicCreated { topic_id: id, name: name.into(), tiered: false });
        (0..partitions).for_each(|partition| self.partition(id, partition));
        id
    }

    pub fn partition(&mut self, id: TopicId, partition: i32) {
        let state = Partition { replicas: [1].into(), isr: [1].into(), leader: Some(1), ..Partition::default() };
        self.apply(Record::PartitionCreated { topic_id: id, partition, state });
    }
}

/// One shard.
pub(crate) struct Rig {
    pub cluster: Cluster,
    pub clock: Arc<SimClock>,
    pub log: Arc<MemoryLog>,
    pub world: Arc<World>,
    pub shard: ServingGroups,
}

/// Somebody who waits, and the answer where it was already looked for.
pub(crate) struct Waiting(oneshot::Receiver<Reply>, Option<Reply>);

impl Waiting {
    pub fn is_waiting(&mut self) -> bool {
        if self.1.is_none() {
            match self.0.try_recv() {
                Ok(reply) => self.1 = Some(reply),
                Err(error) => return error == oneshot::error::TryRecvError::Empty,
            }
        }
        false
    }

    fn answer(mut self) -> Option<Reply> {
        self.1.take().or_else(|| self.0.try_recv().ok())
    }

    pub fn join(self) -> JoinAnswer {
        self.join_or_gone().expect("an answer to a join")
    }

    /// The answer, or nothing where the coordinator went away.
    pub fn join_or_gone(self) -> Option<JoinAnswer> {
        match self.answer()? {
            Reply::Join(answer) => Some(answer),
            _ => None,
        }
    }

    pub fn sync(self) -> SyncAnswer {
        match self.answer() {
            Some(Reply::Sync(answer)) => answer,
            other => panic!("{other:?} is no answer to a sync"),
        }
    }
}

impl Rig {
    pub fn new(config: &str) -> Self {
        Self::with_memory(config, usize::MAX)
    }

    pub fn with_memory(config: &str, memory: usize) -> Self {
        let cluster = Cluster::new(config);
        let clock = Arc::new(SimClock::default());
        let random = Arc::new(esker_env::sim::SeededRandom::new(7));
        let env = Env { disk: Env::system().disk, clock: Arc::clone(&clock) as Arc<dyn Clock>, random };
        let world = World::new(env, Arc::clone(&cluster.configs), Budget::new(memory));
        let log = MemoryLog::new(1);
        let shard = load(&world, &log, &clock);
        Self { cluster, clock, log, world, shard }
    }

    /// Another coordinator reads the log, or as many batches of it.
    pub fn reload(&mut self, batches: Option<usize>) {
        let log = MemoryLog::new(1);
        let all = self.log.batches(0);
        for batch in all.iter().take(batches.unwrap_or(all.len())) {
            crate::StateLog::append(&*log, 0, 0, batch.clone()).unwrap();
        }
        self.log = log;
        self.shard = load(&self.world, &self.log, &self.clock);
    }

    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Lets time pass, with everything that is due meanwhile.
    pub fn advance(&mut self, ms: u64) {
        let end = self.now() + Duration::from_millis(ms);
        while let Some(next) = self.shard.machine.next_deadline().filter(|next| *next <= end) {
            self.clock.advance(next.since(self.now()));
            let now = self.now();
            GroupMachine::on_deadline(&mut self.shard, now);
        }
        self.clock.advance(end.since(self.now()));
    }

    pub fn decide<T>(
        &mut self,
        producer: Option<(i64, i16)>,
        decide: impl FnOnce(&mut GroupShard, &Cx<'_>, &mut Effects) -> Result<T, GroupError>,
    ) -> Result<T, GroupError> {
        let world = Arc::clone(&self.world);
        let shard = &mut self.shard;
        world.with_cx(|cx| {
            let mut effects = Effects::default();
            let answer = decide(&mut shard.machine.shard, cx, &mut effects)?;
            execute(shard, cx, effects, producer)?;
            Ok(answer)
        })
    }

    fn wait(&mut self, enter: impl FnOnce(&mut GroupShard, u64, &Cx<'_>, &mut Effects)) -> Waiting {
        let (sender, receiver) = oneshot::channel();
        let _refused = self.decide(None, |shard, cx, effects| {
            let ticket = shard.expect_reply(sender);
            enter(shard, ticket, cx, effects);
            Ok(())
        });
        Waiting(receiver, None)
    }

    pub fn join(&mut self, request: &JoinRequest) -> Waiting {
        self.wait(|shard, ticket, cx, effects| shard.join(request, ticket, cx, effects))
    }

    pub fn sync(&mut self, request: &SyncRequest) -> Waiting {
        self.wait(|shard, ticket, cx, effects| shard.sync(request, ticket, cx, effects))
    }

    pub fn heartbeat(&mut self, request: &HeartbeatRequest) -> Result<(), GroupError> {
        self.decide(None, |shard, cx, effects| shard.heartbeat(request, cx, effects))
    }

    pub fn leave(&mut self, group: &str, members: &[LeavingMember]) -> Result<Vec<LeftMember>, GroupError> {
        let request = LeaveRequest { group: group.into(), members: members.to_vec() };
        self.decide(None, |shard, cx, effects| shard.leave(&request, cx, effects))
    }

    pub fn consumer(&mut self, request: &ConsumerHeartbeat) -> Result<ConsumerAnswer, GroupError> {
        crate::group::consumer::check_heartbeat(request, &self.world.settings())?;
        self.decide(None, |shard, cx, effects| shard.consumer_heartbeat(request, cx, effects))
    }

    pub fn commit(&mut self, request: &CommitRequest) -> Result<CommitAnswer, GroupError> {
        self.decide(request.producer, |shard, cx, effects| shard.commit(request, cx, effects))
    }

    pub fn fetch(&mut self, request: &FetchRequest) -> Result<Vec<FetchedTopic>, GroupError> {
        self.shard.machine.shard.fetch(request)
    }

    /// The committed offset of one partition; -1 for none.
    pub fn offset(&mut self, group: &str, topic: &str, partition: i32) -> i64 {
        let topics =
            Some(vec![FetchTopic { name: topic.into(), partitions: vec![partition], ..FetchTopic::default() }]);
        let request = FetchRequest { group: group.into(), epoch: -1, topics, ..FetchRequest::default() };
        self.fetch(&request).unwrap()[0].partitions[0].offset
    }

    /// A transaction's marker.
    pub fn end_transaction(&mut self, producer: i64, epoch: i16, commit: bool) {
        use esker_record::{EndMarker, end_marker_batch};
        let marker = if commit { EndMarker::Commit } else { EndMarker::Abort };
        let batch = end_marker_batch(producer, epoch, marker, 0, 1).unwrap();
        self.shard.append(batch.into()).unwrap();
        self.shard.machine.shard.end_transaction(producer, commit);
    }

    /// Looks up the patterns of a group, as is done outside of the shard.
    pub fn resolve(&mut self, group: &str) {
        let world = Arc::clone(&self.world);
        let shard = &mut self.shard;
        let image = self.cluster.configs.watch().current();
        world.with_cx(|cx| {
            let mut effects = Effects::default();
            let Some(Kind::Consumer(group)) = shard.machine.shard.groups.get_mut(group).map(|group| &mut group.kind)
            else {
                return;
            };
            let regexes = group.regex_members.keys().cloned().collect();
            let resolved = resolve(&regexes, &TopicFilter::default(), &image, cx.wall_ms);
            group.resolved(resolved, cx, &mut effects);
            execute(shard, cx, effects, None).unwrap();
        });
    }

    pub fn consumer_group(&self, group: &str) -> &ConsumerGroup {
        match &self.shard.machine.shard.groups[group].kind {
            Kind::Consumer(group) => group,
            other => panic!("{other:?} is no consumer group"),
        }
    }

    pub fn classic_group(&self, group: &str) -> &crate::group::classic::ClassicGroup {
        match &self.shard.machine.shard.groups[group].kind {
            Kind::Classic(group) => group,
            other => panic!("{other:?} is no classic group"),
        }
    }

    pub fn has_group(&self, group: &str) -> bool {
        self.shard.machine.shard.groups.contains_key(group)
    }

    /// Sets a configuration of a group.
    pub fn configure(&mut self, group: &str, key: &str, value: &str) {
        let resource = ConfigResource { kind: esker_metadata::ConfigResourceKind::Group, name: group.into() };
        self.cluster.apply(Record::ConfigSet { resource, key: key.into(), value: Some(value.into()) });
    }
}

/// Reads a log into a new shard.
fn load(world: &Arc<World>, log: &Arc<MemoryLog>, clock: &SimClock) -> ServingGroups {
    let mut machine = world.machine();
    let mut end = 0;
    for bytes in log.batches(0) {
        let batch = Batches::new(&bytes).next().unwrap().unwrap();
        machine.replay(&batch, Records::new(batch.records(), batch.header.record_count)).unwrap();
        end = batch.header.next_offset();
    }
    let mut shard = Serving::new(machine, Arc::clone(log) as Arc<dyn crate::StateLog>, 0, 0, end);
    GroupMachine::loaded(&mut shard, clock.now());
    shard
}

/// A classic consumer that joins `group` with one assignor and what it sends for it.
pub(crate) fn joining(group: &str, member: &str, metadata: &[u8]) -> JoinRequest {
    JoinRequest {
        group: group.into(),
        member: member.into(),
        client: Client { id: "client".into(), host: "/127.0.0.1".into(), ..Client::default() },
        rebalance_timeout: 10_000,
        session_timeout: 6_000,
        protocol_type: "consumer".into(),
        protocols: vec![("range".into(), Bytes::copy_from_slice(metadata))],
        known_member_required: true,
        can_skip_assignment: true,
        ..JoinRequest::default()
    }
}

pub(crate) fn syncing(group: &str, answer: &JoinAnswer, assignments: &[(&str, &[u8])]) -> SyncRequest {
    SyncRequest {
        group: group.into(),
        generation: answer.generation,
        member: Arc::clone(&answer.member),
        protocol_type: answer.protocol_type.clone(),
        protocol: answer.protocol.clone(),
        assignments: assignments.iter().map(|(id, data)| (Arc::from(*id), Bytes::copy_from_slice(data))).collect(),
        ..SyncRequest::default()
    }
}

pub(crate) fn alive(group: &str, answer: &JoinAnswer) -> HeartbeatRequest {
    HeartbeatRequest {
        group: group.into(),
        generation: answer.generation,
        member: Arc::clone(&answer.member),
        instance: None,
    }
}

/// A consumer's first heartbeat.
pub(crate) fn entering(group: &str, member: &str, topics: &[&str]) -> ConsumerHeartbeat {
    ConsumerHeartbeat {
        group: group.into(),
        member: member.into(),
        epoch: 0,
        rebalance_timeout: 30_000,
        topics: Some(topics.iter().map(|topic| Arc::from(*topic)).collect()),
        owned: Some(Default::default()),
        member_id_required: true,
        client: Client { id: "client".into(), host: "/127.0.0.1".into(), ..Client::default() },
        ..ConsumerHeartbeat::default()
    }
}

/// A consumer's heartbeat in which it says what it has.
pub(crate) fn owning(
    group: &str,
    answer: &ConsumerAnswer,
    owned: crate::group::record::Partitions,
) -> ConsumerHeartbeat {
    ConsumerHeartbeat {
        group: group.into(),
        member: Arc::clone(&answer.member),
        epoch: answer.epoch,
        rebalance_timeout: -1,
        owned: Some(owned),
        member_id_required: true,
        client: Client { id: "client".into(), host: "/127.0.0.1".into(), ..Client::default() },
        ..ConsumerHeartbeat::default()
    }
}

/// A commit of one offset by a member, or by nobody in particular.
pub(crate) fn committing(
    group: &str,
    member: &str,
    generation: i32,
    topic: &str,
    partition: i32,
    offset: i64,
) -> CommitRequest {
    let partitions = vec![CommitPartition { partition, offset, leader_epoch: -1, metadata: None }];
    CommitRequest {
        group: group.into(),
        generation,
        member: member.into(),
        retention_ms: -1,
        topics: vec![CommitTopic { name: topic.into(), id: TopicId::ZERO, partitions }],
        member_epochs: true,
        ..CommitRequest::default()
    }
}

/// What a consumer puts into the bytes of its subscription.
pub(crate) fn subscription(topics: &[&str], owned: &[(&str, &[i32])]) -> Bytes {
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend((text.len() as i16).to_be_bytes());
        out.extend(text.as_bytes());
    };
    let mut out = 1_i16.to_be_bytes().to_vec();
    out.extend((topics.len() as i32).to_be_bytes());
    topics.iter().for_each(|topic| text(&mut out, topic));
    out.extend((-1_i32).to_be_bytes());
    out.extend((owned.len() as i32).to_be_bytes());
    for (topic, partitions) in owned {
        text(&mut out, topic);
        out.extend((partitions.len() as i32).to_be_bytes());
        partitions.iter().for_each(|partition| out.extend(partition.to_be_bytes()));
    }
    out.into()
}
