//! What the crash matrix runs in: a store that checks what is done to it, and a log that fails at a named step.

use crate::keys::{Keys, PartitionHome, sequence_of};
use crate::local_log::{
    LocalBounds, LocalLog, LocalLogError, SegmentBytes, TieredEndState, TieredUpTo, UploadPolicy, UploadSource,
};
use crate::manifest::{Entry, Page, PageRef, Root, decode_page, decode_root};
use crate::store::{Backend, Body, ByteStream, Listed, Part, PutMode, StoreError};
use crate::testing::MemoryLog;
use crate::tier_test_world::id;
use async_trait::async_trait;
use bytes::Bytes;
use esker_model::{EpochHistory, LeaderEpoch, Offset, TimestampMs};
use futures::TryStreamExt;
use parking_lot::Mutex;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

pub(crate) fn home() -> PartitionHome {
    PartitionHome { topic_id: id().topic_id, partition: id().partition() }
}

pub(crate) fn keys() -> Keys {
    Keys::new(&"test-cluster".parse().unwrap())
}

/// A store in which every version and every deletion is judged at the moment when it takes effect.
#[derive(Debug)]
pub(crate) struct Checked {
    inner: Arc<dyn Backend>,
    newest: Mutex<Arc<Root>>,
    /// Versions are written one at a time: one of the dead may still be on its way while its heir writes the next.
    versions: tokio::sync::Mutex<()>,
    wrong: Mutex<Vec<String>>,
}

impl Checked {
    pub(crate) fn new(inner: Arc<dyn Backend>, root: Root) -> Arc<Self> {
        Arc::new(Self {
            inner,
            newest: Mutex::new(Arc::new(root)),
            versions: Default::default(),
            wrong: Mutex::default(),
        })
    }

    pub(crate) fn newest(&self) -> Arc<Root> {
        Arc::clone(&self.newest.lock())
    }

    /// What was wrong so far.
    pub(crate) fn wrong(&self) -> Vec<String> {
        self.wrong.lock().clone()
    }

    pub(crate) fn blame(&self, what: String) {
        self.wrong.lock().push(what);
    }

    async fn body(&self, key: &str) -> Option<Bytes> {
        let body: Vec<Bytes> = self.inner.get(key, None).await.ok()?.try_collect().await.ok()?;
        Some(body.concat().into())
    }

    /// Whether all that a version names for the first time is there.
    async fn check_version(&self, root: &Root) {
        let before = self.newest();
        for entry in root.entries.iter().rev().take_while(|entry| !before.entries.contains(entry)) {
            let len = self.body(&keys().segment(home(), &entry.id())).await.map(|body| body.len() as u64);
            if len != Some(entry.object_len()) {
                self.blame(format!("version {} names {entry:?}, whose object has {len:?} bytes", root.sequence));
            }
        }
        let new = root.pages.iter().filter(|page| !before.pages.contains(page)).copied().collect();
        for entry in self.beneath(new).await.0 {
            let key = keys().segment(home(), &entry.id());
            if entry.next > root.dropped_to && self.body(&key).await.is_none() {
                self.blame(format!("a page of version {} names {entry:?}, which is not there", root.sequence));
            }
        }
        if root.sequence != before.sequence + 1 || root.tiered_end < before.tiered_end || root.token < before.token {
            self.blame(format!("version {} does not continue version {}", root.sequence, before.sequence));
        }
    }

    /// The entries beneath pages, and the keys of all those pages. One that is not there is held against the version that refers to it.
    async fn beneath(&self, mut pages: Vec<PageRef>) -> (Vec<Entry>, Vec<String>) {
        let (mut entries, mut seen) = (Vec::new(), Vec::new());
        while let Some(page) = pages.pop() {
            let key = keys().page(home(), page.uuid);
            match self.body(&key).await.map(|body| decode_page(&body, home(), &page)) {
                Some(Ok(Page::Entries(sealed))) => entries.extend(sealed),
                Some(Ok(Page::Refs(refs))) => pages.extend(refs),
                body => self.blame(format!("a version refers to {page:?}, which is {body:?}")),
            }
            seen.push(key);
        }
        (entries, seen)
    }

