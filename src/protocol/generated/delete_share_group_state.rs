//! DeleteShareGroupState (key 86): forgets the stored state of share partitions.
//! Generated from `schema/delete_share_group_state.schema`.

use super::prelude::*;

/// Request of DeleteShareGroupState, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DeleteShareGroupStateRequest {
    pub group_id: StrBytes,
    pub topics: Vec<DeleteStateData>,
}

impl Decode for DeleteShareGroupStateRequest {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { group_id: from.read()?, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DeleteShareGroupStateRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.group_id)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for DeleteShareGroupStateRequest {
    const NAME: &'static str = "DeleteShareGroupStateRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for DeleteShareGroupStateRequest {
    const KEY: ApiKey = ApiKey::DeleteShareGroupState;
    type Response = DeleteShareGroupStateResponse;
}

/// Response of DeleteShareGroupState, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DeleteShareGroupStateResponse {
    pub results: Vec<DeleteStateResult>,
}

impl Decode for DeleteShareGroupStateResponse {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { results: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DeleteShareGroupStateResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.results)?;
        to.tag_count(&[])
    }
}

impl Message for DeleteShareGroupStateResponse {
    const NAME: &'static str = "DeleteShareGroupStateResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for DeleteShareGroupStateResponse {
    const KEY: ApiKey = ApiKey::DeleteShareGroupState;
}

/// `topics` of [`DeleteShareGroupStateRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DeleteStateData {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl Decode for DeleteStateData {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DeleteStateData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`DeleteStateData`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionData {
    pub partition: i32,
}

impl Decode for PartitionData {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { partition: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition)?;
        to.tag_count(&[])
    }
}

/// `results` of [`DeleteShareGroupStateResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DeleteStateResult {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionResult>,
}

impl Decode for DeleteStateResult {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DeleteStateResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`DeleteStateResult`].
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
