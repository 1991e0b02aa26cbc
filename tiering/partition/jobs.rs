//! The requests that a leader's task has under way. Each ends in one [`Done`].

use crate::chain::ChainError;
use crate::checkpoint::Checkpoint;
use crate::keys::ObjectId;
use crate::local_log::{UploadPolicy, UploadSource};
use crate::manifest::{CreateOutcome, Cut, Finished, Found, Garbage, ReadBack, Root, SealPlan};
use crate::object::TrailerHead;
use crate::partition::driver::Driver;
use crate::partition::handle::Shared;
use crate::partition::scrub::Look;
use crate::process::add;
use crate::store::StoreError;
use crate::upload::{SegmentUpload, UploadError};
use bytes::Bytes;
use esker_env::{Instant, PoolError};
use esker_model::Offset;
use std::sync::Arc;
use std::time::Duration;

/// What came of a job.
#[derive(Debug)]
pub(crate) enum Done {
    Found(Instant, Result<Found, StoreError>),
    Loaded(Result<Arc<Root>, ChainError>),
    Created(CreateOutcome),
    ReadBack(ReadBack),
    Reset(Result<(), String>),
    Announced(Checkpoint, Result<(), String>),
    Next(Result<Option<UploadSource>, String>),
    Uploaded { base: Offset, result: Box<Result<(Finished, TrailerHead), UploadError>> },
    Collected(Vec<Garbage>, Result<(), ChainError>),
    Sealed(SealPlan, Result<(), StoreError>),
    PageDrops(Result<crate::manifest::PageDrops, ChainError>),
    Cut(Result<Cut, ChainError>),
    Swept(Result<Offset, ChainError>),
    Pruned(Result<u64, StoreError>),
    Scrubbed(Look),
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

pub(crate) async fn create(shared: Arc<Shared>, sequence: u64, bytes: Bytes) -> Done {
    // What the topic is called must be in the bucket before its first manifest.
    if sequence == 1 && !shared.core.ensure_topic(shared.id.topic_id, shared.id.topic()).await {
        return Done::Created(CreateOutcome::NotWritten);
    }
    Done::Created(shared.chain.create(sequence, bytes).await)
}

pub(crate) async fn reset_log(shared: Arc<Shared>, root: Arc<Root>) -> Done {
    let state = match shared.chain.end_state(&root).await {
        Ok(state) => state,
        Err(error) => return Done::Reset(Err(error.to_string())),
    };
    let reset = blocking(&shared, move |shared| shared.local.reset_to(state)).await;
    Done::Reset(match reset {
        Ok(reset) => reset.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    })
}

pub(crate) async fn announce(shared: Arc<Shared>, checkpoint: Checkpoint) -> Done {
    let told = blocking(&shared, move |shared| {
        let written = shared.core.checkpoints.write(shared.home(), &checkpoint);
        written.map_err(|error| format!("writing the tier checkpoint: {error}"))?;
        shared.local.confirmed(Driver::version(&checkpoint)).map_err(|error| error.to_string())
    });
    let told = told.await.unwrap_or_else(|error| Err(error.to_string()));
    Done::Announced(checkpoint, told)
}

pub(crate) async fn next_source(shared: Arc<Shared>, from: Offset, policy: UploadPolicy) -> Done {
    let next = blocking(&shared, move |shared| shared.local.next_upload(from, policy)).await;
    Done::Next(match next {
        Ok(next) => next.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    })
}

pub(crate) async fn upload(shared: Arc<Shared>, id: ObjectId, source: UploadSource) -> Done {
    let core = &shared.core;
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
    let result = upload.run(source).await;
    match &result {
        Ok(_) => {
            core.totals.upload_times.record(core.env.clock.now().since(begun));
            add(&core.totals.segments_uploaded, 1);
            add(&core.totals.bytes_uploaded, len);
        }
        Err(_) => add(&core.totals.upload_errors, 1),
    }
    Done::Uploaded { base, result: Box::new(result) }
}

/// A pause that doubles with every failure, up to two seconds.
pub(crate) fn backoff(failures: u32) -> Duration {
    (Duration::from_millis(100) * (1 << failures.min(8))).min(Duration::from_secs(2))
}
