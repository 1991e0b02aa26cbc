//! The bucket, and what it holds against every version and every deletion at the moment when it takes effect:
//! versions are one line without gap or overlap and below 100 KiB; they name only what exists and never again other bytes for an offset; a
//! fenced writer commits nothing; log start rises only as far as somebody asked or retention allows; nothing goes that a reader of
//! the last hour may need, and nothing that its own list or a fence does not allow to go.

use crate::chain::{ChainError, read_back_of};
use crate::keys::ObjectId;
use crate::manifest::test_roots::HOME;
use crate::manifest::{
    CreateOutcome, Entry, Garbage, Page, PageRef, Place, ROOT_LEN_MAX, ReadBack, Root, decode_root, place_in,
};
use crate::simulation::deletion::Others;
use crate::simulation::log::Batch;
use crate::store::{StoreError, StoreErrorKind};
use bytes::Bytes;
use esker_model::{EpochHistory, Offset, TimestampMs};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

pub(super) const HOUR_MS: i64 = 3_600_000;
/// How long readers may go on with a version that is no longer the newest.
const READERS_MS: i64 = HOUR_MS - 1;

fn decode(bytes: &[u8], sequence: u64) -> Result<Arc<Root>, ChainError> {
    decode_root(bytes, HOME, sequence).map(Arc::new).map_err(|error| ChainError::unreadable("", error))
}

#[derive(Debug)]
pub(super) struct Stored {
    pub(super) root: Arc<Root>,
    pub(super) bytes: Bytes,
    pub(super) written_ms: TimestampMs,
    /// Why nobody can read it any more. `root` is what it said.
    pub(super) spoilt: Option<Spoilt>,
}

/// What has become of a version.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spoilt {
    /// A byte has another value; its number, modulo the length.
    Flipped(usize),
    /// It ends early.
    Cut(usize),
    /// The store says that what it has is not what was stored.
    Refused,
}

impl Stored {
    /// What a reader gets.
    fn read(&self) -> Result<Bytes, StoreError> {
        let len = self.bytes.len();
        match self.spoilt {
            None => Ok(self.bytes.clone()),
            Some(Spoilt::Flipped(at)) => {
                let mut bytes = self.bytes.to_vec();
                bytes[at % len] ^= 4;
                Ok(bytes.into())
            }
            Some(Spoilt::Cut(to)) => Ok(self.bytes.slice(..to % len)),
            Some(Spoilt::Refused) => Err(StoreError::new(StoreErrorKind::Damaged, "get", "", "too short")),
        }
    }
}

#[derive(Debug)]
pub(super) struct Object {
    pub(super) entry: Entry,
    /// The history in its trailer.
    pub(super) epochs: EpochHistory,
    pub(super) batches: Vec<Batch>,
}

/// Which rule allows a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It was on the garbage list of a version.
    Listed,
    /// Its writer is fenced.
    Swept,
}

#[derive(Debug, Default)]
pub(super) struct Bucket {
    /// What lies beside the partition.
    pub(super) others: Others,
    /// When the topic's mark was written, while it is there.
    pub(super) marked_ms: Option<TimestampMs>,
    /// The topic was deleted, and the deletion is over.
    pub(super) is_emptied: bool,
    pub(super) versions: BTreeMap<u64, Stored>,
    pub(super) objects: BTreeMap<ObjectId, Object>,
    pub(super) pages: HashMap<Uuid, (Page, TimestampMs)>,
    /// Id of every record that a version of the chain ever held; 0 for none.
    truth: Vec<i64>,
    /// Highest log start that somebody asked for, or that retention allowed when it was asked.
    pub(super) log_start_allowed: Offset,
    /// All that was ever on a garbage list.
    listed: BTreeSet<Garbage>,
    /// Sequences that were the newest, with the time when they ceased to be.
    superseded: BTreeMap<u64, (Arc<Root>, TimestampMs)>,
    pub(super) now_ms: TimestampMs,
    /// Objects whose upload was asked for long before it happened: the sweep may have passed.
    pub(super) late: BTreeSet<Uuid>,
    pub(super) committed: u64,
    pub(super) sealed: u64,
    /// Versions that a sleeper created where others had been pruned.
    pub(super) dead: BTreeSet<u64>,
}

