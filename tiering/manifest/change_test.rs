//! Every change keeps the chain's rules: no gap, no overlap, small roots, nothing named twice.

use crate::keys::ObjectId;
use crate::manifest::change::PageDrops;
use crate::manifest::test_roots::{HOME, entry, epochs, finished, root_with, token};
use crate::manifest::{
    Changes, ENTRIES_MAX, Entry, GARBAGE_MAX, Garbage, Lineage, PAGE_ENTRIES, Page, Pin, Place, ROOT_LEN_MAX, Root,
    SealPlan, Sealed, Version, compare, decode_page, encode_page, encode_root, next_version,
};
use crate::token::WriterToken;
use esker_model::OffsetRange;
use uuid::Uuid;

fn next(base: &Root, changes: &Changes) -> Option<Version> {
    next_version(base, token(1), Uuid::from_u128(base.sequence.into()), changes, 0)
}

fn uploads(ranges: &[(i64, i64)]) -> Changes {
    Changes { finished: ranges.iter().map(|&(base, end)| finished(entry(base, end))).collect(), ..Changes::default() }
}

#[test]
fn one_version_commits_all_uploads_that_abut() {
    let version = next(&root_with(2, 10), &uploads(&[(20, 25), (25, 60), (70, 80)])).unwrap();
    assert_eq!(version.root.tiered_end, 60);
    assert_eq!(version.root.entries.len(), 4);
    assert_eq!(version.committed.len(), 2, "the one behind the gap waits");
    assert!(version.refused.is_empty());
    assert_eq!(version.root.sequence, 10);
    assert_eq!(version.root.live_bytes, 4 * 1200);
}

#[test]
fn an_upload_that_no_longer_starts_at_the_tiered_end_becomes_garbage() {
    let version = next(&root_with(2, 10), &uploads(&[(15, 30)])).unwrap();
    assert_eq!(version.root.tiered_end, 20);
    assert_eq!(version.root.garbage, [Garbage::Object(entry(15, 30).id())]);
    assert!(version.refused.contains(&entry(15, 30).id()));
}

#[test]
fn an_upload_that_an_earlier_attempt_committed_is_recognised_after_a_rebase() {
    let mut changes = uploads(&[(20, 30), (30, 40)]);
    let first = next(&root_with(2, 10), &uploads(&[(20, 30)])).unwrap().root;
    let version = next(&first, &changes).unwrap();
    assert_eq!(version.root.tiered_end, 40);
    assert!(version.root.garbage.is_empty());
    changes.settle(&version);
    assert!(changes.is_empty());
}

#[test]
fn nothing_to_write_is_no_version() {
    let base = root_with(2, 10);
    assert_eq!(next(&base, &Changes::default()), None);
    assert_eq!(next(&base, &Changes { log_start: Some(0), ..Changes::default() }), None);
    assert_eq!(next(&base, &uploads(&[(30, 40)])), None);
    assert!(next(&base, &Changes { renew: true, ..Changes::default() }).is_some());
}

#[test]
fn log_start_rises_at_once_and_whole_entries_below_it_go_to_the_garbage_list() {
    let version = next(&root_with(5, 10), &Changes { log_start: Some(25), ..Changes::default() }).unwrap();
    let root = version.root;
    assert_eq!((root.log_start, root.dropped_to, root.entries.len()), (25, 20, 3));
    assert_eq!(root.garbage, [Garbage::Object(entry(0, 10).id()), Garbage::Object(entry(10, 20).id())]);
    assert_eq!(root.place_of(25), Place::Entry(entry(20, 30)));
}

