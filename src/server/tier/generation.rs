//! Which generation of its cluster a broker is: claimed once, checked at every start and now and then.
//!
//! A cluster that is rebuilt from its bucket claims the next generation. A broker of an earlier one that is still running must then
//! leave the bucket alone; and a new broker must never write where another cluster of the same id has written.

use super::generation_file::{self, Remembered};
use esker_env::Env;
use esker_model::ClusterId;
use esker_tiering::{ClaimError, StoreError, Tier, TierState};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The generation of a cluster that was never rebuilt.
const FIRST: u32 = 1;
/// How often the bucket is asked whether a later generation has begun.
const CHECK_INTERVAL: Duration = Duration::from_secs(300);
/// Pause after a question that the store did not answer.
const RETRY_PAUSE: Duration = Duration::from_secs(5);

/// Why broker and bucket do not fit.
#[derive(Debug, thiserror::Error)]
pub enum GenerationError {
    /// The file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the disk says.
        error: io::Error,
    },
    /// The file belongs to another cluster.
    #[error("{} is cluster {found}'s, and this is cluster {cluster}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: ClusterId,
        /// Whose broker this is.
        cluster: ClusterId,
    },
    /// Somebody else writes under this id.
    #[error(
        "the bucket already holds cluster {cluster} (generation {generation}), and this broker's directories have never used it: \
         start with the directories that belong to it, or under another CLUSTER_ID"
    )]
    Taken {
        /// The cluster.
        cluster: ClusterId,
        /// Its generation there.
        generation: u32,
    },
    /// The bucket is not the one that was used before.
    #[error(
        "the bucket does not hold cluster {cluster}, of which this broker has used generation {generation}: it is another bucket or \
         prefix, or was emptied. To begin anew with it, remove {}", path.display()
    )]
    Gone {
        /// The cluster.
        cluster: ClusterId,
        /// What this broker remembers.
        generation: u32,
        /// Where it remembers it.
        path: PathBuf,
    },
}

/// Writes down the generation that a recovery has claimed.
pub(crate) fn remember_generation(
    env: &Env,
    data_dir: &Path,
    cluster: &ClusterId,
    generation: u32,
) -> Result<(), GenerationError> {
    let remembered = Remembered { cluster: cluster.clone(), generation, claimed: true };
    let written = generation_file::write(&*env.disk, data_dir, &remembered);
    written.map_err(|error| GenerationError::File { path: generation_file::path(data_dir), error })
}

/// Keeps a broker to its generation.
#[derive(Clone, Debug)]
pub(crate) struct Generations {
    env: Env,
    tier: Tier,
    cluster: ClusterId,
    data_dir: PathBuf,
}

impl Generations {
    pub(super) fn new(env: Env, tier: Tier, cluster: ClusterId, data_dir: &Path) -> Self {
        Self { env, tier, cluster, data_dir: data_dir.to_owned() }
    }

    /// Finds the generation at the start. Where the store does not answer, what the disk remembers counts, or the first one, which
    /// [`Generations::watch`] then claims.
    ///
    /// # Errors
    /// The store answers, and what it holds is not what this broker knows.
    pub(super) async fn settle(&self, is_new: bool) -> Result<u32, GenerationError> {
        let remembered = self.read()?;
        let generation = remembered.as_ref().map_or(FIRST, |known| known.generation);
        if self.tier.state() == TierState::Ready {
            if is_new {
                self.tell_of_others().await;
            }
            match self.confirm(remembered).await {
                Ok(()) => {}
                Err(Unsettled::Error(error)) => return Err(error),
                Err(Unsettled::Store(error)) => tracing::warn!(%error, "the tier's generation is checked later"),
            }
        }
        Ok(generation)
    }

    /// Checks again now and then, and claims what could not be claimed at the start. Never ends by itself.
    pub(crate) async fn watch(self, generation: u32) {
        let mut state = self.tier.watch_state();
        loop {
            // A tier that is gone has nobody left to tell.
            if state.wait_for(|state| *state == TierState::Ready).await.is_err() {
                return;
            }
            let pause = match self.read().map_err(Unsettled::Error) {
                Ok(remembered) => match self.confirm(remembered).await {
                    Ok(()) => CHECK_INTERVAL,
                    Err(unsettled) => self.give_up_or_retry(unsettled, generation).await,
                },
                Err(unsettled) => self.give_up_or_retry(unsettled, generation).await,
            };
            esker_env::sleep(pause).await;
        }
    }

