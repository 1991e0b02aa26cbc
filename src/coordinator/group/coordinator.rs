//! The group coordinator of one broker: from requests to shards.

use crate::group::budget::Budget;
use crate::group::classic::ClassicDescription;
use crate::group::consumer::{ConsumerDescription, check_heartbeat};
use crate::group::cx::Cx;
use crate::group::effects::{Effects, Reply};
use crate::group::error::{GroupError, GroupFault};
use crate::group::execute::{ServingGroups, execute, store_tombstones};
use crate::group::pending::Pending;
use crate::group::request::{
    CommitAnswer, CommitRequest, ConsumerAnswer, ConsumerHeartbeat, DeleteOffsetsAnswer, FetchRequest, FetchedTopic,
    HeartbeatRequest, JoinAnswer, JoinRequest, LeaveRequest, LeftMember, SyncAnswer, SyncRequest,
};
use crate::group::settings::GroupSettings;
use crate::group::shard::{GroupShard, Kind};
use crate::group::world::{GroupMachine, World};
use crate::runtime::{Shards, ShardsOptions};
use crate::{StateLog, partition_of};
use esker_env::Env;
use esker_metadata::{Change, ConfigStore};
use esker_model::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, TopicId};
use esker_record::{EndMarker, end_marker_batch};
use std::sync::Arc;
use tokio::sync::oneshot;

/// What a group coordinator is made of.
#[derive(Debug)]
pub struct GroupCoordinatorOptions {
    /// Clock and randomness.
    pub env: Env,
    /// What is configured, and the cluster.
    pub configs: Arc<ConfigStore>,
    /// `__consumer_offsets`.
    pub log: Arc<dyn StateLog>,
    /// Memory that groups may take, about, in bytes.
    pub memory_max: usize,
}

/// The topic that groups are kept in.
pub const OFFSETS_TOPIC: &str = "__consumer_offsets";
/// Shards loaded at once.
const LOADS_MAX: usize = 4;

/// The groups that this broker coordinates.
#[derive(Debug)]
pub struct GroupCoordinator {
    pub(super) shards: Arc<Shards<GroupMachine>>,
    world: Arc<World>,
}

/// A group in the list of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedGroup {
    /// Its id.
    pub id: Arc<str>,
    /// Its kind of members; empty where it has none yet.
    pub protocol_type: Arc<str>,
    /// Its state.
    pub state: &'static str,
    /// Whether it speaks the consumer protocol.
    pub consumer: bool,
}

/// What a transaction's end means for the offsets that were committed in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionEnd {
    /// The producer.
    pub producer: ProducerId,
    /// Its epoch.
    pub epoch: ProducerEpoch,
    /// Epoch of the transaction coordinator that says so.
    pub coordinator_epoch: i32,
    /// Whether the offsets count.
    pub commit: bool,
}

impl GroupCoordinator {
    /// A coordinator that coordinates nothing yet: see [`GroupCoordinator::image_changed`].
    pub fn new(options: GroupCoordinatorOptions) -> Arc<Self> {
        let GroupCoordinatorOptions { env, configs, log, memory_max } = options;
        let world = World::new(env.clone(), configs, Budget::new(memory_max));
        let machines = Arc::clone(&world);
        let machine = Box::new(move |_| machines.machine());
        let shards = Shards::new(ShardsOptions { name: "groups", env, log, loads_max: LOADS_MAX, machine });
        let _first = world.shards.set(Arc::downgrade(&shards));
        Arc::new(Self { shards, world })
    }

    /// Takes up and gives up shards as leadership is now. To be called on a runtime whenever it may have moved.
    pub fn align(&self) {
        self.shards.align();
    }

    /// Takes note of a new image of the cluster, whose leaderships are in effect on this broker. To be called on a runtime.
    pub fn image_changed(&self, change: &Change) {
        if !change.delta.topics_created.is_empty() {
            self.world.topics_created(change.new.offset());
        }
        if change.delta.topics_deleted.iter().any(|topic| &*topic.name == OFFSETS_TOPIC) {
            // A topic of the same name may be there already, with the same epochs and nothing in it.
            self.shards.give_up_all();
        }
        self.align();
        let deleted: Vec<(Arc<str>, TopicId)> =
            change.delta.topics_deleted.iter().map(|topic| (Arc::clone(&topic.name), topic.id)).collect();
        if !deleted.is_empty() {
            self.forget_topics(&deleted);
        }
    }

    /// Forgets the offsets of topics that are gone.
    fn forget_topics(&self, topics: &[(Arc<str>, TopicId)]) {
        for partition in self.shards.served() {
            let forgotten = self.with_shard(partition, |shard, cx| {
                let records = shard.machine.shard.topics_deleted(topics);
                store_tombstones(shard, cx, vec![records])
            });
            if let Err(error) = forgotten.and_then(|stored| stored) {
                tracing::warn!(partition, %error, "offsets of deleted topics are not forgotten");
            }
        }
    }

