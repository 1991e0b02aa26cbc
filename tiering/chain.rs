//! The chain in the store: what the writer's actions and the readers' questions become.

use crate::keys::{Keys, PartitionHome, sequence_of};
use crate::local_log::TieredEndState;
use crate::manifest::{
    CreateOutcome, Entry, Found, PAGE_LEN_MAX, Page, PageRef, Place, ROOT_LEN_MAX, ReadBack, Root, RootError,
    decode_page, decode_root, place_in,
};
use crate::meta_cache::MetaCache;
use crate::object::{FOOTER_LEN, Footer, TrailerHead, TrailerTail};
use crate::store::{Created, Reason, Store, StoreError, StoreErrorKind};
use bytes::Bytes;
use esker_model::{Offset, TimestampMs};
use std::sync::Arc;

/// Pages of pages nest no deeper: 1,024 x 128^7 segments.
const LEVELS_MAX: usize = 8;

/// Why the chain could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChainError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is there is not what was written.
    #[error("{key:?}: {reason}")]
    Unreadable { key: String, reason: String },
}

impl ChainError {
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Store(error) if error.kind == StoreErrorKind::NotFound)
    }

    pub(crate) fn unreadable(key: &str, reason: impl ToString) -> Self {
        Self::Unreadable { key: key.to_owned(), reason: reason.to_string() }
    }
}

/// What reading the newest version means. Only an answer that says what is there is one: an error of the store is not.
pub(crate) fn found_of(read: Result<Arc<Root>, ChainError>) -> Result<Found, StoreError> {
    match read {
        Ok(root) => Ok(Found::Version(root)),
        Err(ChainError::Store(error)) if error.kind != StoreErrorKind::Damaged => Err(error),
        Err(error) => Ok(Found::Unreadable(error.to_string())),
    }
}

/// What reading a key back means after `expected` was sent to it.
pub(crate) fn read_back_of(
    read: Result<Bytes, StoreError>,
    expected: &Bytes,
    decode: impl FnOnce(&Bytes) -> Result<Arc<Root>, ChainError>,
) -> ReadBack {
    match read {
        Ok(bytes) if bytes == *expected => ReadBack::Same,
        Ok(bytes) => match decode(&bytes) {
            Ok(root) => ReadBack::Other(root),
            Err(error) => ReadBack::Unreadable(error.to_string()),
        },
        Err(error) if error.kind == StoreErrorKind::NotFound => ReadBack::Absent,
        Err(error) if error.kind == StoreErrorKind::Damaged => ReadBack::Unreadable(error.to_string()),
        Err(_) => ReadBack::Failed,
    }
}

/// One partition's chain. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) home: PartitionHome,
    pub(crate) meta: Arc<MetaCache>,
}

impl Chain {
    /// The newest version above `after`, by one listing and one read.
    pub(crate) async fn find(&self, after: u64) -> Result<Found, StoreError> {
        let prefix = self.keys.manifests(self.home);
        // Between the listing and the read it may have been pruned, if many more were written: then look again.
        for _ in 0..3 {
            let after = (after > 0).then(|| self.keys.manifest(self.home, after));
            let last = self.store.list_last(Reason::Manifest, &prefix, after.as_deref()).await?;
            let Some(last) = last else { return Ok(Found::Nothing) };
            let Some(sequence) = sequence_of(&last.key) else {
                return Ok(Found::Unreadable(format!("{:?} is not the key of a version", last.key)));
            };
            match self.root(sequence).await {
                Err(error) if error.is_not_found() => {}
                read => return found_of(read),
            }
        }
        Err(StoreError::new(StoreErrorKind::Unknown, "find", &prefix, "versions vanish faster than they are read"))
    }

    /// A version by number.
    pub(crate) async fn root(&self, sequence: u64) -> Result<Arc<Root>, ChainError> {
        if let Some(root) = self.meta.root(self.home, sequence) {
            return Ok(root);
        }
        let key = self.keys.manifest(self.home, sequence);
        let bytes = self.store.get_small(Reason::Manifest, &key, ROOT_LEN_MAX).await?;
        let root = self.decode(&key, &bytes, sequence)?;
        self.meta.insert_root(Arc::clone(&root));
        Ok(root)
    }

