//! Assignors: every partition goes to exactly one of those who want it, shares are even, and little moves.

use super::{Assigned, AssignorKind, MemberSpec, Spec, assign};
use crate::group::record::Partitions;
use esker_env::Random;
use esker_env::sim::SeededRandom;
use esker_model::TopicId;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

fn topic(n: u128) -> TopicId {
    TopicId(uuid::Uuid::from_u128(n))
}

/// Topics with so many partitions each, and members that want some of them.
fn run(kind: AssignorKind, sizes: &[i32], wants: &[(&str, &[u128])], had: &Assigned) -> Assigned {
    let members: BTreeMap<Arc<str>, MemberSpec> = wants
        .iter()
        .map(|(id, topics)| {
            let subscribed = Arc::new(topics.iter().map(|n| topic(*n)).collect::<BTreeSet<_>>());
            let assigned = had.get(*id).cloned().unwrap_or_default();
            (Arc::from(*id), MemberSpec { instance: None, subscribed, assigned })
        })
        .collect();
    let same = wants.iter().all(|(_, topics)| *topics == wants[0].1);
    let counts: HashMap<TopicId, i32> = (1_u128..).map(topic).zip(sizes.iter().copied()).collect();
    let partitions = |id: TopicId| counts.get(&id).copied().unwrap_or(0);
    assign(kind, &Spec { members, same, partitions: &partitions })
}

fn size(assigned: &Assigned, member: &str) -> usize {
    assigned.get(member).map_or(0, |own| own.values().map(BTreeSet::len).sum())
}

/// Checks that each partition has one owner who wants it.
fn check(sizes: &[i32], wants: &[(&str, &[u128])], assigned: &Assigned) {
    let mut owners: BTreeMap<(TopicId, i32), &str> = BTreeMap::new();
    for (id, wanted) in wants {
        for (owned, numbers) in assigned.get(*id).into_iter().flatten() {
            assert!(wanted.iter().any(|n| topic(*n) == *owned), "{id} does not want {owned}");
            for partition in numbers {
                assert_eq!(owners.insert((*owned, *partition), id), None, "{owned}-{partition}");
            }
        }
    }
    for (at, count) in sizes.iter().enumerate() {
        let id = at as u128 + 1;
        if wants.iter().any(|(_, topics)| topics.contains(&id)) {
            assert!((0..*count).all(|partition| owners.contains_key(&(topic(id), partition))));
        }
    }
}

#[test]
fn range_gives_neighbours_to_neighbours_and_cuts_topics_alike() {
    let assigned = run(AssignorKind::Range, &[3, 3], &[("a", &[1, 2]), ("b", &[1, 2])], &Assigned::new());
    let of = |numbers: &[i32]| -> Partitions {
        [(topic(1), numbers.iter().copied().collect()), (topic(2), numbers.iter().copied().collect())].into()
    };
    assert_eq!(assigned, Assigned::from([("a".into(), of(&[0, 1])), ("b".into(), of(&[2]))]));
    let mixed = run(AssignorKind::Range, &[3, 3], &[("a", &[1, 2]), ("b", &[2])], &Assigned::new());
    assert_eq!((size(&mixed, "a"), size(&mixed, "b")), (5, 1));
}

#[test]
fn range_orders_static_members_by_their_instance() {
    let member = |instance: Option<&str>| MemberSpec {
        instance: instance.map(Arc::from),
        subscribed: Arc::new([topic(1)].into()),
        assigned: Partitions::new(),
    };
    let members = [("a", member(Some("z"))), ("b", member(Some("y"))), ("c", member(None))];
    let members = members.into_iter().map(|(id, spec)| (Arc::from(id), spec)).collect();
    let assigned = assign(AssignorKind::Range, &Spec { members, same: true, partitions: &|_| 3 });
    assert_eq!(assigned["b"][&topic(1)], [0].into());
    assert_eq!(assigned["a"][&topic(1)], [1].into());
    assert_eq!(assigned["c"][&topic(1)], [2].into());
}

