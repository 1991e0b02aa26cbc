//! What a decision wants done: records to be stored, answers to be sent, and what is to happen once the records are safe.

use crate::group::classic::{ClassicGroup, UndoStatic};
use crate::group::record::GroupRecord;
use crate::group::request::{JoinAnswer, SyncAnswer, TopicFilter};
use bytes::Bytes;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Somebody who waits for an answer.
pub(crate) type Ticket = u64;

/// An answer to somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Join(JoinAnswer),
    Sync(SyncAnswer),
}

/// What is to happen once records are safe, or are not.
#[derive(Debug)]
pub(crate) enum After {
    /// The leader's assignment takes effect in the generation for which it was made.
    Assign { group: Arc<str>, generation: i32, assignments: HashMap<Arc<str>, Bytes> },
    /// A returned static member has its new id, or its old one again.
    Static(Box<UndoStatic>),
    /// A group that was not there before is; where it is not, its first member is told.
    NewGroup(Ticket),
    /// Somebody is answered, or told why not.
    Answer(Ticket, Reply),
}

/// Work that takes long and is done outside.
#[derive(Debug)]
pub(crate) enum Job {
    /// Looks up the topics of patterns.
    Resolve { group: Arc<str>, regexes: BTreeSet<Arc<str>>, topics: TopicFilter },
}

/// What one decision wants done.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Stored together or not at all.
    pub records: Vec<GroupRecord>,
    /// Sent at once, unless the records are refused.
    pub replies: Vec<(Ticket, Reply)>,
    /// Done when the records are safe or refused.
    pub after: Vec<After>,
    /// A group that becomes a classic one as soon as the records are in the log.
    pub install: Option<Box<ClassicGroup>>,
    /// Begun once the records are in the log.
    pub jobs: Vec<Job>,
}

impl Effects {
    pub fn reply(&mut self, ticket: Ticket, reply: Reply) {
        self.replies.push((ticket, reply));
    }
}
