//! Committed offsets: who may commit them, what is given to those who ask, when they are forgotten.
//!
//! An offset that is committed in a transaction is pending until the transaction's marker: then it counts, unless a later
//! commit has overtaken it in the log, or it never was.

mod commit;
mod delete;
mod expire;
mod fetch;
#[cfg(test)]
mod offsets_test;
mod table;
mod transactions;

pub(crate) use table::{OffsetTable, StoredOffset};
pub(crate) use transactions::{OpenTransactions, PendingOffsets};
