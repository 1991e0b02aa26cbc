//! Walks over the batches in chunks as they come, without joining the chunks.

use bytes::{Bytes, BytesMut};
use esker_record::{BatchHeader, HEADER_LEN, MAGIC_V2};

/// Consecutive chunks of an object's log part.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    /// Position of the first byte.
    start: u64,
    end: u64,
    pieces: Vec<Bytes>,
}

impl Window {
    /// An empty window that begins at `start`.
    pub(crate) fn at(start: u64) -> Self {
        Self { start, end: start, pieces: Vec::new() }
    }

    /// Position behind the last byte.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    pub(crate) fn push(&mut self, piece: Bytes) {
        self.end += piece.len() as u64;
        self.pieces.push(piece);
    }

    /// Lets go of whole pieces that end at or below `position`.
    pub(crate) fn forget(&mut self, position: u64) {
        let mut gone = 0;
        for piece in &self.pieces {
            let end = self.start + piece.len() as u64;
            if end > position {
                break;
            }
            self.start = end;
            gone += 1;
        }
        self.pieces.drain(..gone);
    }

    /// The bytes of `[from, to)`, which must lie within, as slices of the chunks.
    pub(crate) fn slices(&self, from: u64, to: u64) -> Vec<Bytes> {
        assert!(self.start <= from && to <= self.end, "a range outside of the window");
        let mut at = self.start;
        let mut slices = Vec::new();
        for piece in &self.pieces {
            let (piece_start, piece_end) = (at, at + piece.len() as u64);
            let (from, to) = (from.max(piece_start), to.min(piece_end));
            if from < to {
                slices.push(piece.slice((from - piece_start) as usize..(to - piece_start) as usize));
            }
            at = piece_end;
        }
        slices
    }

    /// The bytes of `[from, to)` in one piece; copied only where they cross a chunk's border.
    pub(crate) fn joined(&self, from: u64, to: u64) -> Bytes {
        let mut slices = self.slices(from, to);
        if slices.len() == 1 {
            return slices.remove(0);
        }
        let mut joined = BytesMut::with_capacity((to - from) as usize);
        slices.iter().for_each(|slice| joined.extend_from_slice(slice));
        joined.freeze()
    }
}

/// What a cursor finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The batch at the cursor: its header, and the position behind it.
    Batch(BatchHeader, u64),
    /// The window must reach to this position first.
    NeedsUpTo(u64),
    /// The log part ends here.
    End,
    /// These are not batches.
    Damaged(&'static str),
}

/// A position at a batch border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchCursor {
    pub(crate) position: u64,
    /// Length of the log part.
    pub(crate) log_len: u64,
}

impl BatchCursor {
    /// The batch at the cursor, which stays where it is.
    pub(crate) fn peek(&self, window: &Window) -> Step {
        if self.position >= self.log_len {
            return if self.position == self.log_len { Step::End } else { Step::Damaged("a batch leaves the segment") };
        }
        let header_end = self.position + HEADER_LEN as u64;
        if header_end > self.log_len {
            return Step::Damaged("a header leaves the segment");
        }
        if header_end > window.end() {
            return Step::NeedsUpTo(header_end);
        }
        let bytes = window.joined(self.position, header_end);
        let Some(header) = BatchHeader::parse(&bytes).filter(|header| header.magic == MAGIC_V2) else {
            return Step::Damaged("no batch of format 2 where one must begin");
        };
        let end = header.size().map(|size| self.position + size as u64).filter(|end| *end <= self.log_len);
        let Some(end) = end.filter(|_| header.last_offset_delta >= 0) else {
            return Step::Damaged("a batch with an impossible length");
        };
        Step::Batch(header, end)
    }
}
