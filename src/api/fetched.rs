//! Records on their way into an answer: named, not read.

use crate::{FileRange, Piece};
use bytes::Bytes;
use esker_protocol::wire::encode::RecordSource;
use esker_replication::FetchedRecords;
use esker_tiering::TierRead;
use std::sync::Arc;

/// What was fetched from one partition.
#[derive(Debug)]
pub(crate) struct Fetched(pub FetchedRecords);

impl Fetched {
    /// Nothing.
    pub fn nothing() -> Self {
        Self(FetchedRecords::Empty)
    }

    /// Appends the records to the parts of an answer.
    pub fn send_with(self, pieces: &mut Vec<Piece>) {
        match self.0 {
            FetchedRecords::Empty => {}
            FetchedRecords::File(slice) => {
                pieces.push(Piece::File(FileRange {
                    file: slice.file,
                    position: slice.position,
                    len: slice.len as u64,
                }));
            }
            FetchedRecords::Tiered(read) => {
                let read = Arc::new(read);
                let held = (0..read.batches.len()).map(|at| Held { read: Arc::clone(&read), at });
                pieces.extend(held.map(|held| Piece::Bytes(Bytes::from_owner(held))));
            }
        }
    }
}

impl RecordSource for Fetched {
    fn record_bytes(&self) -> usize {
        match &self.0 {
            FetchedRecords::Empty => 0,
            FetchedRecords::File(slice) => slice.len,
            FetchedRecords::Tiered(read) => read.batches.iter().map(Bytes::len).sum(),
        }
    }

    fn in_memory(&self) -> Option<&[u8]> {
        matches!(self.0, FetchedRecords::Empty).then_some(&[])
    }
}

/// Bytes from the tier, which give their share of memory back when the last of their read has been sent.
struct Held {
    read: Arc<TierRead>,
    at: usize,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.read.batches[self.at]
    }
}
