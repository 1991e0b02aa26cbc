//! CreatePartitions (key 37): adds partitions to topics.
//! Generated from `schema/create_partitions.schema`.

use super::prelude::*;

/// Request of CreatePartitions, versions 0-3.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CreatePartitionsRequest {
    pub topics: Vec<CreatePartitionsTopic>,
    pub timeout_ms: i32,
    pub validate_only: bool,
}

impl Decode for CreatePartitionsRequest {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topics: from.read()?, timeout_ms: from.read()?, validate_only: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CreatePartitionsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topics)?;
        to.put(&self.timeout_ms)?;
        to.put(&self.validate_only)?;
        to.tag_count(&[])
    }
}

impl Message for CreatePartitionsRequest {
    const NAME: &'static str = "CreatePartitionsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 3 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Request for CreatePartitionsRequest {
    const KEY: ApiKey = ApiKey::CreatePartitions;
    type Response = CreatePartitionsResponse;
}

/// Response of CreatePartitions, versions 0-3.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CreatePartitionsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<CreatePartitionsTopicResult>,
}

impl Decode for CreatePartitionsResponse {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, results: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CreatePartitionsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.results)?;
        to.tag_count(&[])
    }
}

impl Message for CreatePartitionsResponse {
    const NAME: &'static str = "CreatePartitionsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 3 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Response for CreatePartitionsResponse {
    const KEY: ApiKey = ApiKey::CreatePartitions;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`CreatePartitionsRequest`].
#[derive(Clone, Debug, PartialEq)]
pub struct CreatePartitionsTopic {
    pub name: StrBytes,
    pub count: i32,
    pub assignments: Option<Vec<CreatePartitionsAssignment>>,
}

impl Default for CreatePartitionsTopic {
    fn default() -> Self {
        Self { name: Default::default(), count: 0, assignments: Some(Default::default()) }
    }
}

impl Decode for CreatePartitionsTopic {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, count: from.read()?, assignments: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CreatePartitionsTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.count)?;
        to.put(&self.assignments)?;
        to.tag_count(&[])
    }
}

/// `assignments` of [`CreatePartitionsTopic`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CreatePartitionsAssignment {
    pub broker_ids: Vec<i32>,
}

impl Decode for CreatePartitionsAssignment {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { broker_ids: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CreatePartitionsAssignment {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.broker_ids)?;
        to.tag_count(&[])
    }
}

/// `results` of [`CreatePartitionsResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CreatePartitionsTopicResult {
    pub name: StrBytes,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
}

impl Decode for CreatePartitionsTopicResult {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, error_code: from.read()?, error_message: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CreatePartitionsTopicResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.tag_count(&[])
    }
}
