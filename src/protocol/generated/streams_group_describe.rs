//! StreamsGroupDescribe (key 89): state and members of streams groups (KIP-1071).
//! Generated from `schema/streams_group_describe.schema`.

use super::prelude::*;

/// Request of StreamsGroupDescribe, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct StreamsGroupDescribeRequest {
    pub group_ids: Vec<StrBytes>,
    pub include_authorized_operations: bool,
}

impl Decode for StreamsGroupDescribeRequest {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { group_ids: from.read()?, include_authorized_operations: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for StreamsGroupDescribeRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.group_ids)?;
        to.put(&self.include_authorized_operations)?;
        to.tag_count(&[])
    }
}

impl Message for StreamsGroupDescribeRequest {
    const NAME: &'static str = "StreamsGroupDescribeRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for StreamsGroupDescribeRequest {
    const KEY: ApiKey = ApiKey::StreamsGroupDescribe;
    type Response = StreamsGroupDescribeResponse;
}

/// Response of StreamsGroupDescribe, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct StreamsGroupDescribeResponse {
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribedGroup>,
}

impl Decode for StreamsGroupDescribeResponse {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, groups: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for StreamsGroupDescribeResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.groups)?;
        to.tag_count(&[])
    }
}

impl Message for StreamsGroupDescribeResponse {
    const NAME: &'static str = "StreamsGroupDescribeResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for StreamsGroupDescribeResponse {
    const KEY: ApiKey = ApiKey::StreamsGroupDescribe;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `groups` of [`StreamsGroupDescribeResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub group_id: StrBytes,
    pub group_state: StrBytes,
    pub group_epoch: i32,
    pub assignment_epoch: i32,
    pub topology: Option<Topology>,
    pub members: Vec<Member>,
    pub authorized_operations: i32,
}

impl Default for DescribedGroup {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: None,
            group_id: Default::default(),
            group_state: Default::default(),
            group_epoch: 0,
            assignment_epoch: 0,
            topology: None,
            members: Default::default(),
            authorized_operations: i32::MIN,
        }
    }
}

impl Decode for DescribedGroup {
    const MIN_SIZE: usize = 20;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: from.read()?,
            error_message: from.read()?,
            group_id: from.read()?,
            group_state: from.read()?,
            group_epoch: from.read()?,
            assignment_epoch: from.read()?,
            topology: from.nullable_struct()?,
            members: from.read()?,
            authorized_operations: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribedGroup {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.group_id)?;
        to.put(&self.group_state)?;
        to.put(&self.group_epoch)?;
        to.put(&self.assignment_epoch)?;
        to.nullable_struct(&self.topology)?;
        to.put(&self.members)?;
        to.put(&self.authorized_operations)?;
        to.tag_count(&[])
    }
}

/// `topology` of [`DescribedGroup`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Topology {
    pub epoch: i32,
    pub subtopologies: Option<Vec<Subtopology>>,
}

impl Decode for Topology {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { epoch: from.read()?, subtopologies: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Topology {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.epoch)?;
        to.put(&self.subtopologies)?;
        to.tag_count(&[])
    }
}

/// `subtopologies` of [`Topology`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Subtopology {
    pub subtopology_id: StrBytes,
    pub source_topics: Vec<StrBytes>,
    pub repartition_sink_topics: Vec<StrBytes>,
    pub state_changelog_topics: Vec<TopicInfo>,
    pub repartition_source_topics: Vec<TopicInfo>,
}

impl Decode for Subtopology {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            subtopology_id: from.read()?,
            source_topics: from.read()?,
            repartition_sink_topics: from.read()?,
            state_changelog_topics: from.read()?,
            repartition_source_topics: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Subtopology {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.subtopology_id)?;
        to.put(&self.source_topics)?;
        to.put(&self.repartition_sink_topics)?;
        to.put(&self.state_changelog_topics)?;
        to.put(&self.repartition_source_topics)?;
        to.tag_count(&[])
    }
}

/// `members` of [`DescribedGroup`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Member {
    pub member_id: StrBytes,
    pub member_epoch: i32,
    pub instance_id: Option<StrBytes>,
    pub rack_id: Option<StrBytes>,
    pub client_id: StrBytes,
    pub client_host: StrBytes,
    pub topology_epoch: i32,
    pub process_id: StrBytes,
    pub user_endpoint: Option<Endpoint>,
    pub client_tags: Vec<KeyValue>,
    pub task_offsets: Vec<TaskOffset>,
    pub task_end_offsets: Vec<TaskOffset>,
    pub assignment: Assignment,
    pub target_assignment: Assignment,
    pub is_classic: bool,
}

impl Decode for Member {
    const MIN_SIZE: usize = 28;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            member_id: from.read()?,
            member_epoch: from.read()?,
            instance_id: from.read()?,
            rack_id: from.read()?,
            client_id: from.read()?,
            client_host: from.read()?,
            topology_epoch: from.read()?,
            process_id: from.read()?,
            user_endpoint: from.nullable_struct()?,
            client_tags: from.read()?,
            task_offsets: from.read()?,
            task_end_offsets: from.read()?,
            assignment: from.read()?,
            target_assignment: from.read()?,
            is_classic: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Member {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.member_id)?;
        to.put(&self.member_epoch)?;
        to.put(&self.instance_id)?;
        to.put(&self.rack_id)?;
        to.put(&self.client_id)?;
        to.put(&self.client_host)?;
        to.put(&self.topology_epoch)?;
        to.put(&self.process_id)?;
        to.nullable_struct(&self.user_endpoint)?;
        to.put(&self.client_tags)?;
        to.put(&self.task_offsets)?;
        to.put(&self.task_end_offsets)?;
        to.put(&self.assignment)?;
        to.put(&self.target_assignment)?;
        to.put(&self.is_classic)?;
        to.tag_count(&[])
    }
}

/// `user_endpoint` of [`Member`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Endpoint {
    pub host: StrBytes,
    pub port: u16,
}

impl Decode for Endpoint {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { host: from.read()?, port: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Endpoint {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.host)?;
        to.put(&self.port)?;
        to.tag_count(&[])
    }
}

/// `task_offsets` of [`Member`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TaskOffset {
    pub subtopology_id: StrBytes,
    pub partition: i32,
    pub offset: i64,
}

impl Decode for TaskOffset {
    const MIN_SIZE: usize = 14;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { subtopology_id: from.read()?, partition: from.read()?, offset: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TaskOffset {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.subtopology_id)?;
        to.put(&self.partition)?;
        to.put(&self.offset)?;
        to.tag_count(&[])
    }
}

/// `assignment` of [`Member`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Assignment {
    pub active_tasks: Vec<TaskIds>,
    pub standby_tasks: Vec<TaskIds>,
    pub warmup_tasks: Vec<TaskIds>,
}

impl Decode for Assignment {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { active_tasks: from.read()?, standby_tasks: from.read()?, warmup_tasks: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Assignment {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.active_tasks)?;
        to.put(&self.standby_tasks)?;
        to.put(&self.warmup_tasks)?;
        to.tag_count(&[])
    }
}

/// `active_tasks` of [`Assignment`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TaskIds {
    pub subtopology_id: StrBytes,
    pub partitions: Vec<i32>,
}

impl Decode for TaskIds {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { subtopology_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TaskIds {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.subtopology_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `client_tags` of [`Member`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct KeyValue {
    pub key: StrBytes,
    pub value: StrBytes,
}

impl Decode for KeyValue {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { key: from.read()?, value: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for KeyValue {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.key)?;
        to.put(&self.value)?;
        to.tag_count(&[])
    }
}

/// `state_changelog_topics` of [`Subtopology`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicInfo {
    pub name: StrBytes,
    pub partitions: i32,
    pub replication_factor: i16,
    pub topic_configs: Vec<KeyValue>,
}

impl Decode for TopicInfo {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            name: from.read()?,
            partitions: from.read()?,
            replication_factor: from.read()?,
            topic_configs: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicInfo {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partitions)?;
        to.put(&self.replication_factor)?;
        to.put(&self.topic_configs)?;
        to.tag_count(&[])
    }
}
