//! The cluster image: records that change it, deltas between two images, snapshots, publication.
//!
//! The metadata log is a sequence of [`Record`]s, each at an offset. Applied in order they make a [`ClusterImage`],
//! which is immutable once published and shares its structure with the one before. Whoever needs to know what
//! changed subscribes to an [`ImageWatch`] and is given the old image, the new one and the [`ImageDelta`] between.
//! A snapshot is nothing but the shortest sequence of records that makes an image.

mod acl;
#[cfg(test)]
mod acl_test;
mod apply;
#[cfg(test)]
mod apply_test;
mod broker;
mod config;
mod config_store;
#[cfg(test)]
mod config_store_test;
mod delta;
#[cfg(test)]
mod delta_test;
mod image;
#[cfg(test)]
mod image_test;
mod partition;
#[cfg(test)]
mod partition_test;
mod quota;
mod record;
#[cfg(test)]
mod record_test;
#[cfg(test)]
mod samples;
mod scram;
mod snapshot;
#[cfg(test)]
mod snapshot_test;
mod topic;
mod watch;
#[cfg(test)]
mod watch_test;

pub use acl::{
    ACLS_MAX, Acl, AclOperation, AclPatternType, AclPermission, AclResourceType, AclRule, AclTable, PatternAcls,
    WILDCARD,
};
pub use apply::ApplyError;
pub use broker::{Broker, Endpoint, SecurityProtocol, VersionRange};
pub use config::{ConfigResource, ConfigResourceKind};
pub use config_store::ConfigStore;
pub use delta::{ImageDelta, TopicChange};
pub use image::ClusterImage;
pub use partition::{LeaderRecovery, Partition, PartitionChange};
pub use quota::{QUOTA_ENTITIES_MAX, QuotaEntity, QuotaMap, QuotaName};
pub use record::{RECORD_TYPES, Record, RecordError, Secrecy};
pub use scram::{HiddenBytes, SCRAM_CREDENTIALS_MAX, ScramCredential, ScramMechanism};
pub use snapshot::{SnapshotError, bucket_snapshot, decode_snapshot, encode_snapshot};
pub use topic::{Topic, TopicDeletion};
pub use watch::{Change, ImagePublisher, ImageWatch, NotApplied, Subscription};

/// Identity of one log directory, from its `meta.properties`.
pub type DirectoryId = uuid::Uuid;

/// The topic configuration that lets a topic's closed segments go to the tier.
pub const REMOTE_STORAGE_ENABLE: &str = "remote.storage.enable";
