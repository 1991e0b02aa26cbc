//! DeleteTopics (key 20): deletes topics by name or by id.
//! Generated from `schema/delete_topics.schema`.

use super::prelude::*;

/// Request of DeleteTopics, versions 1-6.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DeleteTopicsRequest {
    /// Versions 6+.
    pub topics: Vec<DeleteTopicState>,
    /// Versions 1-5.
    pub topic_names: Vec<StrBytes>,
    pub timeout_ms: i32,
}

impl Decode for DeleteTopicsRequest {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            topics: if v >= 6 { from.read()? } else { Default::default() },
            topic_names: if v <= 5 { from.read()? } else { Default::default() },
            timeout_ms: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DeleteTopicsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_or(v >= 6, &self.topics, Default::default(), "topics")?;
        to.put_if(v <= 5, &self.topic_names)?;
        to.put(&self.timeout_ms)?;
        to.tag_count(&[])
    }
}

impl Message for DeleteTopicsRequest {
    const NAME: &'static str = "DeleteTopicsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 6 };
    const FLEXIBLE_SINCE: i16 = 4;
}

impl Request for DeleteTopicsRequest {
    const KEY: ApiKey = ApiKey::DeleteTopics;
    type Response = DeleteTopicsResponse;
}

/// Response of DeleteTopics, versions 1-6.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DeleteTopicsResponse {
    pub throttle_time_ms: i32,
    pub responses: Vec<DeletableTopicResult>,
}

impl Decode for DeleteTopicsResponse {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, responses: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DeleteTopicsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.responses)?;
        to.tag_count(&[])
    }
}

impl Message for DeleteTopicsResponse {
    const NAME: &'static str = "DeleteTopicsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 6 };
    const FLEXIBLE_SINCE: i16 = 4;
}

impl Response for DeleteTopicsResponse {
    const KEY: ApiKey = ApiKey::DeleteTopics;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`DeleteTopicsRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DeleteTopicState {
    pub name: Option<StrBytes>,
    pub topic_id: Uuid,
}

impl Decode for DeleteTopicState {
    const MIN_SIZE: usize = 17;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, topic_id: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DeleteTopicState {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.topic_id)?;
        to.tag_count(&[])
    }
}

/// `responses` of [`DeleteTopicsResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct DeletableTopicResult {
    /// Null in 6+.
    pub name: Option<StrBytes>,
    /// Versions 6+.
    pub topic_id: Uuid,
    pub error_code: i16,
    /// Versions 5+.
    pub error_message: Option<StrBytes>,
}

impl Default for DeletableTopicResult {
    fn default() -> Self {
        Self { name: Some(Default::default()), topic_id: Default::default(), error_code: 0, error_message: None }
    }
}

impl Decode for DeletableTopicResult {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            name: from.nullable_if(v >= 6)?,
            topic_id: if v >= 6 { from.read()? } else { Default::default() },
            error_code: from.read()?,
            error_message: if v >= 5 { from.read()? } else { None },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DeletableTopicResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_nullable(v >= 6, &self.name, "name")?;
        to.put_if(v >= 6, &self.topic_id)?;
        to.put(&self.error_code)?;
        to.put_if(v >= 5, &self.error_message)?;
        to.tag_count(&[])
    }
}
