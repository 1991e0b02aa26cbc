//! CreateTopics (key 19): creates topics.
//! Generated from `schema/create_topics.schema`.

use super::prelude::*;

/// Request of CreateTopics, versions 2-7.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTopicsRequest {
    pub topics: Vec<CreatableTopic>,
    pub timeout_ms: i32,
    pub validate_only: bool,
}

impl Default for CreateTopicsRequest {
    fn default() -> Self {
        Self { topics: Default::default(), timeout_ms: 60000, validate_only: false }
    }
}

impl Decode for CreateTopicsRequest {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topics: from.read()?, timeout_ms: from.read()?, validate_only: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CreateTopicsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topics)?;
        to.put(&self.timeout_ms)?;
        to.put(&self.validate_only)?;
        to.tag_count(&[])
    }
}

impl Message for CreateTopicsRequest {
    const NAME: &'static str = "CreateTopicsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 2, max: 7 };
    const FLEXIBLE_SINCE: i16 = 5;
}

impl Request for CreateTopicsRequest {
    const KEY: ApiKey = ApiKey::CreateTopics;
    type Response = CreateTopicsResponse;
}

/// Response of CreateTopics, versions 2-7.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CreateTopicsResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<CreatableTopicResult>,
}

impl Decode for CreateTopicsResponse {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CreateTopicsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

impl Message for CreateTopicsResponse {
    const NAME: &'static str = "CreateTopicsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 2, max: 7 };
    const FLEXIBLE_SINCE: i16 = 5;
}

impl Response for CreateTopicsResponse {
    const KEY: ApiKey = ApiKey::CreateTopics;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`CreateTopicsRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CreatableTopic {
    pub name: StrBytes,
    pub num_partitions: i32,
    pub replication_factor: i16,
    pub assignments: Vec<CreatableReplicaAssignment>,
    pub configs: Vec<CreatableTopicConfig>,
}

impl Decode for CreatableTopic {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            name: from.read()?,
            num_partitions: from.read()?,
            replication_factor: from.read()?,
            assignments: from.read()?,
            configs: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CreatableTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.num_partitions)?;
        to.put(&self.replication_factor)?;
        to.put(&self.assignments)?;
        to.put(&self.configs)?;
        to.tag_count(&[])
    }
}

/// `assignments` of [`CreatableTopic`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CreatableReplicaAssignment {
    pub partition_index: i32,
    pub broker_ids: Vec<i32>,
}

impl Decode for CreatableReplicaAssignment {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { partition_index: from.read()?, broker_ids: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CreatableReplicaAssignment {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.broker_ids)?;
        to.tag_count(&[])
    }
}

/// `configs` of [`CreatableTopic`].
#[derive(Clone, Debug, PartialEq)]
pub struct CreatableTopicConfig {
    pub name: StrBytes,
    pub value: Option<StrBytes>,
}

impl Default for CreatableTopicConfig {
    fn default() -> Self {
        Self { name: Default::default(), value: Some(Default::default()) }
    }
}

impl Decode for CreatableTopicConfig {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, value: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CreatableTopicConfig {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.value)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`CreateTopicsResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct CreatableTopicResult {
    pub name: StrBytes,
    /// Versions 7+.
    pub topic_id: Uuid,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    /// Versions 5+; tag 0.
    pub topic_config_error_code: i16,
    /// Versions 5+.
    pub num_partitions: i32,
    /// Versions 5+.
    pub replication_factor: i16,
    /// Versions 5+.
    pub configs: Option<Vec<CreatableTopicConfigs>>,
}

impl Default for CreatableTopicResult {
    fn default() -> Self {
        Self {
            name: Default::default(),
            topic_id: Default::default(),
            error_code: 0,
            error_message: Some(Default::default()),
            topic_config_error_code: 0,
            num_partitions: -1,
            replication_factor: -1,
            configs: Some(Default::default()),
        }
    }
}

impl Decode for CreatableTopicResult {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let mut it = Self {
            name: from.read()?,
            topic_id: if v >= 7 { from.read()? } else { Default::default() },
            error_code: from.read()?,
            error_message: from.read()?,
            topic_config_error_code: 0,
            num_partitions: if v >= 5 { from.read()? } else { -1 },
            replication_factor: if v >= 5 { from.read()? } else { -1 },
            configs: if v >= 5 { from.read()? } else { Some(Default::default()) },
        };
        from.tags(&[0], |from, tag| {
            match tag {
                0 if v >= 5 => it.topic_config_error_code = from.read()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl Encode for CreatableTopicResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.name)?;
        to.put_if(v >= 7, &self.topic_id)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put_if(v >= 5, &self.num_partitions)?;
        to.put_if(v >= 5, &self.replication_factor)?;
        to.put_if(v >= 5, &self.configs)?;
        let set_0 = to.is_tag_set(v >= 5, self.topic_config_error_code == 0, true, "topic_config_error_code")?;
        to.tag_count(&[set_0])?;
        to.tag(set_0, 0, &self.topic_config_error_code)
    }
}

/// `configs` of [`CreatableTopicResult`].
#[derive(Clone, Debug, PartialEq)]
pub struct CreatableTopicConfigs {
    pub name: StrBytes,
    pub value: Option<StrBytes>,
    pub read_only: bool,
    pub config_source: i8,
    pub is_sensitive: bool,
}

impl Default for CreatableTopicConfigs {
    fn default() -> Self {
        Self {
            name: Default::default(),
            value: Some(Default::default()),
            read_only: false,
            config_source: -1,
            is_sensitive: false,
        }
    }
}

impl Decode for CreatableTopicConfigs {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            name: from.read()?,
            value: from.read()?,
            read_only: from.read()?,
            config_source: from.read()?,
            is_sensitive: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CreatableTopicConfigs {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.value)?;
        to.put(&self.read_only)?;
        to.put(&self.config_source)?;
        to.put(&self.is_sensitive)?;
        to.tag_count(&[])
    }
}
