//! RequestHeader: what stands before every request.
//! Generated from `schema/request_header.schema`.

use super::prelude::*;

/// RequestHeader, versions 1-2.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestHeader {
    pub request_api_key: i16,
    pub request_api_version: i16,
    pub correlation_id: i32,
    pub client_id: Option<StrBytes>,
}

impl Default for RequestHeader {
    fn default() -> Self {
        Self { request_api_key: 0, request_api_version: 0, correlation_id: 0, client_id: Some(Default::default()) }
    }
}

impl Decode for RequestHeader {
    const MIN_SIZE: usize = 10;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            request_api_key: from.read()?,
            request_api_version: from.read()?,
            correlation_id: from.read()?,
            client_id: from.classic_string()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for RequestHeader {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.request_api_key)?;
        to.put(&self.request_api_version)?;
        to.put(&self.correlation_id)?;
        to.classic_string(&self.client_id)?;
        to.tag_count(&[])
    }
}

impl Message for RequestHeader {
    const NAME: &'static str = "RequestHeader";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 2 };
    const FLEXIBLE_SINCE: i16 = 2;
}
