//! ListPartitionReassignments (key 46): the moves of replicas under way.
//! Generated from `schema/list_partition_reassignments.schema`.

use super::prelude::*;

/// Request of ListPartitionReassignments, versions 0-0.
#[derive(Clone, Debug, PartialEq)]
pub struct ListPartitionReassignmentsRequest {
    pub timeout_ms: i32,
    pub topics: Option<Vec<ListPartitionReassignmentsTopics>>,
}

impl Default for ListPartitionReassignmentsRequest {
    fn default() -> Self {
        Self { timeout_ms: 60000, topics: None }
    }
}

impl Decode for ListPartitionReassignmentsRequest {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { timeout_ms: from.read()?, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ListPartitionReassignmentsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.timeout_ms)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for ListPartitionReassignmentsRequest {
    const NAME: &'static str = "ListPartitionReassignmentsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for ListPartitionReassignmentsRequest {
    const KEY: ApiKey = ApiKey::ListPartitionReassignments;
    type Response = ListPartitionReassignmentsResponse;
}

/// Response of ListPartitionReassignments, versions 0-0.
#[derive(Clone, Debug, PartialEq)]
pub struct ListPartitionReassignmentsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub topics: Vec<OngoingTopicReassignment>,
}

impl Default for ListPartitionReassignmentsResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, error_message: Some(Default::default()), topics: Default::default() }
    }
}

impl Decode for ListPartitionReassignmentsResponse {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            topics: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ListPartitionReassignmentsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for ListPartitionReassignmentsResponse {
    const NAME: &'static str = "ListPartitionReassignmentsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for ListPartitionReassignmentsResponse {
    const KEY: ApiKey = ApiKey::ListPartitionReassignments;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`ListPartitionReassignmentsRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListPartitionReassignmentsTopics {
    pub name: StrBytes,
    pub partition_indexes: Vec<i32>,
}

impl Decode for ListPartitionReassignmentsTopics {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, partition_indexes: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ListPartitionReassignmentsTopics {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partition_indexes)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`ListPartitionReassignmentsResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OngoingTopicReassignment {
    pub name: StrBytes,
    pub partitions: Vec<OngoingPartitionReassignment>,
}

impl Decode for OngoingTopicReassignment {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OngoingTopicReassignment {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`OngoingTopicReassignment`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OngoingPartitionReassignment {
    pub partition_index: i32,
    pub replicas: Vec<i32>,
    pub adding_replicas: Vec<i32>,
    pub removing_replicas: Vec<i32>,
}

impl Decode for OngoingPartitionReassignment {
    const MIN_SIZE: usize = 8;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: from.read()?,
            replicas: from.read()?,
            adding_replicas: from.read()?,
            removing_replicas: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OngoingPartitionReassignment {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.replicas)?;
        to.put(&self.adding_replicas)?;
        to.put(&self.removing_replicas)?;
        to.tag_count(&[])
    }
}