    /// The keys of all objects and pages that a version needs, in their order.
    async fn needed(&self, root: &Root) -> Vec<String> {
        let (sealed, mut needed) = self.beneath(root.pages.clone()).await;
        let entries = sealed.iter().chain(&root.entries).filter(|entry| entry.next > root.dropped_to);
        needed.extend(entries.map(|entry| keys().segment(home(), &entry.id())));
        needed.sort_unstable();
        needed
    }

    /// Whether nothing that the newest version names is deleted.
    async fn check_deletion(&self, gone: &[String]) {
        let root = self.newest();
        let needed = self.needed(&root).await;
        for key in gone {
            if needed.binary_search(key).is_ok() || sequence_of(key) == Some(root.sequence) {
                self.blame(format!("{key} was deleted, and version {} names it", root.sequence));
            }
        }
    }

    /// Every segment object and page, against those that the newest version names: missing ones, and ones too many.
    pub(crate) async fn leftovers(&self) -> Vec<String> {
        let root = self.newest();
        let wanted = self.needed(&root).await;
        let listed = self.inner.list("", None, 100_000).await.unwrap_or_default();
        let found = listed.into_iter().map(|listed| listed.key);
        let found: Vec<_> = found.filter(|key| key.contains("/segments/") || key.contains("/pages/")).collect();
        let missing = wanted.iter().filter(|key| found.binary_search(key).is_err()).map(|key| format!("missing {key}"));
        let orphans = found.iter().filter(|key| wanted.binary_search(key).is_err()).map(|key| format!("orphan {key}"));
        missing.chain(orphans).collect()
    }

    pub(crate) fn has_garbage(&self) -> bool {
        !self.newest().garbage.is_empty()
    }
}

#[async_trait]
impl Backend for Checked {
    async fn put(&self, key: &str, body: &Body, mode: PutMode) -> Result<(), StoreError> {
        if !key.contains("/manifest/") {
            return self.inner.put(key, body, mode).await;
        }
        let root =
            decode_root(&body.concat(), home(), sequence_of(key).unwrap_or(0)).expect("a leader writes versions");
        let _one = self.versions.lock().await;
        let answer = self.inner.put(key, body, mode).await;
        if answer.is_ok() {
            self.check_version(&root).await;
            *self.newest.lock() = Arc::new(root);
        }
        answer
    }

    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<ByteStream, StoreError> {
        self.inner.get(key, range).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>, count_max: usize) -> Result<Vec<Listed>, StoreError> {
        self.inner.list(prefix, after, count_max).await
    }

    async fn list_dirs(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.inner.list_dirs(prefix).await
    }

    async fn delete(&self, keys: &[String]) -> Result<(), StoreError> {
        self.check_deletion(keys).await;
        self.inner.delete(keys).await
    }

    async fn begin_multipart(&self, key: &str) -> Result<String, StoreError> {
        self.inner.begin_multipart(key).await
    }

    async fn put_part(&self, key: &str, upload: &str, part: Part, body: &Body) -> Result<String, StoreError> {
        self.inner.put_part(key, upload, part, body).await
    }

    async fn complete_multipart(&self, key: &str, upload: &str, parts: Vec<String>) -> Result<(), StoreError> {
        self.inner.complete_multipart(key, upload, parts).await
    }

    async fn abort_multipart(&self, key: &str, upload: &str) -> Result<(), StoreError> {
        self.inner.abort_multipart(key, upload).await
    }
}

/// Whether the fault of a run has come, and whether the broker died of it.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    fired: AtomicBool,
    dead: AtomicBool,
    pub(crate) died: Notify,
}

impl Fate {
    pub(crate) fn fire(&self, dies: bool) {
        self.fired.store(true, Ordering::SeqCst);
        if dies {
            self.dead.store(true, Ordering::SeqCst);
            self.died.notify_one();
        }
    }

    pub(crate) fn has_fired(&self) -> bool {
        self.fired.load(Ordering::SeqCst)
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }
}

/// A step of the local log at which a run fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LocalStep {
    /// Handing out a segment.
    Next,
    /// Syncing it before its upload.
    Sync,
    /// Reading it.
    Read,
    /// Being told what is tiered, which deletes what is local.
    Confirmed,
}

#[derive(Debug)]
struct Point {
    step: LocalStep,
    left: usize,
    /// The step has its effect before it fails.
    after: bool,
    dies: bool,
}

