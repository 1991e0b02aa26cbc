//! Walks over the batches in chunks as they come, without joining the chunks.

use bytes::{Bytes, BytesMut};
use esker_record::{BatchHeader, HEADER_LEN, MAGIC_V2};
use std::ops::Range;

/// Consecutive chunks of an object's log part.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    /// Position of the first byte.
    start: u64,
    /// Each with the position behind it.
    pieces: Vec<(u64, Bytes)>,
}

impl Window {
    /// An empty window that begins at `start`.
    pub(crate) fn at(start: u64) -> Self {
        Self { start, pieces: Vec::new() }
    }

    /// Position behind the last byte.
    pub(crate) fn end(&self) -> u64 {
        self.pieces.last().map_or(self.start, |(end, _)| *end)
    }

    pub(crate) fn push(&mut self, piece: Bytes) {
        self.pieces.push((self.end() + piece.len() as u64, piece));
    }

    /// Lets go of whole pieces that end at or below `position`.
    pub(crate) fn forget(&mut self, position: u64) {
        let gone = self.pieces.partition_point(|(end, _)| *end <= position);
        if let Some((end, _)) = gone.checked_sub(1).and_then(|last| self.pieces.get(last)) {
            self.start = *end;
        }
        self.pieces.drain(..gone);
    }

    /// The pieces that hold `range`, which must lie within, each with what it has of it.
    fn parts(&self, range: Range<u64>) -> impl Iterator<Item = (&Bytes, Range<usize>)> {
        assert!(self.start <= range.start && range.end <= self.end(), "a range outside of the window");
        let first = self.pieces.partition_point(|(end, _)| *end <= range.start);
        let reaches = move |(end, piece): &&(u64, Bytes)| end - (piece.len() as u64) < range.end;
        self.pieces[first..].iter().take_while(reaches).map(move |(end, piece)| {
            let start = end - piece.len() as u64;
            let (from, to) = (range.start.max(start) - start, range.end.min(*end) - start);
            (piece, from as usize..to as usize)
        })
    }

    /// The bytes of a range, which must lie within, as slices of the chunks.
    pub(crate) fn slices(&self, range: Range<u64>) -> Vec<Bytes> {
        self.parts(range).map(|(piece, part)| piece.slice(part)).collect()
    }

    /// The bytes of `[from, to)` in one piece; copied only where they cross a chunk's border.
    pub(crate) fn joined(&self, from: u64, to: u64) -> Bytes {
        let mut slices = self.slices(from..to);
        if slices.len() == 1 {
            return slices.remove(0);
        }
        let mut joined = BytesMut::with_capacity((to - from) as usize);
        slices.iter().for_each(|slice| joined.extend_from_slice(slice));
        joined.freeze()
    }

    /// The header that begins at `position`, if all of it lies within and it may be one.
    fn header(&self, position: u64) -> Option<BatchHeader> {
        let (mut bytes, mut filled) = ([0; HEADER_LEN], 0);
        for (piece, part) in self.parts(position..position + HEADER_LEN as u64) {
            let part = &piece[part];
            bytes[filled..filled + part.len()].copy_from_slice(part);
            filled += part.len();
        }
        BatchHeader::parse(&bytes)
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
        let Some(header) = window.header(self.position).filter(|header| header.magic == MAGIC_V2) else {
            return Step::Damaged("no batch of format 2 where one must begin");
        };
        let end = header.size().map(|size| self.position + size as u64).filter(|end| *end <= self.log_len);
        let Some(end) = end.filter(|_| header.last_offset_delta >= 0) else {
            return Step::Damaged("a batch with an impossible length");
        };
        Step::Batch(header, end)
    }
}