impl Bucket {
    pub(super) fn newest(&self) -> Option<&Stored> {
        self.versions.last_key_value().map(|(_, stored)| stored)
    }

    pub(super) fn newest_number(&self) -> Option<u64> {
        self.versions.last_key_value().map(|(number, _)| *number)
    }

    fn read(&self, sequence: u64) -> Result<Bytes, StoreError> {
        let gone = || StoreError::new(StoreErrorKind::NotFound, "get", "", "gone");
        self.versions.get(&sequence).ok_or_else(gone)?.read()
    }

    /// A version as a reader finds it.
    pub(super) fn load(&self, sequence: u64) -> Result<Arc<Root>, ChainError> {
        let bytes = self.read(sequence)?;
        match &self.versions[&sequence] {
            Stored { root, spoilt: None, .. } => Ok(Arc::clone(root)),
            Stored { .. } => decode(&bytes, sequence),
        }
    }

    pub(super) fn read_back(&self, sequence: u64, expected: &Bytes) -> ReadBack {
        read_back_of(self.read(sequence), expected, |bytes| decode(bytes, sequence))
    }

    /// The id of a tiered record.
    pub(super) fn id_at(&self, offset: Offset) -> Option<i64> {
        self.truth.get(offset as usize).copied().filter(|id| *id != 0)
    }

    pub(super) fn page(&self, page: &PageRef) -> Option<&Page> {
        self.pages.get(&page.uuid).map(|(content, _)| content)
    }

    /// The entry of a version that holds the offset.
    pub(super) fn entry_at(&self, root: &Root, offset: Offset) -> Option<Entry> {
        let mut place = root.place_of(offset);
        loop {
            let page = match place {
                Place::Entry(entry) => return Some(entry),
                Place::Outside => return None,
                Place::Page(page) => page,
            };
            place = match self.page(&page)? {
                Page::Entries(entries) => place_in(&[], entries, offset),
                Page::Refs(refs) => place_in(refs, &[], offset),
            };
        }
    }

    /// All entries beneath a page, oldest first; `None` where one of its pages is missing.
    pub(super) fn entries_beneath(&self, page: &PageRef) -> Option<Vec<Entry>> {
        match self.page(page)? {
            Page::Entries(entries) => Some(entries.clone()),
            Page::Refs(refs) => {
                let beneath: Option<Vec<_>> = refs.iter().map(|page| self.entries_beneath(page)).collect();
                beneath.map(|entries| entries.concat())
            }
        }
    }

    /// Every entry of a version whose object is not dropped yet; `None` where one of its pages is missing, as it may be of an old version.
    pub(super) fn entries(&self, root: &Root) -> Option<Vec<Entry>> {
        let sealed: Option<Vec<_>> = root.pages.iter().map(|page| self.entries_beneath(page)).collect();
        let all = sealed?.concat().into_iter().chain(root.entries.iter().copied());
        Some(all.filter(|entry| entry.next > root.dropped_to).collect())
    }

    pub(super) fn put(&mut self, entry: Entry, epochs: EpochHistory, batches: Vec<Batch>) {
        let replaced = self.objects.insert(entry.id(), Object { entry, epochs, batches });
        assert!(replaced.is_none(), "a name was used twice: {entry:?}");
    }

