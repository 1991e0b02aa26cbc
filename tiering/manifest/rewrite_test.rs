//! New pages take the place of old ones whole or not at all, and what is left over is garbage.

use crate::manifest::test_roots::{HOME, entry, root_with, token};
use crate::manifest::{
    Changes, Entry, GARBAGE_MAX, Garbage, Page, PageDrops, PageRef, Rewrite, Root, Sealed, Version, decode_page,
    encode_page, next_version,
};
use std::sync::Arc;
use uuid::Uuid;

/// Two pages of two entries each beneath a page of pages, and one entry behind them.
struct Sealing {
    root: Root,
    top: (PageRef, Arc<Page>),
    pages: [(PageRef, Arc<Page>); 2],
}

fn page_of(level: u8, number: u128, base: i64, next: i64, entries: u64) -> PageRef {
    let uuid = Uuid::from_u128(number << 64);
    PageRef { level, uuid, base, next, entries, bytes: entries * 1200, max_timestamp: (next - 10) * 10 }
}

fn next(base: &Root, changes: &Changes) -> Option<Version> {
    next_version(base, token(1), Uuid::from_u128(base.sequence.into()), changes, 0)
}

fn seal(root: &Root, page: PageRef, replaces: Vec<Uuid>) -> Root {
    next(root, &Changes { sealed: Some(Sealed { page, replaces }), ..Changes::default() }).unwrap().root
}

fn sealing() -> Sealing {
    let root = root_with(5, 10);
    let (first, second) = (page_of(1, 1, 0, 20, 2), page_of(1, 2, 20, 40, 2));
    let top = page_of(2, 3, 0, 40, 4);
    let (older, newer) = (root.entries[..2].to_vec(), root.entries[2..4].to_vec());
    let uuids = |entries: &[Entry]| entries.iter().map(|entry| entry.uuid).collect();
    let root = seal(&seal(&root, first, uuids(&older)), second, uuids(&newer));
    let root = seal(&root, top, vec![first.uuid, second.uuid]);
    let pages = [(first, Arc::new(Page::Entries(older))), (second, Arc::new(Page::Entries(newer)))];
    Sealing { root, top: (top, Arc::new(Page::Refs(vec![first, second]))), pages }
}

/// A good copy of the object of `[20, 30)`, and the pages that name it.
fn rewriting(sealing: &Sealing) -> (Rewrite, Vec<(PageRef, Page)>) {
    let bad = entry(20, 30);
    let copy = Entry { uuid: Uuid::from_u128(500), trailer_len: 300, max_timestamp: 900, ..bad };
    let mut number = 10;
    let fresh = || {
        number += 1;
        Uuid::from_u128(number << 64)
    };
    Rewrite::of(&[sealing.top.clone(), sealing.pages[1].clone()], &bad, &copy, fresh).unwrap()
}

fn wish(rewrite: &Rewrite) -> Changes {
    Changes { rewrite: Some(rewrite.clone()), ..Changes::default() }
}

#[test]
fn every_page_on_the_way_is_new_and_says_what_it_covers() {
    let sealing = sealing();
    let (rewrite, pages) = rewriting(&sealing);
    let [(below, entries), (top, refs)] = &pages[..] else { panic!("two pages: {pages:?}") };
    assert_eq!(*entries, Page::Entries(vec![rewrite.copy, entry(30, 40)]));
    assert_eq!(*refs, Page::Refs(vec![sealing.pages[0].0, *below]));
    assert_eq!((below.bytes, below.max_timestamp, top.bytes, top.max_timestamp), (2500, 900, 4900, 900));
    assert_eq!((rewrite.page, &rewrite.written[..]), (*top, &[top.uuid, below.uuid][..]));
    for (page, content) in &pages {
        assert_eq!(decode_page(&encode_page(HOME, page.level, content), HOME, page).as_ref(), Ok(content));
    }
}

#[test]
fn pages_that_do_not_name_the_object_are_not_written_anew() {
    let sealing = sealing();
    let of = |bad: Entry, copy: Entry, page: usize| {
        Rewrite::of(&[sealing.top.clone(), sealing.pages[page].clone()], &bad, &copy, Uuid::nil)
    };
    assert!(of(entry(20, 30), entry(20, 30), 1).is_some());
    assert!(of(entry(20, 30), entry(20, 30), 0).is_none(), "another page's");
    assert!(of(entry(20, 30), entry(20, 25), 1).is_none(), "cut elsewhere");
    assert!(Rewrite::of(&[], &entry(20, 30), &entry(20, 30), Uuid::nil).is_none());
}

