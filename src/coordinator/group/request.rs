//! What is asked of groups and what they answer, apart from any wire.

use crate::group::error::{GroupError, GroupFault};
use crate::group::record::Partitions;
use bytes::Bytes;
use esker_model::{Offset, ProducerEpoch, ProducerId, TopicId};
use std::fmt;
use std::sync::Arc;

/// Who asks.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The id that the client gave itself.
    pub id: Arc<str>,
    /// Its address, as Java prints one: with a slash before it.
    pub host: Arc<str>,
    /// The topics that a pattern of its may match.
    pub topics: TopicFilter,
}

type NameTest = dyn Fn(&str) -> bool + Send + Sync;

/// Tells the names of some topics from others; by default all are meant.
#[derive(Clone, Default)]
pub struct TopicFilter(Option<Arc<NameTest>>);

impl TopicFilter {
    /// The topics for which `test` is true.
    pub fn new(test: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(test)))
    }

    /// Whether a topic is meant.
    pub fn has(&self, topic: &str) -> bool {
        self.0.as_ref().is_none_or(|test| test(topic))
    }
}

impl fmt::Debug for TopicFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "TopicFilter(some)" } else { "TopicFilter(all)" })
    }
}

/// A member joins a group in the classic protocol.
#[derive(Clone, Debug, Default)]
pub struct JoinRequest {
    /// The group.
    pub group: Arc<str>,
    /// The member's id; empty while it has none.
    pub member: Arc<str>,
    /// Its instance id, for a static member.
    pub instance: Option<Arc<str>>,
    /// Who asks.
    pub client: Client,
    /// How long a rebalance waits for it, in milliseconds.
    pub rebalance_timeout: i32,
    /// How long it may be silent, in milliseconds.
    pub session_timeout: i32,
    /// What kind of members the group has.
    pub protocol_type: Arc<str>,
    /// The protocols that the member can do, in its order, each with what belongs to it.
    pub protocols: Vec<(Arc<str>, Bytes)>,
    /// Why it joins.
    pub reason: Option<Arc<str>>,
    /// Whether a member without an id is given one and has to come back (KIP-394).
    pub known_member_required: bool,
    /// Whether a returning leader understands that it has nothing to assign (KIP-814).
    pub can_skip_assignment: bool,
}

/// The answer to a member that joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinAnswer {
    /// Why it is not in.
    pub fault: Option<GroupFault>,
    /// The generation; -1 where it is not in.
    pub generation: i32,
    /// The group's kind of members.
    pub protocol_type: Option<Arc<str>>,
    /// The protocol that was chosen.
    pub protocol: Option<Arc<str>>,
    /// The member that assigns.
    pub leader: Arc<str>,
    /// Whether the leader has nothing to assign.
    pub skip_assignment: bool,
    /// The member's own id.
    pub member: Arc<str>,
    /// All members, for the leader.
    pub members: Vec<JoinMember>,
}

/// A member as the leader is shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinMember {
    /// Its id.
    pub id: Arc<str>,
    /// Its instance id.
    pub instance: Option<Arc<str>>,
    /// What it sent for the chosen protocol.
    pub metadata: Bytes,
}

impl JoinAnswer {
    /// A member that is not in.
    pub fn refused(member: &Arc<str>, fault: GroupFault) -> Self {
        Self {
            fault: Some(fault),
            generation: -1,
            protocol_type: None,
            protocol: Some(Arc::from("")),
            leader: Arc::from(""),
            skip_assignment: false,
            member: Arc::clone(member),
            members: Vec::new(),
        }
    }

    /// A member that is not who it says: Kafka names no protocol then, not even an empty one.
    pub fn mistaken(member: &Arc<str>, fault: GroupFault) -> Self {
        Self { protocol: None, ..Self::refused(member, fault) }
    }
}

/// A member asks for its assignment; the leader gives those of all.
#[derive(Clone, Debug, Default)]
pub struct SyncRequest {
    /// The group.
    pub group: Arc<str>,
    /// The generation that the member knows.
    pub generation: i32,
    /// The member.
    pub member: Arc<str>,
    /// Its instance id.
    pub instance: Option<Arc<str>>,
    /// The kind of members that it takes the group to have.
    pub protocol_type: Option<Arc<str>>,
    /// The protocol that it takes to be chosen.
    pub protocol: Option<Arc<str>>,
    /// From the leader: what each member gets.
    pub assignments: Vec<(Arc<str>, Bytes)>,
}

/// The answer to a member that asks for its assignment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncAnswer {
    /// Why there is none.
    pub fault: Option<GroupFault>,
    /// The group's kind of members.
    pub protocol_type: Option<Arc<str>>,
    /// The protocol that was chosen.
    pub protocol: Option<Arc<str>>,
    /// What the member gets.
    pub assignment: Bytes,
}

impl From<GroupFault> for SyncAnswer {
    fn from(fault: GroupFault) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }
}

/// A member says that it is alive, in the classic protocol.
#[derive(Clone, Debug, Default)]
pub struct HeartbeatRequest {
    /// The group.
    pub group: Arc<str>,
    /// The generation that the member knows.
    pub generation: i32,
    /// The member.
    pub member: Arc<str>,
    /// Its instance id.
    pub instance: Option<Arc<str>>,
}

/// Members leave, of their own will or an operator's.
#[derive(Clone, Debug, Default)]
pub struct LeaveRequest {
    /// The group.
    pub group: Arc<str>,
    /// The members.
    pub members: Vec<LeavingMember>,
}

