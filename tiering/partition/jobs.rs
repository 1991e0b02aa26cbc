//! The requests that a leader's task has under way. Each ends in one [`Done`].

use crate::chain::ChainError;
use crate::checkpoint::Checkpoint;
use crate::keys::ObjectId;
use crate::local_log::{TieredUpTo, UploadPolicy, UploadSource};
use crate::manifest::{
    CreateOutcome, Cut, Finished, Found, Garbage, LocalView, PageDrops, ReadBack, Rewrite, Root, SealPlan,
};
use crate::partition::handle::Shared;
use crate::partition::rewrite::NotRewritten;
use crate::partition::scrub::Look;
use crate::process::add;
use crate::store::StoreError;
use crate::token::WriterToken;
use crate::upload::{SegmentUpload, UploadError};
use bytes::Bytes;
use esker_env::{Instant, PoolError};
use esker_model::Offset;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// What the log has to upload next, and how many bytes are behind it.
pub(crate) type NextSource = Result<Option<(UploadSource, u64)>, String>;

/// What came of a job.
#[derive(Debug)]
pub(crate) enum Done {
    Found { asked_at: Instant, local: LocalView, found: Result<Found, StoreError> },
    Loaded(Result<Arc<Root>, ChainError>),
    Created(CreateOutcome),
    ReadBack { local: LocalView, outcome: ReadBack },
    Reset(Result<(), String>),
    Announced(Checkpoint, Result<(), String>),
    Next(NextSource),
    Uploaded { base: Offset, result: Box<Result<Finished, UploadError>> },
    Collected(Vec<Garbage>, Result<(), ChainError>),
    Sealed(SealPlan, Result<(), StoreError>),
    PageDrops(Result<PageDrops, ChainError>),
    Cut(Result<Cut, ChainError>),
    Swept(Result<Offset, ChainError>),
    Pruned(Result<u64, StoreError>),
    Scrubbed(Look),
    Rewritten(Box<Result<Rewrite, NotRewritten>>),
}

impl Done {
    /// Why it failed; it is retried where it came from.
    pub(crate) fn error(&self) -> Option<String> {
        let error: &dyn std::fmt::Display = match self {
            Self::Found { found: Err(error), .. } | Self::Sealed(_, Err(error)) | Self::Pruned(Err(error)) => error,
            Self::Loaded(Err(error)) | Self::Collected(_, Err(error)) | Self::PageDrops(Err(error)) => error,
            Self::Cut(Err(error)) | Self::Swept(Err(error)) => error,
            Self::Reset(Err(error)) | Self::Announced(_, Err(error)) | Self::Next(Err(error)) => error,
            Self::Rewritten(result) => result.as_ref().as_ref().err()?,
            Self::Scrubbed(look) => return look.result.as_ref().err().cloned(),
            Self::Uploaded { result, .. } => result.as_ref().as_ref().err()?,
            _ => return None,
        };
        Some(error.to_string())
    }
}

/// Runs a call of the local log that may block: one at a time for each partition, even after the task that asked has ended.
pub(crate) async fn blocking<T: Send + 'static>(
    shared: &Arc<Shared>,
    job: impl FnOnce(&Shared) -> T + Send + 'static,
) -> Result<T, PoolError> {
    let turn = Arc::clone(&shared.local_turn).lock_owned().await;
    let inner = Arc::clone(shared);
    let job = move || {
        let _turn = turn;
        job(&inner)
    };
    shared.core.pool.run(job).await
}

pub(crate) async fn read_checkpoint(shared: &Arc<Shared>) -> Option<Checkpoint> {
    let read = blocking(shared, |shared| shared.core.checkpoints.read(shared.home())).await;
    let failed = |error: &dyn std::fmt::Display| {
        tracing::warn!(partition = %shared.id, %error, "the tier checkpoint cannot be read; the bucket will be asked instead");
    };
    match read {
        Ok(Ok(checkpoint)) => checkpoint,
        Ok(Err(error)) => {
            failed(&error);
            None
        }
        Err(error) => {
            failed(&error);
            None
        }
    }
}

fn local_view(shared: &Shared) -> LocalView {
    LocalView { epochs: shared.local.epoch_history(), log_end: shared.local.bounds().log_end }
}

pub(crate) async fn find(shared: Arc<Shared>, after: u64) -> Done {
    let asked_at = shared.core.env.clock.now();
    let found = shared.chain.find(after).await;
    if let Ok(Found::Unreadable(reason)) = &found {
        tracing::error!(partition = %shared.id, reason, "the newest manifest version cannot be used");
    }
    Done::Found { asked_at, local: local_view(&shared), found }
}

