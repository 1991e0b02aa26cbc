//! AlterUserScramCredentials (key 51): sets and removes SCRAM credentials.
//! Generated from `schema/alter_user_scram_credentials.schema`.

use super::prelude::*;

/// Request of AlterUserScramCredentials, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlterUserScramCredentialsRequest {
    pub deletions: Vec<ScramCredentialDeletion>,
    pub upsertions: Vec<ScramCredentialUpsertion>,
}

impl Decode for AlterUserScramCredentialsRequest {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { deletions: from.read()?, upsertions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AlterUserScramCredentialsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.deletions)?;
        to.put(&self.upsertions)?;
        to.tag_count(&[])
    }
}

impl Message for AlterUserScramCredentialsRequest {
    const NAME: &'static str = "AlterUserScramCredentialsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for AlterUserScramCredentialsRequest {
    const KEY: ApiKey = ApiKey::AlterUserScramCredentials;
    type Response = AlterUserScramCredentialsResponse;
}

/// Response of AlterUserScramCredentials, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlterUserScramCredentialsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<AlterUserScramCredentialsResult>,
}

impl Decode for AlterUserScramCredentialsResponse {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, results: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AlterUserScramCredentialsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.results)?;
        to.tag_count(&[])
    }
}

impl Message for AlterUserScramCredentialsResponse {
    const NAME: &'static str = "AlterUserScramCredentialsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for AlterUserScramCredentialsResponse {
    const KEY: ApiKey = ApiKey::AlterUserScramCredentials;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `deletions` of [`AlterUserScramCredentialsRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ScramCredentialDeletion {
    pub name: StrBytes,
    pub mechanism: i8,
}

impl Decode for ScramCredentialDeletion {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, mechanism: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ScramCredentialDeletion {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.mechanism)?;
        to.tag_count(&[])
    }
}

/// `upsertions` of [`AlterUserScramCredentialsRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ScramCredentialUpsertion {
    pub name: StrBytes,
    pub mechanism: i8,
    pub iterations: i32,
    pub salt: Bytes,
    pub salted_password: Bytes,
}

impl Decode for ScramCredentialUpsertion {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            name: from.read()?,
            mechanism: from.read()?,
            iterations: from.read()?,
            salt: from.read()?,
            salted_password: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ScramCredentialUpsertion {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.mechanism)?;
        to.put(&self.iterations)?;
        to.put(&self.salt)?;
        to.put(&self.salted_password)?;
        to.tag_count(&[])
    }
}

/// `results` of [`AlterUserScramCredentialsResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct AlterUserScramCredentialsResult {
    pub user: StrBytes,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
}

impl Default for AlterUserScramCredentialsResult {
    fn default() -> Self {
        Self { user: Default::default(), error_code: 0, error_message: Some(Default::default()) }
    }
}

impl Decode for AlterUserScramCredentialsResult {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { user: from.read()?, error_code: from.read()?, error_message: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AlterUserScramCredentialsResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.user)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.tag_count(&[])
    }
}
