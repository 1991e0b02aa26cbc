//! Which cluster a broker belongs to: what its directories say, else what it was told, else a new one.

use esker_env::Disk;
use esker_log::{MetaProperties, SmallFileError, read_meta};
use esker_model::{BrokerId, ClusterId};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// Why a broker does not know who it is.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// `meta.properties` makes no sense.
    #[error(transparent)]
    Meta(SmallFileError),
    /// A directory is another node's.
    #[error("{} belongs to node {found}, and node.id is {expected}", dir.display())]
    Node {
        /// The directory.
        dir: PathBuf,
        /// What its `meta.properties` says.
        found: BrokerId,
        /// What is configured.
        expected: BrokerId,
    },
    /// Two directories are of different clusters.
    #[error("{} belongs to cluster {first_id}, and {} to cluster {second_id}", first.display(), second.display())]
    TwoClusters {
        /// One directory.
        first: PathBuf,
        /// Its cluster.
        first_id: ClusterId,
        /// The other.
        second: PathBuf,
        /// Its cluster.
        second_id: ClusterId,
    },
    /// The environment names another cluster than the directories.
    #[error("CLUSTER_ID is {wanted}, and {} belongs to cluster {found}", dir.display())]
    Wanted {
        /// What the environment says.
        wanted: ClusterId,
        /// A directory.
        dir: PathBuf,
        /// Its cluster.
        found: ClusterId,
    },
    /// The metadata is another cluster's.
    #[error("the metadata in {} is that of cluster {metadata}, and the log directories belong to {directories}", dir.display())]
    Metadata {
        /// The metadata directory.
        dir: PathBuf,
        /// Whose metadata it is.
        metadata: ClusterId,
        /// Whose the log directories are.
        directories: ClusterId,
    },
    /// A recovery from the bucket was begun here and not ended.
    #[error("a recovery from the bucket was begun in this directory and did not end: run it again ({} says so)", mark.display())]
    Recovering {
        /// The file that says so.
        mark: PathBuf,
    },
    /// There is data, and nothing that says whose it is.
    #[error(
        "{} holds the partition {partition}, and there is no metadata in {}: restore it, or start with empty directories",
        dir.display(), metadata_dir.display()
    )]
    LostMetadata {
        /// A log directory.
        dir: PathBuf,
        /// A partition in it.
        partition: String,
        /// Where the metadata should be.
        metadata_dir: PathBuf,
    },
}

/// The cluster that the directories `dirs` of node `node_id` belong to; `None` where none of them belongs to any yet.
///
/// A directory that cannot be read says nothing here: whether the broker may do without it is decided when logs are opened.
///
/// # Errors
/// The directories, or they and `wanted`, do not agree.
pub(crate) fn cluster_of(
    disk: &dyn Disk,
    dirs: &[PathBuf],
    node_id: BrokerId,
    wanted: Option<&ClusterId>,
) -> Result<Option<ClusterId>, IdentityError> {
    let mut known: Option<(&PathBuf, ClusterId)> = None;
    for dir in dirs {
        let Some(MetaProperties { cluster_id, node_id: found, .. }) = meta_of(disk, dir)? else { continue };
        if found != node_id {
            return Err(IdentityError::Node { dir: dir.clone(), found, expected: node_id });
        }
        match &known {
            Some((first, first_id)) if *first_id != cluster_id => {
                let (first, first_id) = ((*first).clone(), first_id.clone());
                return Err(IdentityError::TwoClusters { first, first_id, second: dir.clone(), second_id: cluster_id });
            }
            Some(_) => {}
            None => known = Some((dir, cluster_id)),
        }
    }
    match (known, wanted) {
        (Some((dir, found)), Some(wanted)) if found != *wanted => {
            Err(IdentityError::Wanted { wanted: wanted.clone(), dir: dir.clone(), found })
        }
        (known, _) => Ok(known.map(|(_, id)| id)),
    }
}

fn meta_of(disk: &dyn Disk, dir: &Path) -> Result<Option<MetaProperties>, IdentityError> {
    match read_meta(disk, dir) {
        Ok(meta) => Ok(meta),
        Err(SmallFileError::File(error)) => {
            tracing::error!(dir = %dir.display(), %error, "log directory does not say whose it is");
            Ok(None)
        }
        Err(error) => Err(IdentityError::Meta(error)),
    }
}

/// Sees that directories which hold partitions are not started with metadata that knows none.
pub(crate) fn check_nothing_is_lost(
    disk: &dyn Disk,
    dirs: &[PathBuf],
    metadata_dir: &Path,
) -> Result<(), IdentityError> {
    for dir in dirs {
        if let Some(partition) = first_partition(disk, dir) {
            let (dir, metadata_dir) = (dir.clone(), metadata_dir.to_owned());
            return Err(IdentityError::LostMetadata { dir, partition, metadata_dir });
        }
    }
    Ok(())
}

/// The first directory in `dir` that has a partition's name; the one of Kafka's own metadata is none.
fn first_partition(disk: &dyn Disk, dir: &Path) -> Option<String> {
    let entries = disk.list_described(dir, &|_| false).unwrap_or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            tracing::error!(dir = %dir.display(), %error, "log directory cannot be listed");
        }
        Vec::new()
    });
    let is_partition = |name: &str| {
        let Some((topic, number)) = name.rsplit_once('-') else { return false };
        topic != "__cluster_metadata" && number.parse::<i32>().is_ok_and(|number| number >= 0)
    };
    let names: BTreeSet<String> = entries.into_iter().filter(|entry| entry.is_dir).map(|entry| entry.name).collect();
    names.into_iter().find(|name| is_partition(name))
}