    /// Gives up all shards, for the broker's stop.
    pub fn close(&self) {
        self.shards.close();
    }

    /// The partition of `__consumer_offsets` that belongs to a group; `None` while that topic is not there.
    pub fn partition_for(&self, group: &str) -> Option<i32> {
        self.shards.log().partition_count().map(|count| partition_of(group, count))
    }

    /// What is configured now.
    pub fn settings(&self) -> Arc<GroupSettings> {
        self.world.settings()
    }

    /// Memory that groups take, about, in bytes.
    pub fn memory_used(&self) -> usize {
        self.world.budget.used()
    }

    /// How many groups there are.
    pub fn groups_held(&self) -> usize {
        let count = |partition| self.with_shard(partition, |shard, _| shard.machine.shard.groups.len()).unwrap_or(0);
        self.shards.served().into_iter().map(count).sum()
    }

    /// Partitions of `__consumer_offsets` that are served now.
    pub fn served(&self) -> Vec<i32> {
        self.shards.served()
    }

    /// Those whose log is being read.
    pub fn loading(&self) -> Vec<i32> {
        self.shards.loading()
    }

    pub(super) fn with_shard<R>(
        &self,
        partition: i32,
        call: impl FnOnce(&mut ServingGroups, &Cx<'_>) -> R,
    ) -> Result<R, GroupError> {
        let called = self.shards.with(partition, |shard| {
            let world = Arc::clone(&shard.machine.world);
            world.with_cx(|cx| call(shard, cx))
        });
        called.map_err(GroupError::from)
    }

    fn partition(&self, group: &str) -> Result<i32, GroupError> {
        self.partition_for(group).ok_or_else(|| GroupFault::NotCoordinator.into())
    }

    /// Has something decided that changes a group, and answers when that is safe.
    fn write<T: Send + 'static>(
        &self,
        group: &str,
        producer: Option<(ProducerId, ProducerEpoch)>,
        decide: impl FnOnce(&mut GroupShard, &Cx<'_>, &mut Effects) -> Result<T, GroupError>,
    ) -> Pending<Result<T, GroupError>> {
        let partition = match self.partition(group) {
            Ok(partition) => partition,
            Err(error) => return Pending::Now(Err(error)),
        };
        let decided = self.with_shard(partition, |shard, cx| {
            let mut effects = Effects::default();
            let answer = decide(&mut shard.machine.shard, cx, &mut effects)?;
            let writes = !effects.records.is_empty();
            execute(shard, cx, effects, producer)?;
            let wait = (writes && !shard.is_committed()).then(|| (shard.epoch(), shard.end()));
            Ok((answer, wait))
        });
        match decided.and_then(|decided| decided) {
            Ok((answer, None)) => Pending::Now(Ok(answer)),
            Ok((answer, Some((epoch, end)))) => self.once_committed(partition, epoch, end, answer),
            Err(error) => Pending::Now(Err(error)),
        }
    }

    fn once_committed<T: Send + 'static>(
        &self,
        partition: i32,
        epoch: LeaderEpoch,
        end: Offset,
        answer: T,
    ) -> Pending<Result<T, GroupError>> {
        let shards = Arc::clone(&self.shards);
        let limit = self.settings().commit_timeout;
        Pending::later(async move {
            shards.committed(partition, epoch, end, limit).await?;
            Ok(answer)
        })
    }

    /// Has something looked up, and answers when all that was looked at is safe.
    fn read<T: Send + 'static>(
        &self,
        group: &str,
        look: impl FnOnce(&GroupShard, &Cx<'_>) -> Result<T, GroupError>,
    ) -> Pending<Result<T, GroupError>> {
        let partition = match self.partition(group) {
            Ok(partition) => partition,
            Err(error) => return Pending::Now(Err(error)),
        };
        let looked = self.with_shard(partition, |shard, cx| {
            let answer = look(&shard.machine.shard, cx)?;
            let wait = (!shard.is_committed()).then(|| (shard.epoch(), shard.end()));
            Ok((answer, wait))
        });
        match looked.and_then(|looked| looked) {
            Ok((answer, None)) => Pending::Now(Ok(answer)),
            Ok((answer, Some((epoch, end)))) => self.once_committed(partition, epoch, end, answer),
            Err(error) => Pending::Now(Err(error)),
        }
    }

