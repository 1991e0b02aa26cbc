//! The small property files: who a directory belongs to, whose partition it is, and whether the last stop was clean.
//!
//! ```text
//! meta.properties       version=1 / cluster.id=... / node.id=... / directory.id=...
//! partition.metadata    version: 0 / topic_id: <22 characters>
//! .kafka_cleanshutdown  {"version":0,"brokerEpoch":11}
//! ```

use crate::error::{FileError, FormatError, SmallFileError};
use esker_env::Disk;
use esker_model::{BrokerEpoch, BrokerId, ClusterId, TopicId};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use uuid::Uuid;

/// Name of the file that says whose directory it is.
pub const META_PROPERTIES: &str = "meta.properties";
/// Name of the file that says which topic a partition directory belongs to.
pub const PARTITION_METADATA: &str = "partition.metadata";
/// Name of the file whose presence says that the last stop was clean.
pub const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";

const LEN_MAX: u64 = 64 << 10;

/// Whose a log directory is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaProperties {
    /// The cluster.
    pub cluster_id: ClusterId,
    /// The broker.
    pub node_id: BrokerId,
    /// The directory itself (KIP-858); absent in directories of older brokers.
    pub directory_id: Option<Uuid>,
}

/// Reads `meta.properties` of a log directory; `None` where there is none.
pub fn read_meta(disk: &dyn Disk, log_dir: &Path) -> Result<Option<MetaProperties>, SmallFileError> {
    let path = log_dir.join(META_PROPERTIES);
    let Some(text) = read_text(disk, &path)? else { return Ok(None) };
    Ok(Some(parse_meta(&text).map_err(|reason| FormatError::new(&path, reason))?))
}

/// Writes `meta.properties` of a log directory, durably.
pub fn write_meta(disk: &dyn Disk, log_dir: &Path, meta: &MetaProperties) -> Result<(), FileError> {
    let path = log_dir.join(META_PROPERTIES);
    let mut text = format!("#\nversion=1\ncluster.id={}\nnode.id={}\n", meta.cluster_id, meta.node_id);
    if let Some(id) = meta.directory_id {
        text.push_str(&format!("directory.id={}\n", TopicId(id)));
    }
    disk.replace_small(&path, text.as_bytes()).map_err(|error| FileError::new(&path, error))
}

fn parse_meta(text: &str) -> Result<MetaProperties, String> {
    let value_of = |key: &str| {
        let mut values =
            text.lines().filter(|line| !line.starts_with(['#', '!'])).filter_map(|line| line.split_once('='));
        values.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim())
    };
    let required = |key: &str| value_of(key).ok_or(format!("lacks {key}"));
    let version = required("version")?;
    if version != "1" {
        return Err(format!("states version {version:?}, not 1"));
    }
    let cluster_id = required("cluster.id")?.parse().map_err(|error| format!("cluster.id: {error}"))?;
    let node_id = required("node.id")?;
    let node_id = node_id.parse().map_err(|_| format!("states node.id {node_id:?}"))?;
    // Kafka writes a UUID of any kind in the same 22 characters as a topic's.
    let directory_id = value_of("directory.id").map(|id| id.parse::<TopicId>()).transpose()?.map(|id| id.0);
    Ok(MetaProperties { cluster_id, node_id, directory_id })
}

/// Reads whose topic a partition directory belongs to; `None` where the file is absent.
pub fn read_topic_id(disk: &dyn Disk, partition_dir: &Path) -> Result<Option<TopicId>, SmallFileError> {
    let path = partition_dir.join(PARTITION_METADATA);
    let Some(text) = read_text(disk, &path)? else { return Ok(None) };
    Ok(Some(parse_topic_id(&text).map_err(|reason| FormatError::new(&path, reason))?))
}

/// Writes whose topic a partition directory belongs to, durably.
pub fn write_topic_id(disk: &dyn Disk, partition_dir: &Path, id: TopicId) -> Result<(), FileError> {
    let path = partition_dir.join(PARTITION_METADATA);
    let text = format!("version: 0\ntopic_id: {id}");
    disk.replace_small(&path, text.as_bytes()).map_err(|error| FileError::new(&path, error))
}

fn parse_topic_id(text: &str) -> Result<TopicId, String> {
    let value_of = |key: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
        pairs.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim()).ok_or(format!("lacks {key}"))
    };
    match value_of("version")? {
        "0" => value_of("topic_id")?.parse(),
        version => Err(format!("states version {version:?}, not 0")),
    }
}

#[derive(Serialize, Deserialize)]
struct CleanShutdown {
    version: i32,
    #[serde(rename = "brokerEpoch", default = "no_epoch")]
    broker_epoch: BrokerEpoch,
}

fn no_epoch() -> BrokerEpoch {
    -1
}

/// Takes the mark of a clean stop away, durably, and says with which broker epoch the stop was made (-1 where the mark does not
/// tell); `None` where there was no mark.
pub fn take_clean_shutdown(disk: &dyn Disk, log_dir: &Path) -> Result<Option<BrokerEpoch>, FileError> {
    let path = log_dir.join(CLEAN_SHUTDOWN);
    let bytes = match disk.read_small(&path, LEN_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::new(&path, error)),
    };
    disk.remove_file(&path).and_then(|()| disk.sync_dir(log_dir)).map_err(|error| FileError::new(&path, error))?;
    // Its presence is the message; older brokers wrote it empty.
    Ok(Some(serde_json::from_slice::<CleanShutdown>(&bytes).map_or(no_epoch(), |mark| mark.broker_epoch)))
}

/// Marks a directory as cleanly stopped, durably. Everything else in it must be durable before.
pub fn mark_clean_shutdown(disk: &dyn Disk, log_dir: &Path, broker_epoch: BrokerEpoch) -> Result<(), FileError> {
    let path = log_dir.join(CLEAN_SHUTDOWN);
    let text = format!("{{\"version\":0,\"brokerEpoch\":{broker_epoch}}}");
    disk.replace_small(&path, text.as_bytes()).map_err(|error| FileError::new(&path, error))
}

fn read_text(disk: &dyn Disk, path: &Path) -> Result<Option<String>, SmallFileError> {
    match disk.read_small(path, LEN_MAX) {
        Ok(bytes) => Ok(Some(String::from_utf8(bytes).map_err(|_| FormatError::new(path, "is not UTF-8"))?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::new(path, error).into()),
    }
}
