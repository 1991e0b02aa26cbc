//! Listeners, connections and the composition of a running broker.

mod budget;
mod connection;
#[cfg(test)]
mod connection_test;
mod frames;
mod listener;
mod outgoing;

pub use budget::RequestMemory;
pub use connection::{Closed, Connection, ConnectionContext, Dispatch};
pub use listener::{ConnectionCounters, ConnectionLimits, ConnectionRegistry, bind, serve};
