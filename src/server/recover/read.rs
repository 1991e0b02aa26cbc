//! Reads what the bucket holds of a cluster, and decides what is recovered of it.

use super::offsets::{self, OffsetsPlan};
use super::plan::{Folder, plan};
use super::{Recovery, RecoveryError, RecoveryOptions};
use esker_config::{Startup, Value};
use esker_controller::NEW_CLUSTER_FEATURES;
use esker_env::Env;
use esker_log::parse_snapshot;
use esker_metadata::{ClusterImage, ConfigResource, Record, decode_snapshot};
use esker_model::{ClusterId, Offset, ProducerId};
use esker_tiering::bucket::{
    BucketCluster, BucketTopic, ChainState, FindingKind, Severity, VerifyDepth, VerifyOptions, VerifyProgress,
    VerifyReport,
};
use esker_tiering::{SnapshotError, StoreErrorKind};
use std::collections::BTreeMap;

/// Reads everything that a recovery needs, and decides. Nothing is written. `told` hears of each partition that was read.
///
/// # Errors
/// The bucket does not hold the cluster, does not answer, or holds what must not be guessed at.
pub async fn read_bucket(
    cluster: &BucketCluster,
    startup: &Startup,
    options: RecoveryOptions,
    env: &Env,
    mut told: impl FnMut(usize, usize),
) -> Result<Recovery, RecoveryError> {
    let Some(generation) = cluster.generation().await? else {
        return Err(RecoveryError::NoCluster(cluster.id().to_string()));
    };
    let (snapshot, before) = image(cluster, startup, options).await?;
    let topics = cluster.topics().await?;
    let total = topics.iter().map(|topic| topic.partitions.len()).sum();
    let (mut folders, mut damage, mut done) = (Vec::new(), VerifyReport::default(), 0);
    for topic in &topics {
        cluster.verify_topic(topic, &mut damage);
        let mut folder = folder_of(topic);
        for partition in &topic.partitions {
            read_partition(cluster, topic, *partition, &mut folder, &mut damage).await?;
            done += 1;
            told(done, total);
        }
        folders.push(folder);
    }
    let mut plan = plan(&before, &folders, startup.broker.node_id)?;
    plan.report.cluster = cluster.id().to_string();
    plan.report.generation_before = generation;
    plan.report.snapshot = snapshot;
    // A name that the snapshot knows is not missed in the bucket.
    let matters = |kind: FindingKind| kind.severity() == Severity::Damage && kind != FindingKind::TopicFileDamaged;
    plan.report.damage =
        damage.findings.iter().filter(|finding| matters(finding.kind)).map(ToString::to_string).collect();
    let offsets = if options.without_offsets {
        OffsetsPlan::default()
    } else {
        offsets::read(cluster, &plan.records, &plan.report, env.clock.wall_ms()).await?
    };
    plan.report.offsets = offsets.restored.summary;
    let accepts_damage = options.accept_damage;
    Ok(Recovery { report: plan.report, records: plan.records, generation, offsets, accepts_damage })
}

/// The metadata that the cluster is rebuilt from, and which snapshot that is.
async fn image(
    cluster: &BucketCluster,
    startup: &Startup,
    options: RecoveryOptions,
) -> Result<(Option<(u64, Offset)>, ClusterImage), RecoveryError> {
    if options.without_snapshot {
        return Ok((None, new_image(cluster.id(), startup)?));
    }
    let snapshot = match cluster.snapshot().await {
        Ok(Some(snapshot)) => snapshot,
        Ok(None) => return Err(RecoveryError::Snapshot("there is none".to_owned())),
        Err(SnapshotError::Store(error)) if error.kind == StoreErrorKind::Damaged => {
            return Err(RecoveryError::Snapshot(error.to_string()));
        }
        Err(error) => return Err(error.into()),
    };
    let image = decode_snapshot(&snapshot.bytes).map_err(|error| RecoveryError::Snapshot(error.to_string()))?;
    if image.cluster_id() != Some(cluster.id()) {
        return Err(RecoveryError::Snapshot("it is another cluster's".to_owned()));
    }
    Ok((Some((snapshot.sequence, image.offset())), image))
}

/// A cluster of this identity that has nothing yet.
fn new_image(cluster: &ClusterId, startup: &Startup) -> Result<ClusterImage, RecoveryError> {
    let mut records = vec![Record::ClusterCreated { cluster_id: cluster.clone() }];
    records.extend(NEW_CLUSTER_FEATURES.map(|(name, level)| Record::FeatureSet { name: name.to_owned(), level }));
    records.push(Record::ConfigSet {
        resource: ConfigResource::cluster_default(),
        key: "min.insync.replicas".to_owned(),
        value: Some(Value::shown(&startup.values.get("min.insync.replicas")).unwrap_or_else(|| "1".to_owned())),
    });
    let mut image = ClusterImage::default();
    for (offset, record) in (0..).zip(&records) {
        image.apply(offset, record).map_err(|error| RecoveryError::Misfit(error.to_string()))?;
    }
    Ok(image)
}

fn folder_of(topic: &BucketTopic) -> Folder {
    let BucketTopic { id, name, created_ms, is_deleted, .. } = topic.clone();
    Folder { id, name, created_ms, is_deleted, partitions: BTreeMap::new(), producer_id_max: -1 }
}

async fn read_partition(
    cluster: &BucketCluster,
    topic: &BucketTopic,
    number: i32,
    folder: &mut Folder,
    damage: &mut VerifyReport,
) -> Result<(), RecoveryError> {
    const HOW: VerifyOptions = VerifyOptions { depth: VerifyDepth::Listing, parallelism: 8 };
    if topic.is_deleted {
        folder.partitions.insert(number, Ok(None));
        return Ok(());
    }
    let partition = cluster.partition(topic.id, &topic.label(), number);
    let state = partition.chain_state().await?;
    if let Ok(Some(state)) = &state {
        folder.producer_id_max = folder.producer_id_max.max(producer_id_max(state));
    }
    let found = partition.verify(&HOW, &VerifyProgress::default()).await?;
    // What is wrong with the chain's end is told even where a check of what is listed passes over it.
    if let Err(error) = &state
        && found.is_sound()
    {
        let (key, detail) = (error.key.clone(), error.reason.clone());
        let of = partition.label().to_owned();
        damage.findings.push(esker_tiering::bucket::Finding { kind: FindingKind::ObjectDamaged, of, key, detail });
    }
    damage.findings.extend(found.findings);
    folder.partitions.insert(number, state.map_err(|error| error.to_string()));
    Ok(())
}

/// A snapshot that makes no sense counts as none, as it does for the log that begins with it.
fn producer_id_max(state: &ChainState) -> ProducerId {
    let producers = parse_snapshot(&state.producer_snapshot).unwrap_or_default();
    producers.iter().map(|producer| producer.producer_id).max().unwrap_or(-1)
}
