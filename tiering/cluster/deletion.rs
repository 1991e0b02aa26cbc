//! Which step of a topic's end comes next, as a state machine: answers in, questions out, no I/O.
//!
//! The order: a final version in every partition, so that no leader goes on; the `deleted` mark, without which nothing is ever emptied; segments
//! and pages; after the grace, counted from when this process first saw the mark, manifests and the topic's file; the mark last. Cut short
//! anywhere, the job is simply begun again; absence of metadata begins nothing.

use crate::keys::{Keys, PartitionHome};
use crate::manifest::{Action, ChainWriter, Event, Now, Phase};
use crate::store::{StoreError, StoreErrorKind};
use crate::token::WriterToken;
use esker_env::Instant;
use esker_model::TopicId;
use std::time::Duration;

/// Questions of one partition's writer before its end counts as failed.
const ROUNDS_MAX: u32 = 1000;

/// How far the deletion of a topic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteProgress {
    /// Nothing of the topic is left: the job is over.
    Empty,
    /// Its data is gone; its manifests go after the grace. Call again then.
    Waiting {
        /// How long to wait.
        pause: Duration,
    },
}

/// Some of a topic's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Segments and pages.
    Data,
    AllButMark,
    Mark,
}

impl Part {
    /// Whether one of the topic's keys belongs to it.
    pub(crate) fn holds(self, keys: &Keys, topic: TopicId, key: &str) -> bool {
        let is_mark = key == keys.deleted_mark(topic);
        match self {
            Self::Data => key.contains("/segments/") || key.contains("/pages/"),
            Self::AllButMark => !is_mark,
            Self::Mark => is_mark,
        }
    }
}

/// What is to be asked of the store. A question without an answer ends the try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Whether the topic's mark is there.
    IsMarked,
    /// Whether nothing of the topic is there.
    IsEmpty,
    /// What the chain's writer asks.
    Chain(PartitionHome, Action),
    /// Nothing before that moment.
    Pause(Option<Instant>),
    /// Create the mark, or find that it exists.
    Mark,
    /// Delete what is there of it.
    Delete(Part),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing was asked yet, or it is done.
    Done,
    Is(bool),
    Chain(Event),
}

/// What to do next.
#[derive(Clone, Debug)]
pub(crate) enum Next {
    Ask(Ask),
    Over(Result<DeleteProgress, StoreError>),
}

#[derive(Debug)]
enum Step {
    Begun,
    LookingForMark,
    LookingForAnything,
    Finishing {
        home: PartitionHome,
        writer: Box<ChainWriter>,
        rounds: u32,
    },
    Marking,
    /// Only a prefix that holds the mark is ever emptied.
    Checking(Part),
    Deleting(Part),
    Over,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Deletion {
    topic: TopicId,
    partitions: i32,
    /// Above those of all leaders.
    token: WriterToken,
    grace: Duration,
    /// When this process first saw the mark, on its own clock.
    marked_at: Option<Instant>,
    step: Step,
}

impl Deletion {
    pub(crate) fn new(
        topic: TopicId,
        partitions: i32,
        generation: u32,
        grace: Duration,
        marked_at: Option<Instant>,
    ) -> Self {
        let token = WriterToken { generation, leader_epoch: i32::MAX, broker_epoch: i64::MAX };
        Self { topic, partitions, token, grace, marked_at, step: Step::Begun }
    }

    pub(crate) fn marked_at(&self) -> Option<Instant> {
        self.marked_at
    }

