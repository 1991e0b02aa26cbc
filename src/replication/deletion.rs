//! The end of a topic: its logs here are gone already; what is in the bucket goes, then the cluster is told.

use crate::manager::ReplicaManager;
use esker_metadata::{ClusterImage, TopicDeletion};
use esker_model::TopicId;
use esker_tiering::{DeleteProgress, Tier};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// Tells the cluster that nothing is left of a topic.
pub type FinishDeletion = Arc<dyn Fn(TopicId) -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(60);

impl ReplicaManager {
    /// Starts a job for each deletion in the image that has none.
    pub(crate) fn start_deletions(self: &Arc<Self>, image: &ClusterImage) {
        let Some(finish) = self.finish_deletion() else { return };
        for deletion in image.topic_deletions() {
            if !self.begin_deletion(deletion.topic_id) {
                continue;
            }
            let (me, deletion, finish) = (Arc::clone(self), Arc::clone(deletion), Arc::clone(finish));
            esker_env::spawn(async move {
                let mut stopping = me.stopping();
                tokio::select! {
                    () = me.delete_everywhere(&deletion, &finish) => {}
                    _ = stopping.wait_for(|stop| *stop) => {}
                }
            });
        }
    }

    async fn delete_everywhere(&self, deletion: &TopicDeletion, finish: &FinishDeletion) {
        if deletion.tiered {
            match self.tier() {
                Some(tier) => empty_bucket(tier, deletion, self.generation()).await,
                None => {
                    let topic = &deletion.name;
                    tracing::warn!(%topic, "a deleted topic has data in a bucket that this broker does not know");
                    return;
                }
            }
        }
        let mut pause = RETRY_MIN;
        while let Err(error) = finish(deletion.topic_id).await {
            tracing::warn!(topic = %deletion.name, error, "the end of a deletion will be told again");
            esker_env::sleep(pause).await;
            pause = (pause * 2).min(RETRY_MAX);
        }
        tracing::info!(topic = %deletion.name, id = %deletion.topic_id, "nothing is left of a deleted topic");
        self.end_deletion(deletion.topic_id);
    }
}

/// Works until nothing of the topic is in the bucket.
async fn empty_bucket(tier: &Tier, deletion: &TopicDeletion, generation: u32) {
    let mut pause = RETRY_MIN;
    loop {
        let wait = match tier.delete_topic(deletion.topic_id, deletion.partitions, generation).await {
            Ok(DeleteProgress::Empty) => return,
            Ok(DeleteProgress::Waiting { pause: grace }) => {
                pause = RETRY_MIN;
                grace
            }
            Err(error) => {
                tracing::warn!(topic = %deletion.name, %error, "deleting a topic in the bucket will be tried again");
                let longer = (pause * 2).min(RETRY_MAX);
                std::mem::replace(&mut pause, longer)
            }
        };
        esker_env::sleep(wait).await;
    }
}
