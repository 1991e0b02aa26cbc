//! LZ4 frames, the part of the format that Kafka's Java client reads: version 1, independent blocks, one frame.
//!
//! ```text
//! magic u32 | flags u8 | block size u8 | [content size u64] | header checksum u8
//!  | blocks: length u32 (top bit: stored), data, [checksum u32] | end mark 0u32 | [content checksum u32]
//! ```
//! Little-endian; checksums are xxHash-32. Java ignores the content checksum and size, librdkafka does not: here both are
//! checked, so that what is stored can be read by all.

use super::{CodecError, Refused, at_least};
use crate::attributes::Codec;
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use std::hash::Hasher;
use std::io::Write;
use twox_hash::XxHash32;

const MAGIC: [u8; 4] = 0x184D_2204_u32.to_le_bytes();
const VERSION_MASK: u8 = 0b1100_0000;
const VERSION: u8 = 0b0100_0000;
const INDEPENDENT: u8 = 1 << 5;
const BLOCK_CHECKSUM: u8 = 1 << 4;
const CONTENT_SIZE: u8 = 1 << 3;
const CONTENT_CHECKSUM: u8 = 1 << 2;
const RESERVED: u8 = 0b11;
const STORED: u32 = 1 << 31;

/// Writes one frame of independent 64 KiB blocks without content checksum: what every client reads.
pub(super) fn compress(records: &[u8], out: &mut Vec<u8>) -> Result<(), CodecError> {
    let frame = FrameInfo::new().block_mode(BlockMode::Independent).block_size(BlockSize::Max64KB);
    let mut encoder = FrameEncoder::with_frame_info(frame, out);
    let written = encoder.write_all(records).is_ok() && encoder.finish().is_ok();
    if written { Ok(()) } else { Err(CodecError::Compression(Codec::Lz4)) }
}

pub(super) struct Reader<'a> {
    rest: &'a [u8],
    block_len_max: usize,
    block_checksum: bool,
    content_size: Option<u64>,
    content_checksum: Option<XxHash32>,
    produced: u64,
    ended: bool,
}

impl<'a> Reader<'a> {
    pub fn new(compressed: &'a [u8]) -> Result<Self, CodecError> {
        let malformed = |what| CodecError::Malformed { codec: Codec::Lz4, what };
        let mut reader = Self {
            rest: compressed,
            block_len_max: 0,
            block_checksum: false,
            content_size: None,
            content_checksum: None,
            produced: 0,
            ended: false,
        };
        reader.read_header().map_err(malformed)?;
        Ok(reader)
    }

    fn cut<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (cut, rest) = self.rest.split_first_chunk().ok_or("the frame is cut")?;
        self.rest = rest;
        Ok(*cut)
    }

    fn read_header(&mut self) -> Result<(), &'static str> {
        if self.cut::<4>()? != MAGIC {
            return Err("bad frame magic");
        }
        let descriptor = self.rest;
        let [flags, block_size] = self.cut()?;
        if flags & VERSION_MASK != VERSION || flags & RESERVED != 0 {
            return Err("unknown frame version or flags");
        }
        if flags & INDEPENDENT == 0 {
            return Err("linked blocks, which Java clients cannot read");
        }
        self.block_len_max = match block_size {
            0x40 => 64 << 10,
            0x50 => 256 << 10,
            0x60 => 1 << 20,
            0x70 => 4 << 20,
            _ => return Err("unknown block size"),
        };
        self.block_checksum = flags & BLOCK_CHECKSUM != 0;
        if flags & CONTENT_SIZE != 0 {
            self.content_size = Some(u64::from_le_bytes(self.cut()?));
        }
        self.content_checksum = (flags & CONTENT_CHECKSUM != 0).then(|| XxHash32::with_seed(0));
        let descriptor = &descriptor[..descriptor.len() - self.rest.len()];
        let [checksum] = self.cut()?;
        if checksum != (XxHash32::oneshot(0, descriptor) >> 8) as u8 {
            return Err("bad header checksum");
        }
        Ok(())
    }

    pub fn next(&mut self, buffer: &mut Vec<u8>, room: usize) -> Result<usize, Refused> {
        // The stated size is not needed for anything; one beyond the cap will not come true within it.
        let stated = self.content_size.map_or(0, |size| size.saturating_sub(self.produced));
        if stated > room as u64 {
            return Err(Refused::TooLarge);
        }
        while !self.ended {
            let len = self.read_block(buffer).map_err(Refused::Malformed)?;
            if len > 0 {
                return Ok(len);
            }
        }
        Ok(0)
    }

    fn read_block(&mut self, buffer: &mut Vec<u8>) -> Result<usize, &'static str> {
        let length = u32::from_le_bytes(self.cut()?);
        if length == 0 {
            self.ended = true;
            self.check_end()?;
            return Ok(0);
        }
        let len = (length & !STORED) as usize;
        if len > self.block_len_max {
            return Err("a block is longer than the frame allows");
        }
        let (block, rest) = self.rest.split_at_checked(len).ok_or("a block is cut")?;
        self.rest = rest;
        if self.block_checksum && u32::from_le_bytes(self.cut()?) != XxHash32::oneshot(0, block) {
            return Err("bad block checksum");
        }
        let out = &mut at_least(buffer, self.block_len_max)[..self.block_len_max];
        let len = if length & STORED != 0 {
            out[..len].copy_from_slice(block);
            len
        } else {
            lz4_flex::block::decompress_into(block, out).map_err(|_| "bad block")?
        };
        self.produced += len as u64;
        if let Some(checksum) = &mut self.content_checksum {
            checksum.write(&out[..len]);
        }
        Ok(len)
    }

    fn check_end(&mut self) -> Result<(), &'static str> {
        if self.content_size.is_some_and(|stated| stated != self.produced) {
            return Err("the content has another size than the frame states");
        }
        if let Some(checksum) = self.content_checksum.take()
            && u32::from_le_bytes(self.cut()?) != checksum.finish_32()
        {
            return Err("bad content checksum");
        }
        if self.rest.is_empty() { Ok(()) } else { Err("bytes follow the frame") }
    }
}
