//! The topic is deleted while leaders go on, by a job that is cut short anywhere and begun again by whoever comes next. Held against it: nothing goes
//! before the mark is there, and the mark comes only where nobody can go on; manifests stay for the grace; nothing of another topic goes, not
//! of one of the same name either; in the end nothing is left.

use crate::chain::found_of;
use crate::cluster::{Answer, Ask, DeleteProgress, Deletion, Next, Part};
use crate::keys::{Keys, ObjectId, PartitionHome};
use crate::manifest::test_roots::{HOME, token};
use crate::manifest::{Action, CreateOutcome, Event, Found, LocalView, Now, ReadBack, decode_root};
use crate::simulation::bucket::HOUR_MS;
use crate::simulation::mutants::Mutant;
use crate::simulation::world::World;
use crate::store::{StoreError, StoreErrorKind};
use bytes::Bytes;
use esker_env::Instant;
use esker_model::TopicId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const GRACE: Duration = Duration::from_secs(3600);
/// A topic of the same name, created after the deletion began.
const OTHER: PartitionHome = PartitionHome { topic_id: TopicId(Uuid::from_u128(78)), ..HOME };

pub(super) fn keys() -> Keys {
    Keys::new(&"simulated".parse().expect("a name"))
}

/// What the bucket holds beside the partition that is looked at in detail.
pub(super) type Others = BTreeMap<String, Bytes>;

/// A bucket in which two topics of one name have been begun.
pub(super) fn others() -> Others {
    let (keys, body) = (keys(), Bytes::from_static(b"{}"));
    let id = ObjectId { base: 0, token: token(1), uuid: Uuid::from_u128(5) };
    let mut all = vec![keys.topic_json(HOME.topic_id), keys.topic_json(OTHER.topic_id)];
    all.extend([keys.manifest(OTHER, 1), keys.page(OTHER, id.uuid), keys.segment(OTHER, &id), keys.generation(1)]);
    all.into_iter().map(|key| (key, body.clone())).collect()
}

/// The job, and what was answered last.
#[derive(Debug)]
pub(super) struct Job {
    /// `None` between two tries.
    deletion: Option<Deletion>,
    answer: Answer,
    /// What this process remembers from one try to the next.
    marked_at: Option<Instant>,
    not_before: Instant,
    pub(super) is_over: bool,
}

impl Job {
    pub(super) fn begin(now: Instant) -> Self {
        Self { deletion: None, answer: Answer::Done, marked_at: None, not_before: now, is_over: false }
    }
}

fn no_answer() -> StoreError {
    StoreError::new(StoreErrorKind::Unknown, "request", "", "no answer")
}

impl World {
    /// One question of the job and its answer; or the process that runs it dies, and another one begins.
    pub(super) fn go_on_deleting(&mut self, mut job: Job) -> Job {
        if job.is_over || self.at() < job.not_before {
            return job;
        }
        if self.faults && self.dice.percent(4) {
            self.count("deletions cut short", 1);
            return Job::begin(self.at());
        }
        let now = Now { at: self.at(), wall_ms: self.wall_ms(), fresh: self.dice.uuid() };
        let grace = if self.mutant == Some(Mutant::HasNoGrace) { Duration::ZERO } else { GRACE };
        let mut deletion = job
            .deletion
            .take()
            .unwrap_or_else(|| Deletion::new(HOME.topic_id, HOME.partition + 1, 1, grace, job.marked_at));
        let next = deletion.next(std::mem::replace(&mut job.answer, Answer::Done), now);
        job.marked_at = deletion.marked_at();
        match next {
            Next::Ask(Ask::Pause(until)) => (job.not_before, job.deletion) = (until.unwrap_or(now.at), Some(deletion)),
            Next::Ask(ask) => match self.answer_deletion(ask) {
                Ok(answer) => (job.answer, job.deletion) = (answer, Some(deletion)),
                Err(_) => job.not_before = now.at + Duration::from_secs(1),
            },
            Next::Over(Ok(DeleteProgress::Waiting { pause })) => job.not_before = now.at + pause,
            Next::Over(Ok(DeleteProgress::Empty)) => job.is_over = true,
            Next::Over(Err(error)) => panic!("the deletion is refused: {error}"),
        }
        job
    }