    fn decode(&self, key: &str, bytes: &[u8], sequence: u64) -> Result<Arc<Root>, ChainError> {
        let decoded = decode_root(bytes, self.home, sequence);
        decoded.map(Arc::new).map_err(|error: RootError| ChainError::unreadable(key, error))
    }

    pub(crate) async fn create(&self, sequence: u64, bytes: Bytes) -> CreateOutcome {
        let key = self.keys.manifest(self.home, sequence);
        match self.store.create(Reason::Manifest, &key, bytes).await {
            Created::Written => CreateOutcome::Written,
            Created::Exists => CreateOutcome::Exists,
            Created::Unknown(error) => {
                tracing::debug!(%error, "a manifest version may have been written");
                CreateOutcome::Unknown
            }
            Created::NotWritten(error) => {
                tracing::debug!(%error, "a manifest version was not written");
                CreateOutcome::NotWritten
            }
        }
    }

    /// Reads a version's key and compares it with what was sent.
    pub(crate) async fn read_back(&self, sequence: u64, expected: &Bytes) -> ReadBack {
        let key = self.keys.manifest(self.home, sequence);
        let read = self.store.get_small(Reason::Manifest, &key, ROOT_LEN_MAX).await;
        read_back_of(read, expected, |bytes| self.decode(&key, bytes, sequence))
    }

    /// A sealed page.
    pub(crate) async fn page(&self, page: &PageRef) -> Result<Arc<Page>, ChainError> {
        if let Some(page) = self.meta.page(page.uuid) {
            return Ok(page);
        }
        let key = self.keys.page(self.home, page.uuid);
        let bytes = self.store.get_small(Reason::Manifest, &key, PAGE_LEN_MAX).await?;
        let content = decode_page(&bytes, self.home, page).map_err(|error| ChainError::unreadable(&key, error))?;
        let content = Arc::new(content);
        self.meta.insert_page(page.uuid, Arc::clone(&content));
        Ok(content)
    }

    /// The entry that holds `offset`.
    pub(crate) async fn entry_at(&self, root: &Root, offset: Offset) -> Result<Option<Entry>, ChainError> {
        self.descend(root, offset, |_| {}).await
    }

    /// The entry that holds `offset`, and the pages on the way down to it.
    pub(crate) async fn path_to(
        &self,
        root: &Root,
        offset: Offset,
    ) -> Result<Option<(Entry, Vec<PageRef>)>, ChainError> {
        let mut path = Vec::new();
        let entry = self.descend(root, offset, |page| path.push(*page)).await?;
        Ok(entry.map(|entry| (entry, path)))
    }

    async fn descend(
        &self,
        root: &Root,
        offset: Offset,
        mut passing: impl FnMut(&PageRef),
    ) -> Result<Option<Entry>, ChainError> {
        let mut place = root.place_of(offset);
        for _ in 0..LEVELS_MAX {
            let page = match place {
                Place::Entry(entry) => return Ok(Some(entry)),
                Place::Outside => return Ok(None),
                Place::Page(page) => {
                    passing(&page);
                    self.page(&page).await?
                }
            };
            place = match &*page {
                Page::Entries(entries) => place_in(&[], entries, offset),
                Page::Refs(refs) => place_in(refs, &[], offset),
            };
        }
        Err(ChainError::unreadable(&self.keys.pages(self.home), "pages nest too deep"))
    }

    /// The first entry with an offset at or behind `from` and a timestamp of at least `timestamp`.
    pub(crate) async fn entry_by_timestamp(
        &self,
        root: &Root,
        timestamp: TimestampMs,
        from: Offset,
    ) -> Result<Option<Entry>, ChainError> {
        let mut place = root.place_of_timestamp(timestamp, from);
        // The way down, and once more from the root where the first page's match lies before `from`.
        for _ in 0..3 * LEVELS_MAX {
            let reference = match place {
                Place::Entry(entry) => return Ok(Some(entry)),
                Place::Outside => return Ok(None),
                Place::Page(page) => page,
            };
            let late = |max_timestamp: TimestampMs, next: Offset| next > from && max_timestamp >= timestamp;
            let found = match &*self.page(&reference).await? {
                Page::Entries(entries) => {
                    entries.iter().find(|entry| late(entry.max_timestamp, entry.next)).map(|entry| Place::Entry(*entry))
                }
                Page::Refs(refs) => {
                    refs.iter().find(|page| late(page.max_timestamp, page.next)).map(|page| Place::Page(*page))
                }
            };
            // The page's largest timestamp may belong to an entry before `from`: then the search goes on behind the page.
            place = found.unwrap_or_else(|| root.place_of_timestamp(timestamp, reference.next));
        }
        Err(ChainError::unreadable(&self.keys.pages(self.home), "pages nest too deep"))
    }

