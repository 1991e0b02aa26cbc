//! From one version to the next: a pure function of the version before and of what is wanted.
//!
//! After a conflict the same wishes are applied to the version that won. What it already holds is recognised by its uuid, what no
//! longer fits becomes garbage: so a rebase is nothing but another call.

use crate::keys::ObjectId;
use crate::manifest::{
    ENTRIES_MAX, EPOCHS_MAX, Entry, FIRSTS_MAX, GARBAGE_MAX, Garbage, PAGE_ENTRIES, PAGE_REFS, PageRef, REFS_MAX,
    Rewrite, Root,
};
use crate::token::WriterToken;
use esker_model::{EpochHistory, Offset, TimestampMs};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// An uploaded object that waits for the version which names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) entry: Entry,
    /// Leader epochs of the log up to the entry's end; the newest suffice.
    pub(crate) epochs: EpochHistory,
}

/// A page that was written and waits for the version which refers to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) page: PageRef,
    /// The uuids of what it replaces, in order.
    pub(crate) replaces: Vec<Uuid>,
}

/// Entries below log start, read from beneath the oldest page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageDrops {
    /// Where the page begins, the first one of the root. Another page may have come in its place, but not for other entries below log start.
    pub(crate) base: Offset,
    /// Its entries that end at or below log start and were not dropped before, oldest first.
    pub(crate) entries: Vec<Entry>,
}

/// What is wanted of the next version.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    /// Uploads that are done, by base offset.
    pub(crate) finished: BTreeMap<Offset, Finished>,
    /// Good copies, by the uuid of the bad object in whose place they are to be named.
    pub(crate) replaced: BTreeMap<Uuid, Finished>,
    /// Pages that name a good copy, to be referred to instead of those that name a bad object.
    pub(crate) rewrite: Option<Rewrite>,
    /// Log start is to be at least this.
    pub(crate) log_start: Option<Offset>,
    /// Leader epochs of the log, where log start may pass the tiered end: the chain must know whose records it leaves out.
    pub(crate) epochs: Option<EpochHistory>,
    /// Garbage that is deleted for good.
    pub(crate) collected: BTreeSet<Garbage>,
    /// What was written, or may have been, and will never be named.
    pub(crate) discarded: BTreeSet<Garbage>,
    pub(crate) sealed: Option<Sealed>,
    pub(crate) page_drops: Option<PageDrops>,
    pub(crate) swept_to: Option<Offset>,
    pub(crate) pruned_to: Option<u64>,
    /// Write the version that none may follow.
    pub(crate) make_final: bool,
    /// Write a version even if it changes nothing, to renew knowledge.
    pub(crate) renew: bool,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.finished.is_empty()
            && self.replaced.is_empty()
            && self.rewrite.is_none()
            && self.log_start.is_none()
            && self.collected.is_empty()
            && self.discarded.is_empty()
            && self.sealed.is_none()
            && self.page_drops.is_none()
            && self.swept_to.is_none()
            && self.pruned_to.is_none()
            && !self.make_final
            && !self.renew
    }

    /// Forgets the uploads that `version`, now confirmed, names or makes impossible, and all that it has brought about.
    pub(crate) fn settle(&mut self, version: &Version) {
        self.finished.retain(|_, finished| {
            !version.committed.contains(&finished.entry.uuid) && !version.refused.contains(&finished.entry.id())
        });
        if let Some(refused) = self.rewrite.take_if(|rewrite| version.refused.contains(&rewrite.copy.id())) {
            self.discarded.extend(refused.leftovers());
        }
        self.settle_with(&version.root);
    }

    /// Forgets what `root`, a version of the chain, already holds or needs no more. What came up while it was on its way stays wanted.
    pub(crate) fn settle_with(&mut self, root: &Root) {
        self.finished.retain(|_, finished| !root.entries.iter().rev().any(|known| known.uuid == finished.entry.uuid));
        self.replaced.retain(|bad, _| root.entries.iter().any(|known| known.uuid == *bad));
        self.rewrite.take_if(|rewrite| root.pages.iter().any(|known| known.uuid == rewrite.page.uuid));
        self.log_start = self.log_start.filter(|start| *start > root.log_start);
        self.epochs.take_if(|_| self.log_start.is_none());
        self.collected.retain(|item| root.garbage.contains(item));
        self.discarded.retain(|item| !root.garbage.contains(item) && !may_name(root, item));
        let is_settled = |page: Uuid| {
            let mut pages = root.pages.iter();
            pages.any(|known| known.uuid == page) || root.garbage.contains(&Garbage::PageAlone(page))
        };
        self.sealed.take_if(|sealed| is_settled(sealed.page.uuid));
        self.page_drops = None;
        self.swept_to = self.swept_to.filter(|swept| *swept > root.swept_to);
        self.pruned_to = self.pruned_to.filter(|pruned| *pruned > root.pruned_to);
        self.make_final &= !root.is_final;
        self.renew = false;
    }
}

