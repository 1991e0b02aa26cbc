//! ExpireDelegationToken (key 40): brings the end of a delegation token forward.
//! Generated from `schema/expire_delegation_token.schema`.

use super::prelude::*;

/// Request of ExpireDelegationToken, versions 1-2.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ExpireDelegationTokenRequest {
    pub hmac: Bytes,
    pub expiry_time_period_ms: i64,
}

impl Decode for ExpireDelegationTokenRequest {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { hmac: from.read()?, expiry_time_period_ms: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ExpireDelegationTokenRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.hmac)?;
        to.put(&self.expiry_time_period_ms)?;
        to.tag_count(&[])
    }
}

impl Message for ExpireDelegationTokenRequest {
    const NAME: &'static str = "ExpireDelegationTokenRequest";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 2 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Request for ExpireDelegationTokenRequest {
    const KEY: ApiKey = ApiKey::ExpireDelegationToken;
    type Response = ExpireDelegationTokenResponse;
}

/// Response of ExpireDelegationToken, versions 1-2.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ExpireDelegationTokenResponse {
    pub error_code: i16,
    pub expiry_timestamp_ms: i64,
    pub throttle_time_ms: i32,
}

impl Decode for ExpireDelegationTokenResponse {
    const MIN_SIZE: usize = 14;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { error_code: from.read()?, expiry_timestamp_ms: from.read()?, throttle_time_ms: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ExpireDelegationTokenResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.expiry_timestamp_ms)?;
        to.put(&self.throttle_time_ms)?;
        to.tag_count(&[])
    }
}

impl Message for ExpireDelegationTokenResponse {
    const NAME: &'static str = "ExpireDelegationTokenResponse";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 2 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Response for ExpireDelegationTokenResponse {
    const KEY: ApiKey = ApiKey::ExpireDelegationToken;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}