    /// Stops the use of a tier that is not this broker's; a store that did not answer is asked again soon.
    async fn give_up_or_retry(&self, unsettled: Unsettled, generation: u32) -> Duration {
        match unsettled {
            Unsettled::Store(error) => {
                tracing::warn!(%error, generation, "the tier's generation cannot be checked now")
            }
            Unsettled::Error(error) => {
                tracing::error!(%error, "the tier is not used any more");
                // Below every generation that can be there, so that whatever is there supersedes this broker.
                if let Err(error) = self.tier.check_generation(0).await {
                    tracing::error!(%error, "the tier cannot be left");
                }
            }
        }
        RETRY_PAUSE
    }

    /// Claims the first generation, or sees that the remembered one is still the highest.
    async fn confirm(&self, remembered: Option<Remembered>) -> Result<(), Unsettled> {
        let highest = self.tier.highest_generation().await?;
        match (remembered, highest) {
            (None, None) => self.claim().await,
            (None, Some(generation)) => Err(self.taken(generation)),
            (Some(Remembered { claimed: false, .. }), None) => self.claim().await,
            (Some(Remembered { claimed: false, generation, .. }), Some(FIRST)) if generation == FIRST => {
                self.write(true)?;
                Ok(())
            }
            (Some(Remembered { claimed: false, .. }), Some(generation)) => Err(self.taken(generation)),
            (Some(Remembered { generation, .. }), None) => {
                let (cluster, path) = (self.cluster.clone(), generation_file::path(&self.data_dir));
                Err(Unsettled::Error(GenerationError::Gone { cluster, generation, path }))
            }
            (Some(Remembered { generation, .. }), Some(_)) => {
                if let Some(later) = self.tier.check_generation(generation).await? {
                    tracing::error!(
                        generation,
                        later,
                        "the cluster was rebuilt from the bucket: this broker does not use the tier any more"
                    );
                }
                Ok(())
            }
        }
    }

    async fn claim(&self) -> Result<(), Unsettled> {
        self.write(false)?;
        match self.tier.claim_generation(None).await {
            Ok(generation) => {
                self.write(true)?;
                tracing::info!(generation, cluster = %self.cluster, "the cluster's place in the bucket is claimed");
                Ok(())
            }
            Err(ClaimError::Store(error)) => Err(Unsettled::Store(error)),
            Err(ClaimError::InUse { generation } | ClaimError::Raced { generation }) => Err(self.taken(generation)),
        }
    }

    fn taken(&self, generation: u32) -> Unsettled {
        Unsettled::Error(GenerationError::Taken { cluster: self.cluster.clone(), generation })
    }

    /// A new cluster beside others: perhaps somebody expects one of those.
    async fn tell_of_others(&self) {
        match self.tier.clusters_in_prefix().await {
            Ok(clusters) => {
                let others: Vec<&str> =
                    clusters.iter().filter(|other| **other != self.cluster).map(ClusterId::as_str).collect();
                if !others.is_empty() {
                    tracing::warn!(
                        others = others.join(", "),
                        new = %self.cluster,
                        "the bucket holds other clusters beneath esker.tier.url; the data directories were empty, so a new cluster begins \
                         beside them and serves nothing of theirs"
                    );
                }
            }
            Err(error) => tracing::warn!(%error, "whether the bucket holds other clusters is not known"),
        }
    }

    fn read(&self) -> Result<Option<Remembered>, GenerationError> {
        let path = generation_file::path(&self.data_dir);
        let remembered = generation_file::read(&*self.env.disk, &self.data_dir);
        match remembered.map_err(|error| GenerationError::File { path: path.clone(), error })? {
            Some(known) if known.cluster != self.cluster => {
                Err(GenerationError::Foreign { path, found: known.cluster, cluster: self.cluster.clone() })
            }
            known => Ok(known),
        }
    }

    fn write(&self, claimed: bool) -> Result<(), GenerationError> {
        let remembered = Remembered { cluster: self.cluster.clone(), generation: FIRST, claimed };
        let written = generation_file::write(&*self.env.disk, &self.data_dir, &remembered);
        written.map_err(|error| GenerationError::File { path: generation_file::path(&self.data_dir), error })
    }
}

/// Why nothing is certain.
enum Unsettled {
    /// The store did not answer.
    Store(StoreError),
    /// Broker and bucket do not fit.
    Error(GenerationError),
}

impl From<StoreError> for Unsettled {
    fn from(error: StoreError) -> Self {
        Unsettled::Store(error)
    }
}

impl From<GenerationError> for Unsettled {
    fn from(error: GenerationError) -> Self {
        Unsettled::Error(error)
    }
}
