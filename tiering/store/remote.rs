//! The object_store crate behind our [`Backend`], with its errors classified.
//!
//! Its own retries are off: the [`Store`](crate::store::Store) repeats and counts, so that every request is seen. What a create came
//! to is never concluded from its answer alone: 409 (another create is under way) arrives as "already exists" too
//! (apache/arrow-rs-object-store#852), so the caller reads the key back.

use crate::store::{Backend, Body, ByteStream, Listed, Part, PutMode, StoreError, StoreErrorKind};
use async_trait::async_trait;
use futures::stream::{self, StreamExt, TryStreamExt};
use object_store::client::{HttpError, HttpErrorKind};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, PutPayload};
use std::error::Error;
use std::ops::Range;

/// A store of the object_store crate.
pub(crate) trait RemoteStore: ObjectStore + MultipartStore {}
impl<T: ObjectStore + MultipartStore> RemoteStore for T {}

/// See the module.
#[derive(Debug)]
pub(crate) struct RemoteBackend<S> {
    store: S,
    /// What every key begins with, slash included, as the crate spells it.
    prefix: String,
}

impl<S: RemoteStore> RemoteBackend<S> {
    pub(crate) fn new(store: S, prefix: &str) -> Self {
        let prefix = Path::from(prefix);
        let prefix = if prefix.as_ref().is_empty() { String::new() } else { format!("{prefix}/") };
        Self { store, prefix }
    }

    fn path(&self, key: &str) -> Result<Path, StoreError> {
        let whole = format!("{}{key}", self.prefix);
        Path::parse(&whole).map_err(|error| StoreError::new(StoreErrorKind::Rejected, "path", key, error))
    }

    fn key(&self, path: &Path) -> Option<String> {
        path.as_ref().strip_prefix(&self.prefix).map(str::to_owned)
    }
}

/// The status in a message of the crate, which keeps its error type to itself: "... status code: 503 Service Unavailable: ...".
fn status_in(text: &str) -> Option<u16> {
    let after = text.split("status code: ").nth(1)?;
    after.get(..3)?.parse().ok()
}

/// What an error of the crate means. What is not recognised counts as unknown: the request may have taken effect.
pub(crate) fn classify(operation: &'static str, key: &str, error: &object_store::Error) -> StoreError {
    use object_store::Error as E;
    let kind = match error {
        E::NotFound { .. } => StoreErrorKind::NotFound,
        E::AlreadyExists { .. } | E::Precondition { .. } | E::NotModified { .. } => StoreErrorKind::AlreadyExists,
        E::PermissionDenied { .. } | E::Unauthenticated { .. } => StoreErrorKind::Denied,
        E::NotSupported { .. } | E::NotImplemented { .. } | E::InvalidPath { .. } => StoreErrorKind::Rejected,
        other => classify_chain(other),
    };
    // The outermost text often only says that something failed; the reason is at the end of the chain.
    let mut detail = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !detail.contains(&text) {
            detail = format!("{detail}: {text}");
        }
        cause = inner.source();
    }
    StoreError::new(kind, operation, key, detail)
}

fn classify_chain(error: &(dyn Error + 'static)) -> StoreErrorKind {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(http) = inner.downcast_ref::<HttpError>() {
            return match http.kind() {
                HttpErrorKind::Connect => StoreErrorKind::Unreachable,
                _ => StoreErrorKind::Unknown,
            };
        }
        if inner.downcast_ref::<super::credentials::NoCredentials>().is_some() {
            return StoreErrorKind::Denied;
        }
        if let Some(status) = status_in(&inner.to_string()) {
            return match status {
                401 | 403 => StoreErrorKind::Denied,
                429 | 503 => StoreErrorKind::Throttled,
                400 | 405..=407 | 410..=428 => StoreErrorKind::Rejected,
                _ => StoreErrorKind::Unknown,
            };
        }
        cause = inner.source();
    }
    StoreErrorKind::Unknown
}

#[async_trait]
impl<S: RemoteStore> Backend for RemoteBackend<S> {
    async fn put(&self, key: &str, body: &Body, mode: PutMode) -> Result<(), StoreError> {
        let payload: PutPayload = body.iter().cloned().collect();
        let mode = match mode {
            PutMode::Create => object_store::PutMode::Create,
            PutMode::Replace => object_store::PutMode::Overwrite,
        };
        let put = self.store.put_opts(&self.path(key)?, payload, mode.into()).await;
        put.map(drop).map_err(|error| classify("put", key, &error))
    }

    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<ByteStream, StoreError> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let got = self.store.get_opts(&self.path(key)?, options).await.map_err(|error| classify("get", key, &error))?;
        let key = key.to_owned();
        Ok(got.into_stream().map_err(move |error| classify("get", &key, &error)).boxed())
    }

    async fn list(&self, prefix: &str, after: Option<&str>, count_max: usize) -> Result<Vec<Listed>, StoreError> {
        let path = self.path(prefix.trim_end_matches('/'))?;
        let listing = match after {
            Some(after) => self.store.list_with_offset(Some(&path), &self.path(after.trim_end_matches('/'))?),
            None => self.store.list(Some(&path)),
        };
        let mut listed = Vec::new();
        let mut listing = listing.take(count_max);
        while let Some(meta) = listing.try_next().await.map_err(|error| classify("list", prefix, &error))? {
            if let Some(key) = self.key(&meta.location) {
                listed.push(Listed { key, len: meta.size, modified_ms: meta.last_modified.timestamp_millis() });
            }
        }
        Ok(listed)
    }

    async fn list_dirs(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let path = self.path(prefix.trim_end_matches('/'))?;
        let listed = self.store.list_with_delimiter(Some(&path)).await;
        let listed = listed.map_err(|error| classify("list", prefix, &error))?;
        let names = listed.common_prefixes.iter().filter_map(|dir| dir.filename().map(str::to_owned));
        Ok(names.collect())
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StoreError> {
        let paths = keys.iter().map(|key| self.path(key)).collect::<Result<Vec<_>, _>>()?;
        let paths = stream::iter(paths.into_iter().map(Ok)).boxed();
        let mut deleted = self.store.delete_stream(paths);
        while let Some(result) = deleted.next().await {
            match result {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(classify("delete", keys.first().map_or("", String::as_str), &error)),
            }
        }
        Ok(())
    }

    async fn begin_multipart(&self, key: &str) -> Result<String, StoreError> {
        let begun = self.store.create_multipart(&self.path(key)?).await;
        begun.map_err(|error| classify("multipart", key, &error))
    }

    async fn put_part(&self, key: &str, upload: &str, part: Part, body: &Body) -> Result<String, StoreError> {
        let payload: PutPayload = body.iter().cloned().collect();
        let put = self.store.put_part(&self.path(key)?, &upload.to_owned(), part.number, payload).await;
        put.map(|part| part.content_id).map_err(|error| classify("put part", key, &error))
    }

    async fn complete_multipart(&self, key: &str, upload: &str, parts: Vec<String>) -> Result<(), StoreError> {
        let parts = parts.into_iter().map(|content_id| PartId { content_id }).collect();
        let done = self.store.complete_multipart(&self.path(key)?, &upload.to_owned(), parts).await;
        done.map(drop).map_err(|error| classify("multipart", key, &error))
    }

    async fn abort_multipart(&self, key: &str, upload: &str) -> Result<(), StoreError> {
        let aborted = self.store.abort_multipart(&self.path(key)?, &upload.to_owned()).await;
        aborted.map_err(|error| classify("multipart", key, &error))
    }
}
