//! Kafka's API: one file per key that answers a decoded request through the rooms below.
//!
//! A frame comes in by [`Api::dispatch`]. Its head is read, its key looked up among those that are served (`keys`), its
//! body decoded, and the key's handler asked. Handlers work with [`Services`], translate between Kafka's messages and the
//! words of the rooms below, and answer at once or with a future. The answer is encoded in the request's version and counted.

mod access;
#[cfg(test)]
mod access_test;
mod acl_codes;
#[cfg(test)]
mod acl_codes_test;
mod answer;
mod api;
#[cfg(test)]
mod api_test;
#[cfg(test)]
mod asking;
mod auto_creation;
mod by_topic;
mod change;
mod cluster_view;
mod config_edits;
mod config_words;
mod coordination;
mod error_code;
#[cfg(test)]
mod error_code_test;
mod faults;
mod features;
mod fetch_session;
mod fetched;
mod groups;
mod keys;
mod leaders;
mod log_levels;
#[cfg(test)]
mod log_levels_test;
mod log_limit;
mod markers;
mod metrics;
#[cfg(test)]
mod metrics_test;
mod mutation_quota;
mod operations;
mod refusal;
mod reply;
mod session;
mod spans;
#[cfg(test)]
mod spans_test;
mod state_log;
mod telemetry;
#[cfg(test)]
mod testing;
mod turns;
#[cfg(test)]
mod turns_test;
mod txn_fault;

pub use api::{Api, Services};
pub use coordination::{CoordinationParts, start_groups, start_transactions};
pub use error_code::ErrorCode;
pub use features::SUPPORTED_FEATURES;
pub use fetch_session::SessionStats;
pub use log_levels::LogLevels;
pub use markers::PartitionMarkers;
pub use metrics::{ApiMetrics, KeyMetrics};
pub use reply::{FileRange, Piece, Reply, Response};
pub use session::{Client, ClientSoftware, Session};
pub use spans::{RequestSpan, Spans};
pub use state_log::TopicLog;
pub use telemetry::{Telemetry, TelemetryStats};
