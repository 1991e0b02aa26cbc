//! The same records in another codec: only for topics that force one (`compression.type` other than `producer`).

use crate::attributes::Codec;
use crate::batch::BatchRef;
use crate::builder::{BuildError, assemble};
use crate::codec::{CodecError, decompress};
use std::borrow::Cow;

/// Why a batch cannot be written in another codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecompressError {
    /// The batch's codec has a number that Kafka has not given out.
    #[error("unknown codec {0}")]
    UnknownCodec(u8),
    /// The records do not decompress, or to more than the cap.
    #[error(transparent)]
    Decompress(CodecError),
    /// The records do not fit one batch of the new codec.
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl<'a> BatchRef<'a> {
    /// The records section without compression, at most `max` bytes of it; borrowed where it never was compressed.
    pub fn decompressed(&self, max: usize) -> Result<Cow<'a, [u8]>, RecompressError> {
        match self.header.attributes.codec() {
            None => Err(RecompressError::UnknownCodec(self.header.attributes.codec_id())),
            Some(Codec::None) => Ok(Cow::Borrowed(self.records())),
            Some(codec) => {
                let mut records = Vec::new();
                decompress(codec, self.records(), max, &mut records).map_err(RecompressError::Decompress)?;
                Ok(Cow::Owned(records))
            }
        }
    }
}

/// `batch` with its records in `codec`; all else, offsets, times and producer, stays as it was. At most
/// `decompressed_max` bytes are held in between.
pub fn recompress(
    batch: &BatchRef<'_>,
    codec: Codec,
    level: Option<i32>,
    decompressed_max: usize,
) -> Result<Vec<u8>, RecompressError> {
    let records = batch.decompressed(decompressed_max)?;
    Ok(assemble(batch.header, codec, level, &records)?)
}
