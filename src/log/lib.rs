//! One partition's local log in Kafka's file formats, and the directories that hold logs.

mod bounds;
mod checkpoint;
#[cfg(test)]
mod checkpoint_test;
mod cleaner;
mod clock_guard;
#[cfg(test)]
mod clock_guard_test;
mod config;
#[cfg(test)]
mod crash_test;
mod dir;
mod error;
mod files;
#[cfg(test)]
mod files_test;
mod flush;
mod log;
mod lookup;
#[cfg(test)]
mod lookup_test;
mod manager;
mod metrics;
mod open;
mod pressure;
#[cfg(test)]
mod pressure_test;
mod producer;
mod properties;
#[cfg(test)]
mod properties_test;
mod published;
#[cfg(test)]
mod published_test;
mod retention;
#[cfg(test)]
mod retention_test;
mod roll;
#[cfg(test)]
mod roll_test;
#[cfg(test)]
mod rot_test;
mod segment;
#[cfg(test)]
mod testing;
mod txn_index;
#[cfg(test)]
mod txn_index_test;
mod upload;
#[cfg(test)]
mod upload_test;
mod validate;
#[cfg(test)]
mod validate_test;
mod view;

pub use bounds::Bounds;
pub use checkpoint::{OffsetsByPartition, read_epochs, read_offsets};
pub use cleaner::{Cleaner, CleanerConfig, CleanerGauges, CleanerMetrics};
pub use clock_guard::ClockGuard;
pub use config::{CleanupPolicy, Compression, LogConfig};
pub use dir::LogDir;
pub use error::{Damage, DirectoryOffline, FileError, FormatError, SmallFileError, StorageError};
pub use flush::FlushTicket;
pub use log::{
    AppendContext, AppendError, AppendInfo, DeleteError, Deleted, FollowerAppend, LogRead, NewStart, Origin,
    PartitionLog, ReadError, ReadRequest, SyncObserver, UpTo,
};
pub use lookup::{FoundRecord, NO_TIMESTAMP, TimestampOffset};
pub use manager::{CreateError, LoadReport, LogManager, ManagerConfig, ManagerError, NoLog};
pub use metrics::LogMetrics;
pub use open::OpenError;
pub use pressure::DiskMarks;
pub use producer::{
    BatchMark, CompletedTxn, MarkerRule, OpenTxn, ProducerEntry, ProducerError, ProducerLimit, SnapshotError, ToVerify,
    Verification, VerificationGuard, parse_snapshot,
};
pub use properties::{MetaProperties, read_meta, read_topic_id};
pub use retention::DeleteReason;
pub use roll::RollReason;
pub use segment::{Access, FileSlice, SliceError};
pub use txn_index::{AbortedTxn, read as read_txn_index};
pub use upload::UploadSegment;
