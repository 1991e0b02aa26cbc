//! The tier of one broker: opened from its configuration, and kept to the generation that this broker holds.

mod bucket;
mod generation;
mod generation_file;
#[cfg(test)]
mod generation_file_test;
mod group_offsets;
mod options;
#[cfg(test)]
mod options_test;
mod rates;
mod snapshots;
#[cfg(test)]
mod tier_test;

pub use bucket::open_bucket;
pub use generation::GenerationError;
pub(crate) use generation::{Generations, remember_generation};
pub(crate) use group_offsets::GroupOffsetsKeeper;
pub use options::prices;
pub(crate) use rates::follow_rates;
pub(crate) use snapshots::SnapshotWriter;

use esker_config::{BrokerConfig, TierConfig};
use esker_env::Env;
use esker_model::ClusterId;
use esker_tiering::{Tier, TierOpenError, TierState};
use std::time::Duration;
use tokio::runtime::Handle;

/// How long a start waits for the store's first answer. One that cannot be reached does not keep a broker from starting.
const FIRST_ANSWER_MAX: Duration = Duration::from_secs(5);

/// Why a broker does not start with its tier.
#[derive(Debug, thiserror::Error)]
pub enum TierError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] TierOpenError),
    /// The store was tried and cannot hold a tier.
    #[error("esker.tier.url: the store cannot hold the tier: {0}")]
    Refused(String),
    /// The bucket and this broker do not fit.
    #[error("esker.tier.url: {0}")]
    Generation(#[from] GenerationError),
}

/// A broker's tier.
#[derive(Debug)]
pub(crate) struct OpenTier {
    pub(crate) tier: Tier,
    /// The generation under which this broker writes.
    pub(crate) generation: u32,
    /// Keeps to the generation.
    pub(crate) generations: Generations,
}

/// Opens the tier on `runtime`, tries its store and finds the generation. `is_new` says that this start made the cluster.
pub(crate) async fn open(
    tier: &TierConfig,
    broker: &BrokerConfig,
    values: &esker_config::BrokerValues,
    cluster: &ClusterId,
    is_new: bool,
    env: &Env,
    runtime: Handle,
) -> Result<OpenTier, TierError> {
    let data_dir = &broker.metadata_log_dir;
    let options = options::options(tier, values, data_dir);
    let opened = Tier::open(&options::url(&tier.url), cluster, options, env.clone(), runtime)?;
    let generations = Generations::new(env.clone(), opened.clone(), cluster.clone(), data_dir);
    match opened.first_probe(FIRST_ANSWER_MAX).await {
        TierState::Refused { reason } => return Err(TierError::Refused(reason)),
        TierState::Suspended { reason } => {
            tracing::warn!(
                reason,
                "the tier's store does not answer: the broker starts, and nothing is uploaded until it does"
            );
        }
        TierState::Ready | TierState::Superseded { .. } => {}
    }
    let generation = generations.settle(is_new).await?;
    Ok(OpenTier { tier: opened, generation, generations })
}
