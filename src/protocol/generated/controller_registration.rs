//! ControllerRegistration (key 70): A starting controller makes itself known to the active one.
//! Generated from `schema/controller_registration.schema`.

use super::prelude::*;

/// Request of ControllerRegistration, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ControllerRegistrationRequest {
    pub controller_id: i32,
    pub incarnation_id: Uuid,
    pub zk_migration_ready: bool,
    pub listeners: Vec<Listener>,
    pub features: Vec<Feature>,
}

impl Decode for ControllerRegistrationRequest {
    const MIN_SIZE: usize = 24;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            controller_id: from.read()?,
            incarnation_id: from.read()?,
            zk_migration_ready: from.read()?,
            listeners: from.read()?,
            features: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ControllerRegistrationRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.controller_id)?;
        to.put(&self.incarnation_id)?;
        to.put(&self.zk_migration_ready)?;
        to.put(&self.listeners)?;
        to.put(&self.features)?;
        to.tag_count(&[])
    }
}

impl Message for ControllerRegistrationRequest {
    const NAME: &'static str = "ControllerRegistrationRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for ControllerRegistrationRequest {
    const KEY: ApiKey = ApiKey::ControllerRegistration;
    type Response = ControllerRegistrationResponse;
}

/// Response of ControllerRegistration, versions 0-0.
#[derive(Clone, Debug, PartialEq)]
pub struct ControllerRegistrationResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
}

impl Default for ControllerRegistrationResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, error_message: Some(Default::default()) }
    }
}

impl Decode for ControllerRegistrationResponse {
    const MIN_SIZE: usize = 8;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, error_code: from.read()?, error_message: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ControllerRegistrationResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.tag_count(&[])
    }
}

impl Message for ControllerRegistrationResponse {
    const NAME: &'static str = "ControllerRegistrationResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for ControllerRegistrationResponse {
    const KEY: ApiKey = ApiKey::ControllerRegistration;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `listeners` of [`ControllerRegistrationRequest`].
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

/// `features` of [`ControllerRegistrationRequest`].
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
