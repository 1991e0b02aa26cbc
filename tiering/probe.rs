//! The start-up probe: does the store honour conditional creates?
//!
//! Sixteen creates of one key race. On a store that keeps its word one wins, the others learn that the key exists, and the winner's
//! bytes are read back. Some stores ignore `If-None-Match` and let everybody win: on those two leaders would overwrite each other's
//! manifest, so the broker does not start.

use crate::store::{Created, Reason, Store, StoreError, StoreErrorKind};
use bytes::Bytes;
use futures::future::join_all;

const RACERS: usize = 16;

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Probed {
    /// The store keeps its word.
    Good,
    /// Proven wrong; how.
    Bad(String),
    /// No proof either way: the tier waits.
    Unclear(StoreError),
}

/// Races creates on that key, which must be fresh, and leaves an object there; see [`remove`].
pub(crate) async fn probe(store: &Store, key: &str) -> Probed {
    let body = |racer: usize| Bytes::from(format!("esker probe {key} by racer {racer:02}"));
    let answers = join_all((0..RACERS).map(|racer| store.create(Reason::Probe, key, body(racer)))).await;
    judge(store, key, &answers, &body).await
}

/// Takes a probe's object away where the store lets it be deleted. Apart from the probe: what it has proven need not wait for this.
pub(crate) async fn remove(store: &Store, key: String) {
    if let Err(error) = store.delete(Reason::Probe, &[key]).await {
        tracing::debug!(%error, "the probe's object stays");
    }
}

async fn judge(store: &Store, key: &str, answers: &[Created], body: &impl Fn(usize) -> Bytes) -> Probed {
    let winners: Vec<_> = (0..answers.len()).filter(|racer| answers[*racer] == Created::Written).collect();
    if winners.len() > 1 {
        let text = format!("of {RACERS} concurrent creates of one key {} succeeded; it must be one", winners.len());
        return Probed::Bad(text);
    }
    let failed = answers.iter().find_map(|answer| match answer {
        Created::Unknown(error) | Created::NotWritten(error) => Some(error),
        Created::Written | Created::Exists => None,
    });
    // A store that refuses the request as such (no conditional creates at all) answers so to everybody.
    if let Some(error) = failed.filter(|error| error.kind == StoreErrorKind::Rejected && winners.is_empty()) {
        return Probed::Bad(format!("it refuses conditional creates: {error}"));
    }
    let stored = match store.get_small(Reason::Probe, key, 1 << 10).await {
        Ok(stored) => stored,
        Err(error) if error.kind == StoreErrorKind::NotFound && !winners.is_empty() => {
            return Probed::Bad("an object whose create succeeded cannot be read".into());
        }
        Err(error) => return Probed::Unclear(failed.cloned().unwrap_or(error)),
    };
    match winners.first() {
        Some(winner) if stored != body(*winner) => {
            Probed::Bad("the object of the create that succeeded was replaced by another's".into())
        }
        Some(_) if failed.is_none() => Probed::Good,
        Some(_) => Probed::Unclear(failed.cloned().unwrap_or_else(|| unclear(key))),
        None => Probed::Unclear(failed.cloned().unwrap_or_else(|| unclear(key))),
    }
}

fn unclear(key: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unknown, "probe", key, "no create succeeded and none failed")
}
