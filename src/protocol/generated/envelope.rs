//! Envelope (key 58): carries a client's request from a broker to the controller.
//! Generated from `schema/envelope.schema`.

use super::prelude::*;

/// Request of Envelope, versions 0-0.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvelopeRequest {
    pub request_data: Bytes,
    pub request_principal: Option<Bytes>,
    pub client_host_address: Bytes,
}

impl Default for EnvelopeRequest {
    fn default() -> Self {
        Self {
            request_data: Default::default(),
            request_principal: Some(Default::default()),
            client_host_address: Default::default(),
        }
    }
}

impl Decode for EnvelopeRequest {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it =
            Self { request_data: from.read()?, request_principal: from.read()?, client_host_address: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for EnvelopeRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.request_data)?;
        to.put(&self.request_principal)?;
        to.put(&self.client_host_address)?;
        to.tag_count(&[])
    }
}

impl Message for EnvelopeRequest {
    const NAME: &'static str = "EnvelopeRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for EnvelopeRequest {
    const KEY: ApiKey = ApiKey::Envelope;
    type Response = EnvelopeResponse;
}

/// Response of Envelope, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct EnvelopeResponse {
    pub response_data: Option<Bytes>,
    pub error_code: i16,
}

impl Decode for EnvelopeResponse {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { response_data: from.read()?, error_code: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for EnvelopeResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.response_data)?;
        to.put(&self.error_code)?;
        to.tag_count(&[])
    }
}

impl Message for EnvelopeResponse {
    const NAME: &'static str = "EnvelopeResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for EnvelopeResponse {
    const KEY: ApiKey = ApiKey::Envelope;
}
