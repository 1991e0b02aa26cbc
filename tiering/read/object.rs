//! An object as a reader sees it: its entry, its chain, its chunks.

use crate::chain::Chain;
use crate::manifest::Entry;
use crate::object::CHUNK_LEN;
use crate::read::ChunkId;
use std::ops::Range;

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct ColdObject {
    pub(crate) chain: Chain,
    pub(crate) entry: Entry,
}

impl ColdObject {
    pub(crate) fn chunk_count(&self) -> u32 {
        u32::try_from(self.entry.log_len.div_ceil(CHUNK_LEN)).unwrap_or(u32::MAX)
    }

    pub(crate) fn chunk_id(&self, chunk: u32) -> ChunkId {
        ChunkId { object: self.entry.uuid, chunk }
    }

    /// Positions of chunks in the log part.
    pub(crate) fn range_of(&self, chunks: Range<u32>) -> Range<u64> {
        u64::from(chunks.start) * CHUNK_LEN..(u64::from(chunks.end) * CHUNK_LEN).min(self.entry.log_len)
    }

    /// Position behind the trailer's head.
    pub(crate) fn head_end(&self) -> u64 {
        self.entry.log_len + u64::from(self.entry.head_len)
    }
}
