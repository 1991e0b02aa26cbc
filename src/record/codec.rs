//! Compression of the records section: whole on the way in, piece by piece and under a cap on the way out.
//!
//! What is read comes from strangers. A decompressor never holds more than one piece (64 KiB, or one block of LZ4 or
//! Snappy), believes no stated length before it has been compared with the cap, and stops at the cap. Its buffers and
//! contexts belong to the thread and are used again, so that looking into a batch allocates nothing.

mod gzip;
mod lz4;
mod scratch;
mod snappy;
mod zstd;

use crate::attributes::Codec;
use scratch::Scratch;

/// Size of a piece where the format does not dictate one.
const PIECE_LEN: usize = 64 * 1024;

/// Why records cannot be compressed or decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes are not what the codec writes, or use a part of it that Kafka's clients cannot read.
    #[error("not readable as {}: {what}", codec.name())]
    Malformed {
        /// The codec that the batch states.
        codec: Codec,
        /// What is wrong.
        what: &'static str,
    },
    /// The records are larger than the cap, or say that they are.
    #[error("the records decompress to more than {max} bytes")]
    TooLarge {
        /// The cap.
        max: usize,
    },
    /// The library gave up on bytes of our own.
    #[error("{} could not compress the records", .0.name())]
    Compression(Codec),
}

/// Compresses `records` behind what `out` already holds.
///
/// `level` is that of `compression.gzip.level` or `compression.zstd.level`, moved to the nearest that exists; `None` is
/// Kafka's default. Snappy has no levels, and LZ4 is always written at its fastest.
pub fn compress(codec: Codec, level: Option<i32>, records: &[u8], out: &mut Vec<u8>) -> Result<(), CodecError> {
    match codec {
        Codec::None => {
            out.extend_from_slice(records);
            Ok(())
        }
        Codec::Gzip => gzip::compress(level, records, out),
        Codec::Snappy => snappy::compress(records, out),
        Codec::Lz4 => lz4::compress(records, out),
        Codec::Zstd => scratch::with(|scratch| zstd::compress(scratch, level, records, out)),
    }
}

/// Decompresses `compressed` behind what `out` already holds; fails once there would be more than `max` bytes.
pub fn decompress(codec: Codec, compressed: &[u8], max: usize, out: &mut Vec<u8>) -> Result<(), CodecError> {
    if codec == Codec::None {
        if compressed.len() > max {
            return Err(CodecError::TooLarge { max });
        }
        out.extend_from_slice(compressed);
        return Ok(());
    }
    stream(codec, compressed, max, |pieces| {
        while pieces.refill()? {
            out.extend_from_slice(pieces.piece());
            pieces.consume_piece();
        }
        Ok(())
    })
}

/// Lends `read` the decompressed bytes of `compressed`, piece by piece.
pub(crate) fn stream<R, E: From<CodecError>>(
    codec: Codec,
    compressed: &[u8],
    max: usize,
    read: impl FnOnce(&mut Pieces<'_>) -> Result<R, E>,
) -> Result<R, E> {
    scratch::with(|scratch| {
        let Scratch { buffer, inflate, snappy, zstd_reader, .. } = scratch;
        let decoder = match codec {
            Codec::None => Decoder::None(compressed),
            Codec::Gzip => Decoder::Gzip(gzip::Reader::new(compressed, inflate)),
            Codec::Snappy => Decoder::Snappy(snappy::Reader::new(compressed, snappy)),
            Codec::Lz4 => Decoder::Lz4(lz4::Reader::new(compressed)?),
            Codec::Zstd => Decoder::Zstd(zstd::Reader::new(compressed, zstd_reader)?),
        };
        read(&mut Pieces { decoder, buffer, from: 0, to: 0, produced: 0, max })
    })
}

enum Decoder<'a> {
    None(&'a [u8]),
    Gzip(gzip::Reader<'a>),
    Snappy(snappy::Reader<'a>),
    Lz4(lz4::Reader<'a>),
    Zstd(zstd::Reader<'a>),
}

impl Decoder<'_> {
    /// Writes the next bytes to the front of `buffer`, which it may lengthen, and returns their number: 0 at the end.
    ///
    /// `room` is what the cap still allows. A stated length beyond it is refused before anything is reserved; a piece
    /// that turns out longer is the caller's to refuse.
    fn next(&mut self, buffer: &mut Vec<u8>, room: usize) -> Result<usize, Refused> {
        match self {
            Decoder::None(rest) => Ok(copy_piece(rest, buffer)),
            Decoder::Gzip(reader) => reader.next(buffer),
            Decoder::Snappy(reader) => reader.next(buffer, room),
            Decoder::Lz4(reader) => reader.next(buffer, room),
            Decoder::Zstd(reader) => reader.next(buffer),
        }
    }

    fn codec(&self) -> Codec {
        match self {
            Decoder::None(_) => Codec::None,
            Decoder::Gzip(_) => Codec::Gzip,
            Decoder::Snappy(_) => Codec::Snappy,
            Decoder::Lz4(_) => Codec::Lz4,
            Decoder::Zstd(_) => Codec::Zstd,
        }
    }
}

fn copy_piece(rest: &mut &[u8], buffer: &mut Vec<u8>) -> usize {
    let (piece, after) = rest.split_at(rest.len().min(PIECE_LEN));
    at_least(buffer, piece.len())[..piece.len()].copy_from_slice(piece);
    *rest = after;
    piece.len()
}

/// `buffer`, lengthened to `len` where it is shorter. It is never shortened: zeroing it again for each piece would cost
/// more than some codecs do.
fn at_least(buffer: &mut Vec<u8>, len: usize) -> &mut [u8] {
    if buffer.len() < len {
        buffer.resize(len, 0);
    }
    buffer
}

/// Why a reader refuses its bytes.
enum Refused {
    Malformed(&'static str),
    TooLarge,
}

/// Decompressed bytes, one piece at a time.
pub(crate) struct Pieces<'a> {
    decoder: Decoder<'a>,
    buffer: &'a mut Vec<u8>,
    /// The present piece is `buffer[from..to]`.
    from: usize,
    to: usize,
    /// Bytes of all pieces so far; at most `max`.
    produced: usize,
    max: usize,
}

impl Pieces<'_> {
    /// What is left of the present piece.
    #[inline]
    pub fn piece(&self) -> &[u8] {
        &self.buffer[self.from..self.to]
    }

    /// Gives up the first `len` bytes of the piece.
    #[inline]
    pub fn consume(&mut self, len: usize) {
        self.from += len;
        debug_assert!(self.from <= self.to);
    }

    /// Gives up all that is left of the piece.
    #[inline]
    pub fn consume_piece(&mut self) {
        self.from = self.to;
    }

    /// Bytes of all pieces so far.
    pub fn produced(&self) -> usize {
        self.produced
    }

    /// Sees to it that the piece is not empty; `false` at the end of the records.
    pub fn refill(&mut self) -> Result<bool, CodecError> {
        if self.from < self.to {
            return Ok(true);
        }
        (self.from, self.to) = (0, 0);
        let room = self.max - self.produced;
        let len = self.decoder.next(self.buffer, room).map_err(|refused| match refused {
            Refused::Malformed(what) => CodecError::Malformed { codec: self.decoder.codec(), what },
            Refused::TooLarge => CodecError::TooLarge { max: self.max },
        })?;
        if len > room {
            return Err(CodecError::TooLarge { max: self.max });
        }
        self.produced += len;
        self.to = len;
        Ok(len > 0)
    }
}