/// A member that leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeavingMember {
    /// Its id; empty where an operator gives only the instance id.
    pub member: Arc<str>,
    /// Its instance id.
    pub instance: Option<Arc<str>>,
    /// Why it leaves.
    pub reason: Option<Arc<str>>,
}

/// How it went for one leaving member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftMember {
    /// Its id.
    pub member: Arc<str>,
    /// Its instance id.
    pub instance: Option<Arc<str>>,
    /// Why it did not leave.
    pub fault: Option<GroupFault>,
}

/// A member of a consumer group says that it is alive and what it wants and has (KIP-848).
#[derive(Clone, Debug, Default)]
pub struct ConsumerHeartbeat {
    /// The group.
    pub group: Arc<str>,
    /// The member's id; empty where the coordinator is to choose it, which versions from 1 on do not.
    pub member: Arc<str>,
    /// Its epoch; 0 to join, -1 to leave, -2 to leave for a while as a static member.
    pub epoch: i32,
    /// Its instance id; `None` where it is none or did not change.
    pub instance: Option<Arc<str>>,
    /// Where it stands; `None` where that did not change.
    pub rack: Option<Arc<str>>,
    /// How long it may take to give partitions back; -1 where that did not change.
    pub rebalance_timeout: i32,
    /// The topics that it wants; `None` where that did not change.
    pub topics: Option<Vec<Arc<str>>>,
    /// The pattern of topics that it wants; `None` where that did not change.
    pub regex: Option<Arc<str>>,
    /// The assignor that it prefers; `None` where that did not change.
    pub assignor: Option<Arc<str>>,
    /// The partitions that it has; `None` where that did not change.
    pub owned: Option<Partitions>,
    /// Whether the member chose its id itself, as versions from 1 on demand.
    pub member_id_required: bool,
    /// Who asks.
    pub client: Client,
}

/// The answer to a consumer's heartbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerAnswer {
    /// The member's id.
    pub member: Arc<str>,
    /// Its epoch.
    pub epoch: i32,
    /// When to be heard of again, in milliseconds.
    pub heartbeat_ms: i32,
    /// What it may read, where it has to be told.
    pub assignment: Option<Partitions>,
}

/// Offsets are committed.
#[derive(Clone, Debug, Default)]
pub struct CommitRequest {
    /// The group.
    pub group: Arc<str>,
    /// The generation or member epoch; negative where the group is not managed here.
    pub generation: i32,
    /// The member.
    pub member: Arc<str>,
    /// Its instance id.
    pub instance: Option<Arc<str>>,
    /// How long the offsets are kept, in milliseconds; -1 leaves it to the broker.
    pub retention_ms: i64,
    /// The offsets.
    pub topics: Vec<CommitTopic>,
    /// Whether the request is of a version that members of consumer groups may use.
    pub member_epochs: bool,
    /// The producer in whose transaction the offsets are committed.
    pub producer: Option<(ProducerId, ProducerEpoch)>,
}

/// Offsets of one topic.
#[derive(Clone, Debug, Default)]
pub struct CommitTopic {
    /// Its name.
    pub name: Arc<str>,
    /// Its id; zero where it was given by name.
    pub id: TopicId,
    /// Its partitions.
    pub partitions: Vec<CommitPartition>,
}

/// An offset of one partition.
#[derive(Clone, Debug, Default)]
pub struct CommitPartition {
    /// The partition.
    pub partition: i32,
    /// The next offset to be read.
    pub offset: Offset,
    /// Leader epoch of the record before it; -1 where it is not known.
    pub leader_epoch: i32,
    /// What the consumer keeps beside it.
    pub metadata: Option<Box<str>>,
}

/// How a commit went: the fault of each partition, in the order of the request.
pub type CommitAnswer = Vec<Vec<Option<GroupFault>>>;

/// Offsets are asked for.
#[derive(Clone, Debug, Default)]
pub struct FetchRequest {
    /// The group.
    pub group: Arc<str>,
    /// The member, where one asks for its own.
    pub member: Option<Arc<str>>,
    /// Its epoch.
    pub epoch: i32,
    /// The partitions; `None` for all that the group has.
    pub topics: Option<Vec<FetchTopic>>,
    /// Whether an open transaction is to be waited for instead of giving the offset before it.
    pub require_stable: bool,
}

/// Partitions of one topic.
#[derive(Clone, Debug, Default)]
pub struct FetchTopic {
    /// The topic's name.
    pub name: Arc<str>,
    /// Its id; zero where it was given by name.
    pub id: TopicId,
    /// The partitions.
    pub partitions: Vec<i32>,
}

/// The offsets of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedTopic {
    /// The topic's name.
    pub name: Arc<str>,
    /// Its id, as it was asked for.
    pub id: TopicId,
    /// The partitions.
    pub partitions: Vec<FetchedOffset>,
}

/// The offset of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedOffset {
    /// The partition.
    pub partition: i32,
    /// The next offset to be read; -1 where none is committed.
    pub offset: Offset,
    /// Leader epoch of the record before it; -1 where it is not known.
    pub leader_epoch: i32,
    /// What the consumer keeps beside it.
    pub metadata: Box<str>,
    /// Why it cannot be said now.
    pub fault: Option<GroupFault>,
}

/// Whether a group has offsets deleted: the fault of each partition, in the order of the request.
pub type DeleteOffsetsAnswer = Result<Vec<Vec<Option<GroupFault>>>, GroupError>;
