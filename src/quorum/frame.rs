//! Frames, in which the journal's entries lie one behind the other. Integers are big-endian.
//!
//! ```text
//!  0  4  magic "EQL1"; its last letter is the layout's version
//!  4  4  length of the body
//!  8  4  group: position in the file of the first frame that was written in the same write
//! 12  4  CRC-32C of bytes 0 to 12 and the body
//! 16     body: one entry
//! ```
//! A write is synced before the next begins. So a flaw is a torn write, of which nobody was told, only where no frame of a
//! later group is whole behind it; where one is, the flawed frame had been synced, and its loss is damage.

use crate::entry::entry_id;
use crate::types::LogId;

pub const HEAD_LEN: usize = 16;
const MAGIC: [u8; 4] = *b"EQL1";

/// Where an entry lies in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Position of the frame.
    pub position: u32,
    /// Length of the body.
    pub len: u32,
}

impl Place {
    /// Position behind the frame.
    pub fn end(self) -> u64 {
        u64::from(self.position) + HEAD_LEN as u64 + u64::from(self.len)
    }
}

/// Appends a frame to `into`, which will be written at `start` of a file and holds one group only.
pub fn write_frame(into: &mut Vec<u8>, start: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let at = into.len();
    into.extend_from_slice(&MAGIC);
    into.extend_from_slice(&[0; 4]);
    into.extend_from_slice(&start.to_be_bytes());
    into.extend_from_slice(&[0; 4]);
    body(into);
    let len = u32::try_from(into.len() - at - HEAD_LEN)
        .unwrap_or_else(|_| unreachable!("an entry is bounded far below 4 GiB"));
    into[at + 4..at + 8].copy_from_slice(&len.to_be_bytes());
    let crc = checksum(&into[at..]);
    into[at + 12..at + 16].copy_from_slice(&crc.to_be_bytes());
}

fn checksum(frame: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&frame[..12]), &frame[HEAD_LEN..])
}

/// A whole frame at the front of some bytes.
struct Frame<'a> {
    group: u32,
    body: &'a [u8],
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

fn parse(bytes: &[u8]) -> Option<Frame<'_>> {
    if !bytes.starts_with(&MAGIC) {
        return None;
    }
    let (len, group, crc) = (number(bytes, 4)?, number(bytes, 8)?, number(bytes, 12)?);
    let end = HEAD_LEN.checked_add(usize::try_from(len).ok()?)?;
    let frame = bytes.get(..end)?;
    (checksum(frame) == crc).then(|| Frame { group, body: &frame[HEAD_LEN..] })
}

/// The body of the one frame that `bytes` hold, if it is whole.
pub fn frame_body(bytes: &[u8]) -> Option<&[u8]> {
    parse(bytes).map(|frame| frame.body).filter(|body| body.len() + HEAD_LEN == bytes.len())
}

/// How a file ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tail {
    /// With its last whole frame.
    Clean,
    /// With the remains of a write that was never synced, from this position on.
    Torn(u64),
    /// Something that had been synced is not whole.
    Damaged {
        /// Where.
        position: u64,
        /// What.
        reason: String,
    },
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Its whole entries, the first of them with the index that was asked for, each next one with the next index.
    pub places: Vec<Place>,
    /// The last of them.
    pub last: Option<LogId>,
    /// How it ends.
    pub tail: Tail,
}

/// Reads a file whose first entry must have the index `first`.
pub fn scan(bytes: &[u8], first: u64) -> Scan {
    let mut found = Scan { places: Vec::new(), last: None, tail: Tail::Clean };
    let mut at = 0;
    while at < bytes.len() {
        let Some(frame) = parse(&bytes[at..]) else {
            found.tail = judge_flaw(bytes, at);
            return found;
        };
        let expected = first + found.places.len() as u64;
        match entry_id(frame.body) {
            Ok(id) if id.index == expected => found.last = Some(id),
            Ok(id) => {
                let reason = format!("entry {} stands where {expected} should", id.index);
                found.tail = Tail::Damaged { position: at as u64, reason };
                return found;
            }
            Err(error) => {
                found.tail = Tail::Damaged { position: at as u64, reason: error.to_string() };
                return found;
            }
        }
        let (Ok(position), Ok(len)) = (u32::try_from(at), u32::try_from(frame.body.len())) else {
            found.tail = Tail::Damaged { position: at as u64, reason: "the file exceeds 4 GiB".to_owned() };
            return found;
        };
        found.places.push(Place { position, len });
        at += HEAD_LEN + frame.body.len();
    }
    found
}

/// What a frame that is not whole, at `flaw`, means: looks for a whole one of a later group behind it.
fn judge_flaw(bytes: &[u8], flaw: usize) -> Tail {
    let candidates = (flaw + 1..bytes.len()).filter(|&at| bytes[at..].starts_with(&MAGIC));
    for at in candidates {
        if let Some(frame) = parse(&bytes[at..]).filter(|frame| frame.group as usize > flaw) {
            let reason =
                format!("a whole frame at {at}, written later (group {}), shows that it had been synced", frame.group);
            return Tail::Damaged { position: flaw as u64, reason };
        }
    }
    Tail::Torn(flaw as u64)
}
