//! ConsumerGroupHeartbeat (key 68): joins, keeps and leaves a group of the consumer protocol (KIP-848).
//! Generated from `schema/consumer_group_heartbeat.schema`.

use super::prelude::*;

/// Request of ConsumerGroupHeartbeat, versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerGroupHeartbeatRequest {
    pub group_id: StrBytes,
    pub member_id: StrBytes,
    pub member_epoch: i32,
    pub instance_id: Option<StrBytes>,
    pub rack_id: Option<StrBytes>,
    pub rebalance_timeout_ms: i32,
    pub subscribed_topic_names: Option<Vec<StrBytes>>,
    /// Versions 1+.
    pub subscribed_topic_regex: Option<StrBytes>,
    pub server_assignor: Option<StrBytes>,
    pub topic_partitions: Option<Vec<TopicPartitions>>,
}

impl Default for ConsumerGroupHeartbeatRequest {
    fn default() -> Self {
        Self {
            group_id: Default::default(),
            member_id: Default::default(),
            member_epoch: 0,
            instance_id: None,
            rack_id: None,
            rebalance_timeout_ms: -1,
            subscribed_topic_names: None,
            subscribed_topic_regex: None,
            server_assignor: None,
            topic_partitions: None,
        }
    }
}

impl Decode for ConsumerGroupHeartbeatRequest {
    const MIN_SIZE: usize = 16;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            group_id: from.read()?,
            member_id: from.read()?,
            member_epoch: from.read()?,
            instance_id: from.read()?,
            rack_id: from.read()?,
            rebalance_timeout_ms: from.read()?,
            subscribed_topic_names: from.read()?,
            subscribed_topic_regex: if v >= 1 { from.read()? } else { None },
            server_assignor: from.read()?,
            topic_partitions: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ConsumerGroupHeartbeatRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.group_id)?;
        to.put(&self.member_id)?;
        to.put(&self.member_epoch)?;
        to.put(&self.instance_id)?;
        to.put(&self.rack_id)?;
        to.put(&self.rebalance_timeout_ms)?;
        to.put(&self.subscribed_topic_names)?;
        to.put_or(v >= 1, &self.subscribed_topic_regex, None, "subscribed_topic_regex")?;
        to.put(&self.server_assignor)?;
        to.put(&self.topic_partitions)?;
        to.tag_count(&[])
    }
}

impl Message for ConsumerGroupHeartbeatRequest {
    const NAME: &'static str = "ConsumerGroupHeartbeatRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for ConsumerGroupHeartbeatRequest {
    const KEY: ApiKey = ApiKey::ConsumerGroupHeartbeat;
    type Response = ConsumerGroupHeartbeatResponse;
}

/// Response of ConsumerGroupHeartbeat, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupHeartbeatResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub member_id: Option<StrBytes>,
    pub member_epoch: i32,
    pub heartbeat_interval_ms: i32,
    pub assignment: Option<Assignment>,
}

impl Decode for ConsumerGroupHeartbeatResponse {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            member_id: from.read()?,
            member_epoch: from.read()?,
            heartbeat_interval_ms: from.read()?,
            assignment: from.nullable_struct()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ConsumerGroupHeartbeatResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.member_id)?;
        to.put(&self.member_epoch)?;
        to.put(&self.heartbeat_interval_ms)?;
        to.nullable_struct(&self.assignment)?;
        to.tag_count(&[])
    }
}

impl Message for ConsumerGroupHeartbeatResponse {
    const NAME: &'static str = "ConsumerGroupHeartbeatResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for ConsumerGroupHeartbeatResponse {
    const KEY: ApiKey = ApiKey::ConsumerGroupHeartbeat;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topic_partitions` of [`ConsumerGroupHeartbeatRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

impl Decode for TopicPartitions {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicPartitions {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `assignment` of [`ConsumerGroupHeartbeatResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Assignment {
    pub topic_partitions: Vec<TopicPartitions>,
}

impl Decode for Assignment {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Assignment {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_partitions)?;
        to.tag_count(&[])
    }
}
