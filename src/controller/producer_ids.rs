//! Producer ids: the controller gives a broker a block, the broker gives its producers one after the other.

use crate::cluster::{Cluster, Decision};
use crate::{Controller, ControllerError, ErrorKind};
use esker_env::Env;
use esker_metadata::Record;
use esker_model::{BrokerEpoch, BrokerId, ProducerId};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How many ids a block has.
pub const PRODUCER_ID_BLOCK: i64 = 1000;

/// Gives a broker the next block.
pub fn allocate(
    cluster: Cluster<'_>,
    broker: BrokerId,
    epoch: BrokerEpoch,
) -> Result<Decision<Range<ProducerId>>, ControllerError> {
    cluster.check_epoch(broker, epoch)?;
    let first = cluster.image.next_producer_id();
    let Some(next) = first.checked_add(PRODUCER_ID_BLOCK) else {
        return Err(ControllerError::new(
            ErrorKind::Unavailable,
            "Exhausted all producerIds as the next block's end producerId has exceeded the int64 type limit",
        ));
    };
    let record = Record::ProducerIdsAllocated { broker, broker_epoch: epoch, next };
    Ok(Decision { records: vec![record], answer: first..next })
}

/// Hands out producer ids, none twice in the life of the cluster. What is left of a block when a broker stops is never used.
pub struct ProducerIds {
    env: Env,
    controller: Arc<Controller>,
    broker: BrokerId,
    block: Mutex<Range<ProducerId>>,
}

impl ProducerIds {
    /// Ids for the producers of `broker`. The first one that is asked for fetches the first block.
    pub fn new(env: Env, controller: Arc<Controller>, broker: BrokerId) -> Arc<Self> {
        Arc::new(Self { env, controller, broker, block: Mutex::new(0..0) })
    }

    /// The next id.
    ///
    /// # Errors
    /// A new block was needed and did not come within `limit`.
    pub async fn next(&self, limit: Duration) -> Result<ProducerId, ControllerError> {
        let start = self.env.clock.now();
        let Some(mut block) = esker_env::timeout(limit, self.block.lock()).await else {
            return Err(ControllerError::bare(ErrorKind::Timeout));
        };
        if block.is_empty() {
            let left = limit.saturating_sub(self.env.clock.now().since(start));
            let epoch = self.controller.image().broker(self.broker).map_or(-1, |broker| broker.epoch);
            *block = self.controller.allocate_producer_ids(self.broker, epoch, left).await?;
        }
        block.next().ok_or_else(|| ControllerError::new(ErrorKind::Unavailable, "a block of producer ids was empty"))
    }
}

impl std::fmt::Debug for ProducerIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProducerIds").field("broker", &self.broker).finish_non_exhaustive()
    }
}
