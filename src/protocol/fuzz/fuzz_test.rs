//! A short run with fixed inputs, and the proof that the runner feeds what it should.

use crate::{Outcome, Target, mutate, seeds};
use esker_protocol::arbitrary::Rng;

#[test]
fn every_seed_is_read_by_its_target() {
    for (target, input) in seeds(1, 3) {
        // A version that may still change is read as a message and refused in a frame.
        let unstable = target == Target::Frame && input[4..8] == [0, 22, 0, 6];
        let expected = if unstable { Outcome::Refused } else { Outcome::Read };
        assert_eq!(target.feed(&input), expected, "{target:?} {input:02x?}");
    }
}

#[test]
fn a_hundred_thousand_spoiled_inputs_break_nothing_and_reach_both_outcomes() {
    let seeds = seeds(2, 2);
    let mut rng = Rng::new(3);
    let mut counts = [[0u32; 2]; Target::ALL.len()];
    for _ in 0..100_000 {
        let (target, input) = &seeds[rng.below(seeds.len())];
        let mut input = input.clone();
        mutate(&mut input, &seeds[rng.below(seeds.len())].1, &mut rng);
        let outcome = target.feed(&input);
        counts[*target as usize][outcome as usize] += 1;
    }
    for (target, [read, refused]) in Target::ALL.iter().zip(counts) {
        assert!(read > 50 && refused > 50, "{target:?}: {read} read, {refused} refused");
    }
}

#[test]
fn nothing_and_very_little_are_refused() {
    for target in Target::ALL {
        assert_eq!(target.feed(&[]), Outcome::Refused);
        assert_eq!(target.feed(&[0]), Outcome::Refused);
    }
}
