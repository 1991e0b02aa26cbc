//! Seals a long list of entries into pages, and pages into pages of pages, so that a root stays small.

use crate::keys::PartitionHome;
use crate::manifest::{ENTRIES_MAX, Entry, PAGE_ENTRIES, PAGE_REFS, Page, PageRef, REFS_MAX, encode_page};
use bytes::Bytes;
use uuid::Uuid;

/// What a root refers to, and the pages that must be there before it.
#[derive(Debug)]
pub(crate) struct SealedPages {
    /// Every page, the ones that others refer to first.
    pub(crate) written: Vec<(PageRef, Bytes)>,
    /// The pages that the root names.
    pub(crate) refs: Vec<PageRef>,
    /// The entries that the root names.
    pub(crate) rest: Vec<Entry>,
}

/// Seals the oldest entries as far as a root must not hold them.
pub(crate) fn seal(home: PartitionHome, entries: &[Entry], fresh: &mut impl FnMut() -> Uuid) -> SealedPages {
    let mut sealed = SealedPages { written: Vec::new(), refs: Vec::new(), rest: Vec::new() };
    let mut rest = entries;
    while rest.len() >= ENTRIES_MAX {
        let (page, later) = rest.split_at(PAGE_ENTRIES);
        let (Some(first), Some(last)) = (page.first(), page.last()) else { break };
        let reference = PageRef {
            level: 1,
            uuid: fresh(),
            base: first.base,
            next: last.next,
            entries: page.len() as u64,
            bytes: page.iter().map(Entry::object_len).sum(),
            max_timestamp: page.iter().map(|entry| entry.max_timestamp).max().unwrap_or(i64::MIN),
        };
        sealed.written.push((reference, encode_page(home, 1, &Page::Entries(page.to_vec()))));
        sealed.refs.push(reference);
        rest = later;
    }
    sealed.rest = rest.to_vec();
    // A root may hold some more than that: the number of pages falls with every round, or the next level is not full yet.
    let mut before = usize::MAX;
    while sealed.refs.len() >= REFS_MAX && sealed.refs.len() < before {
        before = sealed.refs.len();
        group(home, &mut sealed, fresh);
    }
    sealed
}

/// Puts pages of the lowest level that there are enough of beneath pages of the next one.
fn group(home: PartitionHome, sealed: &mut SealedPages, fresh: &mut impl FnMut() -> Uuid) {
    let refs = std::mem::take(&mut sealed.refs);
    let level = refs.iter().map(|page| page.level).min().unwrap_or(1);
    let (mut kept, low): (Vec<PageRef>, Vec<PageRef>) = refs.into_iter().partition(|page| page.level > level);
    let whole = low.len() / PAGE_REFS * PAGE_REFS;
    for pages in low[..whole].chunks(PAGE_REFS) {
        let (Some(first), Some(last)) = (pages.first(), pages.last()) else { continue };
        let reference = PageRef {
            level: level + 1,
            uuid: fresh(),
            base: first.base,
            next: last.next,
            entries: pages.iter().map(|page| page.entries).sum(),
            bytes: pages.iter().map(|page| page.bytes).sum(),
            max_timestamp: pages.iter().map(|page| page.max_timestamp).max().unwrap_or(i64::MIN),
        };
        sealed.written.push((reference, encode_page(home, level + 1, &Page::Refs(pages.to_vec()))));
        kept.push(reference);
    }
    kept.extend_from_slice(&low[whole..]);
    sealed.refs = kept;
}
