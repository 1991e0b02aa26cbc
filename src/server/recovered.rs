//! Leaders that were elected uncleanly say that they have recovered (KIP-704) as soon as they serve. Until they have said so, each start begins
//! as after the unclean election: with a fence in the bucket before the first append, whether or not the broker was stopped cleanly since.

use crate::images::newest;
use esker_controller::{Controller, IsrChange, IsrProposal};
use esker_metadata::{ClusterImage, ImageWatch, LeaderRecovery};
use esker_model::{BrokerEpoch, BrokerId};
use esker_replication::ReplicaManager;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Pause between two looks.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// How long the controller may take.
const CHANGE_MAX: Duration = Duration::from_secs(30);
/// Partitions of one request.
const BATCH_MAX: usize = 1000;

/// See the module.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) controller: Arc<Controller>,
    pub(crate) replicas: Arc<ReplicaManager>,
    pub(crate) node_id: BrokerId,
    pub(crate) broker_epoch: BrokerEpoch,
}

impl Recovered {
    /// Watches this broker's partitions until the broker stops.
    pub(crate) async fn run(self, image: ImageWatch, mut stopping: watch::Receiver<bool>) {
        let mut images = newest(&image, "recovered leaders");
        loop {
            let image = Arc::clone(&images.borrow_and_update());
            let recovering = self.recovering(&image);
            let told = async {
                self.tell(&recovering).await;
                esker_env::sleep(LOOK_PAUSE).await;
            };
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                () = told => {}
            }
            if recovering.is_empty() {
                tokio::select! {
                    _ = stopping.wait_for(|stopping| *stopping) => return,
                    changed = images.changed() => if changed.is_err() { return },
                }
            }
        }
    }

    /// The partitions that this broker leads and that are not said to have recovered.
    fn recovering(&self, image: &ClusterImage) -> Vec<IsrChange> {
        let mut found = Vec::new();
        for topic in image.topics() {
            for (state, partition) in topic.partitions.iter().zip(0..) {
                if state.recovery == LeaderRecovery::Recovering && state.leader == Some(self.node_id) {
                    let proposal = IsrProposal {
                        isr: state.isr.iter().map(|id| (*id, None)).collect(),
                        leader_epoch: state.leader_epoch,
                        partition_epoch: state.partition_epoch,
                        recovery: LeaderRecovery::Recovered,
                    };
                    found.push(IsrChange { topic_id: topic.id, partition, proposal });
                }
            }
        }
        found
    }

    /// Tells the controller of those that serve. What is refused is seen again with the next image.
    async fn tell(&self, recovering: &[IsrChange]) {
        let serves = |change: &&IsrChange| {
            let partition = self.replicas.partition(change.topic_id, change.partition);
            partition.is_ok_and(|partition| partition.has_recovered(change.proposal.leader_epoch))
        };
        let serving: Vec<IsrChange> = recovering.iter().filter(serves).cloned().collect();
        for batch in serving.chunks(BATCH_MAX) {
            let told = self.controller.change_isr(self.node_id, self.broker_epoch, batch.to_vec(), CHANGE_MAX).await;
            let refused = told.iter().filter_map(|row| row.as_ref().err());
            if let Some(error) = refused.clone().next() {
                tracing::debug!(count = refused.count(), %error, "leaders have recovered, and the controller does not know yet");
            }
        }
    }
}