    fn answer_deletion(&mut self, ask: Ask) -> Result<Answer, StoreError> {
        let lost = self.faults && self.dice.percent(12);
        let applied = !lost || self.dice.percent(50);
        let answer = match ask {
            Ask::IsMarked => {
                let believes = self.mutant == Some(Mutant::EmptiesWithoutMark);
                Answer::Is(believes || self.bucket.marked_ms.is_some())
            }
            Ask::IsEmpty => Answer::Is(self.topic_keys().is_empty()),
            Ask::Chain(home, action) => Answer::Chain(self.answer_chain(home, action, applied, lost)),
            Ask::Mark => {
                if applied {
                    self.mark();
                }
                Answer::Done
            }
            Ask::Delete(part) => {
                self.delete_part(part, applied);
                Answer::Done
            }
            Ask::Pause(_) => unreachable!("waited for"),
        };
        // The chain's writer has been told itself.
        if lost && !matches!(answer, Answer::Chain(_)) { Err(no_answer()) } else { Ok(answer) }
    }

    fn mark(&mut self) {
        if self.bucket.marked_ms.is_some() {
            return;
        }
        if let Some(newest) = self.bucket.newest() {
            let is_over = newest.root.is_final || newest.spoilt.is_some();
            assert!(is_over, "the topic was marked while a leader can go on");
        }
        self.bucket.marked_ms = Some(self.wall_ms());
        self.count("topics marked", 1);
    }

    fn answer_chain(&mut self, home: PartitionHome, action: Action, applied: bool, lost: bool) -> Event {
        let local = LocalView::default();
        match action {
            Action::Find { .. } | Action::Load { .. } if lost => Event::Failed,
            Action::Find { .. } => {
                let asked_at = self.at();
                let newest = if home == HOME { self.bucket.newest_number() } else { self.newest_other(home) };
                let found = match newest {
                    None => Ok(Found::Nothing),
                    Some(sequence) => found_of(self.load_of(home, sequence)),
                };
                found.map_or(Event::Failed, |found| Event::Found { asked_at, found, local })
            }
            Action::Load { sequence } => match self.load_of(home, sequence) {
                Ok(root) => Event::Loaded(root),
                Err(error) if error.is_not_found() => Event::LoadedNothing,
                Err(_) => Event::Failed,
            },
            Action::Create { .. } if self.mutant == Some(Mutant::EndsNothing) => Event::Created(CreateOutcome::Written),
            Action::Create { sequence, bytes } => {
                self.is_checked = false;
                let outcome = match applied {
                    true if home == HOME => self.bucket.create(sequence, bytes, false),
                    true => self.create_other(home, sequence, bytes),
                    false => CreateOutcome::Unknown,
                };
                Event::Created(if lost { CreateOutcome::Unknown } else { outcome })
            }
            Action::ReadBack { .. } if lost => Event::ReadBack { outcome: ReadBack::Failed, local },
            Action::ReadBack { sequence, expected } => {
                let outcome = if home == HOME {
                    self.bucket.read_back(sequence, &expected)
                } else {
                    let same = self.bucket.others.get(&keys().manifest(home, sequence)) == Some(&expected);
                    if same { ReadBack::Same } else { ReadBack::Failed }
                };
                Event::ReadBack { outcome, local }
            }
            Action::ResetLog { .. } => Event::LogReset { done: true },
            Action::Adopted(_) | Action::Confirmed(_) | Action::Stopped => Event::Wake,
        }
    }

    fn load_of(
        &self,
        home: PartitionHome,
        sequence: u64,
    ) -> Result<Arc<crate::manifest::Root>, crate::chain::ChainError> {
        if home == HOME {
            return self.bucket.load(sequence);
        }
        let bytes = self.bucket.others.get(&keys().manifest(home, sequence)).expect("it was found");
        Ok(Arc::new(decode_root(bytes, home, sequence).expect("nobody spoils it")))
    }

    fn newest_other(&self, home: PartitionHome) -> Option<u64> {
        let prefix = keys().manifests(home);
        let key = self.bucket.others.keys().rfind(|key| key.starts_with(&prefix))?;
        crate::keys::sequence_of(key)
    }