    /// Lets somebody wait in a group for an answer.
    fn wait_in(
        &self,
        group: &str,
        enter: impl FnOnce(&mut GroupShard, u64, &Cx<'_>, &mut Effects),
    ) -> Result<oneshot::Receiver<Reply>, GroupError> {
        let partition = self.partition(group)?;
        let (sender, receiver) = oneshot::channel();
        self.with_shard(partition, |shard, cx| {
            let mut effects = Effects::default();
            let ticket = shard.machine.shard.expect_reply(sender);
            enter(&mut shard.machine.shard, ticket, cx, &mut effects);
            // A refusal reaches those who wait for an answer.
            let _told = execute(shard, cx, effects, None);
        })?;
        Ok(receiver)
    }

    /// A member joins in the classic protocol. The wait for the others ends with the group's own deadlines.
    pub fn join(&self, request: &JoinRequest) -> Pending<JoinAnswer> {
        let settings = self.settings();
        let refused = |fault| Pending::Now(JoinAnswer::refused(&request.member, fault));
        if request.group.is_empty() {
            return refused(GroupFault::InvalidGroupId);
        }
        if !(settings.session_min..=settings.session_max).contains(&request.session_timeout) {
            return refused(GroupFault::InvalidSessionTimeout);
        }
        let mut receiver =
            match self.wait_in(&request.group, |shard, ticket, cx, effects| shard.join(request, ticket, cx, effects)) {
                Ok(receiver) => receiver,
                Err(error) => return refused(error.fault),
            };
        let gone = JoinAnswer::refused(&request.member, GroupFault::NotCoordinator);
        let answer = move |reply| match reply {
            Ok(Reply::Join(answer)) => answer,
            _ => gone,
        };
        match receiver.try_recv() {
            Err(oneshot::error::TryRecvError::Empty) => {
                Pending::later(async move { answer(receiver.await.map_err(drop)) })
            }
            reply => Pending::Now(answer(reply.map_err(drop))),
        }
    }

    /// A member asks for its assignment in the classic protocol.
    pub fn sync(&self, request: &SyncRequest) -> Pending<SyncAnswer> {
        if request.group.is_empty() {
            return Pending::Now(GroupFault::InvalidGroupId.into());
        }
        let mut receiver =
            match self.wait_in(&request.group, |shard, ticket, cx, effects| shard.sync(request, ticket, cx, effects)) {
                Ok(receiver) => receiver,
                Err(error) => return Pending::Now(error.fault.into()),
            };
        let answer = |reply| match reply {
            Ok(Reply::Sync(answer)) => answer,
            _ => SyncAnswer::from(GroupFault::NotCoordinator),
        };
        match receiver.try_recv() {
            Err(oneshot::error::TryRecvError::Empty) => {
                Pending::later(async move { answer(receiver.await.map_err(drop)) })
            }
            reply => Pending::Now(answer(reply.map_err(drop))),
        }
    }

    /// A member says that it is alive in the classic protocol. One whose group is being loaded is believed.
    pub fn heartbeat(&self, request: &HeartbeatRequest) -> Pending<Result<(), GroupError>> {
        if request.group.is_empty() {
            return Pending::Now(Err(GroupFault::InvalidGroupId.into()));
        }
        let answer = self.write(&request.group, None, |shard, cx, effects| shard.heartbeat(request, cx, effects));
        answer.map(|answer| match answer {
            Err(error) if error.fault == GroupFault::CoordinatorLoading => Ok(()),
            answer => answer,
        })
    }

    /// Members leave in the classic protocol.
    pub fn leave(&self, request: &LeaveRequest) -> Pending<Result<Vec<LeftMember>, GroupError>> {
        if request.group.is_empty() {
            return Pending::Now(Err(GroupFault::InvalidGroupId.into()));
        }
        self.write(&request.group, None, |shard, cx, effects| shard.leave(request, cx, effects))
    }

    /// A member of a consumer group joins, says that it is alive, or leaves.
    pub fn consumer_heartbeat(&self, request: &ConsumerHeartbeat) -> Pending<Result<ConsumerAnswer, GroupError>> {
        if let Err(error) = check_heartbeat(request, &self.settings()) {
            return Pending::Now(Err(error));
        }
        self.write(&request.group, None, |shard, cx, effects| shard.consumer_heartbeat(request, cx, effects))
    }

    /// Offsets are committed, in a transaction where the request names its producer.
    pub fn commit(&self, request: &CommitRequest) -> Pending<Result<CommitAnswer, GroupError>> {
        if request.producer.is_some() && request.group.is_empty() {
            return Pending::Now(Err(GroupFault::InvalidGroupId.into()));
        }
        self.write(&request.group, request.producer, |shard, cx, effects| shard.commit(request, cx, effects))
    }

    /// Offsets are asked for.
    pub fn fetch(&self, request: &FetchRequest) -> Pending<Result<Vec<FetchedTopic>, GroupError>> {
        self.read(&request.group, |shard, _| shard.fetch(request))
    }

    /// A transaction has ended in a partition of `__consumer_offsets`: its marker is written and its offsets count, or do not.
    pub fn complete_transaction(&self, partition: i32, end: TransactionEnd) -> Pending<Result<(), GroupError>> {
        let completed = self.with_shard(partition, |shard, cx| {
            let marker = if end.commit { EndMarker::Commit } else { EndMarker::Abort };
            let batch = end_marker_batch(end.producer, end.epoch, marker, end.coordinator_epoch, cx.wall_ms);
            let batch = batch.map_err(|_| GroupError::from(GroupFault::UnknownServerError))?;
            shard.append(batch.into())?;
            shard.machine.shard.end_transaction(end.producer, end.commit);
            Ok((!shard.is_committed()).then(|| (shard.epoch(), shard.end())))
        });
        match completed.and_then(|completed| completed) {
            Ok(None) => Pending::Now(Ok(())),
            Ok(Some((epoch, end))) => self.once_committed(partition, epoch, end, ()),
            Err(error) => Pending::Now(Err(error)),
        }
    }

    /// Offsets of topics that nobody in the group reads are deleted.
    pub fn delete_offsets(&self, group: &Arc<str>, topics: &[(Arc<str>, Vec<i32>)]) -> Pending<DeleteOffsetsAnswer> {
        if group.is_empty() {
            return Pending::Now(Err(GroupFault::InvalidGroupId.into()));
        }
        self.write(group, None, |shard, _, effects| shard.delete_offsets(group, topics, effects))
    }

    /// A group without members is deleted with its offsets.
    pub fn delete_group(&self, group: &Arc<str>) -> Pending<Result<(), GroupError>> {
        let partition = match self.partition(group) {
            Ok(partition) => partition,
            Err(error) => return Pending::Now(Err(error)),
        };
        let deleted = self.with_shard(partition, |shard, cx| {
            let mut effects = Effects::default();
            shard.machine.shard.delete_group(group, &mut effects)?;
            store_tombstones(shard, cx, vec![effects.records])?;
            Ok((!shard.is_committed()).then(|| (shard.epoch(), shard.end())))
        });
        match deleted.and_then(|deleted| deleted) {
            Ok(None) => Pending::Now(Ok(())),
            Ok(Some((epoch, end))) => self.once_committed(partition, epoch, end, ()),
            Err(error) => Pending::Now(Err(error)),
        }
    }

    /// All groups of this broker.
    ///
    /// # Errors
    /// Some are still being loaded.
    pub fn list(&self) -> Result<Vec<ListedGroup>, GroupError> {
        if !self.shards.loading().is_empty() {
            return Err(GroupFault::CoordinatorLoading.into());
        }
        let mut listed = Vec::new();
        for partition in self.shards.served() {
            // A shard that is given up meanwhile is another broker's to list.
            let _gone = self.with_shard(partition, |shard, _| {
                let groups = shard.machine.shard.list();
                listed.extend(groups.map(|(id, protocol_type, state, consumer)| ListedGroup {
                    id: Arc::clone(id),
                    protocol_type,
                    state,
                    consumer,
                }));
            });
        }
        listed.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(listed)
    }

    /// A classic group as it is.
    pub fn describe_classic(&self, group: &str) -> Pending<Result<ClassicDescription, GroupError>> {
        self.read(group, |shard, _| match shard.groups.get(group).map(|group| &group.kind) {
            Some(Kind::Classic(classic)) => Ok(classic.describe()),
            Some(Kind::Simple) => Ok(ClassicDescription {
                state: "Empty",
                protocol_type: Arc::from(""),
                protocol: Arc::from(""),
                members: Vec::new(),
            }),
            Some(Kind::Consumer(_)) => {
                let text = format!("Group {group} is not a classic group.");
                Err(GroupError::new(GroupFault::GroupIdNotFound, text))
            }
            None => Err(shard.unknown_group(group)),
        })
    }

    /// A consumer group as it is.
    pub fn describe_consumer(&self, group: &str) -> Pending<Result<ConsumerDescription, GroupError>> {
        if group.is_empty() {
            return Pending::Now(Err(GroupFault::InvalidGroupId.into()));
        }
        self.read(group, |shard, cx| match shard.groups.get(group).map(|group| &group.kind) {
            Some(Kind::Consumer(consumer)) => {
                let default = cx.settings.assignors.first().map_or("uniform", |assignor| assignor.name());
                Ok(consumer.describe(default))
            }
            Some(_) => {
                let text = format!("Group {group} is not a consumer group.");
                Err(GroupError::new(GroupFault::GroupIdNotFound, text))
            }
            None => Err(shard.unknown_group(group)),
        })
    }
}
