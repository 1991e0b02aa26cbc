//! A crash behind every append: whoever reads the log as far as it had come finds what had been answered by then.

use crate::group::request::*;
use crate::group::shard::Kind;
use crate::group::testing::{Rig, committing, entering, joining, owning, subscription, syncing};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What of the groups must survive, as text.
fn durable(rig: &Rig) -> String {
    let groups: BTreeMap<_, _> = rig.shard.machine.shard.groups.iter().collect();
    let mut out = String::new();
    for (id, group) in groups {
        let mut offsets: Vec<_> =
            group.offsets.topics().flat_map(|(topic, all)| all.iter().map(move |one| (topic, one))).collect();
        offsets.sort_by_key(|(topic, one)| (topic.to_string(), one.0));
        writeln!(out, "{id} {offsets:?} {:?}", group.open).unwrap();
        match &group.kind {
            Kind::Simple => {}
            // Of a classic group its last stable generation survives.
            Kind::Classic(group) => writeln!(out, "classic {}", group.generation).unwrap(),
            Kind::Consumer(group) => writeln!(
                out,
                "consumer {} {} {:?} {:?} {:?} {:?}",
                group.epoch,
                group.target_epoch,
                group.members,
                group.target.iter().collect::<BTreeMap<_, _>>(),
                group.wanted,
                group.regexes
            )
            .unwrap(),
        }
    }
    out
}

/// Runs a story, noting after each step how long the log is and what must survive.
struct Story {
    rig: Rig,
    notes: Vec<(usize, String)>,
}

impl Story {
    fn note(&mut self) {
        let batches = self.rig.log.batches(0).len();
        self.notes.push((batches, durable(&self.rig)));
    }
}

fn tell(story: &mut Story) {
    let rig = &mut story.rig;
    rig.cluster.topic("t", 4);
    rig.cluster.topic("u", 2);
    rig.commit(&committing("simple", "", -1, "t", 0, 1)).unwrap();
    story.note();
    for producer in [5, 6] {
        let request = CommitRequest { producer: Some((producer, 0)), ..committing("simple", "", -1, "t", 1, producer) };
        story.rig.commit(&request).unwrap();
        story.note();
    }
    story.rig.end_transaction(5, 0, true);
    story.note();
    story.rig.end_transaction(6, 0, false);
    story.note();
    consumers(story);
    classic(story);
    story.rig.advance(8 * 24 * 3600 * 1000);
    story.note();
}

fn consumers(story: &mut Story) {
    let mut answers: BTreeMap<&str, ConsumerAnswer> = BTreeMap::new();
    let mut owned: BTreeMap<&str, crate::group::record::Partitions> = BTreeMap::new();
    for member in ["a", "b", "c"] {
        let mut join = entering("cg", member, if member == "b" { &["t", "u"] } else { &["t"] });
        join.instance = (member == "c").then(|| "fixed".into());
        let answer = story.rig.consumer(&join).unwrap();
        owned.insert(member, answer.assignment.clone().unwrap());
        answers.insert(member, answer);
        story.note();
        for _ in 0..2 {
            story.rig.advance(1_000);
            for (member, answer) in &mut answers {
                *answer = story.rig.consumer(&owning("cg", answer, owned[member].clone())).unwrap();
                if let Some(assignment) = &answer.assignment {
                    owned.insert(member, assignment.clone());
                }
                story.note();
            }
        }
    }
    let leave = |answer: &ConsumerAnswer, epoch, instance: Option<&str>| ConsumerHeartbeat {
        epoch,
        instance: instance.map(Into::into),
        owned: None,
        ..owning("cg", answer, Default::default())
    };
    story.rig.consumer(&leave(&answers["c"], -2, Some("fixed"))).unwrap();
    story.note();
    let mut back = entering("cg", "d", &["t"]);
    back.instance = Some("fixed".into());
    story.rig.consumer(&back).unwrap();
    story.note();
    story.rig.consumer(&leave(&answers["b"], -1, None)).unwrap();
    story.note();
    let mut regex = owning("cg", &answers["a"], owned["a"].clone());
    (regex.regex, regex.epoch) = (Some("u.*".into()), answers["a"].epoch);
    let _fenced = story.rig.consumer(&regex);
    story.note();
    story.rig.resolve("cg");
    story.note();
}

fn classic(story: &mut Story) {
    let wants = subscription(&["t"], &[]);
    let id = story.rig.join(&joining("cl", "", &wants)).join().member;
    story.note();
    let waiting = story.rig.join(&joining("cl", &id, &wants));
    story.rig.advance(6_000);
    let answer = waiting.join();
    story.rig.sync(&syncing("cl", &answer, &[])).sync();
    story.note();
    story.rig.commit(&committing("cl", &id, answer.generation, "t", 2, 9)).unwrap();
    story.note();
    // A consumer upgrades it, and leaves again.
    let new = story.rig.consumer(&entering("cl", "new", &["t"])).unwrap();
    story.note();
    let leave = ConsumerHeartbeat { epoch: -1, owned: None, ..owning("cl", &new, Default::default()) };
    story.rig.consumer(&leave).unwrap();
    story.note();
    story.rig.leave("cl", &[LeavingMember { member: id, ..LeavingMember::default() }]).unwrap();
    story.note();
}

#[test]
fn a_reader_of_the_log_finds_what_had_been_answered_at_every_length() {
    let mut story = Story { rig: Rig::new(""), notes: Vec::new() };
    tell(&mut story);
    let Story { rig, notes } = story;
    let batches = rig.log.batches(0);
    assert!(notes.len() > 30 && batches.len() > 25, "{} {}", notes.len(), batches.len());
    let mut reader = Rig::new("");
    for (length, expected) in &notes {
        reader.log = std::sync::Arc::clone(&rig.log);
        reader.reload(Some(*length));
        assert_eq!(durable(&reader), *expected, "after {length} batches");
    }
    // In between, every prefix is a state that a group can be in.
    for length in 0..batches.len() {
        reader.log = std::sync::Arc::clone(&rig.log);
        reader.reload(Some(length));
        for group in reader.shard.machine.shard.groups.values() {
            if let Kind::Consumer(group) = &group.kind {
                group.owned().unwrap();
            }
        }
    }
}