#[test]
fn uniform_keeps_what_members_have_and_moves_as_little_as_it_can() {
    let wants: [(&str, &[u128]); 3] = [("a", &[1, 2]), ("b", &[1, 2]), ("c", &[1, 2])];
    let before = run(AssignorKind::Uniform, &[3, 4], &wants[..2], &Assigned::new());
    assert_eq!((size(&before, "a"), size(&before, "b")), (3, 4));
    let after = run(AssignorKind::Uniform, &[3, 4], &wants, &before);
    check(&[3, 4], &wants, &after);
    for member in ["a", "b"] {
        for (topic, numbers) in &after[member] {
            assert!(numbers.is_subset(&before[member][topic]), "{member} was given something");
        }
    }
    assert!((2..=3).contains(&size(&after, "c")));
}

#[test]
fn nobody_gets_anything_of_nothing() {
    for kind in [AssignorKind::Uniform, AssignorKind::Range] {
        assert!(run(kind, &[], &[], &Assigned::new()).is_empty());
        let assigned = run(kind, &[], &[("a", &[]), ("b", &[])], &Assigned::new());
        assert_eq!((size(&assigned, "a"), size(&assigned, "b")), (0, 0));
    }
}

/// Members come, go and change their minds: after each step the assignment is whole, and even where all want the same.
#[test]
fn a_long_random_walk_never_leaves_a_partition_behind_or_gives_it_twice() {
    for (seed, kind) in (1..=40).zip([AssignorKind::Uniform, AssignorKind::Range].into_iter().cycle()) {
        let random = SeededRandom::new(seed);
        let sizes: Vec<i32> = (0..6).map(|_| 1 + random.below(12) as i32).collect();
        let names: Vec<String> = (0..12).map(|n| format!("m{n}")).collect();
        let mut wants: BTreeMap<usize, Vec<u128>> = BTreeMap::new();
        let mut had = Assigned::new();
        let alike = seed % 3 == 0;
        for _ in 0..60 {
            let member = random.below(12) as usize;
            if random.below(3) == 0 {
                wants.remove(&member);
            } else {
                let pick = |n: &u128| alike || random.below(2) == 0 || *n == 1;
                wants.insert(member, (1..=6).filter(pick).collect());
            }
            let listed: Vec<(&str, &[u128])> =
                wants.iter().map(|(member, topics)| (names[*member].as_str(), topics.as_slice())).collect();
            had = run(kind, &sizes, &listed, &had);
            check(&sizes, &listed, &had);
            if alike && kind == AssignorKind::Uniform && !listed.is_empty() {
                let shares: Vec<usize> = listed.iter().map(|(id, _)| size(&had, id)).collect();
                let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
                assert!(most - least <= 1, "{shares:?}");
            }
        }
    }
}

#[test]
fn uniform_evens_out_where_members_want_different_topics() {
    let wants: [(&str, &[u128]); 3] = [("a", &[1]), ("b", &[1, 2]), ("c", &[1, 2])];
    let assigned = run(AssignorKind::Uniform, &[6, 6], &wants, &Assigned::new());
    check(&[6, 6], &wants, &assigned);
    assert_eq!((size(&assigned, "a"), size(&assigned, "b"), size(&assigned, "c")), (4, 4, 4));
    // Whoever had everything gives up half to who comes.
    let alone = run(AssignorKind::Uniform, &[6, 6], &[("b", &[1, 2])], &Assigned::new());
    let joined = run(AssignorKind::Uniform, &[6, 6], &[("a", &[1]), ("b", &[1, 2])], &alone);
    assert_eq!((size(&joined, "a"), size(&joined, "b")), (6, 6));
}

#[test]
fn a_large_group_is_assigned_quickly() {
    let names: Vec<String> = (0..1_000).map(|n| format!("m{n:04}")).collect();
    let wants: Vec<(&str, &[u128])> = names
        .iter()
        .enumerate()
        .map(|(at, id)| (id.as_str(), if at % 2 == 0 { &[1, 2][..] } else { &[1, 2, 3][..] }))
        .collect();
    let assigned = run(AssignorKind::Uniform, &[2_000, 2_000, 2_000], &wants, &Assigned::new());
    check(&[2_000, 2_000, 2_000], &wants, &assigned);
    assert!(names.iter().all(|id| size(&assigned, id) == 6));
}
