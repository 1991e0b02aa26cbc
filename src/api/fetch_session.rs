//! Fetch sessions (KIP-227): what a client fetches is remembered, so that it names and is told only what has changed.
//!
//! | request (id, epoch) | means |
//! |---|---|
//! | (0, -1) | no session |
//! | (0, 0) | begin a session, if there is room |
//! | (id, 0) | end that session and begin another |
//! | (id, -1) | end that session |
//! | (id, n) | the n-th request of that session |
//!
//! [`FetchSessions::open`] says what a request asks for, [`FetchSessions::close`] what of the answers is to be told. Between the
//! two no lock is held, however long the request waits. Locks are taken in one order: first the table's, then a session's.

mod cache;
#[cfg(test)]
mod cache_test;
#[cfg(test)]
mod model_test;
mod partition;
mod session;
#[cfg(test)]
mod session_test;
mod slots;
#[cfg(test)]
mod slots_test;

pub use cache::SessionStats;
pub(crate) use cache::{Ask, Context, FetchSessions, SessionError};
pub(crate) use partition::{Asked, PartitionKey, Shown, TopicKey, Wanted};
