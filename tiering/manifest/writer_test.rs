//! The writer, one rule at a time: each test breaks one of the ways in which an acknowledged record could be lost.

use crate::manifest::test_roots::{HOME, entry, epochs, finished, root_with, token};
use crate::manifest::writer::TRUST;
use crate::manifest::{
    Action, ChainWriter, CreateOutcome, Event, Found, Lineage, LocalView, Now, Phase, ReadBack, Root, decode_root,
};
use bytes::Bytes;
use esker_env::Instant;
use esker_model::Offset;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A writer, its time, and a log whose only epoch is 1.
struct World {
    writer: ChainWriter,
    seconds: u64,
    events: u128,
    log_end: Offset,
}

impl World {
    /// A writer with the token of `leader_epoch` that knows of no version.
    fn new(leader_epoch: i32) -> Self {
        let writer = ChainWriter::new(HOME, token(leader_epoch), 3_600_000, 0, 0);
        Self { writer, seconds: 1_000_000, events: 0, log_end: 100_000 }
    }

    /// A writer that has fenced an empty chain.
    fn leading(leader_epoch: i32) -> Self {
        let mut world = Self::new(leader_epoch);
        world.handle(Event::Wake);
        world.found(Found::Nothing);
        world.handle(Event::Created(CreateOutcome::Written));
        assert_eq!(*world.writer.phase(), Phase::Leading);
        world
    }

    fn at(&self) -> Instant {
        Instant::from_start(Duration::from_secs(self.seconds))
    }

    fn local(&self) -> LocalView {
        LocalView { epochs: epochs(&[(1, 0)]), log_end: self.log_end }
    }

    fn handle(&mut self, event: Event) -> Vec<Action> {
        self.events += 1;
        let now = Now { at: self.at(), wall_ms: 1, fresh: Uuid::from_u128(self.events) };
        self.writer.handle(event, now)
    }

    fn found(&mut self, found: Found) -> Vec<Action> {
        let (asked_at, local) = (self.at(), self.local());
        self.handle(Event::Found { asked_at, found, local })
    }

    fn read_back(&mut self, outcome: ReadBack) -> Vec<Action> {
        let local = self.local();
        self.handle(Event::ReadBack { outcome, local })
    }

    /// Asks for an upload of `[base, next)` to be committed; the version that is sent for it.
    fn commit(&mut self, base: Offset, next: Offset) -> (u64, Bytes) {
        let (at, done) = finished(entry(base, next));
        self.writer.changes().finished.insert(at, done);
        created(&self.handle(Event::Wake))
    }
}

/// The one version that is to be created.
fn created(actions: &[Action]) -> (u64, Bytes) {
    match actions {
        [.., Action::Create { sequence, bytes }] => (*sequence, bytes.clone()),
        other => panic!("{other:?} does not end in a create"),
    }
}

/// The one version that is to be created, decoded.
fn version(actions: &[Action]) -> Root {
    let (sequence, bytes) = created(actions);
    decode_root(&bytes, HOME, sequence).unwrap()
}

fn confirmed(actions: &[Action]) -> Option<&Arc<Root>> {
    actions.iter().find_map(|action| match action {
        Action::Confirmed(root) => Some(root),
        _ => None,
    })
}

#[test]
fn taking_over_writes_a_fence_and_nothing_else_before_it_acts() {
    let mut world = World::new(2);
    let (base, done) = finished(entry(500, 600));
    world.writer.changes().finished.insert(base, done);
    assert_eq!(world.handle(Event::Wake), [Action::Find { after: 0 }]);
    assert!(!world.writer.may_act(world.at()));
    let predecessor = Arc::new(root_with(5, 100));
    let actions = world.found(Found::Version(Arc::clone(&predecessor)));
    assert_eq!(actions[0], Action::Adopted(Arc::clone(&predecessor)));
    let fence = version(&actions);
    assert_eq!((fence.sequence, fence.token), (10, token(2)));
    assert_eq!((fence.entries.len(), fence.tiered_end), (5, 500), "a fence changes only the token");
    assert!(!world.writer.may_act(world.at()), "not confirmed yet");
    let actions = world.handle(Event::Created(CreateOutcome::Written));
    assert_eq!(confirmed(&actions).unwrap().sequence, 10);
    assert!(world.writer.may_act(world.at()));
    assert_eq!(version(&actions).tiered_end, 600, "the upload follows the fence");
}

