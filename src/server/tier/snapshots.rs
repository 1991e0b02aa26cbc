//! Cluster snapshots in the bucket: with them and the manifests a cluster can be rebuilt from the bucket alone.

use esker_config::Scope;
use esker_metadata::{Change, ClusterImage, ConfigResourceKind, ImageDelta, ImageWatch, bucket_snapshot};
use esker_model::BrokerEpoch;
use esker_tiering::{Tier, TierState, WriterToken};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long changes are gathered before they are written together.
const GATHER: Duration = Duration::from_secs(3);
/// Pause after a snapshot that the store did not take.
const RETRY_PAUSE: Duration = Duration::from_secs(15);
/// How long the last snapshot may take when the broker stops.
const LAST_MAX: Duration = Duration::from_secs(5);

/// Writes snapshots while the broker runs.
pub(crate) struct SnapshotWriter {
    pub(crate) tier: Tier,
    pub(crate) image: ImageWatch,
    /// The term of the metadata quorum's leader, which this process is.
    pub(crate) term: i32,
    pub(crate) generation: u32,
    pub(crate) broker_epoch: BrokerEpoch,
}

impl SnapshotWriter {
    /// Follows the images until `stopping`, and then writes what is not written yet.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut images = self.image.subscribe("cluster snapshots in the bucket");
        loop {
            let change = tokio::select! {
                change = images.next() => change,
                _ = stopping.wait_for(|stopping| *stopping) => return,
            };
            // Nobody who waits for a change to be in effect waits for the bucket.
            images.applied(change.new.offset());
            if !concerns_the_bucket(&change) || change.new.cluster_id().is_none() {
                continue;
            }
            let stopped = self.wait(GATHER, &mut stopping).await;
            if !self.write_until_done(stopped, &mut stopping).await {
                return;
            }
        }
    }

    /// Writes the newest image, again and again until the store takes it; `false` once the broker stops.
    async fn write_until_done(&self, mut stopped: bool, stopping: &mut watch::Receiver<bool>) -> bool {
        loop {
            let image = self.image.current();
            let done = if stopped {
                esker_env::timeout(LAST_MAX, self.write(&image)).await.unwrap_or(false)
            } else {
                self.write(&image).await
            };
            if stopped {
                return false;
            }
            if done {
                return true;
            }
            stopped = self.wait(RETRY_PAUSE, stopping).await;
        }
    }

    /// Waits; says whether the broker stops.
    async fn wait(&self, pause: Duration, stopping: &mut watch::Receiver<bool>) -> bool {
        esker_env::timeout(pause, stopping.wait_for(|stopping| *stopping)).await.is_some()
    }

    async fn write(&self, image: &Arc<ClusterImage>) -> bool {
        match self.tier.state() {
            TierState::Ready => {}
            // Nothing of this broker's belongs into that bucket, now or later.
            TierState::Refused { .. } | TierState::Superseded { .. } => return true,
            TierState::Suspended { .. } => return false,
        }
        let (generation, leader_epoch, broker_epoch) = (self.generation, self.term, self.broker_epoch);
        let token = WriterToken { generation, leader_epoch, broker_epoch };
        match self.tier.write_cluster_snapshot(token, &bucket_snapshot(image, is_sensitive)).await {
            Ok(sequence) => {
                tracing::debug!(sequence, offset = image.offset(), "cluster snapshot written to the bucket");
                true
            }
            Err(error) => {
                tracing::warn!(%error, "the cluster snapshot is not in the bucket yet");
                false
            }
        }
    }
}

/// Brokers that come, go and change state are no part of what a snapshot in the bucket holds.
fn concerns_the_bucket(change: &Change) -> bool {
    let brokers = ImageDelta { brokers_changed: change.delta.brokers_changed.clone(), ..ImageDelta::default() };
    change.delta != brokers
}

/// Whether a configuration's value must not leave the cluster; what nobody knows may be a secret.
fn is_sensitive(kind: ConfigResourceKind, key: &str) -> bool {
    let scope = match kind {
        ConfigResourceKind::Broker => Scope::Broker,
        ConfigResourceKind::Topic => Scope::Topic,
        ConfigResourceKind::Group => Scope::Group,
        ConfigResourceKind::ClientMetrics => Scope::ClientMetrics,
    };
    let known = if scope == Scope::Broker { esker_config::find_broker(key) } else { esker_config::find(scope, key) };
    known.is_none_or(|key| key.sensitive())
}