#[test]
fn a_large_deletion_is_collected_in_steps_of_the_garbage_list() {
    let mut root = root_with(1200, 1);
    let mut changes = Changes { log_start: Some(1200), ..Changes::default() };
    let mut steps = 0;
    while let Some(version) = next(&root, &changes) {
        root = version.root;
        assert_eq!(root.log_start, 1200);
        assert!(root.garbage.len() <= GARBAGE_MAX);
        changes = Changes { collected: root.garbage.iter().copied().collect(), ..Changes::default() };
        steps += 1;
    }
    assert_eq!(steps, 4, "three steps of 512, 512 and 176, and one that empties the list");
    assert!(root.entries.is_empty() && root.garbage.is_empty() && root.live_bytes == 0);
    assert_eq!(root.tiered_end, 1200);
}

#[test]
fn records_deleted_beyond_the_tiered_end_move_it_and_uploads_go_on_from_there() {
    let root = next(&root_with(2, 10), &Changes { log_start: Some(33), ..Changes::default() }).unwrap().root;
    assert_eq!((root.tiered_end, root.entries.len()), (33, 0));
    let mut changes = uploads(&[(20, 40), (33, 40)]);
    let version = next(&root, &changes).unwrap();
    assert_eq!(version.root.tiered_end, 40);
    assert_eq!(version.refused.len(), 1);
    changes.settle(&version);
    assert!(changes.is_empty());
}

#[test]
fn an_upload_that_spans_the_new_log_start_is_committed() {
    let mut changes = uploads(&[(20, 40)]);
    changes.log_start = Some(33);
    let root = next(&root_with(2, 10), &changes).unwrap().root;
    assert_eq!((root.log_start, root.tiered_end, root.entries.len()), (33, 40, 1));
}

#[test]
fn an_upload_that_ends_below_log_start_becomes_garbage() {
    let mut changes = uploads(&[(20, 30), (30, 40)]);
    changes.log_start = Some(31);
    let version = next(&root_with(2, 10), &changes).unwrap();
    assert_eq!((version.root.tiered_end, version.committed.len(), version.refused.len()), (40, 1, 1));
}

#[test]
fn what_is_pinned_stays_until_the_pin_expires() {
    let mut base = root_with(3, 10);
    base.pins = vec![Pin { id: Uuid::nil(), range: OffsetRange::new(12, 14), expiry_ms: 100 }];
    let changes = Changes { log_start: Some(30), ..Changes::default() };
    let root = next_version(&base, token(1), Uuid::nil(), &changes, 99).unwrap().root;
    assert_eq!((root.log_start, root.entries.len(), root.garbage.len()), (30, 2, 1));
    let later = next_version(&root, token(1), Uuid::nil(), &Changes::default(), 100).unwrap().root;
    assert!(later.entries.is_empty() && later.pins.is_empty());
}

#[test]
fn an_object_of_another_partition_is_dropped_but_never_collected() {
    let mut base = root_with(2, 10);
    base.entries[0].home = Some(crate::keys::PartitionHome { partition: 9, ..HOME });
    let root = next(&base, &Changes { log_start: Some(20), ..Changes::default() }).unwrap().root;
    assert_eq!(root.garbage, [Garbage::Object(entry(10, 20).id())]);
}

fn seal(root: &Root, number: u128) -> Option<(Root, SealPlan)> {
    let plan = SealPlan::of(root, Uuid::from_u128(number << 64))?;
    let sealed = Sealed { page: plan.page, replaces: plan.replaces.clone() };
    Some((next(root, &Changes { sealed: Some(sealed), ..Changes::default() }).unwrap().root, plan))
}

#[test]
fn the_oldest_entries_are_sealed_into_a_page_that_says_what_it_covers() {
    let full = root_with(ENTRIES_MAX as i64, 10);
    assert_eq!(next(&full, &uploads(&[(12800, 12810)])), None, "a full root takes no more before its page is written");
    let (root, plan) = seal(&full, 1).unwrap();
    assert_eq!((root.entries.len(), root.pages.len()), (ENTRIES_MAX - PAGE_ENTRIES, 1));
    assert_eq!((root.tiered_end, root.live_bytes), (full.tiered_end, full.live_bytes));
    assert_eq!(root.place_of(5), Place::Page(plan.page));
    assert_eq!(root.place_of(10240), Place::Entry(entry(10240, 10250)));
    let bytes = encode_page(HOME, 1, &plan.content);
    assert_eq!(decode_page(&bytes, HOME, &plan.page), Ok(plan.content));
}

