//! The object_store crate behind our [`Backend`], with its errors classified.
//!
//! Its own retries are off: the [`Store`](crate::store::Store) repeats and counts, so that every request is seen. What a create came
//! to is never concluded from its answer alone: 409 (another create is under way) arrives as "already exists" too
//! (apache/arrow-rs-object-store#852), so the caller reads the key back.

use crate::store::http::Streamed;
use crate::store::{Backend, Body, ByteStream, Listed, Part, PutMode, StoreError, StoreErrorKind};
use async_trait::async_trait;
use futures::stream::{self, StreamExt, TryStreamExt};
use object_store::client::{HttpError, HttpErrorKind};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, PutPayload};
use std::collections::BTreeSet;
use std::error::Error;
use std::ops::Range;

/// A store of the object_store crate.
pub(crate) trait RemoteStore: ObjectStore + MultipartStore + PaginatedListStore {}
impl<T: ObjectStore + MultipartStore + PaginatedListStore> RemoteStore for T {}

/// Most bytes of the names below one prefix, which are in memory at once.
const NAMES_LEN_MAX: usize = 64 << 20;

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

    /// The part of a listed key that is ours; nothing for a prefix that is an object itself, as some tools make them.
    fn key(&self, prefix: &str, path: &Path) -> Result<Option<String>, StoreError> {
        let key = path.as_ref();
        if self.is_prefix(key, prefix) {
            return Ok(None);
        }
        let own = key.strip_prefix(&self.prefix).filter(|key| key.starts_with(prefix));
        own.map(|key| Some(key.to_owned())).ok_or_else(|| foreign(prefix, key))
    }

    fn is_prefix(&self, key: &str, prefix: &str) -> bool {
        let whole = self.prefix.len() + prefix.len();
        key.len() + 1 == whole && format!("{}{prefix}", self.prefix).strip_suffix('/') == Some(key)
    }
}

fn foreign(prefix: &str, key: &str) -> StoreError {
    StoreError::new(
        StoreErrorKind::Damaged,
        "list",
        prefix,
        format!("the store lists {key:?}, which is not beneath it"),
    )
}

/// What the error of a listing means. A key that no path can have is the store's fault, not the request's.
fn classify_listing(prefix: &str, error: &object_store::Error) -> StoreError {
    let classified = classify("list", prefix, error);
    match error {
        object_store::Error::InvalidPath { .. } => StoreError { kind: StoreErrorKind::Damaged, ..classified },
        _ => classified,
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
        let mut options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        options.extensions.insert(Streamed);
        let got = self.store.get_opts(&self.path(key)?, options).await.map_err(|error| classify("get", key, &error))?;
        let key = key.to_owned();
        Ok(got.into_stream().map_err(move |error| classify("get", &key, &error)).boxed())
    }

    async fn list(&self, prefix: &str, after: Option<&str>, count_max: usize) -> Result<Vec<Listed>, StoreError> {
        let path = self.path(prefix.trim_end_matches('/'))?;
        let mut listing = match after {
            Some(after) => self.store.list_with_offset(Some(&path), &self.path(after.trim_end_matches('/'))?),
            None => self.store.list(Some(&path)),
        };
        let mut listed = Vec::new();
        while listed.len() < count_max {
            let next = listing.try_next().await.map_err(|error| classify_listing(prefix, &error))?;
            let Some(meta) = next else { break };
            if let Some(key) = self.key(prefix, &meta.location)? {
                listed.push(Listed { key, len: meta.size, modified_ms: meta.last_modified.timestamp_millis() });
            }
        }
        Ok(listed)
    }

    async fn list_dirs(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let whole = format!("{}{prefix}", self.prefix);
        let asked = (!whole.is_empty()).then_some(whole.as_str());
        let (mut names, mut len, mut page_token) = (BTreeSet::new(), 0, None);
        loop {
            let options =
                PaginatedListOptions { delimiter: Some("/".into()), page_token, ..PaginatedListOptions::default() };
            let page = self.store.list_paginated(asked, options).await;
            let page = page.map_err(|error| classify_listing(prefix, &error))?;
            for dir in page.result.common_prefixes {
                let name = dir.as_ref().strip_prefix(&whole).filter(|name| !name.contains('/'));
                let name = name.ok_or_else(|| foreign(prefix, dir.as_ref()))?;
                len += name.len();
                names.insert(name.to_owned());
            }
            if len > NAMES_LEN_MAX {
                return Err(StoreError::new(StoreErrorKind::Damaged, "list", prefix, "more names than fit in memory"));
            }
            page_token = page.page_token;
            if page_token.is_none() {
                return Ok(names.into_iter().collect());
            }
        }
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
