//! DescribeUserScramCredentials (key 50): which SCRAM credentials users have, without their secrets.
//! Generated from `schema/describe_user_scram_credentials.schema`.

use super::prelude::*;

/// Request of DescribeUserScramCredentials, versions 0-0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeUserScramCredentialsRequest {
    pub users: Option<Vec<UserName>>,
}

impl Default for DescribeUserScramCredentialsRequest {
    fn default() -> Self {
        Self { users: Some(Default::default()) }
    }
}

impl Decode for DescribeUserScramCredentialsRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { users: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeUserScramCredentialsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.users)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeUserScramCredentialsRequest {
    const NAME: &'static str = "DescribeUserScramCredentialsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for DescribeUserScramCredentialsRequest {
    const KEY: ApiKey = ApiKey::DescribeUserScramCredentials;
    type Response = DescribeUserScramCredentialsResponse;
}

/// Response of DescribeUserScramCredentials, versions 0-0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeUserScramCredentialsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub results: Vec<DescribeUserScramCredentialsResult>,
}

impl Default for DescribeUserScramCredentialsResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(Default::default()),
            results: Default::default(),
        }
    }
}

impl Decode for DescribeUserScramCredentialsResponse {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            results: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeUserScramCredentialsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.results)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeUserScramCredentialsResponse {
    const NAME: &'static str = "DescribeUserScramCredentialsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for DescribeUserScramCredentialsResponse {
    const KEY: ApiKey = ApiKey::DescribeUserScramCredentials;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `users` of [`DescribeUserScramCredentialsRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct UserName {
    pub name: StrBytes,
}

impl Decode for UserName {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for UserName {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.tag_count(&[])
    }
}

/// `results` of [`DescribeUserScramCredentialsResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeUserScramCredentialsResult {
    pub user: StrBytes,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub credential_infos: Vec<CredentialInfo>,
}

impl Default for DescribeUserScramCredentialsResult {
    fn default() -> Self {
        Self {
            user: Default::default(),
            error_code: 0,
            error_message: Some(Default::default()),
            credential_infos: Default::default(),
        }
    }
}

impl Decode for DescribeUserScramCredentialsResult {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            user: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            credential_infos: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeUserScramCredentialsResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.user)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.credential_infos)?;
        to.tag_count(&[])
    }
}

/// `credential_infos` of [`DescribeUserScramCredentialsResult`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CredentialInfo {
    pub mechanism: i8,
    pub iterations: i32,
}

impl Decode for CredentialInfo {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { mechanism: from.read()?, iterations: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for CredentialInfo {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.mechanism)?;
        to.put(&self.iterations)?;
        to.tag_count(&[])
    }
}
