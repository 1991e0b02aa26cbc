//! Cluster snapshots in the bucket: with them and the manifests a cluster can be rebuilt from the bucket alone.

use crate::images::newest;
use esker_config::Scope;
use esker_metadata::{ClusterImage, ConfigResourceKind, ImageDelta, ImageWatch, bucket_snapshot};
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
    /// Its epoch is the term of the metadata quorum's leader, which this process is.
    pub(crate) token: WriterToken,
}

impl SnapshotWriter {
    /// Follows the images until `stopping`, and then writes what is not written yet.
    pub(crate) async fn run(self, mut stopping: watch::Receiver<bool>) {
        // Nobody who waits for a change to be in effect waits for the bucket.
        let mut images = newest(&self.image, "cluster snapshots in the bucket");
        let (mut written, mut stopped, mut due) = (Arc::new(ClusterImage::default()), false, true);
        while !stopped {
            if !due {
                tokio::select! {
                    changed = images.changed() => if changed.is_err() { return },
                    _ = stopping.wait_for(|stopping| *stopping) => stopped = true,
                }
            }
            // The last one is asked for at its source: on a busy machine the follower may not have been told yet.
            let newest = |images: &mut watch::Receiver<Arc<ClusterImage>>, stopped: bool| {
                if stopped { self.image.current() } else { Arc::clone(&images.borrow_and_update()) }
            };
            due = concerns_the_bucket(&written, &newest(&mut images, stopped));
            if due {
                stopped = self.wait(GATHER, &mut stopping).await;
                let image = newest(&mut images, stopped);
                if self.write_in_time(&image, &mut stopping).await {
                    (written, due) = (image, false);
                } else {
                    stopped = stopped || self.wait(RETRY_PAUSE, &mut stopping).await;
                }
            }
        }
    }

    /// Writes an image; whether it is done with. Once the broker stops there is a deadline, for a write that began before too.
    async fn write_in_time(&self, image: &Arc<ClusterImage>, stopping: &mut watch::Receiver<bool>) -> bool {
        let mut write = std::pin::pin!(self.write(image));
        tokio::select! {
            biased;
            done = &mut write => return done,
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
        esker_env::timeout(LAST_MAX, write).await.unwrap_or(false)
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
        match self.tier.write_cluster_snapshot(self.token, &bucket_snapshot(image, is_sensitive)).await {
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

/// Whether what differs is a part of what a snapshot in the bucket holds: brokers that come, go and change state are none.
fn concerns_the_bucket(old: &ClusterImage, new: &ClusterImage) -> bool {
    let delta = ImageDelta::between(old, new);
    let brokers = ImageDelta { brokers_changed: delta.brokers_changed.clone(), ..ImageDelta::default() };
    new.cluster_id().is_some() && delta != brokers
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
