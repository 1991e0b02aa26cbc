//! Load generators that send the same bytes to every broker, and what is needed to measure the broker meanwhile.
//!
//! Nothing of this library shares code with the broker but the record batches: the few requests are encoded by hand, by topic name
//! and in versions that every broker of the last years takes, so that the generator favours nobody.
#![allow(clippy::disallowed_methods)] // measures the real machine: its clock, files and processes

pub mod admin;
mod blocking;
mod bytes;
pub mod fetch;
pub mod frames;
mod group_messages;
pub mod groups;
pub mod link;
#[cfg(test)]
mod load_test;
pub mod measure;
pub mod messages;
pub mod offsets;
pub mod open_loop;
pub mod poller;
pub mod produce;
pub mod scatter;
pub mod skeleton;
pub mod slow_store;
#[cfg(test)]
mod slow_store_test;
pub mod stats;
pub mod sync_probe;
mod transaction_messages;
pub mod transactions;
pub mod usage;

use std::time::Duration;

/// Why a run has no result.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The connection broke or the machine refused something.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The broker answered something that cannot be decoded.
    #[error("the broker's answer to {0} cannot be decoded")]
    Malformed(&'static str),
    /// The broker answered with an error code.
    #[error("the broker answered {request} with error {code}")]
    Refused {
        /// What was asked.
        request: &'static str,
        /// Kafka's error code.
        code: i16,
    },
    /// Nothing came for too long.
    #[error("the broker did not answer within {0:?}")]
    Silent(Duration),
    /// The load cannot be run as it was described.
    #[error("{0}")]
    Settings(String),
}

/// When a run ends: whichever comes first.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// At most this long.
    pub time: Duration,
    /// At most so many bytes of record batches.
    pub bytes: u64,
}

/// A broker that says nothing for this long is taken for dead.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(30);