/// The next version, not written yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) root: Root,
    /// Uploads that it names, whether it or an earlier version brought them in.
    pub(crate) committed: BTreeSet<Uuid>,
    /// Uploads that can no longer be named; they are on its garbage list, or wait for room there.
    pub(crate) refused: BTreeSet<ObjectId>,
}

/// The version behind `base` that `token` writes to bring `changes` about; `None` where there is nothing to write.
///
/// `wall_ms` decides which pins have expired.
pub(crate) fn next_version(
    base: &Root,
    token: WriterToken,
    attempt: Uuid,
    changes: &Changes,
    wall_ms: TimestampMs,
) -> Option<Version> {
    assert!(!base.is_final, "no version follows a final one");
    assert!(token == base.token, "only the writer of the newest version may go on; others fence first");
    let mut next = Next { root: base.clone(), committed: BTreeSet::new(), refused: BTreeSet::new() };
    next.root.pins.retain(|pin| pin.expiry_ms > wall_ms);
    next.raise_log_start(changes.log_start);
    next.root.garbage.retain(|item| !changes.collected.contains(item));
    next.replace(&changes.replaced);
    next.rewrite(changes.rewrite.as_ref());
    next.seal(changes.sealed.as_ref());
    next.commit(&changes.finished);
    next.close_gap_below_log_start(changes.epochs.as_ref());
    next.drop_below_log_start(changes.page_drops.as_ref());
    next.discard(&changes.discarded);
    next.root.swept_to = next.root.swept_to.max(changes.swept_to.unwrap_or(0));
    next.prune(changes.pruned_to);
    next.root.is_final = changes.make_final;
    let Next { mut root, committed, refused } = next;
    let settles = !committed.is_empty() || !refused.is_empty();
    if root == *base && !settles && !changes.renew {
        return None;
    }
    stamp(&mut root, base, token, attempt);
    assert_eq!(root.check(), Ok(()), "a version must keep the chain's rules");
    Some(Version { root, committed, refused })
}

/// The version that takes over: the new token and no other change.
pub(crate) fn fence_version(base: &Root, token: WriterToken, attempt: Uuid) -> Version {
    let mut root = base.clone();
    stamp(&mut root, base, token, attempt);
    Version { root, committed: BTreeSet::new(), refused: BTreeSet::new() }
}

fn stamp(root: &mut Root, base: &Root, token: WriterToken, attempt: Uuid) {
    root.sequence = base.sequence + 1;
    root.attempt = attempt;
    if token != base.token {
        root.token = token;
        root.fenced_at = root.tiered_end;
        root.firsts.push(root.sequence);
        if root.firsts.len() > FIRSTS_MAX {
            root.firsts.remove(0); // forgotten, so it is pruned like any other: it only ever served inspection
        }
    }
}

/// Whether a page covers the offset: then only the page could tell whether an object of that base is named.
fn is_sealed(root: &Root, base: Offset) -> bool {
    root.pages.last().is_some_and(|page| base < page.next)
}