    /// `replaces` what cannot be read, as no store should.
    pub(super) fn create(&mut self, sequence: u64, bytes: Bytes, replaces: bool) -> CreateOutcome {
        let existing = self.versions.get(&sequence);
        if existing.is_some_and(|stored| !replaces || stored.spoilt.is_none()) {
            return CreateOutcome::Exists;
        }
        let root = Arc::new(decode_root(&bytes, HOME, sequence).expect("a leader writes what can be read"));
        match self.newest().map(|stored| Arc::clone(&stored.root)) {
            // A sleeper on a pruned branch: it must find out before it acts on it.
            Some(newest) if newest.sequence > sequence => {
                self.dead.insert(sequence);
                let stored = Stored { root, bytes, written_ms: self.now_ms, spoilt: None };
                self.versions.insert(sequence, stored);
            }
            None if self.is_ended() => {
                self.dead.insert(sequence);
                let stored = Stored { root, bytes, written_ms: self.now_ms, spoilt: None };
                self.versions.insert(sequence, stored);
            }
            before => {
                assert!(bytes.len() < ROOT_LEN_MAX, "a root of {} bytes", bytes.len());
                self.check_successor(before.as_deref(), &root);
                self.put_version(sequence, Root::clone(&root), bytes);
            }
        }
        CreateOutcome::Written
    }

    /// Whether the topic was deleted, so that its chain may be gone.
    fn is_ended(&self) -> bool {
        self.is_emptied || self.marked_ms.is_some()
    }

    /// This version is the newest from now on.
    pub(super) fn put_version(&mut self, sequence: u64, root: Root, bytes: Bytes) {
        let now_ms = self.now_ms;
        if let Some(before) = self.newest().map(|stored| Arc::clone(&stored.root)) {
            self.superseded.insert(before.sequence, (before, now_ms));
        }
        self.superseded.retain(|_, (_, until)| *until + READERS_MS > now_ms);
        self.listed.extend(root.garbage.iter().copied());
        self.versions.insert(sequence, Stored { root: Arc::new(root), bytes, written_ms: now_ms, spoilt: None });
    }

    fn check_successor(&mut self, before: Option<&Root>, root: &Root) {
        assert_eq!(root.check(), Ok(()));
        assert!(root.log_start <= self.log_start_allowed, "log start rose to {} by itself", root.log_start);
        let nothing = Root::empty(HOME, root.log_start, 0);
        let before = before.unwrap_or(&nothing);
        assert!(!before.is_final, "a version follows the final one");
        assert_eq!(root.sequence, before.sequence + 1, "a line without holes");
        assert!(root.token >= before.token, "a fenced writer committed");
        assert!(root.log_start >= before.log_start && root.tiered_end >= before.tiered_end, "the tier went back");
        let known: BTreeSet<Uuid> = before.entries.iter().map(|entry| entry.uuid).collect();
        for entry in root.entries.iter().filter(|entry| !known.contains(&entry.uuid)) {
            self.check_new_entry(entry);
        }
        self.check_pages(before, root);
        let kept: BTreeSet<Uuid> = root.entries.iter().map(|entry| entry.uuid).collect();
        let sealed_to = root.pages.last().map_or(0, |page| page.next);
        for entry in before.entries.iter().filter(|entry| !kept.contains(&entry.uuid)) {
            assert!(entry.next <= root.log_start.max(sealed_to), "a visible entry vanished: {entry:?}");
        }
    }

    pub(super) fn check_new_entry(&mut self, entry: &Entry) {
        let object = self.objects.get(&entry.id()).expect("a version names an object that exists");
        assert_eq!(object.entry, *entry, "a version says of an object what it is not");
        self.truth.resize(self.truth.len().max(entry.next as usize), 0);
        for batch in &object.batches {
            for offset in batch.base.max(entry.base)..batch.next {
                let known = &mut self.truth[offset as usize];
                assert!(*known == 0 || *known == batch.id, "tiered history changed at {offset}");
                *known = batch.id;
            }
        }
        assert!(
            (entry.base..entry.next).all(|offset| self.id_at(offset).is_some()),
            "an object with a hole: {entry:?}"
        );
        self.committed += 1;
    }

