//! gzip (RFC 1952): one or several members, each checked against its checksum and length.

use super::{CodecError, PIECE_LEN, Refused, at_least};
use crate::attributes::Codec;
use flate2::{Compression, Crc, Decompress, FlushDecompress, Status};
use std::io::Write;

const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
const FIXED_HEADER_LEN: usize = 10;
const TRAILER_LEN: usize = 8;

const HEADER_CRC: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

pub(super) fn compress(level: Option<i32>, records: &[u8], out: &mut Vec<u8>) -> Result<(), CodecError> {
    let level = match level {
        None | Some(i32::MIN..=-1) => Compression::default(),
        Some(level) => Compression::new(level.clamp(1, 9) as u32),
    };
    let mut encoder = flate2::write::GzEncoder::new(out, level);
    let written = encoder.write_all(records).and_then(|()| encoder.finish().map(drop));
    written.map_err(|_| CodecError::Compression(Codec::Gzip))
}

/// Where the reader stands.
enum State {
    BeforeMember,
    InMember(Crc),
    End,
}

pub(super) struct Reader<'a> {
    rest: &'a [u8],
    inflate: &'a mut Decompress,
    state: State,
}

impl<'a> Reader<'a> {
    pub fn new(compressed: &'a [u8], inflate: &'a mut Option<Decompress>) -> Self {
        let inflate = inflate.get_or_insert_with(|| Decompress::new(false));
        Self { rest: compressed, inflate, state: State::BeforeMember }
    }

    pub fn next(&mut self, buffer: &mut Vec<u8>) -> Result<usize, Refused> {
        let out = at_least(buffer, PIECE_LEN);
        loop {
            match &mut self.state {
                State::End => return Ok(0),
                State::BeforeMember => {
                    self.rest = skip_header(self.rest).ok_or(Refused::Malformed("bad member header"))?;
                    self.inflate.reset(false);
                    self.state = State::InMember(Crc::new());
                }
                State::InMember(crc) => {
                    let (len, ended) = inflate_piece(self.inflate, &mut self.rest, out)?;
                    crc.update(&out[..len]);
                    if ended {
                        self.rest = skip_trailer(self.rest, crc).ok_or(Refused::Malformed("bad member trailer"))?;
                        self.state = if self.rest.is_empty() { State::End } else { State::BeforeMember };
                    }
                    if len > 0 {
                        return Ok(len);
                    }
                }
            }
        }
    }
}

/// Fills `out` as far as the stream goes: the bytes written, and whether the deflate stream ended.
fn inflate_piece(inflate: &mut Decompress, rest: &mut &[u8], out: &mut [u8]) -> Result<(usize, bool), Refused> {
    let mut len = 0;
    loop {
        let (read_before, written_before) = (inflate.total_in(), inflate.total_out());
        let status = inflate.decompress(rest, &mut out[len..], FlushDecompress::None);
        let status = status.map_err(|_| Refused::Malformed("bad deflate stream"))?;
        let read = (inflate.total_in() - read_before) as usize;
        let written = (inflate.total_out() - written_before) as usize;
        *rest = rest.get(read..).unwrap_or_default();
        len += written;
        match status {
            Status::StreamEnd => return Ok((len, true)),
            _ if len == out.len() => return Ok((len, false)),
            _ if read == 0 && written == 0 => return Err(Refused::Malformed("the stream is cut")),
            _ => {}
        }
    }
}

/// What follows a member's header, or `None` where there is none.
fn skip_header(bytes: &[u8]) -> Option<&[u8]> {
    let (fixed, mut rest) = bytes.split_at_checked(FIXED_HEADER_LEN)?;
    let flags = fixed[3];
    if fixed[..3] != MAGIC || flags & RESERVED != 0 {
        return None;
    }
    if flags & EXTRA != 0 {
        let (len, after) = rest.split_first_chunk::<2>()?;
        rest = after.get(usize::from(u16::from_le_bytes(*len))..)?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & HEADER_CRC != 0 { rest.get(2..) } else { Some(rest) }
}

/// What follows a member's trailer, or `None` where the trailer does not fit what was read.
fn skip_trailer<'a>(bytes: &'a [u8], crc: &Crc) -> Option<&'a [u8]> {
    let (trailer, rest) = bytes.split_first_chunk::<TRAILER_LEN>()?;
    let expected = u64::from(crc.amount()) << 32 | u64::from(crc.sum());
    (u64::from_le_bytes(*trailer) == expected).then_some(rest)
}