/// Whether `root` names something, or a page of it might.
fn may_name(root: &Root, item: &Garbage) -> bool {
    match item {
        Garbage::Object(id) => is_sealed(root, id.base) || root.entries.iter().any(|entry| entry.uuid == id.uuid),
        Garbage::PageAlone(uuid) | Garbage::PageTree(uuid) => root.pages.iter().any(|page| page.uuid == *uuid),
    }
}

struct Next {
    root: Root,
    committed: BTreeSet<Uuid>,
    refused: BTreeSet<ObjectId>,
}

impl Next {
    fn raise_log_start(&mut self, log_start: Option<Offset>) {
        self.root.log_start = self.root.log_start.max(log_start.unwrap_or(0));
    }

    /// Puts a written page in the place of what it holds, if that is still there unchanged; else it becomes garbage.
    fn seal(&mut self, sealed: Option<&Sealed>) {
        let Some(Sealed { page, replaces }) = sealed else { return };
        if self.root.pages.iter().any(|known| known.uuid == page.uuid) {
            return;
        }
        let same = |uuids: &mut dyn Iterator<Item = Uuid>| uuids.eq(replaces.iter().copied());
        if page.level == 1 {
            if same(&mut self.root.entries.iter().take(replaces.len()).map(|entry| entry.uuid)) {
                self.root.entries.drain(..replaces.len());
                self.root.pages.push(*page);
                return;
            }
        } else if let Some(at) = self.root.pages.iter().position(|known| Some(&known.uuid) == replaces.first()) {
            let run = at..at + replaces.len();
            if same(&mut self.root.pages.iter().skip(at).take(replaces.len()).map(|known| known.uuid)) {
                self.root.pages.splice(run, [*page]);
                return;
            }
        }
        self.add_garbage(Garbage::PageAlone(page.uuid));
    }

    /// Names good copies instead of bad objects that are named here, as far as the garbage list has room for those.
    fn replace(&mut self, replaced: &BTreeMap<Uuid, Finished>) {
        for (bad, Finished { entry, .. }) in replaced {
            let is_it = |named: &Entry| named.uuid == *bad && (named.base, named.next) == (entry.base, entry.next);
            let Some(at) = self.root.entries.iter().position(is_it) else {
                if !self.root.entries.iter().any(|named| named.uuid == entry.uuid) {
                    self.refuse(entry);
                }
                continue;
            };
            let bad = self.root.entries[at];
            let is_ours = bad.home.is_none_or(|home| home == self.root.home);
            if !is_ours || self.add_garbage(Garbage::Object(bad.id())) {
                self.root.live_bytes = self.root.live_bytes.saturating_sub(bad.object_len()) + entry.object_len();
                self.root.entries[at] = *entry;
                self.committed.insert(entry.uuid);
            }
        }
    }

    /// Refers to pages that name a good copy. Now or never: a page that is written and not referred to must not wait for room on the garbage
    /// list, because once it is old enough a sweep would take it for an orphan.
    fn rewrite(&mut self, rewrite: Option<&Rewrite>) {
        let Some(rewrite) = rewrite else { return };
        if self.root.pages.iter().any(|known| known.uuid == rewrite.page.uuid) {
            return;
        }
        let Rewrite { page, bad, copy, replaces, .. } = rewrite;
        let gone = rewrite.gone(self.root.home);
        let at = self.root.pages.iter().position(|known| Some(&known.uuid) == replaces.first());
        let is_visible = bad.next > self.root.log_start;
        let has_room = self.root.garbage.len() + gone.len() <= GARBAGE_MAX;
        let Some(at) = at.filter(|_| is_visible && has_room) else {
            for item in rewrite.leftovers() {
                self.add_garbage(item);
            }
            self.refused.insert(copy.id());
            return;
        };
        self.root.pages[at] = *page;
        self.root.live_bytes = self.root.live_bytes.saturating_sub(bad.object_len()) + copy.object_len();
        for item in gone {
            self.add_garbage(item);
        }
    }

