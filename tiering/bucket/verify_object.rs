//! Checks one object: its length, its trailer, and every byte of its log against batches, chunk table and epochs.

use crate::bucket::objects::{Trailer, read_trailer};
use crate::bucket::{VerifyDepth, VerifyProgress};
use crate::chain::{Chain, ChainError};
use crate::manifest::Entry;
use crate::object::{CHUNK_LEN, Expected, ObjectBuilder, TrailerHead};
use crate::store::{Reason, StoreError, StoreErrorKind};
use futures::StreamExt;

/// How often reading an object's log is begun anew where the connection breaks.
const TRIES: usize = 4;

/// What is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ObjectFault {
    Missing,
    Damaged(String),
    /// Nobody knows: the store did not answer.
    Store(StoreError),
}

impl From<ChainError> for ObjectFault {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::Store(error) => error.into(),
            ChainError::Unreadable { reason, .. } => Self::Damaged(reason),
        }
    }
}

impl From<StoreError> for ObjectFault {
    fn from(error: StoreError) -> Self {
        match error.kind {
            StoreErrorKind::NotFound => Self::Missing,
            StoreErrorKind::Damaged => Self::Damaged(error.detail),
            _ => Self::Store(error),
        }
    }
}

/// Checks an object as deep as told. How many bytes of log were read comes back.
pub(super) async fn check_object(
    chain: &Chain,
    entry: &Entry,
    listed_len: Option<u64>,
    depth: VerifyDepth,
    progress: &VerifyProgress,
) -> Result<u64, ObjectFault> {
    let expected_len = entry.object_len();
    if let Some(len) = listed_len.filter(|len| *len != expected_len) {
        return Err(ObjectFault::Damaged(format!("it has {len} bytes, and the manifest says {expected_len}")));
    }
    if depth == VerifyDepth::Listing && listed_len.is_some() {
        progress.bytes(expected_len);
        return Ok(0);
    }
    let trailer = read_trailer(chain, entry, Reason::Trailer).await?;
    progress.bytes(u64::from(entry.trailer_len));
    if depth != VerifyDepth::Everything {
        progress.bytes(entry.log_len);
        return Ok(0);
    }
    let mut tries = 1;
    loop {
        match check_log(chain, entry, &trailer, progress).await {
            Err(ObjectFault::Store(error)) if error.kind.is_transient() && tries < TRIES => tries += 1,
            done => return done.map(|()| entry.log_len),
        }
    }
}

/// Streams the log part past the check.
async fn check_log(
    chain: &Chain,
    entry: &Entry,
    trailer: &Trailer,
    progress: &VerifyProgress,
) -> Result<(), ObjectFault> {
    let mut check = LogCheck::new(entry, trailer);
    let len = entry.log_len;
    let mut bytes = chain.store.get_stream(Reason::ColdRead, &chain.segment_key(entry), 0..len).await?;
    while let Some(piece) = bytes.next().await {
        let piece = piece?;
        check.feed(&piece).map_err(ObjectFault::Damaged)?;
        progress.bytes(piece.len() as u64);
    }
    check.finish().map_err(ObjectFault::Damaged)
}

/// An object's log part, piece by piece past the builder that the upload used: what that makes of it must be what the trailer says.
pub(crate) struct LogCheck<'a> {
    trailer: &'a Trailer,
    builder: ObjectBuilder,
    read: u64,
    len: u64,
}

impl<'a> LogCheck<'a> {
    pub(crate) fn new(entry: &Entry, trailer: &'a Trailer) -> Self {
        let (base, end, len) = (entry.base, entry.next, entry.log_len);
        let builder = ObjectBuilder::new(Expected { base, end, len, epochs: trailer.tail.epochs.clone() });
        Self { trailer, builder, read: 0, len }
    }

    /// Takes the next bytes, or says what is wrong with them.
    pub(crate) fn feed(&mut self, piece: &[u8]) -> Result<(), String> {
        self.read += piece.len() as u64;
        self.builder.feed(piece).map_err(|damage| damage.to_string())
    }

    /// All has come: says what is wrong with the whole.
    pub(crate) fn finish(self) -> Result<(), String> {
        if self.read < self.len {
            return Err(format!("only {} of {} bytes of log came", self.read, self.len));
        }
        let stored = &self.trailer.head;
        let (head, max_timestamp) = self.builder.finish(stored.aborted.clone()).map_err(|damage| damage.to_string())?;
        if let Some(reason) = difference(stored, &head) {
            return Err(reason);
        }
        if max_timestamp != self.trailer.footer.max_timestamp {
            return Err("its footer states another largest timestamp than its batches".to_owned());
        }
        Ok(())
    }
}

/// Where a chunk table is not that of the bytes.
fn difference(stored: &TrailerHead, found: &TrailerHead) -> Option<String> {
    let at = stored.chunks.iter().zip(&found.chunks).position(|(stored, found)| stored != found)?;
    let position = at as u64 * CHUNK_LEN;
    let what = if stored.chunks[at].crc == found.chunks[at].crc { "chunk table" } else { "checksum" };
    Some(format!("the {what} of the chunk at position {position} does not fit its bytes"))
}
