//! The metadata quorum: a replicated, durable log of opaque records, with one voter or several.
//!
//! Consensus is openraft's, hidden behind [`MetadataQuorum`]; the disk is ours. Files, all in one directory:
//!
//! ```text
//! esker-metadata/
//!   .lock                        held while the quorum runs
//!   quorum-state                 vote, purge point, committed point; replaced as a whole
//!   00000000000000000000.log     entries from that index on; see `frame`
//!   00000000000000000815.snapshot    the state after the entry with that index; see `snapshot_file`
//! ```
//! What is durable when: a vote before it is given, an entry before it is acknowledged (one sync for all proposals that
//! wait at that moment), a snapshot before the entries in it are purged, the purge point before files go. A tail that a power
//! cut tore is cut off, because nobody was told that it was there. Any other flaw stops the start, naming the file, and changes nothing.
//!
//! Offsets are counted in records that were accepted: entries of raft's own, and proposals that came too late
//! (see [`Proposal::expected`]), take up none.

mod cursor;
mod disk_state;
mod entry;
#[cfg(test)]
mod entry_test;
mod frame;
#[cfg(test)]
mod frame_test;
mod journal;
#[cfg(test)]
mod journal_crash_test;
#[cfg(test)]
mod journal_test;
mod log_store;
mod machine;
#[cfg(test)]
mod measure_test;
mod network;
mod node;
#[cfg(test)]
mod node_crash_test;
#[cfg(test)]
mod node_test;
mod open;
#[cfg(test)]
mod open_test;
mod proposer;
mod quorum;
mod rpc;
#[cfg(test)]
mod rpc_test;
mod snapshot_file;
#[cfg(test)]
mod snapshot_file_test;
#[cfg(test)]
mod suite_test;
#[cfg(test)]
mod testing;
mod types;
#[cfg(test)]
mod voters_test;

pub use cursor::Cursor;
pub use network::{NoPeers, PeerUnreachable, Transport};
pub use node::{DIRECTORY, Options, QuorumNode, Tuning};
pub use open::OpenError;
pub use quorum::{
    CommittedBatch, CursorError, Leadership, MachineError, Member, MembershipError, MetadataQuorum, Proposal,
    ProposeError, QuorumSnapshot, StateMachine,
};
pub use rpc::RpcError;
