//! AlterConfigs (key 33): replaces whole configurations; the older of two ways.
//! Generated from `schema/alter_configs.schema`.

use super::prelude::*;

/// Request of AlterConfigs, versions 0-2.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlterConfigsRequest {
    pub resources: Vec<AlterConfigsResource>,
    pub validate_only: bool,
}

impl Decode for AlterConfigsRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { resources: from.read()?, validate_only: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AlterConfigsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.resources)?;
        to.put(&self.validate_only)?;
        to.tag_count(&[])
    }
}

impl Message for AlterConfigsRequest {
    const NAME: &'static str = "AlterConfigsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Request for AlterConfigsRequest {
    const KEY: ApiKey = ApiKey::AlterConfigs;
    type Response = AlterConfigsResponse;
}

/// Response of AlterConfigs, versions 0-2.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlterConfigsResponse {
    pub throttle_time_ms: i32,
    pub responses: Vec<AlterConfigsResourceResponse>,
}

impl Decode for AlterConfigsResponse {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, responses: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AlterConfigsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.responses)?;
        to.tag_count(&[])
    }
}

impl Message for AlterConfigsResponse {
    const NAME: &'static str = "AlterConfigsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Response for AlterConfigsResponse {
    const KEY: ApiKey = ApiKey::AlterConfigs;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `resources` of [`AlterConfigsRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlterConfigsResource {
    pub resource_type: i8,
    pub resource_name: StrBytes,
    pub configs: Vec<AlterableConfig>,
}

impl Decode for AlterConfigsResource {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { resource_type: from.read()?, resource_name: from.read()?, configs: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AlterConfigsResource {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.resource_type)?;
        to.put(&self.resource_name)?;
        to.put(&self.configs)?;
        to.tag_count(&[])
    }
}

/// `configs` of [`AlterConfigsResource`].
#[derive(Clone, Debug, PartialEq)]
pub struct AlterableConfig {
    pub name: StrBytes,
    pub value: Option<StrBytes>,
}

impl Default for AlterableConfig {
    fn default() -> Self {
        Self { name: Default::default(), value: Some(Default::default()) }
    }
}

impl Decode for AlterableConfig {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, value: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AlterableConfig {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.value)?;
        to.tag_count(&[])
    }
}

/// `responses` of [`AlterConfigsResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct AlterConfigsResourceResponse {
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub resource_type: i8,
    pub resource_name: StrBytes,
}

impl Default for AlterConfigsResourceResponse {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(Default::default()),
            resource_type: 0,
            resource_name: Default::default(),
        }
    }
}

impl Decode for AlterConfigsResourceResponse {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: from.read()?,
            error_message: from.read()?,
            resource_type: from.read()?,
            resource_name: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AlterConfigsResourceResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.resource_type)?;
        to.put(&self.resource_name)?;
        to.tag_count(&[])
    }
}
