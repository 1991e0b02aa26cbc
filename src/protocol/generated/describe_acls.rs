//! DescribeAcls (key 29): lists access rules that match a filter.
//! Generated from `schema/describe_acls.schema`.

use super::prelude::*;

/// Request of DescribeAcls, versions 1-3.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeAclsRequest {
    pub resource_type_filter: i8,
    pub resource_name_filter: Option<StrBytes>,
    pub pattern_type_filter: i8,
    pub principal_filter: Option<StrBytes>,
    pub host_filter: Option<StrBytes>,
    pub operation: i8,
    pub permission_type: i8,
}

impl Default for DescribeAclsRequest {
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

impl Decode for DescribeAclsRequest {
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

impl Encode for DescribeAclsRequest {
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

impl Message for DescribeAclsRequest {
    const NAME: &'static str = "DescribeAclsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 3 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Request for DescribeAclsRequest {
    const KEY: ApiKey = ApiKey::DescribeAcls;
    type Response = DescribeAclsResponse;
}

/// Response of DescribeAcls, versions 1-3.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeAclsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub resources: Vec<DescribeAclsResource>,
}

impl Default for DescribeAclsResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(Default::default()),
            resources: Default::default(),
        }
    }
}

impl Decode for DescribeAclsResponse {
    const MIN_SIZE: usize = 8;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            resources: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeAclsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.resources)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeAclsResponse {
    const NAME: &'static str = "DescribeAclsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 3 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Response for DescribeAclsResponse {
    const KEY: ApiKey = ApiKey::DescribeAcls;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `resources` of [`DescribeAclsResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeAclsResource {
    pub resource_type: i8,
    pub resource_name: StrBytes,
    pub pattern_type: i8,
    pub acls: Vec<AclDescription>,
}

impl Default for DescribeAclsResource {
    fn default() -> Self {
        Self { resource_type: 0, resource_name: Default::default(), pattern_type: 3, acls: Default::default() }
    }
}

impl Decode for DescribeAclsResource {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            resource_type: from.read()?,
            resource_name: from.read()?,
            pattern_type: from.read()?,
            acls: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeAclsResource {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.resource_type)?;
        to.put(&self.resource_name)?;
        to.put(&self.pattern_type)?;
        to.put(&self.acls)?;
        to.tag_count(&[])
    }
}

/// `acls` of [`DescribeAclsResource`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AclDescription {
    pub principal: StrBytes,
    pub host: StrBytes,
    pub operation: i8,
    pub permission_type: i8,
}

impl Decode for AclDescription {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            principal: from.read()?,
            host: from.read()?,
            operation: from.read()?,
            permission_type: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AclDescription {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.principal)?;
        to.put(&self.host)?;
        to.put(&self.operation)?;
        to.put(&self.permission_type)?;
        to.tag_count(&[])
    }
}
