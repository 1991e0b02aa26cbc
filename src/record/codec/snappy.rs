//! Snappy as Java writes it (Xerial's framing), and the bare block that other clients send.
//!
//! ```text
//! 0x82 "SNAPPY" 0 | version i32 | oldest reader i32 | chunks: length i32, block
//! ```
//! Big-endian. A block begins with its uncompressed length, which is believed only where the block could hold it.

use super::{CodecError, Refused, at_least};
use crate::attributes::Codec;

const MAGIC: [u8; 8] = *b"\x82SNAPPY\0";
const HEADER_LEN: usize = 16;
const VERSIONS: [u8; 8] = [0, 0, 0, 1, 0, 0, 0, 1];
/// What Java puts into a chunk.
const CHUNK_LEN: usize = 32 * 1024;
/// The densest element copies 64 bytes out of 3.
const EXPANSION_MAX: usize = 22;

pub(super) fn compress(records: &[u8], out: &mut Vec<u8>) -> Result<(), CodecError> {
    let failed = |_| CodecError::Compression(Codec::Snappy);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSIONS);
    let mut encoder = snap::raw::Encoder::new();
    for chunk in records.chunks(CHUNK_LEN) {
        let length_at = out.len();
        let block_at = length_at + 4;
        out.resize(block_at + snap::raw::max_compress_len(chunk.len()), 0);
        let len = encoder.compress(chunk, &mut out[block_at..]).map_err(failed)?;
        out.truncate(block_at + len);
        // A chunk is 32 KiB: its block's length fits.
        out[length_at..block_at].copy_from_slice(&(len as u32).to_be_bytes());
    }
    Ok(())
}

pub(super) struct Reader<'a> {
    rest: &'a [u8],
    framed: bool,
    decoder: &'a mut snap::raw::Decoder,
}

impl<'a> Reader<'a> {
    pub fn new(compressed: &'a [u8], decoder: &'a mut snap::raw::Decoder) -> Self {
        // Java looks at the magic only: the versions have never changed and nobody checks them.
        let framed = compressed.len() >= HEADER_LEN && compressed.starts_with(&MAGIC);
        let rest = if framed { &compressed[HEADER_LEN..] } else { compressed };
        Self { rest, framed, decoder }
    }

    pub fn next(&mut self, buffer: &mut Vec<u8>, room: usize) -> Result<usize, Refused> {
        while !self.rest.is_empty() {
            let block = if self.framed {
                cut_chunk(&mut self.rest).ok_or(Refused::Malformed("a chunk is longer than what is left"))?
            } else {
                std::mem::take(&mut self.rest)
            };
            let len = self.decompress_block(block, buffer, room)?;
            if len > 0 {
                return Ok(len);
            }
        }
        Ok(0)
    }

    fn decompress_block(&mut self, block: &[u8], buffer: &mut Vec<u8>, room: usize) -> Result<usize, Refused> {
        let stated = snap::raw::decompress_len(block).map_err(|_| Refused::Malformed("bad block length"))?;
        if stated > room {
            return Err(Refused::TooLarge);
        }
        if stated > block.len().saturating_mul(EXPANSION_MAX) {
            return Err(Refused::Malformed("a block states more than it can hold"));
        }
        let out = &mut at_least(buffer, stated)[..stated];
        match self.decoder.decompress(block, out) {
            Ok(len) if len == stated => Ok(len),
            _ => Err(Refused::Malformed("bad block")),
        }
    }
}

fn cut_chunk<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let len = usize::try_from(i32::from_be_bytes(*length)).ok()?;
    let (block, after) = after.split_at_checked(len)?;
    *rest = after;
    Some(block)
}
