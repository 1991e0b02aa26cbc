//! Generations: each rebuilding of a cluster from its bucket claims the next number, create-only; brokers of a lower one stop.

use crate::keys::{Keys, sequence_of};
use crate::store::{Created, Reason, Store, StoreError};
use bytes::Bytes;
use esker_env::Env;
use esker_model::ClusterId;

/// Why no generation was claimed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// The store failed; nothing is decided.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A cluster with this id is in the bucket already. A new cluster never takes an existing id.
    #[error("the bucket already holds a cluster with this id (generation {generation})")]
    InUse {
        /// Its generation.
        generation: u32,
    },
    /// Another broker claimed at the same time.
    #[error("another broker claimed generation {generation} at the same time")]
    Raced {
        /// The generation.
        generation: u32,
    },
}

/// The highest generation in the bucket; `None` where no cluster has this id.
pub(crate) async fn highest(store: &Store, keys: &Keys) -> Result<Option<u32>, StoreError> {
    let last = store.list_last(Reason::Cluster, &keys.generations(), None).await?;
    Ok(last.and_then(|last| sequence_of(&last.key)).and_then(|number| u32::try_from(number).ok()))
}

/// Claims the generation behind `expected`, which must be the highest.
pub(crate) async fn claim_next(
    store: &Store,
    keys: &Keys,
    env: &Env,
    expected: Option<u32>,
) -> Result<u32, ClaimError> {
    let found = highest(store, keys).await?;
    if found != expected {
        return Err(ClaimError::InUse { generation: found.unwrap_or(0) });
    }
    let generation = expected.map_or(1, |generation| generation.saturating_add(1));
    let attempt = env.random.uuid();
    let body = Bytes::from(format!("{{\"generation\":{generation},\"attempt\":\"{attempt}\"}}\n"));
    let key = keys.generation(generation);
    match store.create(Reason::Cluster, &key, body.clone()).await {
        Created::Written => Ok(generation),
        Created::NotWritten(error) => Err(error.into()),
        // Ours only if the very bytes are there.
        Created::Exists | Created::Unknown(_) => match store.get_small(Reason::Cluster, &key, 1 << 10).await {
            Ok(stored) if stored == body => Ok(generation),
            Ok(_) => Err(ClaimError::Raced { generation }),
            Err(error) => Err(error.into()),
        },
    }
}

/// The clusters beneath the prefix that were ever started there.
pub(crate) async fn clusters_in(store: &Store) -> Result<Vec<ClusterId>, StoreError> {
    let names = store.list_dirs(Reason::Cluster, "").await?;
    let mut clusters = Vec::new();
    for id in names.into_iter().filter_map(|name| name.parse::<ClusterId>().ok()) {
        let keys = Keys::new(&id);
        if !store.list(Reason::Cluster, &keys.generations(), None, 1).await?.is_empty() {
            clusters.push(id);
        }
    }
    Ok(clusters)
}
