//! Fuzzing of the wire: what must hold for any bytes whatsoever, valid inputs to start from, and ways to spoil them.
//!
//! The same targets run in three places: for some seconds on every change (`cargo run -p esker-protocol-fuzz -- --seconds 10`), for a
//! fixed number of inputs in the tests, and under libFuzzer, which looks for new paths through the code:
//! `cargo fuzz run --fuzz-dir src/protocol/fuzz/cargo-fuzz request`.

mod mutate;
mod seeds;
mod targets;

#[cfg(test)]
mod fuzz_test;

pub use mutate::mutate;
pub use seeds::{Sample, samples, seeds};
pub use targets::{Outcome, Target};
