//! Cold reads: from the bucket through a cache of chunks to whole batches.
//!
//! A read finds its entry in the manifest, its place in the entry's chunk table, and asks for chunks. A chunk is fetched once however
//! many ask, stays in the cache when they leave, and is served only if its checksum is that of the chunk table.

mod admission;
mod ahead;
mod ahead_job;
#[cfg(test)]
mod ahead_test;
mod cache;
#[cfg(test)]
mod cache_test;
mod cold;
#[cfg(test)]
mod cold_test;
mod cursor;
#[cfg(test)]
mod cursor_test;
mod disk_room;
mod entry_reader;
mod fetcher;
#[cfg(test)]
mod first_byte_test;
mod foyer_cache;
mod get;
mod hedge;
#[cfg(test)]
mod hedge_test;
mod hybrid;
mod landing;
#[cfg(test)]
mod landing_test;
mod object;
#[cfg(test)]
mod thrash_test;
mod two_stage;

pub(crate) use ahead::ReadAheads;
pub use cache::CacheStats;
pub(crate) use cache::{CacheSettings, ChunkCache, ChunkId, LazyCache};
pub(crate) use cold::ColdReads;
pub use cold::{TierRead, TierReadError, TimestampHit};
pub(crate) use cursor::{BatchCursor, Step as CursorStep, Window};
pub(crate) use fetcher::{FetchError, Fetcher, FetcherLimits, Urgency};
pub(crate) use hedge::Hedge;
pub(crate) use object::ColdObject;
