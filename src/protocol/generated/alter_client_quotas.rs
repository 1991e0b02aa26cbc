//! AlterClientQuotas (key 49): sets and removes quotas.
//! Generated from `schema/alter_client_quotas.schema`.

use super::prelude::*;

/// Request of AlterClientQuotas, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlterClientQuotasRequest {
    pub entries: Vec<EntryData>,
    pub validate_only: bool,
}

impl Decode for AlterClientQuotasRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { entries: from.read()?, validate_only: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AlterClientQuotasRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.entries)?;
        to.put(&self.validate_only)?;
        to.tag_count(&[])
    }
}

impl Message for AlterClientQuotasRequest {
    const NAME: &'static str = "AlterClientQuotasRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Request for AlterClientQuotasRequest {
    const KEY: ApiKey = ApiKey::AlterClientQuotas;
    type Response = AlterClientQuotasResponse;
}

/// Response of AlterClientQuotas, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlterClientQuotasResponse {
    pub throttle_time_ms: i32,
    pub entries: Vec<EntryResult>,
}

impl Decode for AlterClientQuotasResponse {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, entries: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AlterClientQuotasResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.entries)?;
        to.tag_count(&[])
    }
}

impl Message for AlterClientQuotasResponse {
    const NAME: &'static str = "AlterClientQuotasResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Response for AlterClientQuotasResponse {
    const KEY: ApiKey = ApiKey::AlterClientQuotas;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `entries` of [`AlterClientQuotasRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct EntryData {
    pub entity: Vec<EntityData>,
    pub ops: Vec<OpData>,
}

impl Decode for EntryData {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { entity: from.read()?, ops: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for EntryData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.entity)?;
        to.put(&self.ops)?;
        to.tag_count(&[])
    }
}

/// `entity` of [`EntryData`].
#[derive(Clone, Debug, PartialEq)]
pub struct EntityData {
    pub entity_type: StrBytes,
    pub entity_name: Option<StrBytes>,
}

impl Default for EntityData {
    fn default() -> Self {
        Self { entity_type: Default::default(), entity_name: Some(Default::default()) }
    }
}

impl Decode for EntityData {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { entity_type: from.read()?, entity_name: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for EntityData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.entity_type)?;
        to.put(&self.entity_name)?;
        to.tag_count(&[])
    }
}

/// `ops` of [`EntryData`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OpData {
    pub key: StrBytes,
    pub value: f64,
    pub remove: bool,
}

impl Decode for OpData {
    const MIN_SIZE: usize = 10;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { key: from.read()?, value: from.read()?, remove: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OpData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.key)?;
        to.put(&self.value)?;
        to.put(&self.remove)?;
        to.tag_count(&[])
    }
}

/// `entries` of [`AlterClientQuotasResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct EntryResult {
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub entity: Vec<EntityData>,
}

impl Default for EntryResult {
    fn default() -> Self {
        Self { error_code: 0, error_message: Some(Default::default()), entity: Default::default() }
    }
}

impl Decode for EntryResult {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { error_code: from.read()?, error_message: from.read()?, entity: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for EntryResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.entity)?;
        to.tag_count(&[])
    }
}
