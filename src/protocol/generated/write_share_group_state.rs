//! WriteShareGroupState (key 85): stores the state of share partitions.
//! Generated from `schema/write_share_group_state.schema`.

use super::prelude::*;

/// Request of WriteShareGroupState, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct WriteShareGroupStateRequest {
    pub group_id: StrBytes,
    pub topics: Vec<WriteStateData>,
}

impl Decode for WriteShareGroupStateRequest {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { group_id: from.read()?, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for WriteShareGroupStateRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.group_id)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for WriteShareGroupStateRequest {
    const NAME: &'static str = "WriteShareGroupStateRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for WriteShareGroupStateRequest {
    const KEY: ApiKey = ApiKey::WriteShareGroupState;
    type Response = WriteShareGroupStateResponse;
}

/// Response of WriteShareGroupState, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct WriteShareGroupStateResponse {
    pub results: Vec<WriteStateResult>,
}

impl Decode for WriteShareGroupStateResponse {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { results: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for WriteShareGroupStateResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.results)?;
        to.tag_count(&[])
    }
}

impl Message for WriteShareGroupStateResponse {
    const NAME: &'static str = "WriteShareGroupStateResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for WriteShareGroupStateResponse {
    const KEY: ApiKey = ApiKey::WriteShareGroupState;
}

/// `topics` of [`WriteShareGroupStateRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct WriteStateData {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl Decode for WriteStateData {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for WriteStateData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`WriteStateData`].
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionData {
    pub partition: i32,
    pub state_epoch: i32,
    pub leader_epoch: i32,
    pub start_offset: i64,
    /// Versions 1+.
    pub delivery_complete_count: i32,
    pub state_batches: Vec<StateBatch>,
}

impl Default for PartitionData {
    fn default() -> Self {
        Self {
            partition: 0,
            state_epoch: 0,
            leader_epoch: 0,
            start_offset: 0,
            delivery_complete_count: -1,
            state_batches: Default::default(),
        }
    }
}

impl Decode for PartitionData {
    const MIN_SIZE: usize = 22;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            partition: from.read()?,
            state_epoch: from.read()?,
            leader_epoch: from.read()?,
            start_offset: from.read()?,
            delivery_complete_count: if v >= 1 { from.read()? } else { -1 },
            state_batches: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.partition)?;
        to.put(&self.state_epoch)?;
        to.put(&self.leader_epoch)?;
        to.put(&self.start_offset)?;
        to.put_if(v >= 1, &self.delivery_complete_count)?;
        to.put(&self.state_batches)?;
        to.tag_count(&[])
    }
}

/// `state_batches` of [`PartitionData`].
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

/// `results` of [`WriteShareGroupStateResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct WriteStateResult {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionResult>,
}

impl Decode for WriteStateResult {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for WriteStateResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`WriteStateResult`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionResult {
    pub partition: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
}

impl Decode for PartitionResult {
    const MIN_SIZE: usize = 8;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { partition: from.read()?, error_code: from.read()?, error_message: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.tag_count(&[])
    }
}
