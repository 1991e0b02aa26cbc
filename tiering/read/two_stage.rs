//! The cache as readers see it: chunks land in memory, and those that are worth it go on into memory and disk for good.

use crate::read::admission::Admission;
use crate::read::landing::Landing;
use crate::read::{ChunkCache, ChunkId};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub(crate) struct TwoStage {
    landing: Landing,
    admission: Admission,
    kept: Arc<dyn ChunkCache>,
}

impl TwoStage {
    pub(crate) fn new(landing_bytes: u64, admission: Admission, kept: Arc<dyn ChunkCache>) -> Self {
        Self { landing: Landing::new(landing_bytes), admission, kept }
    }

    fn keep(&self, chunks: Vec<(ChunkId, Bytes)>) {
        if chunks.is_empty() || !self.kept.has_room() {
            return;
        }
        for (id, bytes) in chunks {
            if !self.kept.contains(id) && self.admission.admits(id, bytes.len() as u64) {
                self.kept.insert(id, bytes, true);
            }
        }
    }
}

#[async_trait]
impl ChunkCache for TwoStage {
    fn contains(&self, id: ChunkId) -> bool {
        self.landing.contains(id) || self.kept.contains(id)
    }

    fn in_memory(&self, id: ChunkId, is_read: bool) -> Option<Bytes> {
        self.landing.get(id, is_read).or_else(|| self.kept.in_memory(id, is_read))
    }

    async fn get(&self, id: ChunkId, is_read: bool) -> Option<Bytes> {
        match self.landing.get(id, is_read) {
            Some(bytes) => Some(bytes),
            None => self.kept.get(id, is_read).await,
        }
    }

    fn insert(&self, id: ChunkId, bytes: Bytes, is_read: bool) {
        let gone = self.landing.insert(id, bytes, is_read);
        self.keep(gone);
    }

    fn has_room(&self) -> bool {
        self.kept.has_room()
    }

    fn remove(&self, id: ChunkId) {
        self.landing.remove(id);
        self.kept.remove(id);
    }

    fn room_ahead(&self) -> u64 {
        self.landing.room()
    }

    fn room_for_following(&self) -> u64 {
        self.landing.room_for_following()
    }

    fn usage(&self) -> (u64, u64, u64) {
        let (memory, written, errors) = self.kept.usage();
        (memory + self.landing.bytes(), written, errors)
    }

    fn used(&self) -> u64 {
        self.admission.used()
    }

    async fn close(&self) {
        self.keep(self.landing.drain());
        self.kept.close().await;
    }
}
