//! InitializeShareGroupState (key 83): creates the stored state of share partitions.
//! Generated from `schema/initialize_share_group_state.schema`.

use super::prelude::*;

/// Request of InitializeShareGroupState, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct InitializeShareGroupStateRequest {
    pub group_id: StrBytes,
    pub topics: Vec<InitializeStateData>,
}

impl Decode for InitializeShareGroupStateRequest {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { group_id: from.read()?, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for InitializeShareGroupStateRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.group_id)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for InitializeShareGroupStateRequest {
    const NAME: &'static str = "InitializeShareGroupStateRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for InitializeShareGroupStateRequest {
    const KEY: ApiKey = ApiKey::InitializeShareGroupState;
    type Response = InitializeShareGroupStateResponse;
}

/// Response of InitializeShareGroupState, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct InitializeShareGroupStateResponse {
    pub results: Vec<InitializeStateResult>,
}

impl Decode for InitializeShareGroupStateResponse {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { results: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for InitializeShareGroupStateResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.results)?;
        to.tag_count(&[])
    }
}

impl Message for InitializeShareGroupStateResponse {
    const NAME: &'static str = "InitializeShareGroupStateResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for InitializeShareGroupStateResponse {
    const KEY: ApiKey = ApiKey::InitializeShareGroupState;
}

/// `topics` of [`InitializeShareGroupStateRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct InitializeStateData {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl Decode for InitializeStateData {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for InitializeStateData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`InitializeStateData`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionData {
    pub partition: i32,
    pub state_epoch: i32,
    pub start_offset: i64,
}

impl Decode for PartitionData {
    const MIN_SIZE: usize = 17;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { partition: from.read()?, state_epoch: from.read()?, start_offset: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition)?;
        to.put(&self.state_epoch)?;
        to.put(&self.start_offset)?;
        to.tag_count(&[])
    }
}

/// `results` of [`InitializeShareGroupStateResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct InitializeStateResult {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionResult>,
}

impl Decode for InitializeStateResult {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for InitializeStateResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`InitializeStateResult`].
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
