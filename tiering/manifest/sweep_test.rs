//! What looks like an orphan to a version that is older than it is not one.

use crate::manifest::test_roots::{entry, root_with, token};
use crate::manifest::{Garbage, Sweep};
use std::collections::HashSet;
use uuid::Uuid;

const HOUR_MS: i64 = 3_600_000;

#[test]
fn a_page_is_an_orphan_only_to_a_version_that_is_hours_younger() {
    let root = root_with(5, 100);
    let [old, named, young, later] = [1, 2, 3, 4].map(Uuid::from_u128);
    let root_ms = 100 * HOUR_MS;
    let listed = [
        (old, root_ms - 4 * HOUR_MS),
        (named, root_ms - 4 * HOUR_MS),
        (young, root_ms - 2 * HOUR_MS),
        // Written by a later leader while the one that sweeps by this version slept; a later version names it.
        (later, root_ms + HOUR_MS),
    ];
    let orphans = Sweep::new(&root).orphan_pages(listed, &HashSet::from([named]), root_ms);
    assert_eq!(orphans, [old]);
}

#[test]
fn objects_that_wait_in_a_tree_of_pages_are_passed_over_and_looked_at_again() {
    let mut root = root_with(5, 100);
    (root.token, root.log_start, root.dropped_to, root.swept_to, root.fenced_at) = (token(2), 200, 200, 100, 500);
    let (waiting, left) = (entry(100, 200).id(), entry(300, 350).id());
    assert!([waiting, left].iter().all(|id| Sweep::new(&root).is_fenced(id)));
    assert_eq!(Sweep::new(&root).swept_to(), 500);
    root.garbage = vec![Garbage::PageTree(Uuid::from_u128(1))];
    assert_eq!([waiting, left].map(|id| Sweep::new(&root).is_fenced(&id)), [false, true]);
    assert_eq!(Sweep::new(&root).swept_to(), 100);
}

#[test]
fn pages_on_their_way_out_are_left_to_those_who_take_them_out() {
    let mut root = root_with(5, 100);
    let [alone, other, tree] = [1, 2, 3].map(Uuid::from_u128);
    root.garbage = vec![Garbage::PageAlone(alone)];
    let listed = [(alone, 0), (other, 0)];
    assert_eq!(Sweep::new(&root).orphan_pages(listed, &HashSet::new(), 100 * HOUR_MS), [other]);
    root.garbage.push(Garbage::PageTree(tree));
    assert!(Sweep::new(&root).orphan_pages(listed, &HashSet::new(), 100 * HOUR_MS).is_empty());
}
