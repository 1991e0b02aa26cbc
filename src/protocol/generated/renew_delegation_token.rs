//! RenewDelegationToken (key 39): prolongs a delegation token.
//! Generated from `schema/renew_delegation_token.schema`.

use super::prelude::*;

/// Request of RenewDelegationToken, versions 1-2.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RenewDelegationTokenRequest {
    pub hmac: Bytes,
    pub renew_period_ms: i64,
}

impl Decode for RenewDelegationTokenRequest {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { hmac: from.read()?, renew_period_ms: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for RenewDelegationTokenRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.hmac)?;
        to.put(&self.renew_period_ms)?;
        to.tag_count(&[])
    }
}

impl Message for RenewDelegationTokenRequest {
    const NAME: &'static str = "RenewDelegationTokenRequest";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 2 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Request for RenewDelegationTokenRequest {
    const KEY: ApiKey = ApiKey::RenewDelegationToken;
    type Response = RenewDelegationTokenResponse;
}

/// Response of RenewDelegationToken, versions 1-2.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RenewDelegationTokenResponse {
    pub error_code: i16,
    pub expiry_timestamp_ms: i64,
    pub throttle_time_ms: i32,
}

impl Decode for RenewDelegationTokenResponse {
    const MIN_SIZE: usize = 14;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { error_code: from.read()?, expiry_timestamp_ms: from.read()?, throttle_time_ms: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for RenewDelegationTokenResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.expiry_timestamp_ms)?;
        to.put(&self.throttle_time_ms)?;
        to.tag_count(&[])
    }
}

impl Message for RenewDelegationTokenResponse {
    const NAME: &'static str = "RenewDelegationTokenResponse";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 2 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Response for RenewDelegationTokenResponse {
    const KEY: ApiKey = ApiKey::RenewDelegationToken;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}
