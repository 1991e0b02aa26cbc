//! SaslHandshake (key 17): chooses the SASL mechanism.
//! Generated from `schema/sasl_handshake.schema`.

use super::prelude::*;

/// Request of SaslHandshake, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SaslHandshakeRequest {
    pub mechanism: StrBytes,
}

impl Decode for SaslHandshakeRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        Ok(Self { mechanism: from.read()? })
    }
}

impl Encode for SaslHandshakeRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.mechanism)?;
        Ok(())
    }
}

impl Message for SaslHandshakeRequest {
    const NAME: &'static str = "SaslHandshakeRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = i16::MAX;
}

impl Request for SaslHandshakeRequest {
    const KEY: ApiKey = ApiKey::SaslHandshake;
    type Response = SaslHandshakeResponse;
}

/// Response of SaslHandshake, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SaslHandshakeResponse {
    pub error_code: i16,
    pub mechanisms: Vec<StrBytes>,
}

impl Decode for SaslHandshakeResponse {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        Ok(Self { error_code: from.read()?, mechanisms: from.read()? })
    }
}

impl Encode for SaslHandshakeResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.mechanisms)?;
        Ok(())
    }
}

impl Message for SaslHandshakeResponse {
    const NAME: &'static str = "SaslHandshakeResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = i16::MAX;
}

impl Response for SaslHandshakeResponse {
    const KEY: ApiKey = ApiKey::SaslHandshake;
}
