//! SyncGroup (key 14): hands a classic group's assignment from its leader to its members.
//! Generated from `schema/sync_group.schema`.

use super::prelude::*;

/// Request of SyncGroup, versions 0-5.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SyncGroupRequest {
    pub group_id: StrBytes,
    pub generation_id: i32,
    pub member_id: StrBytes,
    /// Versions 3+.
    pub group_instance_id: Option<StrBytes>,
    /// Versions 5+.
    pub protocol_type: Option<StrBytes>,
    /// Versions 5+.
    pub protocol_name: Option<StrBytes>,
    pub assignments: Vec<SyncGroupRequestAssignment>,
}

impl Decode for SyncGroupRequest {
    const MIN_SIZE: usize = 7;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            group_id: from.read()?,
            generation_id: from.read()?,
            member_id: from.read()?,
            group_instance_id: if v >= 3 { from.read()? } else { None },
            protocol_type: if v >= 5 { from.read()? } else { None },
            protocol_name: if v >= 5 { from.read()? } else { None },
            assignments: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for SyncGroupRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.group_id)?;
        to.put(&self.generation_id)?;
        to.put(&self.member_id)?;
        to.put_or(v >= 3, &self.group_instance_id, None, "group_instance_id")?;
        to.put_if(v >= 5, &self.protocol_type)?;
        to.put_if(v >= 5, &self.protocol_name)?;
        to.put(&self.assignments)?;
        to.tag_count(&[])
    }
}

impl Message for SyncGroupRequest {
    const NAME: &'static str = "SyncGroupRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 5 };
    const FLEXIBLE_SINCE: i16 = 4;
}

impl Request for SyncGroupRequest {
    const KEY: ApiKey = ApiKey::SyncGroup;
    type Response = SyncGroupResponse;
}

/// Response of SyncGroup, versions 0-5.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SyncGroupResponse {
    /// Versions 1+.
    pub throttle_time_ms: i32,
    pub error_code: i16,
    /// Versions 5+.
    pub protocol_type: Option<StrBytes>,
    /// Versions 5+.
    pub protocol_name: Option<StrBytes>,
    pub assignment: Bytes,
}

impl Decode for SyncGroupResponse {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            throttle_time_ms: if v >= 1 { from.read()? } else { 0 },
            error_code: from.read()?,
            protocol_type: if v >= 5 { from.read()? } else { None },
            protocol_name: if v >= 5 { from.read()? } else { None },
            assignment: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for SyncGroupResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v >= 1, &self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put_if(v >= 5, &self.protocol_type)?;
        to.put_if(v >= 5, &self.protocol_name)?;
        to.put(&self.assignment)?;
        to.tag_count(&[])
    }
}

impl Message for SyncGroupResponse {
    const NAME: &'static str = "SyncGroupResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 5 };
    const FLEXIBLE_SINCE: i16 = 4;
}

impl Response for SyncGroupResponse {
    const KEY: ApiKey = ApiKey::SyncGroup;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `assignments` of [`SyncGroupRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SyncGroupRequestAssignment {
    pub member_id: StrBytes,
    pub assignment: Bytes,
}

impl Decode for SyncGroupRequestAssignment {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { member_id: from.read()?, assignment: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for SyncGroupRequestAssignment {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.member_id)?;
        to.put(&self.assignment)?;
        to.tag_count(&[])
    }
}
