//! ResponseHeader: what stands before every response.
//! Generated from `schema/response_header.schema`.

use super::prelude::*;

/// ResponseHeader, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ResponseHeader {
    pub correlation_id: i32,
}

impl Decode for ResponseHeader {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { correlation_id: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ResponseHeader {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.correlation_id)?;
        to.tag_count(&[])
    }
}

impl Message for ResponseHeader {
    const NAME: &'static str = "ResponseHeader";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 1;
}