    /// Takes an answer in and says what comes next.
    pub(crate) fn next(&mut self, answer: Answer, now: Now) -> Next {
        match (std::mem::replace(&mut self.step, Step::Over), answer) {
            (Step::Begun, _) => self.ask(Step::LookingForMark, Ask::IsMarked),
            (Step::LookingForMark, Answer::Is(true)) => self.marked(now),
            (Step::LookingForMark, _) => self.ask(Step::LookingForAnything, Ask::IsEmpty),
            // Never tiered, or deleted before.
            (Step::LookingForAnything, Answer::Is(true)) => Next::Over(Ok(DeleteProgress::Empty)),
            (Step::LookingForAnything, _) => self.finish_partition(0, now),
            (Step::Finishing { home, writer, rounds }, answer) => {
                let event = if let Answer::Chain(event) = answer { event } else { Event::Wake };
                self.finish(home, writer, rounds + 1, event, now)
            }
            (Step::Marking, _) => self.marked(now),
            (Step::Checking(part), Answer::Is(true)) => self.ask(Step::Deleting(part), Ask::Delete(part)),
            (Step::Checking(_), _) => self.refused("the prefix does not hold the mark"),
            (Step::Deleting(Part::Data), _) => self.data_is_gone(now),
            (Step::Deleting(Part::AllButMark), _) => self.ask(Step::Deleting(Part::Mark), Ask::Delete(Part::Mark)),
            (Step::Deleting(Part::Mark) | Step::Over, _) => Next::Over(Ok(DeleteProgress::Empty)),
        }
    }

    fn ask(&mut self, step: Step, ask: Ask) -> Next {
        self.step = step;
        Next::Ask(ask)
    }

    fn refused(&self, detail: impl ToString) -> Next {
        self.failed(StoreErrorKind::Rejected, detail)
    }

    fn failed(&self, kind: StoreErrorKind, detail: impl ToString) -> Next {
        let topic = self.topic.to_hex();
        Next::Over(Err(StoreError::new(kind, "delete", &topic, detail.to_string())))
    }

    fn marked(&mut self, now: Now) -> Next {
        self.marked_at.get_or_insert(now.at);
        self.ask(Step::Checking(Part::Data), Ask::IsMarked)
    }

    fn data_is_gone(&mut self, now: Now) -> Next {
        let waited = now.at.since(self.marked_at.unwrap_or(now.at));
        if waited < self.grace {
            return Next::Over(Ok(DeleteProgress::Waiting { pause: self.grace - waited }));
        }
        self.ask(Step::Checking(Part::AllButMark), Ask::IsMarked)
    }

    /// Writes the version that none may follow. The same machine that leaders use.
    fn finish_partition(&mut self, partition: i32, now: Now) -> Next {
        if partition >= self.partitions {
            return self.ask(Step::Marking, Ask::Mark);
        }
        let home = PartitionHome { topic_id: self.topic, partition };
        let mut writer = ChainWriter::new(home, self.token, 0, 0, 0);
        writer.changes().make_final = true;
        self.finish(home, Box::new(writer), 0, Event::Wake, now)
    }

    fn finish(
        &mut self,
        home: PartitionHome,
        mut writer: Box<ChainWriter>,
        rounds: u32,
        event: Event,
        now: Now,
    ) -> Next {
        let actions = writer.handle(event, now);
        match writer.phase() {
            Phase::Final => return self.finish_partition(home.partition + 1, now),
            Phase::ReadOnly(reason) => {
                // A chain that nobody can continue needs no end; the mark stops whoever repairs it.
                tracing::warn!(?home, reason, "the deleted topic's manifest is unreadable");
                return self.finish_partition(home.partition + 1, now);
            }
            Phase::Fenced(by) => {
                return self.refused(format!("a writer with token {by} of a later generation has taken over"));
            }
            Phase::Taking | Phase::Leading if rounds >= ROUNDS_MAX => {
                return self.failed(StoreErrorKind::Unknown, "the final version could not be written");
            }
            Phase::Taking | Phase::Leading => {}
        }
        let ask = match actions.into_iter().find_map(question) {
            Some(question) => Ask::Chain(home, question),
            None => Ask::Pause(writer.wake_at()),
        };
        self.ask(Step::Finishing { home, writer, rounds }, ask)
    }
}

fn question(action: Action) -> Option<Action> {
    match action {
        Action::Adopted(_) | Action::Confirmed(_) | Action::Stopped => None,
        question => Some(question),
    }
}