/// A place among those that hold a decoded version, kept beyond the job that waited for it.
pub(crate) type Turn = Arc<Mutex<Option<OwnedSemaphorePermit>>>;

/// Looks for the newest version when it is this partition's turn.
pub(crate) async fn find_in_turn(shared: Arc<Shared>, after: u64, turn: Turn) -> Done {
    let kept = turn.lock().take();
    let mine = match kept {
        Some(kept) => Some(kept),
        None => Arc::clone(&shared.core.turns).acquire_owned().await.ok(),
    };
    *turn.lock() = mine;
    find(shared, after).await
}

/// A job that holds a version for as long as it takes.
pub(crate) async fn in_turn(shared: Arc<Shared>, job: impl Future<Output = Done>) -> Done {
    let _turn = shared.core.turns.acquire().await;
    job.await
}

pub(crate) async fn load(shared: Arc<Shared>, sequence: u64) -> Done {
    Done::Loaded(shared.chain.root(sequence).await)
}

pub(crate) async fn read_back(shared: Arc<Shared>, sequence: u64, expected: Bytes) -> Done {
    let outcome = shared.chain.read_back(sequence, &expected).await;
    if let ReadBack::Unreadable(reason) = &outcome {
        tracing::error!(partition = %shared.id, reason, "a manifest version cannot be used");
    }
    Done::ReadBack { local: local_view(&shared), outcome }
}

pub(crate) async fn create(shared: Arc<Shared>, sequence: u64, bytes: Bytes) -> Done {
    // What the topic is called must be in the bucket before its first manifest.
    if sequence == 1 && !shared.core.ensure_topic(shared.id.topic_id, shared.id.topic()).await {
        return Done::Created(CreateOutcome::NotWritten);
    }
    Done::Created(shared.chain.create(sequence, bytes).await)
}

pub(crate) async fn reset_log(shared: Arc<Shared>, token: WriterToken, root: Arc<Root>) -> Done {
    let state = match shared.chain.end_state(&root).await {
        Ok(state) => state,
        Err(error) => return Done::Reset(Err(error.to_string())),
    };
    let reset = blocking(&shared, move |shared| shared.local.reset_to(token.leader_epoch, state)).await;
    Done::Reset(match reset {
        Ok(reset) => reset.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    })
}

pub(crate) async fn announce(shared: Arc<Shared>, checkpoint: Checkpoint) -> Done {
    let told = blocking(&shared, move |shared| {
        let written = shared.core.checkpoints.write(shared.home(), &checkpoint);
        written.map_err(|error| format!("writing the tier checkpoint: {error}"))?;
        let Checkpoint { sequence, log_start, tiered_end, .. } = checkpoint;
        let version = TieredUpTo { sequence, log_start, tiered_end };
        shared.local.confirmed(version).map_err(|error| error.to_string())
    });
    let told = told.await.unwrap_or_else(|error| Err(error.to_string()));
    Done::Announced(checkpoint, told)
}

pub(crate) async fn next_source(shared: Arc<Shared>, from: Offset, policy: UploadPolicy) -> Done {
    let next = blocking(&shared, move |shared| {
        let next = shared.local.next_upload(from, policy).map_err(|error| error.to_string())?;
        Ok(next.map(|source| {
            let bytes_behind = shared.local.bytes_from(source.end);
            (source, bytes_behind)
        }))
    });
    Done::Next(next.await.unwrap_or_else(|error| Err(error.to_string())))
}

/// Uploads under a new uuid: a name is never used again, whatever came of it.
pub(crate) async fn upload(shared: Arc<Shared>, token: WriterToken, source: UploadSource) -> Done {
    let core = &shared.core;
    let id = ObjectId { base: source.base, token, uuid: core.env.random.uuid() };
    let (base, len) = (source.base, source.len);
    let upload = SegmentUpload {
        store: &core.store,
        keys: &core.keys,
        pool: &core.pool,
        limits: &core.uploads,
        home: shared.home(),
        id,
    };
    let begun = core.env.clock.now();
    let result = match upload.run(source).await {
        Ok((finished, head)) => {
            core.meta.insert_head(finished.entry.uuid, Arc::new(head));
            core.totals.upload_times.record(core.env.clock.now().since(begun));
            add(&core.totals.segments_uploaded, 1);
            add(&core.totals.bytes_uploaded, len);
            Ok(finished)
        }
        Err(error) => {
            add(&core.totals.upload_errors, 1);
            Err(error)
        }
    };
    Done::Uploaded { base, result: Box::new(result) }
}

/// A pause that doubles with every failure, up to two seconds.
pub(crate) fn backoff(failures: u32) -> Duration {
    (Duration::from_millis(100) * (1 << failures.min(8))).min(Duration::from_secs(2))
}
