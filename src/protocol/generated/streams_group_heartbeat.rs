//! StreamsGroupHeartbeat (key 88): joins, keeps and leaves a streams group (KIP-1071).
//! Generated from `schema/streams_group_heartbeat.schema`.

use super::prelude::*;

/// Request of StreamsGroupHeartbeat, versions 0-0.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamsGroupHeartbeatRequest {
    pub group_id: StrBytes,
    pub member_id: StrBytes,
    pub member_epoch: i32,
    pub endpoint_information_epoch: i32,
    pub instance_id: Option<StrBytes>,
    pub rack_id: Option<StrBytes>,
    pub rebalance_timeout_ms: i32,
    pub topology: Option<Topology>,
    pub active_tasks: Option<Vec<TaskIds>>,
    pub standby_tasks: Option<Vec<TaskIds>>,
    pub warmup_tasks: Option<Vec<TaskIds>>,
    pub process_id: Option<StrBytes>,
    pub user_endpoint: Option<Endpoint>,
    pub client_tags: Option<Vec<KeyValue>>,
    pub task_offsets: Option<Vec<TaskOffset>>,
    pub task_end_offsets: Option<Vec<TaskOffset>>,
    pub shutdown_application: bool,
}

impl Default for StreamsGroupHeartbeatRequest {
    fn default() -> Self {
        Self {
            group_id: Default::default(),
            member_id: Default::default(),
            member_epoch: 0,
            endpoint_information_epoch: 0,
            instance_id: None,
            rack_id: None,
            rebalance_timeout_ms: -1,
            topology: None,
            active_tasks: None,
            standby_tasks: None,
            warmup_tasks: None,
            process_id: None,
            user_endpoint: None,
            client_tags: None,
            task_offsets: None,
            task_end_offsets: None,
            shutdown_application: false,
        }
    }
}

impl Decode for StreamsGroupHeartbeatRequest {
    const MIN_SIZE: usize = 27;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: from.read()?,
            member_id: from.read()?,
            member_epoch: from.read()?,
            endpoint_information_epoch: from.read()?,
            instance_id: from.read()?,
            rack_id: from.read()?,
            rebalance_timeout_ms: from.read()?,
            topology: from.nullable_struct()?,
            active_tasks: from.read()?,
            standby_tasks: from.read()?,
            warmup_tasks: from.read()?,
            process_id: from.read()?,
            user_endpoint: from.nullable_struct()?,
            client_tags: from.read()?,
            task_offsets: from.read()?,
            task_end_offsets: from.read()?,
            shutdown_application: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for StreamsGroupHeartbeatRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.group_id)?;
        to.put(&self.member_id)?;
        to.put(&self.member_epoch)?;
        to.put(&self.endpoint_information_epoch)?;
        to.put(&self.instance_id)?;
        to.put(&self.rack_id)?;
        to.put(&self.rebalance_timeout_ms)?;
        to.nullable_struct(&self.topology)?;
        to.put(&self.active_tasks)?;
        to.put(&self.standby_tasks)?;
        to.put(&self.warmup_tasks)?;
        to.put(&self.process_id)?;
        to.nullable_struct(&self.user_endpoint)?;
        to.put(&self.client_tags)?;
        to.put(&self.task_offsets)?;
        to.put(&self.task_end_offsets)?;
        to.put(&self.shutdown_application)?;
        to.tag_count(&[])
    }
}

impl Message for StreamsGroupHeartbeatRequest {
    const NAME: &'static str = "StreamsGroupHeartbeatRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for StreamsGroupHeartbeatRequest {
    const KEY: ApiKey = ApiKey::StreamsGroupHeartbeat;
    type Response = StreamsGroupHeartbeatResponse;
}

/// Response of StreamsGroupHeartbeat, versions 0-0.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamsGroupHeartbeatResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub member_id: StrBytes,
    pub member_epoch: i32,
    pub heartbeat_interval_ms: i32,
    pub acceptable_recovery_lag: i32,
    pub task_offset_interval_ms: i32,
    pub status: Option<Vec<Status>>,
    pub active_tasks: Option<Vec<TaskIds>>,
    pub standby_tasks: Option<Vec<TaskIds>>,
    pub warmup_tasks: Option<Vec<TaskIds>>,
    pub endpoint_information_epoch: i32,
    pub partitions_by_user_endpoint: Option<Vec<EndpointToPartitions>>,
}

impl Default for StreamsGroupHeartbeatResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: None,
            member_id: Default::default(),
            member_epoch: 0,
            heartbeat_interval_ms: 0,
            acceptable_recovery_lag: 0,
            task_offset_interval_ms: 0,
            status: Some(Default::default()),
            active_tasks: None,
            standby_tasks: None,
            warmup_tasks: None,
            endpoint_information_epoch: 0,
            partitions_by_user_endpoint: None,
        }
    }
}

