//! ListGroups (key 16): the groups that a broker coordinates.
//! Generated from `schema/list_groups.schema`.

use super::prelude::*;

/// Request of ListGroups, versions 0-5.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListGroupsRequest {
    /// Versions 4+.
    pub states_filter: Vec<StrBytes>,
    /// Versions 5+.
    pub types_filter: Vec<StrBytes>,
}

impl Decode for ListGroupsRequest {
    const MIN_SIZE: usize = 0;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            states_filter: if v >= 4 { from.read()? } else { Default::default() },
            types_filter: if v >= 5 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ListGroupsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_or(v >= 4, &self.states_filter, Default::default(), "states_filter")?;
        to.put_or(v >= 5, &self.types_filter, Default::default(), "types_filter")?;
        to.tag_count(&[])
    }
}

impl Message for ListGroupsRequest {
    const NAME: &'static str = "ListGroupsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 5 };
    const FLEXIBLE_SINCE: i16 = 3;
}

impl Request for ListGroupsRequest {
    const KEY: ApiKey = ApiKey::ListGroups;
    type Response = ListGroupsResponse;
}

/// Response of ListGroups, versions 0-5.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListGroupsResponse {
    /// Versions 1+.
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub groups: Vec<ListedGroup>,
}

impl Decode for ListGroupsResponse {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            throttle_time_ms: if v >= 1 { from.read()? } else { 0 },
            error_code: from.read()?,
            groups: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ListGroupsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v >= 1, &self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.groups)?;
        to.tag_count(&[])
    }
}

impl Message for ListGroupsResponse {
    const NAME: &'static str = "ListGroupsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 5 };
    const FLEXIBLE_SINCE: i16 = 3;
}

impl Response for ListGroupsResponse {
    const KEY: ApiKey = ApiKey::ListGroups;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `groups` of [`ListGroupsResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListedGroup {
    pub group_id: StrBytes,
    pub protocol_type: StrBytes,
    /// Versions 4+.
    pub group_state: StrBytes,
    /// Versions 5+.
    pub group_type: StrBytes,
}

impl Decode for ListedGroup {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            group_id: from.read()?,
            protocol_type: from.read()?,
            group_state: if v >= 4 { from.read()? } else { Default::default() },
            group_type: if v >= 5 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ListedGroup {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.group_id)?;
        to.put(&self.protocol_type)?;
        to.put_if(v >= 4, &self.group_state)?;
        to.put_if(v >= 5, &self.group_type)?;
        to.tag_count(&[])
    }
}
