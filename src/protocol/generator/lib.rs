//! Turns the schema of Kafka's messages into Rust, and compares it with Kafka's own definitions.
//!
//! `generate` writes `generated/` from `schema/`; a test fails where the two have drifted apart. `compare` reads the
//! message definitions that Kafka's jars carry and reports every fact in which the schema differs.

mod emit;
mod emit_field;
mod emit_index;
mod kafka;
mod kafka_compare;
mod parse;
mod resolve;
mod schema;
mod tree;

#[cfg(test)]
mod drift_test;
#[cfg(test)]
mod kafka_test;
#[cfg(test)]
mod parse_test;

pub use kafka_compare::{Comparison, compare};
pub use parse::parse;
pub use schema::{Schema, SchemaError};
pub use tree::{ToolError, check, generate, load, load_kafka};
