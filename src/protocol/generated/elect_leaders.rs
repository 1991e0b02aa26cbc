//! ElectLeaders (key 43): starts elections of partition leaders.
//! Generated from `schema/elect_leaders.schema`.

use super::prelude::*;

/// Request of ElectLeaders, versions 0-2.
#[derive(Clone, Debug, PartialEq)]
pub struct ElectLeadersRequest {
    /// Versions 1+.
    pub election_type: i8,
    pub topic_partitions: Option<Vec<TopicPartitions>>,
    pub timeout_ms: i32,
}

impl Default for ElectLeadersRequest {
    fn default() -> Self {
        Self { election_type: 0, topic_partitions: Some(Default::default()), timeout_ms: 60000 }
    }
}

impl Decode for ElectLeadersRequest {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            election_type: if v >= 1 { from.read()? } else { 0 },
            topic_partitions: from.read()?,
            timeout_ms: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ElectLeadersRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_or(v >= 1, &self.election_type, 0, "election_type")?;
        to.put(&self.topic_partitions)?;
        to.put(&self.timeout_ms)?;
        to.tag_count(&[])
    }
}

impl Message for ElectLeadersRequest {
    const NAME: &'static str = "ElectLeadersRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Request for ElectLeadersRequest {
    const KEY: ApiKey = ApiKey::ElectLeaders;
    type Response = ElectLeadersResponse;
}

/// Response of ElectLeaders, versions 0-2.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ElectLeadersResponse {
    pub throttle_time_ms: i32,
    /// Versions 1+.
    pub error_code: i16,
    pub replica_election_results: Vec<ReplicaElectionResult>,
}

impl Decode for ElectLeadersResponse {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: if v >= 1 { from.read()? } else { 0 },
            replica_election_results: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ElectLeadersResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.throttle_time_ms)?;
        to.put_or(v >= 1, &self.error_code, 0, "error_code")?;
        to.put(&self.replica_election_results)?;
        to.tag_count(&[])
    }
}

impl Message for ElectLeadersResponse {
    const NAME: &'static str = "ElectLeadersResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Response for ElectLeadersResponse {
    const KEY: ApiKey = ApiKey::ElectLeaders;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topic_partitions` of [`ElectLeadersRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicPartitions {
    pub topic: StrBytes,
    pub partitions: Vec<i32>,
}

impl Decode for TopicPartitions {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicPartitions {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `replica_election_results` of [`ElectLeadersResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReplicaElectionResult {
    pub topic: StrBytes,
    pub partition_result: Vec<PartitionResult>,
}

impl Decode for ReplicaElectionResult {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic: from.read()?, partition_result: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ReplicaElectionResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic)?;
        to.put(&self.partition_result)?;
        to.tag_count(&[])
    }
}

/// `partition_result` of [`ReplicaElectionResult`].
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionResult {
    pub partition_id: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
}

impl Default for PartitionResult {
    fn default() -> Self {
        Self { partition_id: 0, error_code: 0, error_message: Some(Default::default()) }
    }
}

impl Decode for PartitionResult {
    const MIN_SIZE: usize = 7;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { partition_id: from.read()?, error_code: from.read()?, error_message: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_id)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.tag_count(&[])
    }
}
