//! CreateDelegationToken (key 38): creates a delegation token.
//! Generated from `schema/create_delegation_token.schema`.

use super::prelude::*;

/// Request of CreateDelegationToken, versions 1-3.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateDelegationTokenRequest {
    /// Versions 3+.
    pub owner_principal_type: Option<StrBytes>,
    /// Versions 3+.
    pub owner_principal_name: Option<StrBytes>,
    pub renewers: Vec<CreatableRenewers>,
    pub max_lifetime_ms: i64,
}

impl Default for CreateDelegationTokenRequest {
    fn default() -> Self {
        Self {
            owner_principal_type: Some(Default::default()),
            owner_principal_name: Some(Default::default()),
            renewers: Default::default(),
            max_lifetime_ms: 0,
        }
    }
}

impl Decode for CreateDelegationTokenRequest {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            owner_principal_type: if v >= 3 { from.read()? } else { Some(Default::default()) },
            owner_principal_name: if v >= 3 { from.read()? } else { Some(Default::default()) },
            renewers: from.read()?,
            max_lifetime_ms: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CreateDelegationTokenRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_or(v >= 3, &self.owner_principal_type, Some(Default::default()), "owner_principal_type")?;
        to.put_or(v >= 3, &self.owner_principal_name, Some(Default::default()), "owner_principal_name")?;
        to.put(&self.renewers)?;
        to.put(&self.max_lifetime_ms)?;
        to.tag_count(&[])
    }
}

impl Message for CreateDelegationTokenRequest {
    const NAME: &'static str = "CreateDelegationTokenRequest";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 3 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Request for CreateDelegationTokenRequest {
    const KEY: ApiKey = ApiKey::CreateDelegationToken;
    type Response = CreateDelegationTokenResponse;
}

/// Response of CreateDelegationToken, versions 1-3.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CreateDelegationTokenResponse {
    pub error_code: i16,
    pub principal_type: StrBytes,
    pub principal_name: StrBytes,
    /// Versions 3+.
    pub token_requester_principal_type: StrBytes,
    /// Versions 3+.
    pub token_requester_principal_name: StrBytes,
    pub issue_timestamp_ms: i64,
    pub expiry_timestamp_ms: i64,
    pub max_timestamp_ms: i64,
    pub token_id: StrBytes,
    pub hmac: Bytes,
    pub throttle_time_ms: i32,
}

impl Decode for CreateDelegationTokenResponse {
    const MIN_SIZE: usize = 34;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            error_code: from.read()?,
            principal_type: from.read()?,
            principal_name: from.read()?,
            token_requester_principal_type: if v >= 3 { from.read()? } else { Default::default() },
            token_requester_principal_name: if v >= 3 { from.read()? } else { Default::default() },
            issue_timestamp_ms: from.read()?,
            expiry_timestamp_ms: from.read()?,
            max_timestamp_ms: from.read()?,
            token_id: from.read()?,
            hmac: from.read()?,
            throttle_time_ms: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CreateDelegationTokenResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.error_code)?;
        to.put(&self.principal_type)?;
        to.put(&self.principal_name)?;
        to.put_or(v >= 3, &self.token_requester_principal_type, Default::default(), "token_requester_principal_type")?;
        to.put_or(v >= 3, &self.token_requester_principal_name, Default::default(), "token_requester_principal_name")?;
        to.put(&self.issue_timestamp_ms)?;
        to.put(&self.expiry_timestamp_ms)?;
        to.put(&self.max_timestamp_ms)?;
        to.put(&self.token_id)?;
        to.put(&self.hmac)?;
        to.put(&self.throttle_time_ms)?;
        to.tag_count(&[])
    }
}

impl Message for CreateDelegationTokenResponse {
    const NAME: &'static str = "CreateDelegationTokenResponse";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 3 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Response for CreateDelegationTokenResponse {
    const KEY: ApiKey = ApiKey::CreateDelegationToken;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `renewers` of [`CreateDelegationTokenRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CreatableRenewers {
    pub principal_type: StrBytes,
    pub principal_name: StrBytes,
}

impl Decode for CreatableRenewers {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { principal_type: from.read()?, principal_name: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CreatableRenewers {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.principal_type)?;
        to.put(&self.principal_name)?;
        to.tag_count(&[])
    }
}
