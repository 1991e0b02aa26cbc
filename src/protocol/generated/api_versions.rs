//! ApiVersions (key 18): the keys, versions and features that a broker speaks.
//! Generated from `schema/api_versions.schema`.

use super::prelude::*;

/// Request of ApiVersions, versions 0-4.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ApiVersionsRequest {
    /// Versions 3+.
    pub client_software_name: StrBytes,
    /// Versions 3+.
    pub client_software_version: StrBytes,
}

impl Decode for ApiVersionsRequest {
    const MIN_SIZE: usize = 0;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            client_software_name: if v >= 3 { from.read()? } else { Default::default() },
            client_software_version: if v >= 3 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ApiVersionsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v >= 3, &self.client_software_name)?;
        to.put_if(v >= 3, &self.client_software_version)?;
        to.tag_count(&[])
    }
}

impl Message for ApiVersionsRequest {
    const NAME: &'static str = "ApiVersionsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 4 };
    const FLEXIBLE_SINCE: i16 = 3;
}

impl Request for ApiVersionsRequest {
    const KEY: ApiKey = ApiKey::ApiVersions;
    type Response = ApiVersionsResponse;
}

/// Response of ApiVersions, versions 0-4.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiVersionsResponse {
    pub error_code: i16,
    pub api_keys: Vec<ApiVersion>,
    /// Versions 1+.
    pub throttle_time_ms: i32,
    /// Versions 3+; tag 0.
    pub supported_features: Vec<SupportedFeatureKey>,
    /// Versions 3+; tag 1.
    pub finalized_features_epoch: i64,
    /// Versions 3+; tag 2.
    pub finalized_features: Vec<FinalizedFeatureKey>,
    /// Versions 3+; tag 3.
    pub zk_migration_ready: bool,
}

impl Default for ApiVersionsResponse {
    fn default() -> Self {
        Self {
            error_code: 0,
            api_keys: Default::default(),
            throttle_time_ms: 0,
            supported_features: Default::default(),
            finalized_features_epoch: -1,
            finalized_features: Default::default(),
            zk_migration_ready: false,
        }
    }
}

impl Decode for ApiVersionsResponse {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let mut it = Self {
            error_code: from.read()?,
            api_keys: from.read()?,
            throttle_time_ms: if v >= 1 { from.read()? } else { 0 },
            supported_features: Default::default(),
            finalized_features_epoch: -1,
            finalized_features: Default::default(),
            zk_migration_ready: false,
        };
        from.tags(&[0, 1, 2, 3], |from, tag| {
            match tag {
                0 if v >= 3 => it.supported_features = from.read()?,
                1 if v >= 3 => it.finalized_features_epoch = from.read()?,
                2 if v >= 3 => it.finalized_features = from.read()?,
                3 if v >= 3 => it.zk_migration_ready = from.read()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl Encode for ApiVersionsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.error_code)?;
        to.put(&self.api_keys)?;
        to.put_if(v >= 1, &self.throttle_time_ms)?;
        let set_0 = to.is_tag_set(v >= 3, self.supported_features.is_empty(), true, "supported_features")?;
        let set_1 = to.is_tag_set(v >= 3, self.finalized_features_epoch == -1, true, "finalized_features_epoch")?;
        let set_2 = to.is_tag_set(v >= 3, self.finalized_features.is_empty(), true, "finalized_features")?;
        let set_3 = to.is_tag_set(v >= 3, !self.zk_migration_ready, true, "zk_migration_ready")?;
        to.tag_count(&[set_0, set_1, set_2, set_3])?;
        to.tag(set_0, 0, &self.supported_features)?;
        to.tag(set_1, 1, &self.finalized_features_epoch)?;
        to.tag(set_2, 2, &self.finalized_features)?;
        to.tag(set_3, 3, &self.zk_migration_ready)
    }
}

impl Message for ApiVersionsResponse {
    const NAME: &'static str = "ApiVersionsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 4 };
    const FLEXIBLE_SINCE: i16 = 3;
}

impl Response for ApiVersionsResponse {
    const KEY: ApiKey = ApiKey::ApiVersions;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `api_keys` of [`ApiVersionsResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ApiVersion {
    pub api_key: i16,
    pub min_version: i16,
    pub max_version: i16,
}

impl Decode for ApiVersion {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { api_key: from.read()?, min_version: from.read()?, max_version: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ApiVersion {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.api_key)?;
        to.put(&self.min_version)?;
        to.put(&self.max_version)?;
        to.tag_count(&[])
    }
}

/// `supported_features` of [`ApiVersionsResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SupportedFeatureKey {
    pub name: StrBytes,
    pub min_version: i16,
    pub max_version: i16,
}

impl Decode for SupportedFeatureKey {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, min_version: from.read()?, max_version: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for SupportedFeatureKey {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.min_version)?;
        to.put(&self.max_version)?;
        to.tag_count(&[])
    }
}

/// `finalized_features` of [`ApiVersionsResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FinalizedFeatureKey {
    pub name: StrBytes,
    pub max_version_level: i16,
    pub min_version_level: i16,
}

impl Decode for FinalizedFeatureKey {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, max_version_level: from.read()?, min_version_level: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for FinalizedFeatureKey {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.max_version_level)?;
        to.put(&self.min_version_level)?;
        to.tag_count(&[])
    }
}