#[test]
fn a_lost_answer_counts_only_where_the_key_holds_the_very_bytes() {
    let mut world = World::leading(1);
    let (sequence, bytes) = world.commit(0, 100);
    let actions = world.handle(Event::Created(CreateOutcome::Unknown));
    assert_eq!(actions, [Action::ReadBack { sequence, expected: bytes }]);
    let actions = world.read_back(ReadBack::Same);
    assert_eq!(confirmed(&actions).unwrap().tiered_end, 100);
    assert!(world.writer.is_idle());
}

#[test]
fn a_key_that_was_not_written_is_tried_again_under_the_same_number() {
    let mut world = World::leading(1);
    let (sequence, bytes) = world.commit(0, 100);
    world.handle(Event::Created(CreateOutcome::Unknown));
    assert_eq!(world.read_back(ReadBack::Absent), []);
    assert!(world.writer.wake_at().is_some_and(|at| at > world.at()), "it waits first");
    world.seconds += 5;
    let (again, other) = created(&world.handle(Event::Wake));
    assert_eq!(again, sequence);
    assert_ne!(other, bytes, "each attempt has its own id, so that an earlier one cannot be taken for it");
}

#[test]
fn an_earlier_attempt_that_landed_late_is_a_new_base_and_not_a_success() {
    let mut world = World::leading(1);
    let (sequence, bytes) = world.commit(0, 100);
    let earlier = Arc::new(decode_root(&bytes, HOME, sequence).unwrap());
    world.handle(Event::Created(CreateOutcome::NotWritten));
    world.seconds += 5;
    let (at, done) = finished(entry(100, 200));
    world.writer.changes().finished.insert(at, done);
    assert_eq!(created(&world.handle(Event::Wake)).0, sequence);
    world.handle(Event::Created(CreateOutcome::Exists));
    let actions = world.read_back(ReadBack::Other(earlier));
    assert_eq!(confirmed(&actions).unwrap().tiered_end, 100, "what is announced is what the key holds");
    let root = version(&actions);
    assert_eq!(
        (root.sequence, root.tiered_end, root.entries.len()),
        (sequence + 1, 200, 2),
        "and nothing is named twice"
    );
}

#[test]
fn a_higher_token_fences_for_good() {
    let mut world = World::leading(1);
    world.commit(0, 100);
    let mut winner = root_with(0, 1);
    winner.sequence = 2;
    winner.token = token(7);
    world.handle(Event::Created(CreateOutcome::Exists));
    assert_eq!(world.read_back(ReadBack::Other(Arc::new(winner))), [Action::Stopped]);
    assert_eq!(*world.writer.phase(), Phase::Fenced(token(7)));
    assert!(!world.writer.may_act(world.at()));
    assert_eq!(world.handle(Event::Wake), [], "a fenced writer does nothing any more");
}

#[test]
fn a_sleeper_does_not_believe_an_answer_that_came_while_it_slept() {
    let mut world = World::leading(1);
    world.commit(0, 100);
    world.seconds += TRUST.as_secs() + 1;
    assert!(!world.writer.may_act(world.at()), "what is known has aged");
    let actions = world.handle(Event::Created(CreateOutcome::Written));
    assert_eq!(confirmed(&actions), None, "the version may lie on a branch that was pruned");
    assert!(matches!(actions[..], [Action::Find { .. }]), "{actions:?}");
}

#[test]
fn knowledge_is_renewed_before_it_is_used_once_it_has_aged() {
    let mut world = World::leading(1);
    world.seconds += TRUST.as_secs() + 1;
    let (at, done) = finished(entry(0, 100));
    world.writer.changes().finished.insert(at, done);
    assert!(matches!(world.handle(Event::Wake)[..], [Action::Find { .. }]));
}

