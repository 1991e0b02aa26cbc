//! Committed offsets of a recovered cluster: the logs of `__consumer_offsets` begin with what the bucket holds of them.

use super::{RecoveredTopic, RecoveryError, RecoveryReport};
use esker_config::BrokerConfig;
use esker_coordinator::group::{OFFSETS_TOPIC, RestoredOffsets, restore_offsets};
use esker_env::Env;
use esker_log::{AppendContext, LogConfig, LogManager, ManagerConfig, Origin};
use esker_metadata::Record;
use esker_model::{ClusterId, LeaderEpoch, Offset, TimestampMs, TopicId, TopicIdPartition, TopicPartition};
use esker_tiering::bucket::BucketCluster;
use esker_tiering::{ClusterSnapshot, SnapshotError, StoreErrorKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is to be written of the offsets.
#[derive(Debug, Default)]
pub(super) struct OffsetsPlan {
    pub(super) restored: RestoredOffsets,
    /// The topic that they are kept in, with the epoch in which each of its partitions is led.
    topic: TopicId,
    epochs: BTreeMap<i32, LeaderEpoch>,
}

/// Reads what the brokers of the newest generation that wrote any knew of their groups.
pub(super) async fn read(
    cluster: &BucketCluster,
    records: &[Record],
    report: &RecoveryReport,
    now: TimestampMs,
) -> Result<OffsetsPlan, RecoveryError> {
    let mut snapshots = match cluster.group_offsets().await {
        Ok(snapshots) => snapshots,
        Err(SnapshotError::Store(error)) if error.kind != StoreErrorKind::Damaged => return Err(error.into()),
        Err(error) => return Err(RecoveryError::Offsets(error.to_string())),
    };
    let newest = snapshots.iter().map(|snapshot| snapshot.token.generation).max();
    // A recovered cluster has taken over what those before it knew, and may have deleted some of it.
    snapshots.retain(|snapshot| Some(snapshot.token.generation) == newest);
    plan(&snapshots, records, report, now).map_err(RecoveryError::Offsets)
}

fn plan(
    snapshots: &[ClusterSnapshot],
    records: &[Record],
    report: &RecoveryReport,
    now: TimestampMs,
) -> Result<OffsetsPlan, String> {
    let Some(topic) = report.topics.iter().find(|topic| topic.name == OFFSETS_TOPIC) else {
        return Ok(OffsetsPlan::default());
    };
    let topics: BTreeMap<&str, &RecoveredTopic> =
        report.topics.iter().map(|topic| (topic.name.as_str(), topic)).collect();
    let saved: Vec<_> = snapshots.iter().map(|snapshot| snapshot.bytes.clone()).collect();
    let partitions = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
    let restored = restore_offsets(&saved, partitions, now, |name, id, partition| {
        topics.get(name).filter(|topic| id.is_zero() || topic.id == id).and_then(|topic| end_of(topic, partition))
    })?;
    let epoch = |record: &Record| match record {
        Record::PartitionCreated { topic_id, partition, state } if *topic_id == topic.id => {
            Some((*partition, state.leader_epoch))
        }
        _ => None,
    };
    Ok(OffsetsPlan { restored, topic: topic.id, epochs: records.iter().filter_map(epoch).collect() })
}

/// Where a partition ends once it is recovered; as far as one likes where that waits for a repair.
fn end_of(topic: &RecoveredTopic, partition: i32) -> Option<Offset> {
    let found = topic.partitions.iter().find(|found| found.partition == partition)?;
    match (&found.damage, found.offsets) {
        (Some(_), _) => Some(Offset::MAX),
        (None, Some((_, end))) => Some(end),
        (None, None) => Some(0),
    }
}

/// Writes the logs. The broker finds them as it finds any of its own.
pub(super) fn write(
    plan: &OffsetsPlan,
    env: &Env,
    broker: &BrokerConfig,
    cluster: &ClusterId,
) -> Result<(), RecoveryError> {
    if plan.restored.batches.is_empty() {
        return Ok(());
    }
    let failed = |error: &dyn std::fmt::Display| RecoveryError::Offsets(error.to_string());
    let manager = ManagerConfig::new(broker.log_dirs.clone(), cluster.clone(), broker.node_id);
    let config: Arc<LogConfig> = Arc::default();
    let (logs, _) = LogManager::open(env, &manager, &|_| Arc::clone(&config)).map_err(|error| failed(&error))?;
    for (partition, batches) in &plan.restored.batches {
        let topic_partition = TopicPartition::new(OFFSETS_TOPIC, *partition);
        let of = TopicIdPartition { topic_id: plan.topic, topic_partition };
        let log = logs.get_or_create(&of, Arc::clone(&config)).map_err(|error| failed(&error))?;
        let epoch = plan.epochs.get(partition).copied().unwrap_or(0);
        let context =
            AppendContext { origin: Origin::Coordinator, ..AppendContext::client(epoch, env.clock.wall_ms()) };
        for batch in batches {
            log.append_as_leader(batch, &context).map_err(|error| failed(&error))?;
        }
        log.close().map_err(|error| failed(&error))?;
    }
    Ok(())
}
