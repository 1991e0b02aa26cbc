//! SaslAuthenticate (key 36): carries one SASL message.
//! Generated from `schema/sasl_authenticate.schema`.

use super::prelude::*;

/// Request of SaslAuthenticate, versions 0-2.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SaslAuthenticateRequest {
    pub auth_bytes: Bytes,
}

impl Decode for SaslAuthenticateRequest {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { auth_bytes: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for SaslAuthenticateRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.auth_bytes)?;
        to.tag_count(&[])
    }
}

impl Message for SaslAuthenticateRequest {
    const NAME: &'static str = "SaslAuthenticateRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Request for SaslAuthenticateRequest {
    const KEY: ApiKey = ApiKey::SaslAuthenticate;
    type Response = SaslAuthenticateResponse;
}

/// Response of SaslAuthenticate, versions 0-2.
#[derive(Clone, Debug, PartialEq)]
pub struct SaslAuthenticateResponse {
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub auth_bytes: Bytes,
    /// Versions 1+.
    pub session_lifetime_ms: i64,
}

impl Default for SaslAuthenticateResponse {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(Default::default()),
            auth_bytes: Default::default(),
            session_lifetime_ms: 0,
        }
    }
}

impl Decode for SaslAuthenticateResponse {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            error_code: from.read()?,
            error_message: from.read()?,
            auth_bytes: from.read()?,
            session_lifetime_ms: if v >= 1 { from.read()? } else { 0 },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for SaslAuthenticateResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.auth_bytes)?;
        to.put_if(v >= 1, &self.session_lifetime_ms)?;
        to.tag_count(&[])
    }
}

impl Message for SaslAuthenticateResponse {
    const NAME: &'static str = "SaslAuthenticateResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Response for SaslAuthenticateResponse {
    const KEY: ApiKey = ApiKey::SaslAuthenticate;
}