    /// Pages that come hold exactly what goes; pages that go lie below log start, or beneath one that comes.
    fn check_pages(&mut self, before: &Root, root: &Root) {
        for page in root.pages.iter().filter(|page| !before.pages.contains(page)) {
            self.sealed += 1;
            match self.page(page).expect("a version refers to a page that exists") {
                Page::Entries(entries) => assert!(before.entries.starts_with(entries), "a page of other entries"),
                Page::Refs(refs) => assert!(before.pages.windows(refs.len()).any(|run| run == *refs), "of other pages"),
            }
        }
        let is_beneath =
            |page: &PageRef| root.pages.iter().any(|above| above.base <= page.base && page.next <= above.next);
        let gone = before.pages.iter().filter(|page| !root.pages.contains(page));
        gone.for_each(|page| {
            assert!(page.next <= root.log_start || is_beneath(page), "a visible page vanished: {page:?}")
        });
    }

    /// Whether the newest version, or one that a reader may still have, names the object.
    fn is_needed(&self, id: &ObjectId) -> bool {
        let newest = self.newest().map(|stored| &*stored.root);
        let lately = self.superseded.values().filter(|(_, until)| *until + READERS_MS > self.now_ms);
        let of_readers = lately.map(|(root, _)| &**root);
        let names = |root: &Root| {
            let entry = self.entry_at(root, id.base).filter(|entry| entry.next > root.dropped_to);
            entry.is_some_and(|entry| entry.uuid == id.uuid)
        };
        newest.into_iter().chain(of_readers).any(names)
    }

    pub(super) fn delete_object(&mut self, id: &ObjectId, reason: Reason) {
        if self.is_ended() {
            self.objects.remove(id);
            return; // all of it goes
        }
        assert!(!self.is_needed(id), "an object was deleted that is needed: {id:?}");
        let newest = &self.newest().expect("whoever deletes has fenced").root;
        match reason {
            Reason::Listed => assert!(self.is_listed(id), "{id:?} was deleted, and no list has it"),
            Reason::Swept => assert!(id.token < newest.token, "{id:?} was swept, and its writer is not fenced"),
        }
        self.objects.remove(id);
    }

    fn is_listed(&self, id: &ObjectId) -> bool {
        let in_tree = |item: &Garbage| {
            let Garbage::PageTree(uuid) = item else { return false };
            let Some((content, _)) = self.pages.get(uuid) else { return false };
            match content {
                Page::Entries(entries) => entries.iter().any(|entry| entry.uuid == id.uuid),
                Page::Refs(refs) => refs
                    .iter()
                    .filter_map(|page| self.entries_beneath(page))
                    .flatten()
                    .any(|entry| entry.uuid == id.uuid),
            }
        };
        self.listed.contains(&Garbage::Object(*id)) || self.listed.iter().any(in_tree)
    }

    pub(super) fn delete_page(&mut self, uuid: &Uuid) {
        let newest = self.newest().filter(|_| !self.is_ended()).map(|stored| Arc::clone(&stored.root));
        let mut stack = newest.map_or(Vec::new(), |root| root.pages.clone());
        while let Some(page) = stack.pop() {
            assert_ne!(page.uuid, *uuid, "a page was deleted that is needed");
            if let Some(Page::Refs(refs)) = self.page(&page) {
                stack.extend(refs);
            }
        }
        self.pages.remove(uuid);
    }

    /// What must hold of the whole history.
    pub(super) fn check_all(&self) {
        let Some(Stored { root, .. }) = self.newest().filter(|_| !self.is_ended()) else { return };
        let entries = self.entries(root).expect("the newest version's pages exist");
        for pair in entries.windows(2) {
            assert!(
                pair[0].next == pair[1].base || pair[1].base <= root.log_start,
                "entries that do not abut: {pair:?}"
            );
        }
        assert!(entries.iter().all(|entry| self.objects.contains_key(&entry.id())), "a dangling reference");
        assert_eq!(entries.iter().map(Entry::object_len).sum::<u64>(), root.live_bytes, "bytes that nobody counts");
    }

    /// The last epochs of a version's history, for a replica that begins at its end.
    pub(super) fn epochs_at_end(root: &Root) -> EpochHistory {
        root.epochs.up_to(root.tiered_end)
    }
}
