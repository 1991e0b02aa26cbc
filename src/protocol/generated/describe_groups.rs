//! DescribeGroups (key 15): state and members of classic groups.
//! Generated from `schema/describe_groups.schema`.

use super::prelude::*;

/// Request of DescribeGroups, versions 0-6.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeGroupsRequest {
    pub groups: Vec<StrBytes>,
    /// Versions 3+.
    pub include_authorized_operations: bool,
}

impl Decode for DescribeGroupsRequest {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it =
            Self { groups: from.read()?, include_authorized_operations: if v >= 3 { from.read()? } else { false } };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeGroupsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.groups)?;
        to.put_or(v >= 3, &self.include_authorized_operations, false, "include_authorized_operations")?;
        to.tag_count(&[])
    }
}

impl Message for DescribeGroupsRequest {
    const NAME: &'static str = "DescribeGroupsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 6 };
    const FLEXIBLE_SINCE: i16 = 5;
}

impl Request for DescribeGroupsRequest {
    const KEY: ApiKey = ApiKey::DescribeGroups;
    type Response = DescribeGroupsResponse;
}

/// Response of DescribeGroups, versions 0-6.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeGroupsResponse {
    /// Versions 1+.
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribedGroup>,
}

impl Decode for DescribeGroupsResponse {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self { throttle_time_ms: if v >= 1 { from.read()? } else { 0 }, groups: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeGroupsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v >= 1, &self.throttle_time_ms)?;
        to.put(&self.groups)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeGroupsResponse {
    const NAME: &'static str = "DescribeGroupsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 6 };
    const FLEXIBLE_SINCE: i16 = 5;
}

impl Response for DescribeGroupsResponse {
    const KEY: ApiKey = ApiKey::DescribeGroups;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `groups` of [`DescribeGroupsResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    pub error_code: i16,
    /// Versions 6+.
    pub error_message: Option<StrBytes>,
    pub group_id: StrBytes,
    pub group_state: StrBytes,
    pub protocol_type: StrBytes,
    pub protocol_data: StrBytes,
    pub members: Vec<DescribedGroupMember>,
    /// Versions 3+.
    pub authorized_operations: i32,
}

impl Default for DescribedGroup {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: None,
            group_id: Default::default(),
            group_state: Default::default(),
            protocol_type: Default::default(),
            protocol_data: Default::default(),
            members: Default::default(),
            authorized_operations: i32::MIN,
        }
    }
}

impl Decode for DescribedGroup {
    const MIN_SIZE: usize = 7;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            error_code: from.read()?,
            error_message: if v >= 6 { from.read()? } else { None },
            group_id: from.read()?,
            group_state: from.read()?,
            protocol_type: from.read()?,
            protocol_data: from.read()?,
            members: from.read()?,
            authorized_operations: if v >= 3 { from.read()? } else { i32::MIN },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribedGroup {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.error_code)?;
        to.put_or(v >= 6, &self.error_message, None, "error_message")?;
        to.put(&self.group_id)?;
        to.put(&self.group_state)?;
        to.put(&self.protocol_type)?;
        to.put(&self.protocol_data)?;
        to.put(&self.members)?;
        to.put_or(v >= 3, &self.authorized_operations, i32::MIN, "authorized_operations")?;
        to.tag_count(&[])
    }
}

/// `members` of [`DescribedGroup`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribedGroupMember {
    pub member_id: StrBytes,
    /// Versions 4+.
    pub group_instance_id: Option<StrBytes>,
    pub client_id: StrBytes,
    pub client_host: StrBytes,
    pub member_metadata: Bytes,
    pub member_assignment: Bytes,
}

impl Decode for DescribedGroupMember {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            member_id: from.read()?,
            group_instance_id: if v >= 4 { from.read()? } else { None },
            client_id: from.read()?,
            client_host: from.read()?,
            member_metadata: from.read()?,
            member_assignment: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribedGroupMember {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.member_id)?;
        to.put_if(v >= 4, &self.group_instance_id)?;
        to.put(&self.client_id)?;
        to.put(&self.client_host)?;
        to.put(&self.member_metadata)?;
        to.put(&self.member_assignment)?;
        to.tag_count(&[])
    }
}
