//! AlterPartition (key 56): A leader proposes a new in-sync set to the controller.
//! Generated from `schema/alter_partition.schema`.

use super::prelude::*;

/// Request of AlterPartition, versions 2-3.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterPartitionRequest {
    pub broker_id: i32,
    pub broker_epoch: i64,
    pub topics: Vec<TopicData>,
}

impl Default for AlterPartitionRequest {
    fn default() -> Self {
        Self { broker_id: 0, broker_epoch: -1, topics: Default::default() }
    }
}

impl Decode for AlterPartitionRequest {
    const MIN_SIZE: usize = 14;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { broker_id: from.read()?, broker_epoch: from.read()?, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AlterPartitionRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.broker_id)?;
        to.put(&self.broker_epoch)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for AlterPartitionRequest {
    const NAME: &'static str = "AlterPartitionRequest";
    const VERSIONS: VersionRange = VersionRange { min: 2, max: 3 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Request for AlterPartitionRequest {
    const KEY: ApiKey = ApiKey::AlterPartition;
    type Response = AlterPartitionResponse;
}

/// Response of AlterPartition, versions 2-3.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlterPartitionResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub topics: Vec<TopicResult>,
}

impl Decode for AlterPartitionResponse {
    const MIN_SIZE: usize = 8;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, error_code: from.read()?, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AlterPartitionResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for AlterPartitionResponse {
    const NAME: &'static str = "AlterPartitionResponse";
    const VERSIONS: VersionRange = VersionRange { min: 2, max: 3 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Response for AlterPartitionResponse {
    const KEY: ApiKey = ApiKey::AlterPartition;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`AlterPartitionRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicData {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl Decode for TopicData {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`TopicData`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionData {
    pub partition_index: i32,
    pub leader_epoch: i32,
    /// Versions 2.
    pub new_isr: Vec<i32>,
    /// Versions 3+.
    pub new_isr_with_epochs: Vec<BrokerState>,
    pub leader_recovery_state: i8,
    pub partition_epoch: i32,
}

impl Decode for PartitionData {
    const MIN_SIZE: usize = 14;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            partition_index: from.read()?,
            leader_epoch: from.read()?,
            new_isr: if v <= 2 { from.read()? } else { Default::default() },
            new_isr_with_epochs: if v >= 3 { from.read()? } else { Default::default() },
            leader_recovery_state: from.read()?,
            partition_epoch: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.partition_index)?;
        to.put(&self.leader_epoch)?;
        to.put_or(v <= 2, &self.new_isr, Default::default(), "new_isr")?;
        to.put_or(v >= 3, &self.new_isr_with_epochs, Default::default(), "new_isr_with_epochs")?;
        to.put(&self.leader_recovery_state)?;
        to.put(&self.partition_epoch)?;
        to.tag_count(&[])
    }
}

/// `new_isr_with_epochs` of [`PartitionData`].
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerState {
    pub broker_id: i32,
    pub broker_epoch: i64,
}

impl Default for BrokerState {
    fn default() -> Self {
        Self { broker_id: 0, broker_epoch: -1 }
    }
}

impl Decode for BrokerState {
    const MIN_SIZE: usize = 13;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { broker_id: from.read()?, broker_epoch: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for BrokerState {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.broker_id)?;
        to.put(&self.broker_epoch)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`AlterPartitionResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicResult {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionResult>,
}

impl Decode for TopicResult {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`TopicResult`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionResult {
    pub partition_index: i32,
    pub error_code: i16,
    pub leader_id: i32,
    pub leader_epoch: i32,
    pub isr: Vec<i32>,
    pub leader_recovery_state: i8,
    pub partition_epoch: i32,
}

impl Decode for PartitionResult {
    const MIN_SIZE: usize = 21;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: from.read()?,
            error_code: from.read()?,
            leader_id: from.read()?,
            leader_epoch: from.read()?,
            isr: from.read()?,
            leader_recovery_state: from.read()?,
            partition_epoch: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.error_code)?;
        to.put(&self.leader_id)?;
        to.put(&self.leader_epoch)?;
        to.put(&self.isr)?;
        to.put(&self.leader_recovery_state)?;
        to.put(&self.partition_epoch)?;
        to.tag_count(&[])
    }
}
