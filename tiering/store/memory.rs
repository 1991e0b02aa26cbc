//! `memory:`, a store for tests and trials: everything is gone when the process ends.

use crate::store::{Backend, Body, ByteStream, Listed, Part, PutMode, StoreError, StoreErrorKind};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use esker_env::Env;
use esker_model::TimestampMs;
use futures::stream::{self, StreamExt};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, (Bytes, TimestampMs)>,
    uploads: BTreeMap<String, BTreeMap<usize, Bytes>>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct MemoryBackend {
    env: Env,
    state: Mutex<State>,
}

fn join(body: &Body) -> Bytes {
    match &body[..] {
        [one] => one.clone(),
        pieces => pieces
            .iter()
            .fold(BytesMut::new(), |mut whole, piece| {
                whole.extend_from_slice(piece);
                whole
            })
            .freeze(),
    }
}

impl MemoryBackend {
    pub(crate) fn new(env: Env) -> Self {
        Self { env, state: Mutex::default() }
    }

    fn unknown_upload(key: &str) -> StoreError {
        StoreError::new(StoreErrorKind::NotFound, "multipart upload", key, "no such upload")
    }
}

#[async_trait]
impl Backend for MemoryBackend {
    async fn put(&self, key: &str, body: &Body, mode: PutMode) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        if mode == PutMode::Create && state.objects.contains_key(key) {
            return Err(StoreError::new(StoreErrorKind::AlreadyExists, "create", key, "the key exists"));
        }
        state.objects.insert(key.to_owned(), (join(body), self.env.clock.wall_ms()));
        Ok(())
    }

    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<ByteStream, StoreError> {
        let found = self.state.lock().objects.get(key).map(|(bytes, _)| bytes.clone());
        let bytes = found.ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, "get", key, "no such key"))?;
        let bytes = match range {
            None => bytes,
            Some(range) if range.end <= bytes.len() as u64 => bytes.slice(range.start as usize..range.end as usize),
            Some(range) => {
                let detail = format!("range {range:?} of {} bytes", bytes.len());
                return Err(StoreError::new(StoreErrorKind::Damaged, "get", key, detail));
            }
        };
        Ok(stream::iter([Ok(bytes)]).boxed())
    }

    async fn list(&self, prefix: &str, after: Option<&str>, count_max: usize) -> Result<Vec<Listed>, StoreError> {
        let state = self.state.lock();
        let from = after.unwrap_or("").max(prefix).to_owned();
        let keys = state.objects.range(from..).take_while(|(key, _)| key.starts_with(prefix));
        let keys = keys.filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
        let listed = keys.map(|(key, (bytes, modified_ms))| Listed {
            key: key.clone(),
            len: bytes.len() as u64,
            modified_ms: *modified_ms,
        });
        Ok(listed.take(count_max).collect())
    }

    async fn list_dirs(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let state = self.state.lock();
        let keys = state.objects.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        let names: BTreeSet<_> = keys.filter_map(|(key, _)| Some(key[prefix.len()..].split_once('/')?.0)).collect();
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        keys.iter().for_each(|key| drop(state.objects.remove(key)));
        Ok(())
    }

    async fn begin_multipart(&self, _key: &str) -> Result<String, StoreError> {
        let id = self.env.random.uuid().to_string();
        self.state.lock().uploads.insert(id.clone(), BTreeMap::new());
        Ok(id)
    }

    async fn put_part(&self, key: &str, upload: &str, part: Part, body: &Body) -> Result<String, StoreError> {
        let mut state = self.state.lock();
        let parts = state.uploads.get_mut(upload).ok_or_else(|| Self::unknown_upload(key))?;
        parts.insert(part.number, join(body));
        Ok(part.number.to_string())
    }

    async fn complete_multipart(&self, key: &str, upload: &str, _parts: Vec<String>) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        let parts = state.uploads.remove(upload).ok_or_else(|| Self::unknown_upload(key))?;
        let whole = join(&parts.into_values().collect());
        state.objects.insert(key.to_owned(), (whole, self.env.clock.wall_ms()));
        Ok(())
    }

    async fn abort_multipart(&self, _key: &str, upload: &str) -> Result<(), StoreError> {
        self.state.lock().uploads.remove(upload);
        Ok(())
    }
}
