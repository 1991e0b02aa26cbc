//! DescribeClientQuotas (key 48): lists quotas that match a filter.
//! Generated from `schema/describe_client_quotas.schema`.

use super::prelude::*;

/// Request of DescribeClientQuotas, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeClientQuotasRequest {
    pub components: Vec<ComponentData>,
    pub strict: bool,
}

impl Decode for DescribeClientQuotasRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { components: from.read()?, strict: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeClientQuotasRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.components)?;
        to.put(&self.strict)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeClientQuotasRequest {
    const NAME: &'static str = "DescribeClientQuotasRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Request for DescribeClientQuotasRequest {
    const KEY: ApiKey = ApiKey::DescribeClientQuotas;
    type Response = DescribeClientQuotasResponse;
}

/// Response of DescribeClientQuotas, versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeClientQuotasResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub entries: Option<Vec<EntryData>>,
}

impl Default for DescribeClientQuotasResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(Default::default()),
            entries: Some(Default::default()),
        }
    }
}

impl Decode for DescribeClientQuotasResponse {
    const MIN_SIZE: usize = 8;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            entries: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeClientQuotasResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.entries)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeClientQuotasResponse {
    const NAME: &'static str = "DescribeClientQuotasResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Response for DescribeClientQuotasResponse {
    const KEY: ApiKey = ApiKey::DescribeClientQuotas;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `components` of [`DescribeClientQuotasRequest`].
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentData {
    pub entity_type: StrBytes,
    pub match_type: i8,
    pub r#match: Option<StrBytes>,
}

impl Default for ComponentData {
    fn default() -> Self {
        Self { entity_type: Default::default(), match_type: 0, r#match: Some(Default::default()) }
    }
}

impl Decode for ComponentData {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { entity_type: from.read()?, match_type: from.read()?, r#match: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ComponentData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.entity_type)?;
        to.put(&self.match_type)?;
        to.put(&self.r#match)?;
        to.tag_count(&[])
    }
}

/// `entries` of [`DescribeClientQuotasResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct EntryData {
    pub entity: Vec<EntityData>,
    pub values: Vec<ValueData>,
}

impl Decode for EntryData {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { entity: from.read()?, values: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for EntryData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.entity)?;
        to.put(&self.values)?;
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

/// `values` of [`EntryData`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ValueData {
    pub key: StrBytes,
    pub value: f64,
}

impl Decode for ValueData {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { key: from.read()?, value: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ValueData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.key)?;
        to.put(&self.value)?;
        to.tag_count(&[])
    }
}
