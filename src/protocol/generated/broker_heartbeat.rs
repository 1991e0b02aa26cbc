//! BrokerHeartbeat (key 63): keeps a broker's registration alive and carries its wishes.
//! Generated from `schema/broker_heartbeat.schema`.

use super::prelude::*;

/// Request of BrokerHeartbeat, versions 0-2.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerHeartbeatRequest {
    pub broker_id: i32,
    pub broker_epoch: i64,
    pub current_metadata_offset: i64,
    pub want_fence: bool,
    pub want_shut_down: bool,
    /// Versions 1+; tag 0.
    pub offline_log_dirs: Vec<Uuid>,
    /// Versions 2+; tag 1.
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}

impl Default for BrokerHeartbeatRequest {
    fn default() -> Self {
        Self {
            broker_id: 0,
            broker_epoch: -1,
            current_metadata_offset: 0,
            want_fence: false,
            want_shut_down: false,
            offline_log_dirs: Default::default(),
            cordoned_log_dirs: None,
        }
    }
}

impl Decode for BrokerHeartbeatRequest {
    const MIN_SIZE: usize = 23;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let mut it = Self {
            broker_id: from.read()?,
            broker_epoch: from.read()?,
            current_metadata_offset: from.read()?,
            want_fence: from.read()?,
            want_shut_down: from.read()?,
            offline_log_dirs: Default::default(),
            cordoned_log_dirs: None,
        };
        from.tags(&[0, 1], |from, tag| {
            match tag {
                0 if v >= 1 => it.offline_log_dirs = from.read()?,
                1 if v >= 2 => it.cordoned_log_dirs = from.read()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl Encode for BrokerHeartbeatRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.broker_id)?;
        to.put(&self.broker_epoch)?;
        to.put(&self.current_metadata_offset)?;
        to.put(&self.want_fence)?;
        to.put(&self.want_shut_down)?;
        let set_0 = to.is_tag_set(v >= 1, self.offline_log_dirs.is_empty(), false, "offline_log_dirs")?;
        let set_1 = to.is_tag_set(v >= 2, self.cordoned_log_dirs.is_none(), false, "cordoned_log_dirs")?;
        to.tag_count(&[set_0, set_1])?;
        to.tag(set_0, 0, &self.offline_log_dirs)?;
        to.tag(set_1, 1, &self.cordoned_log_dirs)
    }
}

impl Message for BrokerHeartbeatRequest {
    const NAME: &'static str = "BrokerHeartbeatRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for BrokerHeartbeatRequest {
    const KEY: ApiKey = ApiKey::BrokerHeartbeat;
    type Response = BrokerHeartbeatResponse;
}

/// Response of BrokerHeartbeat, versions 0-2.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerHeartbeatResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub is_caught_up: bool,
    pub is_fenced: bool,
    pub should_shut_down: bool,
}

impl Default for BrokerHeartbeatResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, is_caught_up: false, is_fenced: true, should_shut_down: false }
    }
}

impl Decode for BrokerHeartbeatResponse {
    const MIN_SIZE: usize = 10;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            is_caught_up: from.read()?,
            is_fenced: from.read()?,
            should_shut_down: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for BrokerHeartbeatResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.is_caught_up)?;
        to.put(&self.is_fenced)?;
        to.put(&self.should_shut_down)?;
        to.tag_count(&[])
    }
}

impl Message for BrokerHeartbeatResponse {
    const NAME: &'static str = "BrokerHeartbeatResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for BrokerHeartbeatResponse {
    const KEY: ApiKey = ApiKey::BrokerHeartbeat;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}
