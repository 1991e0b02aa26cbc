//! Producer snapshots, checkpoints and property files.

use super::segment::OptionalLong;
use super::{DumpError, Sound};
use esker_env::Disk;
use esker_log::{ProducerEntry, parse_snapshot};
use std::io::Write;
use std::path::Path;

/// Longest producer snapshot that is looked at: millions of producers.
const SNAPSHOT_LEN_MAX: u64 = 1 << 30;

/// Shows the producers as of a snapshot.
pub fn dump_producers(disk: &dyn Disk, path: &Path, out: &mut dyn Write) -> Sound {
    let wrong = |reason: &dyn ToString| DumpError::file(path, reason.to_string());
    let bytes = disk.read_small(path, SNAPSHOT_LEN_MAX).map_err(|error| wrong(&error))?;
    for producer in parse_snapshot(&bytes).map_err(|error| wrong(&error))? {
        write_producer(&producer, out)?;
    }
    Ok(true)
}

fn write_producer(producer: &ProducerEntry, out: &mut dyn Write) -> Result<(), DumpError> {
    write!(
        out,
        "producerId: {} producerEpoch: {} coordinatorEpoch: {} currentTxnFirstOffset: {} lastTimestamp: {} ",
        producer.producer_id,
        producer.epoch,
        producer.coordinator_epoch,
        OptionalLong(producer.txn_first_offset),
        producer.last_timestamp
    )?;
    if let Some(batch) = producer.last_batch() {
        write!(
            out,
            "firstSequence: {} lastSequence: {} lastOffset: {} offsetDelta: {} timestamp: {}",
            batch.base_sequence(),
            batch.last_sequence,
            batch.last_offset,
            batch.offset_delta,
            batch.timestamp
        )?;
    }
    Ok(writeln!(out)?)
}

/// Shows where each leader epoch begins.
pub fn dump_epochs(disk: &dyn Disk, path: &Path, out: &mut dyn Write) -> Sound {
    let epochs = esker_log::read_epochs(disk, path).map_err(|error| DumpError::file(path, error))?;
    for entry in epochs.iter().flat_map(|epochs| epochs.entries()) {
        writeln!(out, "epoch: {} startOffset: {}", entry.epoch, entry.start_offset)?;
    }
    Ok(true)
}

/// Shows the offset of each partition.
pub fn dump_offsets(disk: &dyn Disk, path: &Path, out: &mut dyn Write) -> Sound {
    let offsets = esker_log::read_offsets(disk, path).map_err(|error| DumpError::file(path, error))?;
    for (partition, offset) in offsets.iter().flatten() {
        writeln!(out, "topic: {} partition: {} offset: {offset}", partition.topic, partition.partition)?;
    }
    Ok(true)
}

/// Shows whose topic a partition directory belongs to.
pub fn dump_partition_metadata(disk: &dyn Disk, path: &Path, out: &mut dyn Write) -> Sound {
    let dir = path.parent().unwrap_or(Path::new(""));
    if let Some(id) = esker_log::read_topic_id(disk, dir).map_err(|error| DumpError::file(path, error))? {
        writeln!(out, "topicId: {id}")?;
    }
    Ok(true)
}

/// Shows whose a log directory is.
pub fn dump_meta(disk: &dyn Disk, path: &Path, out: &mut dyn Write) -> Sound {
    let dir = path.parent().unwrap_or(Path::new(""));
    if let Some(meta) = esker_log::read_meta(disk, dir).map_err(|error| DumpError::file(path, error))? {
        let directory = meta.directory_id.map_or_else(|| "none".to_owned(), |id| esker_model::TopicId(id).to_string());
        writeln!(out, "clusterId: {} nodeId: {} directoryId: {directory}", meta.cluster_id, meta.node_id)?;
    }
    Ok(true)
}
