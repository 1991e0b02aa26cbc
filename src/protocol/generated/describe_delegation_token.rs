//! DescribeDelegationToken (key 41): lists delegation tokens.
//! Generated from `schema/describe_delegation_token.schema`.

use super::prelude::*;

/// Request of DescribeDelegationToken, versions 1-3.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeDelegationTokenRequest {
    pub owners: Option<Vec<DescribeDelegationTokenOwner>>,
}

impl Default for DescribeDelegationTokenRequest {
    fn default() -> Self {
        Self { owners: Some(Default::default()) }
    }
}

impl Decode for DescribeDelegationTokenRequest {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { owners: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeDelegationTokenRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.owners)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeDelegationTokenRequest {
    const NAME: &'static str = "DescribeDelegationTokenRequest";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 3 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Request for DescribeDelegationTokenRequest {
    const KEY: ApiKey = ApiKey::DescribeDelegationToken;
    type Response = DescribeDelegationTokenResponse;
}

/// Response of DescribeDelegationToken, versions 1-3.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeDelegationTokenResponse {
    pub error_code: i16,
    pub tokens: Vec<DescribedDelegationToken>,
    pub throttle_time_ms: i32,
}

impl Decode for DescribeDelegationTokenResponse {
    const MIN_SIZE: usize = 7;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { error_code: from.read()?, tokens: from.read()?, throttle_time_ms: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeDelegationTokenResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.tokens)?;
        to.put(&self.throttle_time_ms)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeDelegationTokenResponse {
    const NAME: &'static str = "DescribeDelegationTokenResponse";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 3 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Response for DescribeDelegationTokenResponse {
    const KEY: ApiKey = ApiKey::DescribeDelegationToken;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `owners` of [`DescribeDelegationTokenRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeDelegationTokenOwner {
    pub principal_type: StrBytes,
    pub principal_name: StrBytes,
}

impl Decode for DescribeDelegationTokenOwner {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { principal_type: from.read()?, principal_name: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeDelegationTokenOwner {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.principal_type)?;
        to.put(&self.principal_name)?;
        to.tag_count(&[])
    }
}

/// `tokens` of [`DescribeDelegationTokenResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribedDelegationToken {
    pub principal_type: StrBytes,
    pub principal_name: StrBytes,
    /// Versions 3+.
    pub token_requester_principal_type: StrBytes,
    /// Versions 3+.
    pub token_requester_principal_name: StrBytes,
    pub issue_timestamp: i64,
    pub expiry_timestamp: i64,
    pub max_timestamp: i64,
    pub token_id: StrBytes,
    pub hmac: Bytes,
    pub renewers: Vec<DescribedDelegationTokenRenewer>,
}

impl Decode for DescribedDelegationToken {
    const MIN_SIZE: usize = 29;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            principal_type: from.read()?,
            principal_name: from.read()?,
            token_requester_principal_type: if v >= 3 { from.read()? } else { Default::default() },
            token_requester_principal_name: if v >= 3 { from.read()? } else { Default::default() },
            issue_timestamp: from.read()?,
            expiry_timestamp: from.read()?,
            max_timestamp: from.read()?,
            token_id: from.read()?,
            hmac: from.read()?,
            renewers: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribedDelegationToken {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.principal_type)?;
        to.put(&self.principal_name)?;
        to.put_or(v >= 3, &self.token_requester_principal_type, Default::default(), "token_requester_principal_type")?;
        to.put_or(v >= 3, &self.token_requester_principal_name, Default::default(), "token_requester_principal_name")?;
        to.put(&self.issue_timestamp)?;
        to.put(&self.expiry_timestamp)?;
        to.put(&self.max_timestamp)?;
        to.put(&self.token_id)?;
        to.put(&self.hmac)?;
        to.put(&self.renewers)?;
        to.tag_count(&[])
    }
}

/// `renewers` of [`DescribedDelegationToken`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribedDelegationTokenRenewer {
    pub principal_type: StrBytes,
    pub principal_name: StrBytes,
}

impl Decode for DescribedDelegationTokenRenewer {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { principal_type: from.read()?, principal_name: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribedDelegationTokenRenewer {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.principal_type)?;
        to.put(&self.principal_name)?;
        to.tag_count(&[])
    }
}
