//! ReadShareGroupState (key 84): reads the stored state of share partitions.
//! Generated from `schema/read_share_group_state.schema`.

use super::prelude::*;

/// Request of ReadShareGroupState, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReadShareGroupStateRequest {
    pub group_id: StrBytes,
    pub topics: Vec<ReadStateData>,
}

impl Decode for ReadShareGroupStateRequest {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { group_id: from.read()?, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ReadShareGroupStateRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.group_id)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for ReadShareGroupStateRequest {
    const NAME: &'static str = "ReadShareGroupStateRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for ReadShareGroupStateRequest {
    const KEY: ApiKey = ApiKey::ReadShareGroupState;
    type Response = ReadShareGroupStateResponse;
}

/// Response of ReadShareGroupState, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReadShareGroupStateResponse {
    pub results: Vec<ReadStateResult>,
}

impl Decode for ReadShareGroupStateResponse {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { results: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ReadShareGroupStateResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.results)?;
        to.tag_count(&[])
    }
}

impl Message for ReadShareGroupStateResponse {
    const NAME: &'static str = "ReadShareGroupStateResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for ReadShareGroupStateResponse {
    const KEY: ApiKey = ApiKey::ReadShareGroupState;
}

/// `topics` of [`ReadShareGroupStateRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReadStateData {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl Decode for ReadStateData {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ReadStateData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`ReadStateData`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionData {
    pub partition: i32,
    pub leader_epoch: i32,
}

impl Decode for PartitionData {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { partition: from.read()?, leader_epoch: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition)?;
        to.put(&self.leader_epoch)?;
        to.tag_count(&[])
    }
}

/// `results` of [`ReadShareGroupStateResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReadStateResult {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionResult>,
}

impl Decode for ReadStateResult {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ReadStateResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`ReadStateResult`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionResult {
    pub partition: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub state_epoch: i32,
    pub start_offset: i64,
    pub state_batches: Vec<StateBatch>,
}

impl Decode for PartitionResult {
    const MIN_SIZE: usize = 21;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            partition: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            state_epoch: from.read()?,
            start_offset: from.read()?,
            state_batches: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.state_epoch)?;
        to.put(&self.start_offset)?;
        to.put(&self.state_batches)?;
        to.tag_count(&[])
    }
}

/// `state_batches` of [`PartitionResult`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct StateBatch {
    pub first_offset: i64,
    pub last_offset: i64,
    pub delivery_state: i8,
    pub delivery_count: i16,
}

impl Decode for StateBatch {
    const MIN_SIZE: usize = 20;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            first_offset: from.read()?,
            last_offset: from.read()?,
            delivery_state: from.read()?,
            delivery_count: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for StateBatch {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.first_offset)?;
        to.put(&self.last_offset)?;
        to.put(&self.delivery_state)?;
        to.put(&self.delivery_count)?;
        to.tag_count(&[])
    }
}
