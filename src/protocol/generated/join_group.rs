//! JoinGroup (key 11): enters a classic group and waits for its next generation.
//! Generated from `schema/join_group.schema`.

use super::prelude::*;

/// Request of JoinGroup, versions 0-9.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinGroupRequest {
    pub group_id: StrBytes,
    pub session_timeout_ms: i32,
    /// Versions 1+.
    pub rebalance_timeout_ms: i32,
    pub member_id: StrBytes,
    /// Versions 5+.
    pub group_instance_id: Option<StrBytes>,
    pub protocol_type: StrBytes,
    pub protocols: Vec<JoinGroupRequestProtocol>,
    /// Versions 8+.
    pub reason: Option<StrBytes>,
}

impl Default for JoinGroupRequest {
    fn default() -> Self {
        Self {
            group_id: Default::default(),
            session_timeout_ms: 0,
            rebalance_timeout_ms: -1,
            member_id: Default::default(),
            group_instance_id: None,
            protocol_type: Default::default(),
            protocols: Default::default(),
            reason: None,
        }
    }
}

impl Decode for JoinGroupRequest {
    const MIN_SIZE: usize = 8;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            group_id: from.read()?,
            session_timeout_ms: from.read()?,
            rebalance_timeout_ms: if v >= 1 { from.read()? } else { -1 },
            member_id: from.read()?,
            group_instance_id: if v >= 5 { from.read()? } else { None },
            protocol_type: from.read()?,
            protocols: from.read()?,
            reason: if v >= 8 { from.read()? } else { None },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for JoinGroupRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.group_id)?;
        to.put(&self.session_timeout_ms)?;
        to.put_if(v >= 1, &self.rebalance_timeout_ms)?;
        to.put(&self.member_id)?;
        to.put_or(v >= 5, &self.group_instance_id, None, "group_instance_id")?;
        to.put(&self.protocol_type)?;
        to.put(&self.protocols)?;
        to.put_if(v >= 8, &self.reason)?;
        to.tag_count(&[])
    }
}

impl Message for JoinGroupRequest {
    const NAME: &'static str = "JoinGroupRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 9 };
    const FLEXIBLE_SINCE: i16 = 6;
}

impl Request for JoinGroupRequest {
    const KEY: ApiKey = ApiKey::JoinGroup;
    type Response = JoinGroupResponse;
}

/// Response of JoinGroup, versions 0-9.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinGroupResponse {
    /// Versions 2+.
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub generation_id: i32,
    /// Versions 7+.
    pub protocol_type: Option<StrBytes>,
    /// Null in 7+.
    pub protocol_name: Option<StrBytes>,
    pub leader: StrBytes,
    /// Versions 9+.
    pub skip_assignment: bool,
    pub member_id: StrBytes,
    pub members: Vec<JoinGroupResponseMember>,
}

impl Default for JoinGroupResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            generation_id: -1,
            protocol_type: None,
            protocol_name: Some(Default::default()),
            leader: Default::default(),
            skip_assignment: false,
            member_id: Default::default(),
            members: Default::default(),
        }
    }
}

impl Decode for JoinGroupResponse {
    const MIN_SIZE: usize = 10;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            throttle_time_ms: if v >= 2 { from.read()? } else { 0 },
            error_code: from.read()?,
            generation_id: from.read()?,
            protocol_type: if v >= 7 { from.read()? } else { None },
            protocol_name: from.nullable_if(v >= 7)?,
            leader: from.read()?,
            skip_assignment: if v >= 9 { from.read()? } else { false },
            member_id: from.read()?,
            members: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for JoinGroupResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v >= 2, &self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.generation_id)?;
        to.put_if(v >= 7, &self.protocol_type)?;
        to.put_nullable(v >= 7, &self.protocol_name, "protocol_name")?;
        to.put(&self.leader)?;
        to.put_or(v >= 9, &self.skip_assignment, false, "skip_assignment")?;
        to.put(&self.member_id)?;
        to.put(&self.members)?;
        to.tag_count(&[])
    }
}

impl Message for JoinGroupResponse {
    const NAME: &'static str = "JoinGroupResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 9 };
    const FLEXIBLE_SINCE: i16 = 6;
}

impl Response for JoinGroupResponse {
    const KEY: ApiKey = ApiKey::JoinGroup;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `protocols` of [`JoinGroupRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct JoinGroupRequestProtocol {
    pub name: StrBytes,
    pub metadata: Bytes,
}

impl Decode for JoinGroupRequestProtocol {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, metadata: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for JoinGroupRequestProtocol {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.metadata)?;
        to.tag_count(&[])
    }
}

/// `members` of [`JoinGroupResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct JoinGroupResponseMember {
    pub member_id: StrBytes,
    /// Versions 5+.
    pub group_instance_id: Option<StrBytes>,
    pub metadata: Bytes,
}

impl Decode for JoinGroupResponseMember {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            member_id: from.read()?,
            group_instance_id: if v >= 5 { from.read()? } else { None },
            metadata: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for JoinGroupResponseMember {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.member_id)?;
        to.put_if(v >= 5, &self.group_instance_id)?;
        to.put(&self.metadata)?;
        to.tag_count(&[])
    }
}
