//! DescribeConfigs (key 32): configuration of topics, brokers, groups and client metrics.
//! Generated from `schema/describe_configs.schema`.

use super::prelude::*;

/// Request of DescribeConfigs, versions 1-4.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeConfigsRequest {
    pub resources: Vec<DescribeConfigsResource>,
    pub include_synonyms: bool,
    /// Versions 3+.
    pub include_documentation: bool,
}

impl Decode for DescribeConfigsRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            resources: from.read()?,
            include_synonyms: from.read()?,
            include_documentation: if v >= 3 { from.read()? } else { false },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeConfigsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.resources)?;
        to.put(&self.include_synonyms)?;
        to.put_or(v >= 3, &self.include_documentation, false, "include_documentation")?;
        to.tag_count(&[])
    }
}

impl Message for DescribeConfigsRequest {
    const NAME: &'static str = "DescribeConfigsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 4 };
    const FLEXIBLE_SINCE: i16 = 4;
}

impl Request for DescribeConfigsRequest {
    const KEY: ApiKey = ApiKey::DescribeConfigs;
    type Response = DescribeConfigsResponse;
}

/// Response of DescribeConfigs, versions 1-4.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeConfigsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<DescribeConfigsResult>,
}

impl Decode for DescribeConfigsResponse {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, results: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeConfigsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.results)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeConfigsResponse {
    const NAME: &'static str = "DescribeConfigsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 4 };
    const FLEXIBLE_SINCE: i16 = 4;
}

impl Response for DescribeConfigsResponse {
    const KEY: ApiKey = ApiKey::DescribeConfigs;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `resources` of [`DescribeConfigsRequest`].
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeConfigsResource {
    pub resource_type: i8,
    pub resource_name: StrBytes,
    pub configuration_keys: Option<Vec<StrBytes>>,
}

impl Default for DescribeConfigsResource {
    fn default() -> Self {
        Self { resource_type: 0, resource_name: Default::default(), configuration_keys: Some(Default::default()) }
    }
}

impl Decode for DescribeConfigsResource {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { resource_type: from.read()?, resource_name: from.read()?, configuration_keys: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeConfigsResource {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.resource_type)?;
        to.put(&self.resource_name)?;
        to.put(&self.configuration_keys)?;
        to.tag_count(&[])
    }
}

/// `results` of [`DescribeConfigsResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeConfigsResult {
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub resource_type: i8,
    pub resource_name: StrBytes,
    pub configs: Vec<DescribeConfigsResourceResult>,
}

impl Default for DescribeConfigsResult {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(Default::default()),
            resource_type: 0,
            resource_name: Default::default(),
            configs: Default::default(),
        }
    }
}

impl Decode for DescribeConfigsResult {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: from.read()?,
            error_message: from.read()?,
            resource_type: from.read()?,
            resource_name: from.read()?,
            configs: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeConfigsResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.resource_type)?;
        to.put(&self.resource_name)?;
        to.put(&self.configs)?;
        to.tag_count(&[])
    }
}

/// `configs` of [`DescribeConfigsResult`].
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeConfigsResourceResult {
    pub name: StrBytes,
    pub value: Option<StrBytes>,
    pub read_only: bool,
    pub config_source: i8,
    pub is_sensitive: bool,
    pub synonyms: Vec<DescribeConfigsSynonym>,
    /// Versions 3+.
    pub config_type: i8,
    /// Versions 3+.
    pub documentation: Option<StrBytes>,
}

impl Default for DescribeConfigsResourceResult {
    fn default() -> Self {
        Self {
            name: Default::default(),
            value: Some(Default::default()),
            read_only: false,
            config_source: -1,
            is_sensitive: false,
            synonyms: Default::default(),
            config_type: 0,
            documentation: Some(Default::default()),
        }
    }
}

impl Decode for DescribeConfigsResourceResult {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            name: from.read()?,
            value: from.read()?,
            read_only: from.read()?,
            config_source: from.read()?,
            is_sensitive: from.read()?,
            synonyms: from.read()?,
            config_type: if v >= 3 { from.read()? } else { 0 },
            documentation: if v >= 3 { from.read()? } else { Some(Default::default()) },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeConfigsResourceResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.name)?;
        to.put(&self.value)?;
        to.put(&self.read_only)?;
        to.put(&self.config_source)?;
        to.put(&self.is_sensitive)?;
        to.put(&self.synonyms)?;
        to.put_if(v >= 3, &self.config_type)?;
        to.put_if(v >= 3, &self.documentation)?;
        to.tag_count(&[])
    }
}

/// `synonyms` of [`DescribeConfigsResourceResult`].
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeConfigsSynonym {
    pub name: StrBytes,
    pub value: Option<StrBytes>,
    pub source: i8,
}

impl Default for DescribeConfigsSynonym {
    fn default() -> Self {
        Self { name: Default::default(), value: Some(Default::default()), source: 0 }
    }
}

impl Decode for DescribeConfigsSynonym {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, value: from.read()?, source: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeConfigsSynonym {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.value)?;
        to.put(&self.source)?;
        to.tag_count(&[])
    }
}