/// A log that fails once, at a named step.
#[derive(Clone, Debug)]
pub(crate) struct FailingLog {
    pub(crate) inner: Arc<MemoryLog>,
    store: Arc<Checked>,
    fate: Arc<Fate>,
    point: Arc<Mutex<Option<Point>>>,
}

impl FailingLog {
    pub(crate) fn new(inner: Arc<MemoryLog>, store: Arc<Checked>, fate: Arc<Fate>) -> Self {
        Self { inner, store, fate, point: Arc::default() }
    }

    /// Lets the `nth` of the calls (0 is the next) fail, before or `after` its effect.
    pub(crate) fn fail(&self, step: LocalStep, nth: usize, after: bool, dies: bool) {
        *self.point.lock() = Some(Point { step, left: nth, after, dies });
    }

    /// Whether the call fails, and then whether it has its effect all the same.
    fn meet(&self, step: LocalStep) -> Option<bool> {
        let mut point = self.point.lock();
        let met = point.as_mut().filter(|point| point.step == step)?;
        if met.left > 0 {
            met.left -= 1;
            return None;
        }
        let (after, dies) = (met.after, met.dies);
        *point = None;
        self.fate.fire(dies);
        Some(after)
    }
}

const TOLD: &str = "as told";

impl LocalLog for FailingLog {
    fn bounds(&self) -> LocalBounds {
        self.inner.bounds()
    }

    fn epoch_history(&self) -> EpochHistory {
        self.inner.epoch_history()
    }

    fn bytes_from(&self, offset: Offset) -> u64 {
        self.inner.bytes_from(offset)
    }

    fn closed_since_ms(&self, offset: Offset) -> Option<TimestampMs> {
        self.inner.closed_since_ms(offset)
    }

    fn next_upload(&self, from: Offset, policy: UploadPolicy) -> Result<Option<UploadSource>, LocalLogError> {
        if self.meet(LocalStep::Next).is_some() {
            return Err(LocalLogError(TOLD.into()));
        }
        let next = self.inner.next_upload(from, policy)?;
        Ok(next.map(|source| {
            let bytes = Arc::new(FailingBytes { inner: Arc::clone(&source.bytes), log: self.clone() });
            UploadSource { bytes, ..source }
        }))
    }

    fn copy_of(&self, base: Offset, end: Offset) -> Result<Option<UploadSource>, LocalLogError> {
        self.inner.copy_of(base, end)
    }

    fn adopted(&self, tiered_end: Offset) {
        self.inner.adopted(tiered_end);
    }

    fn confirmed(&self, version: TieredUpTo) -> Result<(), LocalLogError> {
        if version.tiered_end > self.store.newest().tiered_end {
            self.store.blame(format!("the log was told of {version:?}, which is not in the chain"));
        }
        match self.meet(LocalStep::Confirmed) {
            Some(false) => {}
            Some(true) => self.inner.confirmed(version)?,
            // The dead do nothing more.
            None if self.fate.is_dead() => {}
            None => return self.inner.confirmed(version),
        }
        Err(LocalLogError(TOLD.into()))
    }

    fn reset_to(&self, leader_epoch: LeaderEpoch, state: TieredEndState) -> Result<(), LocalLogError> {
        self.store.blame(format!("the log of the same lineage was cut to {}", state.tiered_end));
        self.inner.reset_to(leader_epoch, state)
    }

    fn damaged(&self, reason: &str) {
        self.store.blame(format!("damage was reported: {reason}"));
    }
}

#[derive(Debug)]
struct FailingBytes {
    inner: Arc<dyn SegmentBytes>,
    log: FailingLog,
}

impl SegmentBytes for FailingBytes {
    fn read_exact_at(&self, into: &mut [u8], position: u64) -> io::Result<()> {
        match self.log.meet(LocalStep::Read) {
            Some(_) => Err(io::Error::other(TOLD)),
            None => self.inner.read_exact_at(into, position),
        }
    }

    fn sync(&self) -> io::Result<()> {
        match self.log.meet(LocalStep::Sync) {
            Some(_) => Err(io::Error::other(TOLD)),
            None => self.inner.sync(),
        }
    }
}
