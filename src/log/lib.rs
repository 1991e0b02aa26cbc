//! One partition's local log in Kafka's file formats, and the directories that hold logs.

mod checkpoint;
#[cfg(test)]
mod checkpoint_test;
mod config;
mod error;
mod files;
#[cfg(test)]
mod files_test;
mod producer;
mod properties;
#[cfg(test)]
mod properties_test;
mod txn_index;
#[cfg(test)]
mod txn_index_test;

pub use config::{CleanupPolicy, Compression, LogConfig};
pub use error::{Damage, DirectoryOffline, FileError, FormatError, SmallFileError, StorageError};
pub use producer::{BatchMark, CompletedTxn, MarkerRule, OpenTxn, ProducerEntry, ProducerError, ProducerLimit};
pub use properties::{MetaProperties, read_meta};
pub use txn_index::AbortedTxn;
