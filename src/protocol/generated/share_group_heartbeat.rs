//! ShareGroupHeartbeat (key 76): joins, keeps and leaves a share group (KIP-932).
//! Generated from `schema/share_group_heartbeat.schema`.

use super::prelude::*;

/// Request of ShareGroupHeartbeat, versions 1-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupHeartbeatRequest {
    pub group_id: StrBytes,
    pub member_id: StrBytes,
    pub member_epoch: i32,
    pub rack_id: Option<StrBytes>,
    pub subscribed_topic_names: Option<Vec<StrBytes>>,
}

impl Decode for ShareGroupHeartbeatRequest {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            group_id: from.read()?,
            member_id: from.read()?,
            member_epoch: from.read()?,
            rack_id: from.read()?,
            subscribed_topic_names: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ShareGroupHeartbeatRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.group_id)?;
        to.put(&self.member_id)?;
        to.put(&self.member_epoch)?;
        to.put(&self.rack_id)?;
        to.put(&self.subscribed_topic_names)?;
        to.tag_count(&[])
    }
}

impl Message for ShareGroupHeartbeatRequest {
    const NAME: &'static str = "ShareGroupHeartbeatRequest";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 1 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Request for ShareGroupHeartbeatRequest {
    const KEY: ApiKey = ApiKey::ShareGroupHeartbeat;
    type Response = ShareGroupHeartbeatResponse;
}

/// Response of ShareGroupHeartbeat, versions 1-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupHeartbeatResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub member_id: Option<StrBytes>,
    pub member_epoch: i32,
    pub heartbeat_interval_ms: i32,
    pub assignment: Option<Assignment>,
}

impl Decode for ShareGroupHeartbeatResponse {
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

impl Encode for ShareGroupHeartbeatResponse {
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

impl Message for ShareGroupHeartbeatResponse {
    const NAME: &'static str = "ShareGroupHeartbeatResponse";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 1 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Response for ShareGroupHeartbeatResponse {
    const KEY: ApiKey = ApiKey::ShareGroupHeartbeat;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `assignment` of [`ShareGroupHeartbeatResponse`].
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

/// `topic_partitions` of [`Assignment`].
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
