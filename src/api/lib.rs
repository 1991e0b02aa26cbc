//! Kafka's API: one file per key that answers a decoded request through the rooms below.

mod reply;

pub use reply::{FileRange, Piece, Reply, Response};