#[test]
fn a_listing_that_lacks_what_is_known_is_not_believed() {
    let mut world = World::leading(1);
    world.commit(0, 100);
    world.handle(Event::Created(CreateOutcome::Written));
    world.seconds += TRUST.as_secs() + 1;
    world.writer.want_trust();
    world.handle(Event::Wake);
    assert_eq!(world.found(Found::Nothing), []);
    assert!(!world.writer.may_act(world.at()), "an empty listing of a chain that exists proves nothing");
    assert_eq!(world.writer.summary().unwrap().tiered_end, 100);
}

#[test]
fn a_log_that_ends_below_the_tiered_end_is_cut_before_the_fence() {
    let mut world = World::new(2);
    world.log_end = 300;
    world.handle(Event::Wake);
    let root = Arc::new(root_with(5, 100));
    let actions = world.found(Found::Version(Arc::clone(&root)));
    let [Action::ResetLog { root: to, lineage }] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!(to.tiered_end, 500);
    assert_ne!(*lineage, Lineage::Agrees);
    world.log_end = 500;
    let actions = world.handle(Event::LogReset { done: true });
    assert_eq!(actions[0], Action::Adopted(root));
    assert_eq!(created(&actions).0, 10);
}

#[test]
fn a_log_that_could_not_be_cut_is_cut_to_the_newest_version_of_a_later_look() {
    let mut world = World::new(2);
    world.log_end = 300;
    world.handle(Event::Wake);
    world.found(Found::Version(Arc::new(root_with(5, 100))));
    assert_eq!(world.handle(Event::LogReset { done: false }), []);
    world.seconds += 60;
    let actions = world.handle(Event::Wake);
    assert!(
        matches!(&actions[..], [Action::Find { .. }]),
        "what it knew before it looked counts for nothing: {actions:?}"
    );
}

#[test]
fn an_upload_of_a_log_that_was_cut_becomes_garbage_even_where_it_would_fit() {
    let mut world = World::new(2);
    world.log_end = 300;
    let (at, done) = finished(entry(500, 600));
    let doomed = done.entry.id();
    world.writer.changes().finished.insert(at, done);
    world.handle(Event::Wake);
    world.found(Found::Version(Arc::new(root_with(5, 100))));
    world.handle(Event::LogReset { done: true });
    let actions = world.handle(Event::Created(CreateOutcome::Written));
    let root = version(&actions);
    assert_eq!(root.tiered_end, 500);
    assert!(root.garbage.contains(&crate::manifest::Garbage::Object(doomed)), "{:?}", root.garbage);
}

#[test]
fn a_newest_version_that_cannot_be_read_is_not_fallen_back_from() {
    let mut world = World::new(2);
    world.handle(Event::Wake);
    assert_eq!(world.found(Found::Unreadable("torn".into())), [Action::Stopped]);
    assert_eq!(*world.writer.phase(), Phase::ReadOnly("torn".into()));
    assert_eq!(world.handle(Event::Wake), []);
}

#[test]
fn no_version_follows_a_final_one() {
    let mut world = World::leading(1);
    world.writer.changes().make_final = true;
    let last = version(&world.handle(Event::Wake));
    assert!(last.is_final);
    let actions = world.handle(Event::Created(CreateOutcome::Written));
    assert_eq!(actions.last(), Some(&Action::Stopped));
    let mut successor = World::new(9);
    successor.handle(Event::Wake);
    assert_eq!(successor.found(Found::Version(Arc::new(last))), [Action::Stopped]);
    assert_eq!(*successor.writer.phase(), Phase::Final);
}

#[test]
fn what_is_discarded_while_a_version_is_on_its_way_is_not_forgotten_with_it() {
    let mut world = World::leading(1);
    world.commit(0, 100);
    let stray = crate::manifest::Garbage::Object(entry(100, 200).id());
    world.writer.changes().discarded.insert(stray);
    let actions = world.handle(Event::Created(CreateOutcome::Written));
    assert!(version(&actions).garbage.contains(&stray));
    world.handle(Event::Created(CreateOutcome::Written));
    assert!(world.writer.is_idle(), "and it is asked for once");
}