    /// Entries beneath `page` that begin at or behind `from` and end at or below `to`, up to `count_max`.
    pub(crate) async fn entries_beneath(
        &self,
        page: &PageRef,
        from: Offset,
        to: Offset,
        count_max: usize,
    ) -> Result<Vec<Entry>, ChainError> {
        let mut found = Vec::new();
        let mut stack = vec![*page];
        while let Some(page) = stack.pop().filter(|_| found.len() < count_max) {
            match &*self.page(&page).await? {
                Page::Entries(entries) => {
                    let inside = entries.iter().filter(|entry| entry.base >= from && entry.next <= to);
                    found.extend(inside.take(count_max - found.len()).copied());
                }
                Page::Refs(refs) => {
                    stack.extend(refs.iter().rev().filter(|page| page.next > from && page.base < to));
                }
            }
        }
        Ok(found)
    }

    pub(crate) fn segment_key(&self, entry: &Entry) -> String {
        self.keys.segment(entry.home.unwrap_or(self.home), &entry.id())
    }

    /// The head of an object's trailer.
    pub(crate) async fn head(&self, reason: Reason, entry: &Entry) -> Result<Arc<TrailerHead>, ChainError> {
        if let Some(head) = self.meta.head(entry.uuid) {
            return Ok(head);
        }
        let key = self.segment_key(entry);
        let range = entry.log_len..entry.log_len + u64::from(entry.head_len);
        let bytes = self.store.get_range(reason, &key, range).await?;
        self.keep_head(entry, &bytes)
    }

    /// Decodes a head that came with other bytes, and keeps it.
    pub(crate) fn keep_head(&self, entry: &Entry, bytes: &[u8]) -> Result<Arc<TrailerHead>, ChainError> {
        let head = TrailerHead::decode(bytes, entry.log_len, entry.uuid);
        let head = head.map_err(|error| ChainError::unreadable(&self.segment_key(entry), error))?;
        let head = Arc::new(head);
        self.meta.insert_head(entry.uuid, Arc::clone(&head));
        Ok(head)
    }

    /// What a replica needs that begins at the version's tiered end.
    pub(crate) async fn end_state(&self, root: &Root) -> Result<TieredEndState, ChainError> {
        let mut state = TieredEndState {
            tiered_end: root.tiered_end,
            log_start: root.log_start,
            epochs: root.epochs.clone(),
            ..TieredEndState::default()
        };
        let Some(entry) = self.entry_at(root, root.tiered_end - 1).await? else { return Ok(state) };
        let key = self.segment_key(&entry);
        let tail_at = entry.log_len + u64::from(entry.head_len);
        let bytes = self.store.get_range(Reason::Trailer, &key, tail_at..entry.object_len()).await?;
        let Some(footer_at) = bytes.len().checked_sub(FOOTER_LEN) else {
            return Err(ChainError::unreadable(&key, "the object is shorter than its footer"));
        };
        let unreadable = |error| ChainError::unreadable(&key, error);
        let footer = Footer::decode(&bytes[footer_at..]).map_err(unreadable)?;
        if footer.uuid != entry.uuid || footer.next != entry.next {
            return Err(ChainError::unreadable(&key, "another object's footer"));
        }
        let tail = TrailerTail::decode(&bytes.slice(..footer_at), &footer).map_err(unreadable)?;
        state.epochs = tail.epochs;
        state.producer_snapshot = tail.producer_snapshot;
        state.open = tail.open;
        Ok(state)
    }
}
