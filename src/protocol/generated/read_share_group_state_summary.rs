//! ReadShareGroupStateSummary (key 87): reads the start offsets of share partitions.
//! Generated from `schema/read_share_group_state_summary.schema`.

use super::prelude::*;

/// Request of ReadShareGroupStateSummary, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReadShareGroupStateSummaryRequest {
    pub group_id: StrBytes,
    pub topics: Vec<ReadStateSummaryData>,
}

impl Decode for ReadShareGroupStateSummaryRequest {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { group_id: from.read()?, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ReadShareGroupStateSummaryRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.group_id)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for ReadShareGroupStateSummaryRequest {
    const NAME: &'static str = "ReadShareGroupStateSummaryRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for ReadShareGroupStateSummaryRequest {
    const KEY: ApiKey = ApiKey::ReadShareGroupStateSummary;
    type Response = ReadShareGroupStateSummaryResponse;
}

/// Response of ReadShareGroupStateSummary, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReadShareGroupStateSummaryResponse {
    pub results: Vec<ReadStateSummaryResult>,
}

impl Decode for ReadShareGroupStateSummaryResponse {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { results: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ReadShareGroupStateSummaryResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.results)?;
        to.tag_count(&[])
    }
}

impl Message for ReadShareGroupStateSummaryResponse {
    const NAME: &'static str = "ReadShareGroupStateSummaryResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for ReadShareGroupStateSummaryResponse {
    const KEY: ApiKey = ApiKey::ReadShareGroupStateSummary;
}

/// `topics` of [`ReadShareGroupStateSummaryRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReadStateSummaryData {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

impl Decode for ReadStateSummaryData {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ReadStateSummaryData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`ReadStateSummaryData`].
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

/// `results` of [`ReadShareGroupStateSummaryResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReadStateSummaryResult {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionResult>,
}

impl Decode for ReadStateSummaryResult {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ReadStateSummaryResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`ReadStateSummaryResult`].
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionResult {
    pub partition: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub state_epoch: i32,
    pub leader_epoch: i32,
    pub start_offset: i64,
    /// Versions 1+.
    pub delivery_complete_count: i32,
}

impl Default for PartitionResult {
    fn default() -> Self {
        Self {
            partition: 0,
            error_code: 0,
            error_message: None,
            state_epoch: 0,
            leader_epoch: 0,
            start_offset: 0,
            delivery_complete_count: -1,
        }
    }
}

impl Decode for PartitionResult {
    const MIN_SIZE: usize = 24;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            partition: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            state_epoch: from.read()?,
            leader_epoch: from.read()?,
            start_offset: from.read()?,
            delivery_complete_count: if v >= 1 { from.read()? } else { -1 },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for PartitionResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.partition)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.state_epoch)?;
        to.put(&self.leader_epoch)?;
        to.put(&self.start_offset)?;
        to.put_if(v >= 1, &self.delivery_complete_count)?;
        to.tag_count(&[])
    }
}
