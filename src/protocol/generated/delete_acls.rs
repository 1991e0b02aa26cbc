//! DeleteAcls (key 31): removes access rules that match filters.
//! Generated from `schema/delete_acls.schema`.

use super::prelude::*;

/// Request of DeleteAcls, versions 1-3.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DeleteAclsRequest {
    pub filters: Vec<DeleteAclsFilter>,
}

impl Decode for DeleteAclsRequest {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { filters: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DeleteAclsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.filters)?;
        to.tag_count(&[])
    }
}

impl Message for DeleteAclsRequest {
    const NAME: &'static str = "DeleteAclsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 3 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Request for DeleteAclsRequest {
    const KEY: ApiKey = ApiKey::DeleteAcls;
    type Response = DeleteAclsResponse;
}

/// Response of DeleteAcls, versions 1-3.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DeleteAclsResponse {
    pub throttle_time_ms: i32,
    pub filter_results: Vec<DeleteAclsFilterResult>,
}

impl Decode for DeleteAclsResponse {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, filter_results: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DeleteAclsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.filter_results)?;
        to.tag_count(&[])
    }
}

impl Message for DeleteAclsResponse {
    const NAME: &'static str = "DeleteAclsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 3 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Response for DeleteAclsResponse {
    const KEY: ApiKey = ApiKey::DeleteAcls;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `filters` of [`DeleteAclsRequest`].
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteAclsFilter {
    pub resource_type_filter: i8,
    pub resource_name_filter: Option<StrBytes>,
    pub pattern_type_filter: i8,
    pub principal_filter: Option<StrBytes>,
    pub host_filter: Option<StrBytes>,
    pub operation: i8,
    pub permission_type: i8,
}

impl Default for DeleteAclsFilter {
    fn default() -> Self {
        Self {
            resource_type_filter: 0,
            resource_name_filter: Some(Default::default()),
            pattern_type_filter: 3,
            principal_filter: Some(Default::default()),
            host_filter: Some(Default::default()),
            operation: 0,
            permission_type: 0,
        }
    }
}

impl Decode for DeleteAclsFilter {
    const MIN_SIZE: usize = 7;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            resource_type_filter: from.read()?,
            resource_name_filter: from.read()?,
            pattern_type_filter: from.read()?,
            principal_filter: from.read()?,
            host_filter: from.read()?,
            operation: from.read()?,
            permission_type: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DeleteAclsFilter {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.resource_type_filter)?;
        to.put(&self.resource_name_filter)?;
        to.put(&self.pattern_type_filter)?;
        to.put(&self.principal_filter)?;
        to.put(&self.host_filter)?;
        to.put(&self.operation)?;
        to.put(&self.permission_type)?;
        to.tag_count(&[])
    }
}

/// `filter_results` of [`DeleteAclsResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteAclsFilterResult {
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub matching_acls: Vec<DeleteAclsMatchingAcl>,
}

impl Default for DeleteAclsFilterResult {
    fn default() -> Self {
        Self { error_code: 0, error_message: Some(Default::default()), matching_acls: Default::default() }
    }
}

impl Decode for DeleteAclsFilterResult {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { error_code: from.read()?, error_message: from.read()?, matching_acls: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DeleteAclsFilterResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.matching_acls)?;
        to.tag_count(&[])
    }
}

/// `matching_acls` of [`DeleteAclsFilterResult`].
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteAclsMatchingAcl {
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub resource_type: i8,
    pub resource_name: StrBytes,
    pub pattern_type: i8,
    pub principal: StrBytes,
    pub host: StrBytes,
    pub operation: i8,
    pub permission_type: i8,
}

impl Default for DeleteAclsMatchingAcl {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(Default::default()),
            resource_type: 0,
            resource_name: Default::default(),
            pattern_type: 3,
            principal: Default::default(),
            host: Default::default(),
            operation: 0,
            permission_type: 0,
        }
    }
}

impl Decode for DeleteAclsMatchingAcl {
    const MIN_SIZE: usize = 10;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: from.read()?,
            error_message: from.read()?,
            resource_type: from.read()?,
            resource_name: from.read()?,
            pattern_type: from.read()?,
            principal: from.read()?,
            host: from.read()?,
            operation: from.read()?,
            permission_type: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DeleteAclsMatchingAcl {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.resource_type)?;
        to.put(&self.resource_name)?;
        to.put(&self.pattern_type)?;
        to.put(&self.principal)?;
        to.put(&self.host)?;
        to.put(&self.operation)?;
        to.put(&self.permission_type)?;
        to.tag_count(&[])
    }
}
