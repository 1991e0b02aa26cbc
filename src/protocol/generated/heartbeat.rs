//! Heartbeat (key 12): keeps a member of a classic group alive.
//! Generated from `schema/heartbeat.schema`.

use super::prelude::*;

/// Request of Heartbeat, versions 0-4.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct HeartbeatRequest {
    pub group_id: StrBytes,
    pub generation_id: i32,
    pub member_id: StrBytes,
    /// Versions 3+.
    pub group_instance_id: Option<StrBytes>,
}

impl Decode for HeartbeatRequest {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            group_id: from.read()?,
            generation_id: from.read()?,
            member_id: from.read()?,
            group_instance_id: if v >= 3 { from.read()? } else { None },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for HeartbeatRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.group_id)?;
        to.put(&self.generation_id)?;
        to.put(&self.member_id)?;
        to.put_or(v >= 3, &self.group_instance_id, None, "group_instance_id")?;
        to.tag_count(&[])
    }
}

impl Message for HeartbeatRequest {
    const NAME: &'static str = "HeartbeatRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 4 };
    const FLEXIBLE_SINCE: i16 = 4;
}

impl Request for HeartbeatRequest {
    const KEY: ApiKey = ApiKey::Heartbeat;
    type Response = HeartbeatResponse;
}

/// Response of Heartbeat, versions 0-4.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct HeartbeatResponse {
    /// Versions 1+.
    pub throttle_time_ms: i32,
    pub error_code: i16,
}

impl Decode for HeartbeatResponse {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self { throttle_time_ms: if v >= 1 { from.read()? } else { 0 }, error_code: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for HeartbeatResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v >= 1, &self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.tag_count(&[])
    }
}

impl Message for HeartbeatResponse {
    const NAME: &'static str = "HeartbeatResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 4 };
    const FLEXIBLE_SINCE: i16 = 4;
}

impl Response for HeartbeatResponse {
    const KEY: ApiKey = ApiKey::Heartbeat;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}
