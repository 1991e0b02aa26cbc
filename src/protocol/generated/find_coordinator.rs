//! FindCoordinator (key 10): names the broker that coordinates a group, a transaction or a share partition.
//! Generated from `schema/find_coordinator.schema`.

use super::prelude::*;

/// Request of FindCoordinator, versions 0-6.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FindCoordinatorRequest {
    /// Versions 0-3.
    pub key: StrBytes,
    /// Versions 1+.
    pub key_type: i8,
    /// Versions 4+.
    pub coordinator_keys: Vec<StrBytes>,
}

impl Decode for FindCoordinatorRequest {
    const MIN_SIZE: usize = 0;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            key: if v <= 3 { from.read()? } else { Default::default() },
            key_type: if v >= 1 { from.read()? } else { 0 },
            coordinator_keys: if v >= 4 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for FindCoordinatorRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_or(v <= 3, &self.key, Default::default(), "key")?;
        to.put_or(v >= 1, &self.key_type, 0, "key_type")?;
        to.put_or(v >= 4, &self.coordinator_keys, Default::default(), "coordinator_keys")?;
        to.tag_count(&[])
    }
}

impl Message for FindCoordinatorRequest {
    const NAME: &'static str = "FindCoordinatorRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 6 };
    const FLEXIBLE_SINCE: i16 = 3;
}

impl Request for FindCoordinatorRequest {
    const KEY: ApiKey = ApiKey::FindCoordinator;
    type Response = FindCoordinatorResponse;
}

/// Response of FindCoordinator, versions 0-6.
#[derive(Clone, Debug, PartialEq)]
pub struct FindCoordinatorResponse {
    /// Versions 1+.
    pub throttle_time_ms: i32,
    /// Versions 0-3.
    pub error_code: i16,
    /// Versions 1-3.
    pub error_message: Option<StrBytes>,
    /// Versions 0-3.
    pub node_id: i32,
    /// Versions 0-3.
    pub host: StrBytes,
    /// Versions 0-3.
    pub port: i32,
    /// Versions 4+.
    pub coordinators: Vec<Coordinator>,
}

impl Default for FindCoordinatorResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(Default::default()),
            node_id: 0,
            host: Default::default(),
            port: 0,
            coordinators: Default::default(),
        }
    }
}

impl Decode for FindCoordinatorResponse {
    const MIN_SIZE: usize = 0;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            throttle_time_ms: if v >= 1 { from.read()? } else { 0 },
            error_code: if v <= 3 { from.read()? } else { 0 },
            error_message: if (1..=3).contains(&v) { from.read()? } else { Some(Default::default()) },
            node_id: if v <= 3 { from.read()? } else { 0 },
            host: if v <= 3 { from.read()? } else { Default::default() },
            port: if v <= 3 { from.read()? } else { 0 },
            coordinators: if v >= 4 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for FindCoordinatorResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v >= 1, &self.throttle_time_ms)?;
        to.put_or(v <= 3, &self.error_code, 0, "error_code")?;
        to.put_if((1..=3).contains(&v), &self.error_message)?;
        to.put_or(v <= 3, &self.node_id, 0, "node_id")?;
        to.put_or(v <= 3, &self.host, Default::default(), "host")?;
        to.put_or(v <= 3, &self.port, 0, "port")?;
        to.put_or(v >= 4, &self.coordinators, Default::default(), "coordinators")?;
        to.tag_count(&[])
    }
}

impl Message for FindCoordinatorResponse {
    const NAME: &'static str = "FindCoordinatorResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 6 };
    const FLEXIBLE_SINCE: i16 = 3;
}

impl Response for FindCoordinatorResponse {
    const KEY: ApiKey = ApiKey::FindCoordinator;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `coordinators` of [`FindCoordinatorResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinator {
    pub key: StrBytes,
    pub node_id: i32,
    pub host: StrBytes,
    pub port: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
}

impl Default for Coordinator {
    fn default() -> Self {
        Self {
            key: Default::default(),
            node_id: 0,
            host: Default::default(),
            port: 0,
            error_code: 0,
            error_message: Some(Default::default()),
        }
    }
}

impl Decode for Coordinator {
    const MIN_SIZE: usize = 13;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            key: from.read()?,
            node_id: from.read()?,
            host: from.read()?,
            port: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Coordinator {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.key)?;
        to.put(&self.node_id)?;
        to.put(&self.host)?;
        to.put(&self.port)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.tag_count(&[])
    }
}
