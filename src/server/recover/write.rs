//! Writes a recovery: the claim in the bucket, the metadata and the generation on the disk.

use super::{Recovery, RecoveryError, disk, offsets};
use crate::{quorum, tier};
use esker_config::{BrokerConfig, Startup};
use esker_controller::{Controller, ImageMachine};
use esker_env::Env;
use esker_metadata::{ConfigStore, Record};
use esker_model::ClusterId;
use esker_quorum::MetadataQuorum;
use esker_tiering::bucket::BucketCluster;
use std::sync::Arc;
use std::time::Duration;

/// Records that are committed together.
const CHUNK: usize = 500;
/// How long one commit may take.
const COMMIT_MAX: Duration = Duration::from_secs(60);

/// See [`super::write_recovery`].
pub(super) async fn write(
    recovery: &Recovery,
    cluster: &BucketCluster,
    startup: Startup,
    env: &Env,
) -> Result<u32, RecoveryError> {
    let Startup { values, broker, .. } = startup;
    disk::check_empty(&*env.disk, &broker)?;
    disk::begin(&*env.disk, &broker, cluster.id())?;
    let generation = cluster.claim_generation(recovery.generation).await?;
    write_metadata(env, &broker, values, cluster.id(), &recovery.records).await?;
    offsets::write(&recovery.offsets, env, &broker, cluster.id())?;
    tier::remember_generation(env, &broker.metadata_log_dir, cluster.id(), generation)?;
    disk::end(&*env.disk, &broker.metadata_log_dir)?;
    Ok(generation)
}

async fn write_metadata(
    env: &Env,
    broker: &BrokerConfig,
    values: esker_config::BrokerValues,
    cluster: &ClusterId,
    records: &[Record],
) -> Result<(), RecoveryError> {
    let wrong = |error: &dyn std::fmt::Display| RecoveryError::Metadata(error.to_string());
    let machine = ImageMachine::new();
    let image = machine.watch();
    let node = quorum::start(env, broker, machine).await.map_err(|error| wrong(&error))?;
    let configs = Arc::new(ConfigStore::new(values, broker.node_id, image.clone()));
    let shared: Arc<dyn MetadataQuorum> = Arc::clone(&node) as _;
    let controller = Controller::new(env.clone(), broker.node_id, shared, configs);
    let mut written = Ok(());
    for chunk in records.chunks(CHUNK) {
        written = controller.change(false, COMMIT_MAX, |_| (chunk.to_vec(), ())).await;
        if written.is_err() {
            break;
        }
    }
    let written = written.map_err(|error| wrong(&error));
    let is_whole = image.current().cluster_id() == Some(cluster);
    node.shutdown().await;
    written?;
    if is_whole { Ok(()) } else { Err(wrong(&"the cluster's identity is not in it")) }
}