#[test]
fn a_page_whose_entries_changed_meanwhile_is_garbage_and_its_objects_are_not() {
    let full = root_with(ENTRIES_MAX as i64, 10);
    let plan = SealPlan::of(&full, Uuid::from_u128(5)).unwrap();
    let base = next(&full, &Changes { log_start: Some(10), ..Changes::default() }).unwrap().root;
    let sealed = Some(Sealed { page: plan.page, replaces: plan.replaces });
    let root = next(&base, &Changes { sealed, ..Changes::default() }).unwrap().root;
    assert!(root.pages.is_empty());
    assert!(root.garbage.contains(&Garbage::PageAlone(Uuid::from_u128(5))));
}

#[test]
fn a_root_stays_small_at_any_history_and_every_offset_is_found() {
    let mut root = root_with(0, 1);
    let mut number = 1;
    let mut largest = 0;
    // Tokens, uuids and lengths as long as they get.
    let mut end = 0;
    for _ in 0..290 * PAGE_ENTRIES as i64 / 256 {
        let batch = (0..256).map(|at| {
            let leader_epoch = i32::MAX - (end + at) as i32;
            let mut entry = entry(end + at, end + at + 1);
            entry.token = WriterToken { generation: u32::MAX, leader_epoch, broker_epoch: i64::MAX - at };
            (entry.log_len, entry.trailer_len, entry.head_len) = (1 << 31, 1 << 27, 1 << 20);
            finished(entry)
        });
        let changes = Changes { finished: batch.collect(), ..Changes::default() };
        root = next(&root, &changes).unwrap().root;
        end += 256;
        assert_eq!(root.tiered_end, end);
        largest = largest.max(encode_root(&root).len());
        while let Some((sealed, _)) = seal(&root, number) {
            root = sealed;
            number += 1;
        }
    }
    assert!(largest < ROOT_LEN_MAX, "{largest}");
    assert!(root.pages.len() < 256 && root.pages[0].level == 2);
    assert_eq!(root.pages.iter().map(|page| page.entries).sum::<u64>() + root.entries.len() as u64, end as u64);
    assert!((0..end).step_by(997).all(|offset| root.place_of(offset) != Place::Outside));
}

#[test]
fn a_whole_page_is_dropped_as_one_item_and_a_part_of_it_entry_by_entry() {
    let (base, plan) = seal(&root_with(ENTRIES_MAX as i64, 10), 1).unwrap();
    let Page::Entries(entries) = plan.content else { panic!("a page of entries") };
    let part = next(&base, &Changes { log_start: Some(35), ..Changes::default() }).unwrap().root;
    assert_eq!((part.pages.len(), part.dropped_to), (1, 0));
    let drops = PageDrops { base: plan.page.base, entries: entries[..3].to_vec() };
    let part = next(&part, &Changes { page_drops: Some(drops), ..Changes::default() }).unwrap().root;
    assert_eq!((part.garbage.len(), part.dropped_to, part.dropped_bytes), (3, 30, 3600));
    let whole = next(&part, &Changes { log_start: Some(10240), ..Changes::default() }).unwrap().root;
    assert_eq!((whole.pages.len(), whole.garbage.len(), whole.dropped_bytes), (0, 4, 0));
    assert_eq!(whole.live_bytes, 256 * 1200);
}

