//! The house's rules that the compiler does not check: floors, door plates, sizes, licences.
//!
//! `cargo test -p esker-integration --test tidy -- --nocapture` also prints the largest files and functions.
#![allow(clippy::disallowed_methods)] // looks at the sources from outside, where there is no room to ask
#![allow(clippy::unwrap_used)] // a test that cannot read the workspace should stop

mod floors;
mod graph;
mod licences;
mod sizes;
mod sources;
