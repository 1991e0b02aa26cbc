//! The segment object: a segment's log bytes verbatim, then a trailer that makes them readable without the broker.
//!
//! ```text
//!  0                log_len           log_len + head_len                            - 128      end
//!  | log bytes      | head            | producer    | open         | leader epochs  | footer   |
//!  | as in .log     | chunks, aborted | snapshot    | transactions |                |          |
//!
//!  head    0      4         6       7       8        12        16                         -4
//!          | EKTH | version | log2  | zero  | chunks | aborted | chunk table | aborted... | CRC-32C of uuid |
//!          |      | u16     | chunk |       | u32    | u32     | 28 B each   | 24 B each  | and CRC of head |
//!  chunk   | first offset i64 | first position u64 | largest timestamp i64 | CRC-32C of the chunk u32 |
//!  aborted | producer id i64 | first offset i64 | last offset i64 |
//!  open    | producer id i64 | producer epoch i16 | first offset i64 | outcome u8 |       19 B each
//!  epoch   | epoch i32 | start offset i64 |                                             12 B each
//!
//!  footer  0          8         10     12          16         32          36        52     68     76
//!          | EKOBJECT | version | zero | chunk len | topic id | partition | token   | uuid | base | next |
//!          |          | u16     | u16  | u32       | 16 B     | i32       | 16 B    | 16 B | i64  | i64  |
//!          84         92         96         100    104      108              116        120    124
//!          | log len  | head len | snapshot | open | epochs | largest        | CRC of   | zero | CRC of |
//!          | u64      | u32      | len u32  | u32  | u32    | timestamp i64  | tail u32 | u32  | footer |
//! ```
//! All integers are big-endian. The largest timestamp of a chunk is that of all batches that start up to its end; a chunk in which
//! no batch starts repeats its neighbour's first offset and position. The tail is what lies between head and footer. An object
//! ends at or below the last stable offset, so every transaction in it is decided.

mod builder;
#[cfg(test)]
mod builder_test;
mod trailer;
#[cfg(test)]
mod trailer_test;

pub use builder::{Damage, DamageKind};
pub(crate) use builder::{Expected, ObjectBuilder};
pub use trailer::{AbortedTransaction, OpenTransaction, Outcome};
pub(crate) use trailer::{ChunkEntry, FOOTER_LEN, Footer, TrailerHead, TrailerTail, encode_trailer};

/// Length of a chunk, the unit of caching and of checksums: 128 KiB. Nothing of a chunk is served before all of it has come and was
/// checked, and a reader enters an object at a chunk's first batch. At 90 MB/s a chunk of 1 MiB adds 12 ms to the 20 ms that a store takes to
/// its first byte, one of 128 KiB adds 1.5 ms; the table then takes 28 bytes of 131,072, 0.02 %.
pub(crate) const CHUNK_LEN: u64 = 1 << CHUNK_SHIFT;
pub(crate) const CHUNK_SHIFT: u8 = 17;

/// Longest trailer head and longest trailer that a reader accepts, in bytes.
pub(crate) const HEAD_LEN_MAX: u32 = 64 << 20;
pub(crate) const TRAILER_LEN_MAX: u32 = 256 << 20;
/// Longest log part that a reader accepts: Kafka's segments end at 2 GiB, ours leave room.
pub(crate) const LOG_LEN_MAX: u64 = 1 << 36;