#[test]
fn a_good_copy_takes_a_bad_object_s_place_and_nothing_else_changes() {
    let base = root_with(3, 10);
    let copy = Entry { uuid: Uuid::from_u128(500), trailer_len: 300, ..entry(10, 20) };
    let finished = finished(copy).1;
    let mut changes = Changes { replaced: [(entry(10, 20).uuid, finished.clone())].into(), ..Changes::default() };
    let version = next(&base, &changes).unwrap();
    assert_eq!(version.root.entries, [entry(0, 10), copy, entry(20, 30)]);
    assert_eq!(version.root.garbage, [Garbage::Object(entry(10, 20).id())]);
    assert_eq!((version.root.live_bytes, version.root.tiered_end), (3 * 1200 + 100, 30));
    // Said again, by a rebase, it is recognised.
    assert!(next(&version.root, &changes).is_none());
    changes.settle(&version);
    assert!(changes.is_empty());
}

#[test]
fn a_good_copy_of_what_is_no_longer_named_becomes_garbage() {
    let base = root_with(3, 10);
    let copy = Entry { uuid: Uuid::from_u128(500), ..entry(10, 20) };
    let mut changes = Changes { replaced: [(Uuid::from_u128(9), finished(copy).1)].into(), ..Changes::default() };
    let version = next(&base, &changes).unwrap();
    assert_eq!((version.root.entries, version.root.garbage), (base.entries, vec![Garbage::Object(copy.id())]));
    changes.settle_with(&root_with(3, 10));
    assert!(changes.is_empty());
    let cut_elsewhere = Entry { uuid: Uuid::from_u128(500), ..entry(10, 15) };
    let changes = Changes { replaced: [(entry(10, 20).uuid, finished(cut_elsewhere).1)].into(), ..Changes::default() };
    assert_eq!(next(&root_with(3, 10), &changes).unwrap().root.entries, root_with(3, 10).entries);
}

#[test]
fn the_fence_changes_nothing_but_the_token_and_remembers_where_it_was() {
    let base = root_with(3, 10);
    let version = crate::manifest::change::fence_version(&base, token(2), Uuid::nil());
    let mut expected = base.clone();
    expected.sequence += 1;
    expected.token = token(2);
    expected.fenced_at = 30;
    expected.firsts = vec![base.sequence + 1];
    assert_eq!(version.root, expected);
}

#[test]
#[should_panic(expected = "no version follows a final one")]
fn nothing_follows_a_final_version() {
    let mut base = root_with(1, 1);
    base.is_final = true;
    next(&base, &Changes { renew: true, ..Changes::default() });
}

#[test]
fn discarded_uploads_are_collected_unless_they_are_named() {
    let mut changes = Changes::default();
    let stray = ObjectId { base: 20, token: token(1), uuid: Uuid::from_u128(999) };
    changes.discarded = [Garbage::Object(stray), Garbage::Object(entry(10, 20).id())].into();
    let version = next(&root_with(2, 10), &changes).unwrap();
    assert_eq!(version.root.garbage, [Garbage::Object(stray)]);
    changes.settle(&version);
    assert!(changes.is_empty());
    assert_eq!(version.root.epochs, epochs(&[(1, 0)]));
}

#[test]
fn a_log_start_beyond_the_tiered_end_takes_the_epochs_along() {
    let wish = Changes { log_start: Some(33), epochs: Some(epochs(&[(1, 0), (2, 25), (3, 40)])), ..Changes::default() };
    let root = next(&root_with(2, 10), &wish).unwrap().root;
    assert_eq!((root.tiered_end, &root.epochs), (33, &epochs(&[(1, 0), (2, 25)])));
    // The log that has those epochs is the continuation of what is tiered; it was cut before, and what was not tiered was lost.
    let local = epochs(&[(1, 0), (2, 25), (3, 40)]);
    assert_eq!(compare(&root.epochs, root.tiered_end, &local, 60), Lineage::Agrees);
    let other = epochs(&[(1, 0), (4, 25)]);
    assert_eq!(compare(&root.epochs, root.tiered_end, &other, 60), Lineage::Diverges);
}
