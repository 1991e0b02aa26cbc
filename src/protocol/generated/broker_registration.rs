//! BrokerRegistration (key 62): A starting broker makes itself known to the controller.
//! Generated from `schema/broker_registration.schema`.

use super::prelude::*;

/// Request of BrokerRegistration, versions 0-4.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerRegistrationRequest {
    pub broker_id: i32,
    pub cluster_id: StrBytes,
    pub incarnation_id: Uuid,
    pub listeners: Vec<Listener>,
    pub features: Vec<Feature>,
    pub rack: Option<StrBytes>,
    /// Versions 1+.
    pub is_migrating_zk_broker: bool,
    /// Versions 2+.
    pub log_dirs: Vec<Uuid>,
    /// Versions 3+.
    pub previous_broker_epoch: i64,
}

impl Default for BrokerRegistrationRequest {
    fn default() -> Self {
        Self {
            broker_id: 0,
            cluster_id: Default::default(),
            incarnation_id: Default::default(),
            listeners: Default::default(),
            features: Default::default(),
            rack: Some(Default::default()),
            is_migrating_zk_broker: false,
            log_dirs: Default::default(),
            previous_broker_epoch: -1,
        }
    }
}

impl Decode for BrokerRegistrationRequest {
    const MIN_SIZE: usize = 25;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            broker_id: from.read()?,
            cluster_id: from.read()?,
            incarnation_id: from.read()?,
            listeners: from.read()?,
            features: from.read()?,
            rack: from.read()?,
            is_migrating_zk_broker: if v >= 1 { from.read()? } else { false },
            log_dirs: if v >= 2 { from.read()? } else { Default::default() },
            previous_broker_epoch: if v >= 3 { from.read()? } else { -1 },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for BrokerRegistrationRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.broker_id)?;
        to.put(&self.cluster_id)?;
        to.put(&self.incarnation_id)?;
        to.put(&self.listeners)?;
        to.put(&self.features)?;
        to.put(&self.rack)?;
        to.put_or(v >= 1, &self.is_migrating_zk_broker, false, "is_migrating_zk_broker")?;
        to.put_if(v >= 2, &self.log_dirs)?;
        to.put_if(v >= 3, &self.previous_broker_epoch)?;
        to.tag_count(&[])
    }
}

impl Message for BrokerRegistrationRequest {
    const NAME: &'static str = "BrokerRegistrationRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 4 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for BrokerRegistrationRequest {
    const KEY: ApiKey = ApiKey::BrokerRegistration;
    type Response = BrokerRegistrationResponse;
}

/// Response of BrokerRegistration, versions 0-4.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerRegistrationResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub broker_epoch: i64,
}

impl Default for BrokerRegistrationResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, broker_epoch: -1 }
    }
}

impl Decode for BrokerRegistrationResponse {
    const MIN_SIZE: usize = 15;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, error_code: from.read()?, broker_epoch: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for BrokerRegistrationResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.broker_epoch)?;
        to.tag_count(&[])
    }
}

impl Message for BrokerRegistrationResponse {
    const NAME: &'static str = "BrokerRegistrationResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 4 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for BrokerRegistrationResponse {
    const KEY: ApiKey = ApiKey::BrokerRegistration;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `listeners` of [`BrokerRegistrationRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Listener {
    pub name: StrBytes,
    pub host: StrBytes,
    pub port: u16,
    pub security_protocol: i16,
}

impl Decode for Listener {
    const MIN_SIZE: usize = 7;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, host: from.read()?, port: from.read()?, security_protocol: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Listener {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.host)?;
        to.put(&self.port)?;
        to.put(&self.security_protocol)?;
        to.tag_count(&[])
    }
}

/// `features` of [`BrokerRegistrationRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Feature {
    pub name: StrBytes,
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}

impl Decode for Feature {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, min_supported_version: from.read()?, max_supported_version: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Feature {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.min_supported_version)?;
        to.put(&self.max_supported_version)?;
        to.tag_count(&[])
    }
}