#[test]
fn a_version_refers_to_the_new_page_and_lists_what_nothing_names_any_more() {
    let sealing = sealing();
    let (rewrite, _) = rewriting(&sealing);
    let mut changes = wish(&rewrite);
    let version = next(&sealing.root, &changes).unwrap();
    let old = [sealing.top.0.uuid, sealing.pages[1].0.uuid].map(Garbage::PageAlone);
    assert_eq!(version.root.pages, [rewrite.page]);
    assert_eq!(version.root.garbage, [&old[..], &[Garbage::Object(entry(20, 30).id())]].concat());
    assert_eq!((version.root.live_bytes, version.root.tiered_end), (5 * 1200 + 100, 50));
    // Said again, by a rebase, it is recognised.
    assert!(next(&version.root, &changes).is_none());
    changes.settle(&version);
    assert!(changes.is_empty());
}

/// The wish comes to nothing: no version refers to the new pages, and nothing of it is left but garbage.
fn is_refused(base: &Root, rewrite: &Rewrite) -> Root {
    let mut changes = wish(rewrite);
    let version = next(base, &changes).unwrap();
    assert_eq!((&version.root.pages, version.root.live_bytes), (&base.pages, base.live_bytes));
    changes.settle(&version);
    assert!(changes.rewrite.is_none());
    let pages = rewrite.written.iter().map(|uuid| Garbage::PageAlone(*uuid));
    assert!(pages.into_iter().all(|page| version.root.garbage.contains(&page) || changes.discarded.contains(&page)));
    version.root
}

#[test]
fn a_page_that_is_gone_meanwhile_is_not_brought_back() {
    let sealing = sealing();
    let (rewrite, _) = rewriting(&sealing);
    let without = next(&sealing.root, &Changes { log_start: Some(40), ..Changes::default() }).unwrap().root;
    assert!(without.pages.is_empty());
    let root = is_refused(&without, &rewrite);
    assert!(rewrite.leftovers().all(|item| root.garbage.contains(&item)));
}

#[test]
fn an_object_below_log_start_needs_no_copy() {
    let sealing = sealing();
    let (rewrite, _) = rewriting(&sealing);
    let raised = next(&sealing.root, &Changes { log_start: Some(30), ..Changes::default() }).unwrap().root;
    let root = is_refused(&raised, &rewrite);
    assert!(rewrite.leftovers().all(|item| root.garbage.contains(&item)));
}

#[test]
fn new_pages_wait_for_no_room_on_the_garbage_list() {
    let mut sealing = sealing();
    let (rewrite, _) = rewriting(&sealing);
    let other = |number: usize| Garbage::PageAlone(Uuid::from_u128(number as u128 + 1));
    sealing.root.garbage = (0..GARBAGE_MAX - 2).map(other).collect();
    is_refused(&sealing.root, &rewrite);
    sealing.root.garbage.pop();
    assert_eq!(next(&sealing.root, &wish(&rewrite)).unwrap().root.pages, [rewrite.page]);
}

#[test]
fn what_was_read_out_of_the_old_page_to_be_dropped_fits_the_new_one() {
    let sealing = sealing();
    let (rewrite, _) = rewriting(&sealing);
    let raised = next(&sealing.root, &Changes { log_start: Some(15), ..Changes::default() }).unwrap().root;
    let drops = PageDrops { base: 0, entries: vec![entry(0, 10)] };
    let changes = Changes { page_drops: Some(drops.clone()), ..wish(&rewrite) };
    let at_once = next(&raised, &changes).unwrap().root;
    let renewed = next(&raised, &wish(&rewrite)).unwrap().root;
    let later = next(&renewed, &Changes { page_drops: Some(drops), ..Changes::default() }).unwrap().root;
    for root in [at_once, later] {
        assert_eq!((root.pages[0], root.dropped_to, root.dropped_bytes), (rewrite.page, 10, 1200));
        assert_eq!(root.live_bytes, 4 * 1200 + 100);
    }
}