    fn commit(&mut self, finished: &BTreeMap<Offset, Finished>) {
        for Finished { entry, epochs } in finished.values() {
            if self.root.entries.iter().rev().any(|known| known.uuid == entry.uuid) {
                self.committed.insert(entry.uuid); // an earlier attempt of ours was written after all
            } else if entry.base < self.root.tiered_end {
                self.refuse(entry);
            } else if entry.base == self.root.tiered_end {
                if entry.next <= self.root.log_start {
                    self.refuse(entry);
                    self.pass(entry.next, Some(epochs)); // nothing of it is visible: a hole below log start
                } else if self.root.entries.len() < ENTRIES_MAX {
                    self.append(entry, epochs);
                }
            }
        }
    }

    fn append(&mut self, entry: &Entry, epochs: &EpochHistory) {
        self.root.entries.push(*entry);
        self.root.tiered_end = entry.next;
        self.root.live_bytes += entry.object_len();
        self.root.epochs = newest_epochs(&epochs.up_to(entry.next));
        self.committed.insert(entry.uuid);
    }

    fn refuse(&mut self, entry: &Entry) {
        // Leak rather than lose: what a page may name is left to the sweep, which reads pages.
        if is_sealed(&self.root, entry.base) || self.add_garbage(Garbage::Object(entry.id())) {
            self.refused.insert(entry.id());
        }
    }

    /// Where log start has passed everything, the tier goes on from there.
    fn close_gap_below_log_start(&mut self, epochs: Option<&EpochHistory>) {
        if self.root.tiered_end < self.root.log_start {
            self.pass(self.root.log_start, epochs);
        }
    }

    /// Leaves records out up to `end`. Their epochs are known all the same: a log that has them is the continuation of what is tiered.
    fn pass(&mut self, end: Offset, epochs: Option<&EpochHistory>) {
        self.root.tiered_end = end;
        if let Some(epochs) = epochs {
            self.root.epochs = newest_epochs(&epochs.up_to(end));
        }
    }

    fn add_garbage(&mut self, item: Garbage) -> bool {
        if self.root.garbage.contains(&item) {
            return true;
        }
        let has_room = self.root.garbage.len() < GARBAGE_MAX;
        if has_room {
            self.root.garbage.push(item);
        }
        has_room
    }

    fn is_pinned(&self, base: Offset, next: Offset) -> bool {
        self.root.pins.iter().any(|pin| pin.range.start < next && base < pin.range.end)
    }

    /// Moves whole pages and single entries below log start to the garbage list, as far as it has room.
    fn drop_below_log_start(&mut self, page_drops: Option<&PageDrops>) {
        while let Some(page) = self.root.pages.first().copied() {
            if page.next > self.root.log_start || self.is_pinned(page.base, page.next) {
                return self.drop_out_of_page(page_drops.filter(|drops| drops.base == page.base));
            }
            if !self.add_garbage(Garbage::PageTree(page.uuid)) {
                return;
            }
            self.root.pages.remove(0);
            self.root.live_bytes =
                self.root.live_bytes.saturating_sub(page.bytes - self.root.dropped_bytes.min(page.bytes));
            self.root.dropped_bytes = 0;
            self.root.dropped_to = self.root.dropped_to.max(page.next);
        }
        let mut dropped = 0;
        while let Some(entry) = self.root.entries.get(dropped).copied() {
            if entry.next > self.root.log_start || !self.drop_entry(&entry) {
                break;
            }
            dropped += 1;
        }
        self.root.entries.drain(..dropped);
    }

    fn drop_out_of_page(&mut self, drops: Option<&PageDrops>) {
        for entry in drops.map_or(&[][..], |drops| &drops.entries) {
            if entry.next <= self.root.dropped_to {
                continue;
            }
            if entry.next > self.root.log_start || !self.drop_entry(entry) {
                return;
            }
            self.root.dropped_bytes += entry.object_len();
        }
    }

