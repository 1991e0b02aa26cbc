//! LeaveGroup (key 13): takes members out of a classic group.
//! Generated from `schema/leave_group.schema`.

use super::prelude::*;

/// Request of LeaveGroup, versions 0-5.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct LeaveGroupRequest {
    pub group_id: StrBytes,
    /// Versions 0-2.
    pub member_id: StrBytes,
    /// Versions 3+.
    pub members: Vec<MemberIdentity>,
}

impl Decode for LeaveGroupRequest {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            group_id: from.read()?,
            member_id: if v <= 2 { from.read()? } else { Default::default() },
            members: if v >= 3 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for LeaveGroupRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.group_id)?;
        to.put_or(v <= 2, &self.member_id, Default::default(), "member_id")?;
        to.put_or(v >= 3, &self.members, Default::default(), "members")?;
        to.tag_count(&[])
    }
}

impl Message for LeaveGroupRequest {
    const NAME: &'static str = "LeaveGroupRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 5 };
    const FLEXIBLE_SINCE: i16 = 4;
}

impl Request for LeaveGroupRequest {
    const KEY: ApiKey = ApiKey::LeaveGroup;
    type Response = LeaveGroupResponse;
}

/// Response of LeaveGroup, versions 0-5.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct LeaveGroupResponse {
    /// Versions 1+.
    pub throttle_time_ms: i32,
    pub error_code: i16,
    /// Versions 3+.
    pub members: Vec<MemberResponse>,
}

impl Decode for LeaveGroupResponse {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            throttle_time_ms: if v >= 1 { from.read()? } else { 0 },
            error_code: from.read()?,
            members: if v >= 3 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for LeaveGroupResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v >= 1, &self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put_or(v >= 3, &self.members, Default::default(), "members")?;
        to.tag_count(&[])
    }
}

impl Message for LeaveGroupResponse {
    const NAME: &'static str = "LeaveGroupResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 5 };
    const FLEXIBLE_SINCE: i16 = 4;
}

impl Response for LeaveGroupResponse {
    const KEY: ApiKey = ApiKey::LeaveGroup;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `members` of [`LeaveGroupRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct MemberIdentity {
    pub member_id: StrBytes,
    pub group_instance_id: Option<StrBytes>,
    /// Versions 5+.
    pub reason: Option<StrBytes>,
}

impl Decode for MemberIdentity {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            member_id: from.read()?,
            group_instance_id: from.read()?,
            reason: if v >= 5 { from.read()? } else { None },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for MemberIdentity {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.member_id)?;
        to.put(&self.group_instance_id)?;
        to.put_if(v >= 5, &self.reason)?;
        to.tag_count(&[])
    }
}

/// `members` of [`LeaveGroupResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct MemberResponse {
    pub member_id: StrBytes,
    pub group_instance_id: Option<StrBytes>,
    pub error_code: i16,
}

impl Default for MemberResponse {
    fn default() -> Self {
        Self { member_id: Default::default(), group_instance_id: Some(Default::default()), error_code: 0 }
    }
}

impl Decode for MemberResponse {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { member_id: from.read()?, group_instance_id: from.read()?, error_code: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for MemberResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.member_id)?;
        to.put(&self.group_instance_id)?;
        to.put(&self.error_code)?;
        to.tag_count(&[])
    }
}
