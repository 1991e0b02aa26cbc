//! What a store must be able to do.

use crate::store::StoreError;
use async_trait::async_trait;
use bytes::Bytes;
use esker_model::TimestampMs;
use futures::stream::BoxStream;
use std::fmt::Debug;
use std::ops::Range;

/// The bytes of an object in pieces, so that nothing is copied together.
pub(crate) type Body = Vec<Bytes>;

/// An object's bytes as they arrive.
pub(crate) type ByteStream = BoxStream<'static, Result<Bytes, StoreError>>;

pub(crate) fn body_len(body: &Body) -> u64 {
    body.iter().map(|piece| piece.len() as u64).sum()
}

/// Whether a key may exist before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PutMode {
    /// It must not: of several concurrent creates exactly one succeeds, the others are `AlreadyExists`.
    Create,
    /// It may: the object is replaced. Only for keys that are never used twice with different bytes.
    Replace,
}

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) key: String,
    pub(crate) len: u64,
    /// Last modification by the store's own clock.
    pub(crate) modified_ms: TimestampMs,
}

/// Which part of a multipart upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Its number, from 0.
    pub(crate) number: usize,
    /// Where it begins in the object.
    pub(crate) position: u64,
}

/// An object store. Keys are relative to the prefix that the tier was given.
///
/// Durability: an `Ok` of a put or a completed multipart upload survives whatever the store survives. Ordering: a read that begins
/// after an `Ok` sees it. Idempotence: `put` with `Replace`, `put_part`, `delete` and `abort` may be repeated.
#[async_trait]
pub(crate) trait Backend: Send + Sync + Debug + 'static {
    /// Writes one object in one request.
    async fn put(&self, key: &str, body: &Body, mode: PutMode) -> Result<(), StoreError>;

    /// Reads an object, or a range of it that must lie within.
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<ByteStream, StoreError>;

    /// Up to `count_max` objects under `prefix`, which ends with a slash, whose keys sort behind `after`, in their order.
    async fn list(&self, prefix: &str, after: Option<&str>, count_max: usize) -> Result<Vec<Listed>, StoreError>;

    /// The names that follow directly on `prefix`, which ends with a slash or is empty, and have keys beneath them.
    async fn list_dirs(&self, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// Deletes objects. Absent ones are no error.
    async fn delete(&self, keys: &[String]) -> Result<(), StoreError>;

    /// Begins a multipart upload; its identity comes back.
    async fn begin_multipart(&self, key: &str) -> Result<String, StoreError>;

    /// Writes a part; what `complete_multipart` needs of it comes back. All parts but the last have one length.
    async fn put_part(&self, key: &str, upload: &str, part: Part, body: &Body) -> Result<String, StoreError>;

    /// Makes the object appear.
    async fn complete_multipart(&self, key: &str, upload: &str, parts: Vec<String>) -> Result<(), StoreError>;

    /// Forgets the parts.
    async fn abort_multipart(&self, key: &str, upload: &str) -> Result<(), StoreError>;
}