    fn drop_entry(&mut self, entry: &Entry) -> bool {
        // An object that lives with another partition is that partition's to collect.
        let is_ours = entry.home.is_none_or(|home| home == self.root.home);
        if self.is_pinned(entry.base, entry.next) || (is_ours && !self.add_garbage(Garbage::Object(entry.id()))) {
            return false;
        }
        self.root.live_bytes = self.root.live_bytes.saturating_sub(entry.object_len());
        self.root.dropped_to = self.root.dropped_to.max(entry.next);
        true
    }

    fn discard(&mut self, discarded: &BTreeSet<Garbage>) {
        for item in discarded {
            if !may_name(&self.root, item) {
                self.add_garbage(*item);
            }
        }
    }

    fn prune(&mut self, pruned_to: Option<u64>) {
        if let Some(pruned_to) = pruned_to.filter(|to| *to > self.root.pruned_to) {
            self.root.pruned_to = pruned_to;
            self.root.firsts.retain(|first| *first >= pruned_to);
        }
    }
}

/// The last [`EPOCHS_MAX`] entries of a history.
pub(crate) fn newest_epochs(epochs: &EpochHistory) -> EpochHistory {
    let entries = epochs.entries();
    let newest = entries[entries.len().saturating_sub(EPOCHS_MAX)..].to_vec();
    EpochHistory::from_entries(newest).unwrap_or_default() // a part of a history is one
}

/// What a page to be written holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealPlan {
    pub(crate) page: PageRef,
    pub(crate) content: crate::manifest::Page,
    pub(crate) replaces: Vec<Uuid>,
}

impl SealPlan {
    /// The page that `root` is due to have written, as `uuid`; `None` while it is small enough.
    pub(crate) fn of(root: &Root, uuid: Uuid) -> Option<Self> {
        if root.entries.len() >= ENTRIES_MAX {
            let entries = root.entries[..PAGE_ENTRIES].to_vec();
            return Some(Self {
                page: PageRef {
                    level: 1,
                    uuid,
                    base: entries[0].base,
                    next: entries[PAGE_ENTRIES - 1].next,
                    entries: PAGE_ENTRIES as u64,
                    bytes: entries.iter().map(Entry::object_len).sum(),
                    max_timestamp: entries.iter().map(|entry| entry.max_timestamp).max().unwrap_or(-1),
                },
                replaces: entries.iter().map(|entry| entry.uuid).collect(),
                content: crate::manifest::Page::Entries(entries),
            });
        }
        if root.pages.len() < REFS_MAX {
            return None;
        }
        // Of the lowest level that has enough: pages of pages then grow as digits do, not as a chain. A first page that is
        // being dropped piece by piece stays where it is, so that `dropped_bytes` keeps its meaning.
        let being_dropped = usize::from(root.dropped_bytes > 0);
        let levels: BTreeSet<u8> = root.pages.iter().map(|page| page.level).collect();
        levels.into_iter().find_map(|level| {
            let of_level = |page: &&PageRef| page.level == level;
            let refs: Vec<_> =
                root.pages.iter().skip(being_dropped).filter(of_level).take(PAGE_REFS).copied().collect();
            (refs.len() == PAGE_REFS).then(|| Self {
                page: PageRef {
                    level: level + 1,
                    uuid,
                    base: refs[0].base,
                    next: refs[PAGE_REFS - 1].next,
                    entries: refs.iter().map(|page| page.entries).sum(),
                    bytes: refs.iter().map(|page| page.bytes).sum(),
                    max_timestamp: refs.iter().map(|page| page.max_timestamp).max().unwrap_or(-1),
                },
                replaces: refs.iter().map(|page| page.uuid).collect(),
                content: crate::manifest::Page::Refs(refs),
            })
        })
    }
}
