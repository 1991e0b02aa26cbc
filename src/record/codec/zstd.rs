//! Zstandard frames (RFC 8878) with windows of up to 128 MiB, which is what Java's and librdkafka's readers accept.

use super::scratch::Scratch;
use super::{CodecError, PIECE_LEN, Refused, at_least};
use crate::attributes::Codec;
use zstd_safe::{CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer, ResetDirective};

/// The largest window that is read, as a power of two. The library reserves it and touches only what is written into it,
/// so the cap on the output bounds its memory too.
const WINDOW_LOG_MAX: u32 = 27;
const LEVEL_DEFAULT: i32 = 3;
const LEVELS: std::ops::RangeInclusive<i32> = -131_072..=22;

const MAGIC: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();
/// Sixteen magics, 0x184D2A50 and up, mark frames without content.
const SKIPPABLE: [u8; 3] = [0x2a, 0x4d, 0x18];

pub(super) fn compress(
    scratch: &mut Scratch,
    level: Option<i32>,
    records: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let failed = CodecError::Compression(Codec::Zstd);
    let context = context(&mut scratch.zstd_writer, CCtx::try_create).ok_or(failed)?;
    let level = level.unwrap_or(LEVEL_DEFAULT).clamp(*LEVELS.start(), *LEVELS.end());
    context.reset(ResetDirective::SessionOnly).map_err(|_| failed)?;
    context.set_parameter(CParameter::CompressionLevel(level)).map_err(|_| failed)?;
    let start = out.len();
    out.resize(start + zstd_safe::compress_bound(records.len()), 0);
    let len = context.compress2(&mut out[start..], records).map_err(|_| failed)?;
    out.truncate(start + len);
    Ok(())
}

pub(super) struct Reader<'a> {
    rest: &'a [u8],
    context: &'a mut DCtx<'static>,
    in_frame: bool,
}

impl<'a> Reader<'a> {
    pub fn new(compressed: &'a [u8], kept: &'a mut Option<DCtx<'static>>) -> Result<Self, CodecError> {
        let failed = CodecError::Malformed { codec: Codec::Zstd, what: "the library could not start" };
        let context = context(kept, DCtx::try_create).ok_or(failed)?;
        context.reset(ResetDirective::SessionOnly).map_err(|_| failed)?;
        context.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX)).map_err(|_| failed)?;
        Ok(Self { rest: compressed, context, in_frame: false })
    }

    pub fn next(&mut self, buffer: &mut Vec<u8>) -> Result<usize, Refused> {
        let out = at_least(buffer, PIECE_LEN);
        loop {
            if !self.in_frame {
                if self.rest.is_empty() {
                    return Ok(0);
                }
                check_magic(self.rest)?;
            }
            let len = self.read_some(out)?;
            if len > 0 {
                return Ok(len);
            }
        }
    }

    fn read_some(&mut self, out: &mut [u8]) -> Result<usize, Refused> {
        let mut input = InBuffer::around(self.rest);
        let mut output = OutBuffer::around(out);
        let left = self.context.decompress_stream(&mut output, &mut input);
        let left = left.map_err(|code| Refused::Malformed(zstd_safe::get_error_name(code)))?;
        let (read, written) = (input.pos(), output.pos());
        self.rest = self.rest.get(read..).unwrap_or_default();
        self.in_frame = left != 0;
        if self.in_frame && read == 0 && written == 0 {
            return Err(Refused::Malformed("the frame is cut"));
        }
        Ok(written)
    }
}

/// Frames of today's format and skippable ones only: the library may have been built to read older formats too.
fn check_magic(bytes: &[u8]) -> Result<(), Refused> {
    let known = match bytes.first_chunk::<4>() {
        Some(magic) => *magic == MAGIC || (magic[0] & 0xf0 == 0x50 && magic[1..] == SKIPPABLE),
        None => false,
    };
    if known { Ok(()) } else { Err(Refused::Malformed("bad frame magic")) }
}

fn context<T>(kept: &mut Option<T>, create: impl FnOnce() -> Option<T>) -> Option<&mut T> {
    if kept.is_none() {
        *kept = create();
    }
    kept.as_mut()
}
