//! OffsetDelete (key 47): forgets a group's positions.
//! Generated from `schema/offset_delete.schema`.

use super::prelude::*;

/// Request of OffsetDelete, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetDeleteRequest {
    pub group_id: StrBytes,
    pub topics: Vec<OffsetDeleteRequestTopic>,
}

impl Decode for OffsetDeleteRequest {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        Ok(Self { group_id: from.read()?, topics: from.read()? })
    }
}

impl Encode for OffsetDeleteRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.group_id)?;
        to.put(&self.topics)?;
        Ok(())
    }
}

impl Message for OffsetDeleteRequest {
    const NAME: &'static str = "OffsetDeleteRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = i16::MAX;
}

impl Request for OffsetDeleteRequest {
    const KEY: ApiKey = ApiKey::OffsetDelete;
    type Response = OffsetDeleteResponse;
}

/// Response of OffsetDelete, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetDeleteResponse {
    pub error_code: i16,
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetDeleteResponseTopic>,
}

impl Decode for OffsetDeleteResponse {
    const MIN_SIZE: usize = 10;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        Ok(Self { error_code: from.read()?, throttle_time_ms: from.read()?, topics: from.read()? })
    }
}

impl Encode for OffsetDeleteResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.throttle_time_ms)?;
        to.put(&self.topics)?;
        Ok(())
    }
}

impl Message for OffsetDeleteResponse {
    const NAME: &'static str = "OffsetDeleteResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = i16::MAX;
}

impl Response for OffsetDeleteResponse {
    const KEY: ApiKey = ApiKey::OffsetDelete;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`OffsetDeleteRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetDeleteRequestTopic {
    pub name: StrBytes,
    pub partitions: Vec<OffsetDeleteRequestPartition>,
}

impl Decode for OffsetDeleteRequestTopic {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        Ok(Self { name: from.read()?, partitions: from.read()? })
    }
}

impl Encode for OffsetDeleteRequestTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partitions)?;
        Ok(())
    }
}

/// `partitions` of [`OffsetDeleteRequestTopic`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetDeleteRequestPartition {
    pub partition_index: i32,
}

impl Decode for OffsetDeleteRequestPartition {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        Ok(Self { partition_index: from.read()? })
    }
}

impl Encode for OffsetDeleteRequestPartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        Ok(())
    }
}

/// `topics` of [`OffsetDeleteResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetDeleteResponseTopic {
    pub name: StrBytes,
    pub partitions: Vec<OffsetDeleteResponsePartition>,
}

impl Decode for OffsetDeleteResponseTopic {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        Ok(Self { name: from.read()?, partitions: from.read()? })
    }
}

impl Encode for OffsetDeleteResponseTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partitions)?;
        Ok(())
    }
}

/// `partitions` of [`OffsetDeleteResponseTopic`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetDeleteResponsePartition {
    pub partition_index: i32,
    pub error_code: i16,
}

impl Decode for OffsetDeleteResponsePartition {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        Ok(Self { partition_index: from.read()?, error_code: from.read()? })
    }
}

impl Encode for OffsetDeleteResponsePartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.error_code)?;
        Ok(())
    }
}