    fn create_other(&mut self, home: PartitionHome, sequence: u64, bytes: Bytes) -> CreateOutcome {
        match self.bucket.others.entry(keys().manifest(home, sequence)) {
            std::collections::btree_map::Entry::Occupied(_) => CreateOutcome::Exists,
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(bytes);
                CreateOutcome::Written
            }
        }
    }

    /// All keys of the topic, as a listing shows them.
    fn topic_keys(&self) -> Vec<String> {
        let keys = keys();
        let everything = self.mutant == Some(Mutant::EmptiesNeighbours);
        let prefix = if everything { String::new() } else { keys.topic(HOME.topic_id) };
        let bucket = &self.bucket;
        let mut all: Vec<String> = bucket.others.keys().filter(|key| key.starts_with(&prefix)).cloned().collect();
        all.extend(bucket.marked_ms.map(|_| keys.deleted_mark(HOME.topic_id)));
        all.extend(bucket.versions.keys().map(|sequence| keys.manifest(HOME, *sequence)));
        all.extend(bucket.pages.keys().map(|uuid| keys.page(HOME, *uuid)));
        all.extend(bucket.objects.keys().map(|id| keys.segment(HOME, id)));
        all
    }

    /// Deletes what is there of it, in the order of the listing, or some of it where the answer is lost.
    fn delete_part(&mut self, part: Part, whole: bool) {
        let (keys, mut doomed) = (keys(), self.topic_keys());
        doomed.retain(|key| part.holds(&keys, HOME.topic_id, key));
        doomed.sort_unstable();
        if !whole {
            let done = self.dice.below(doomed.len() as u64 + 1);
            doomed.truncate(done as usize);
        }
        doomed.iter().for_each(|key| self.delete_key(key));
    }

    fn delete_key(&mut self, key: &str) {
        let (keys, now_ms) = (keys(), self.wall_ms());
        assert!(key.starts_with(&keys.topic(HOME.topic_id)), "{key} is another topic's");
        let marked_ms = self.bucket.marked_ms.expect("a prefix without the mark was emptied");
        self.count("deleted with the topic", 1);
        if key == keys.deleted_mark(HOME.topic_id) {
            let left: Vec<_> = self.topic_keys().into_iter().filter(|left| left != key).collect();
            assert!(left.iter().all(|key| self.is_late(key)), "the mark went before {left:?}");
            (self.bucket.marked_ms, self.bucket.is_emptied) = (None, true);
        } else if let Some(id) = crate::keys::object_of(key).filter(|_| key.contains("/segments/")) {
            self.bucket.objects.remove(&id);
        } else if key.contains("/pages/") {
            let name = key.rsplit('/').next().and_then(|name| Uuid::try_parse(name).ok());
            self.bucket.pages.remove(&name.expect("a page's name"));
        } else {
            let stayed = now_ms - marked_ms >= HOUR_MS;
            assert!(stayed, "{key} went while somebody may act on old knowledge");
            let sequence = crate::keys::sequence_of(key).filter(|_| key.starts_with(&keys.manifests(HOME)));
            match sequence {
                Some(sequence) => drop(self.bucket.versions.remove(&sequence)),
                None => drop(self.bucket.others.remove(key)),
            }
        }
    }

    /// Whether somebody who had slept brought it after everybody else had ended.
    fn is_late(&self, key: &str) -> bool {
        let keys = keys();
        if let Some(sequence) = crate::keys::sequence_of(key).filter(|_| key.starts_with(&keys.manifests(HOME))) {
            return self.bucket.dead.contains(&sequence);
        }
        if let Some(id) = crate::keys::object_of(key) {
            return self.bucket.late.contains(&id.uuid);
        }
        let name = key.rsplit('/').next().and_then(|name| Uuid::try_parse(name).ok());
        name.is_some_and(|uuid| self.bucket.late.contains(&uuid))
    }

    /// The job is begun again until it is over, and everybody hears of it.
    pub(super) fn end_deletion(&mut self, mut job: Job) {
        self.faults = false;
        while !job.is_over {
            job = self.go_on_deleting(job);
            self.pass_time(Duration::from_secs(10));
            for at in (0..self.brokers.len()).filter(|at| !self.brokers[*at].asleep).collect::<Vec<_>>() {
                self.finish_requests(at);
            }
        }
        let left: Vec<_> = self.topic_keys();
        assert!(left.iter().all(|key| self.is_late(key)), "left of the topic: {left:?}");
        let of_others: Vec<_> =
            others().into_keys().filter(|key| !key.starts_with(&keys().topic(HOME.topic_id))).collect();
        assert!(of_others.iter().all(|key| self.bucket.others.contains_key(key)), "another topic's went");
        self.count("topics deleted", 1);
    }

    /// A sleeper hears of the topic's end when it wakes; what it had sent before arrives all the same.
    pub(super) fn wakes_to_nothing(&mut self, at: usize) -> bool {
        if !self.bucket.is_emptied {
            return false;
        }
        self.end_lead(at);
        while !self.strays.is_empty() {
            self.execute_stray(0);
        }
        true
    }

    /// Where nothing tells where a version's records are any more, nothing local may go on its word.
    pub(super) fn is_deleting(&self) -> bool {
        self.bucket.marked_ms.is_some() || self.bucket.is_emptied
    }
}
