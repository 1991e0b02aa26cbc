//! Replicas are spread over racks and brokers; fenced brokers come last and never lead.

use crate::ErrorKind;
use crate::placement::Placer;
use crate::testing::{Paper, broker};
use esker_env::sim::SeededRandom;
use esker_metadata::Record;
use esker_model::BrokerId;
use std::collections::{BTreeMap, BTreeSet};

/// A cluster of (id, rack, fenced).
fn cluster(brokers: &[(BrokerId, Option<&str>, bool)]) -> Paper {
    let mut paper = Paper::new(&[], "");
    for (id, rack, fenced) in brokers {
        paper.apply(Record::BrokerRegistered(broker(*id, *rack, *fenced)));
    }
    paper
}

fn place(paper: &Paper, seed: u64, partitions: usize, factor: i16) -> Vec<Vec<BrokerId>> {
    let random = SeededRandom::new(seed);
    let mut placer = Placer::new(&paper.image, &random);
    placer.check(factor).unwrap();
    (0..partitions).map(|_| placer.place(factor)).collect()
}

#[test]
fn no_broker_comes_twice_and_leaders_are_unfenced_for_every_seed_and_shape() {
    let shapes: [&[(BrokerId, Option<&str>, bool)]; 5] = [
        &[(1, None, false)],
        &[(1, None, false), (2, None, false), (3, None, true)],
        &[(1, Some("a"), false), (2, Some("a"), false), (3, Some("b"), false), (4, Some("c"), true)],
        &[(1, Some("a"), true), (2, Some("a"), true), (3, Some("b"), false)],
        &[(1, Some("a"), false), (2, Some("b"), false), (3, None, false), (4, Some("b"), false), (5, Some("c"), false)],
    ];
    for shape in shapes {
        let paper = cluster(shape);
        let fenced: BTreeSet<BrokerId> = shape.iter().filter(|one| one.2).map(|one| one.0).collect();
        for factor in 1..=shape.len() as i16 {
            for seed in 0..20 {
                for replicas in place(&paper, seed, 40, factor) {
                    let distinct: BTreeSet<&BrokerId> = replicas.iter().collect();
                    assert_eq!(distinct.len(), factor as usize, "{replicas:?}");
                    assert!(!fenced.contains(&replicas[0]), "{replicas:?} is led by a fenced broker");
                    let first_fenced = replicas.iter().position(|id| fenced.contains(id));
                    let unfenced = replicas.iter().filter(|id| !fenced.contains(id)).count();
                    let racks = shape.iter().filter(|one| !one.2).map(|one| one.1).collect::<BTreeSet<_>>().len();
                    assert!(racks > 1 || first_fenced.is_none_or(|at| at == unfenced), "{replicas:?}");
                }
            }
        }
    }
}

#[test]
fn replicas_stand_in_different_racks_while_there_are_enough() {
    let racks = [(1, "a"), (2, "a"), (3, "b"), (4, "b"), (5, "c"), (6, "c")];
    let shape: Vec<_> = racks.iter().map(|(id, rack)| (*id, Some(*rack), false)).collect();
    let paper = cluster(&shape);
    let rack_of: BTreeMap<BrokerId, &str> = racks.into();
    for seed in 0..10 {
        for replicas in place(&paper, seed, 6, 3) {
            let used: BTreeSet<&str> = replicas.iter().map(|id| rack_of[id]).collect();
            assert_eq!(used.len(), 3, "{replicas:?}");
        }
    }
}

#[test]
fn leaders_and_followers_are_spread_evenly() {
    let shape: Vec<_> = (1..=4).map(|id| (id, None, false)).collect();
    let paper = cluster(&shape);
    for seed in 0..10 {
        let mut leaders: BTreeMap<BrokerId, usize> = BTreeMap::new();
        for replicas in place(&paper, seed, 4, 2) {
            *leaders.entry(replicas[0]).or_default() += 1;
        }
        assert_eq!(leaders.values().copied().collect::<Vec<_>>(), [1, 1, 1, 1], "seed {seed}");
    }
}

#[test]
fn what_cannot_be_placed_is_refused_in_kafkas_words() {
    let paper = cluster(&[(1, None, false), (2, None, true)]);
    let random = SeededRandom::new(1);
    let refusal = |paper: &Paper, factor| {
        let error = Placer::new(&paper.image, &random).check(factor).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidReplicationFactor);
        error.to_string()
    };
    assert_eq!(
        refusal(&paper, 3),
        "The target replication factor of 3 cannot be reached because only 2 broker(s) are registered or some brokers \
         have all their log directories cordoned."
    );
    assert_eq!(refusal(&paper, 0), "Invalid replication factor 0: the replication factor must be positive.");
    let fenced = cluster(&[(2, None, true)]);
    assert_eq!(refusal(&fenced, 1), "All brokers are currently fenced, or have all their log directories cordoned.");
}

#[test]
fn a_broker_that_is_about_to_stop_gets_no_replicas() {
    let mut paper = cluster(&[(1, None, false), (2, None, false)]);
    paper.apply(Record::BrokerChanged { broker: 2, epoch: 102, fenced: None, in_controlled_shutdown: Some(true) });
    for replicas in place(&paper, 3, 10, 1) {
        assert_eq!(replicas, [1]);
    }
}