impl Decode for StreamsGroupHeartbeatResponse {
    const MIN_SIZE: usize = 34;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            member_id: from.read()?,
            member_epoch: from.read()?,
            heartbeat_interval_ms: from.read()?,
            acceptable_recovery_lag: from.read()?,
            task_offset_interval_ms: from.read()?,
            status: from.read()?,
            active_tasks: from.read()?,
            standby_tasks: from.read()?,
            warmup_tasks: from.read()?,
            endpoint_information_epoch: from.read()?,
            partitions_by_user_endpoint: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for StreamsGroupHeartbeatResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.member_id)?;
        to.put(&self.member_epoch)?;
        to.put(&self.heartbeat_interval_ms)?;
        to.put(&self.acceptable_recovery_lag)?;
        to.put(&self.task_offset_interval_ms)?;
        to.put(&self.status)?;
        to.put(&self.active_tasks)?;
        to.put(&self.standby_tasks)?;
        to.put(&self.warmup_tasks)?;
        to.put(&self.endpoint_information_epoch)?;
        to.put(&self.partitions_by_user_endpoint)?;
        to.tag_count(&[])
    }
}

impl Message for StreamsGroupHeartbeatResponse {
    const NAME: &'static str = "StreamsGroupHeartbeatResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for StreamsGroupHeartbeatResponse {
    const KEY: ApiKey = ApiKey::StreamsGroupHeartbeat;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topology` of [`StreamsGroupHeartbeatRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Topology {
    pub epoch: i32,
    pub subtopologies: Vec<Subtopology>,
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
    pub source_topic_regex: Vec<StrBytes>,
    pub state_changelog_topics: Vec<TopicInfo>,
    pub repartition_sink_topics: Vec<StrBytes>,
    pub repartition_source_topics: Vec<TopicInfo>,
    pub copartition_groups: Vec<CopartitionGroup>,
}

impl Decode for Subtopology {
    const MIN_SIZE: usize = 8;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            subtopology_id: from.read()?,
            source_topics: from.read()?,
            source_topic_regex: from.read()?,
            state_changelog_topics: from.read()?,
            repartition_sink_topics: from.read()?,
            repartition_source_topics: from.read()?,
            copartition_groups: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Subtopology {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.subtopology_id)?;
        to.put(&self.source_topics)?;
        to.put(&self.source_topic_regex)?;
        to.put(&self.state_changelog_topics)?;
        to.put(&self.repartition_sink_topics)?;
        to.put(&self.repartition_source_topics)?;
        to.put(&self.copartition_groups)?;
        to.tag_count(&[])
    }
}

/// `copartition_groups` of [`Subtopology`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CopartitionGroup {
    pub source_topics: Vec<i16>,
    pub source_topic_regex: Vec<i16>,
    pub repartition_source_topics: Vec<i16>,
}

impl Decode for CopartitionGroup {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            source_topics: from.read()?,
            source_topic_regex: from.read()?,
            repartition_source_topics: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CopartitionGroup {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.source_topics)?;
        to.put(&self.source_topic_regex)?;
        to.put(&self.repartition_source_topics)?;
        to.tag_count(&[])
    }
}

/// `partitions_by_user_endpoint` of [`StreamsGroupHeartbeatResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct EndpointToPartitions {
    pub user_endpoint: Endpoint,
    pub active_partitions: Vec<TopicPartition>,
    pub standby_partitions: Vec<TopicPartition>,
}

impl Decode for EndpointToPartitions {
    const MIN_SIZE: usize = 7;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it =
            Self { user_endpoint: from.read()?, active_partitions: from.read()?, standby_partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for EndpointToPartitions {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.user_endpoint)?;
        to.put(&self.active_partitions)?;
        to.put(&self.standby_partitions)?;
        to.tag_count(&[])
    }
}

/// `client_tags` of [`StreamsGroupHeartbeatRequest`].
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

/// `user_endpoint` of [`StreamsGroupHeartbeatRequest`].
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

/// `task_offsets` of [`StreamsGroupHeartbeatRequest`].
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

/// `active_tasks` of [`StreamsGroupHeartbeatRequest`].
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

/// `status` of [`StreamsGroupHeartbeatResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Status {
    pub status_code: i8,
    pub status_detail: StrBytes,
}

impl Decode for Status {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { status_code: from.read()?, status_detail: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Status {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.status_code)?;
        to.put(&self.status_detail)?;
        to.tag_count(&[])
    }
}

/// `active_partitions` of [`EndpointToPartitions`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicPartition {
    pub topic: StrBytes,
    pub partitions: Vec<i32>,
}

impl Decode for TopicPartition {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicPartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}
