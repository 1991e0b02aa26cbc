//! The sessions of all clients: a request opens its session, and closes it when it is answered.

use super::partition::{PartitionKey, Shown, Wanted};
use super::session::{Session, cost, next_epoch};
use super::slots::{Candidate, Slots};
use esker_env::{Instant, Random};
use esker_model::TopicId;
use parking_lot::Mutex;
use std::sync::Arc;

/// The id that means no session.
const NO_SESSION: i32 = 0;
/// The epoch of a request that begins a session.
const INITIAL_EPOCH: i32 = 0;
/// The epoch of a request that has no session, or ends it.
const FINAL_EPOCH: i32 = -1;

/// A request, as far as sessions are concerned.
#[derive(Debug)]
pub(crate) struct Ask {
    /// Id of the session.
    pub id: i32,
    /// Number of the request in it.
    pub epoch: i32,
    /// Whether topics go by their ids: from version 13 on.
    pub by_id: bool,
    /// Whether a follower asks.
    pub privileged: bool,
    /// The partitions that it names; none twice.
    pub wanted: Vec<Wanted>,
    /// The partitions that it wants no more.
    pub forgotten: Vec<PartitionKey>,
}

/// Why a request is not part of the session that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionError {
    /// There is no such session, or not any more.
    NotFound,
    /// It is not the request that comes next in its session.
    WrongEpoch,
    /// The session knows topics by name and the request by id, or the other way round.
    TopicIds,
}

/// What a request is part of.
#[derive(Debug)]
pub(crate) enum Context {
    /// No session.
    Sessionless,
    /// A session that is to begin.
    Full {
        /// Whether topics go by their ids.
        by_id: bool,
        /// Whether a follower asks.
        privileged: bool,
    },
    /// A session that goes on.
    Incremental {
        /// It.
        session: Arc<Mutex<Session>>,
        /// The epoch that it has as long as no further request has come.
        epoch: i32,
    },
}

/// An opened request.
#[derive(Debug)]
pub(crate) struct Opened {
    /// What it is part of.
    pub context: Context,
    /// What is to be fetched for it.
    pub wanted: Vec<Wanted>,
}

/// How a request ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    /// The session that the client is told; 0 for none.
    pub session_id: i32,
    /// Which of the answers are told, or why none is.
    pub told: Result<Vec<bool>, SessionError>,
}

/// What there is of sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionStats {
    /// Sessions.
    pub sessions: usize,
    /// Partitions in them.
    pub partitions: usize,
    /// Sessions that had to go for others, since the start.
    pub evictions: u64,
}

/// The sessions of this broker.
#[derive(Debug)]
pub(crate) struct FetchSessions {
    slots: Mutex<Slots>,
    random: Arc<dyn Random>,
}

impl FetchSessions {
    /// Room for `max` sessions (`max.incremental.fetch.session.cache.slots`).
    pub fn new(max: usize, random: Arc<dyn Random>) -> Self {
        Self { slots: Mutex::new(Slots::new(max)), random }
    }

    /// What there is.
    pub fn stats(&self) -> SessionStats {
        let slots = self.slots.lock();
        SessionStats { sessions: slots.len(), partitions: slots.partitions(), evictions: slots.evictions() }
    }

    /// Says what a request asks for. `name_of` tells the names of topics.
    pub fn open(
        &self,
        ask: Ask,
        now: Instant,
        name_of: impl Fn(TopicId) -> Option<Arc<str>>,
    ) -> Result<Opened, SessionError> {
        match ask.epoch {
            INITIAL_EPOCH => {
                self.end(ask.id);
                let context = Context::Full { by_id: ask.by_id, privileged: ask.privileged };
                Ok(Opened { context, wanted: ask.wanted })
            }
            FINAL_EPOCH => {
                self.end(ask.id);
                Ok(Opened { context: Context::Sessionless, wanted: ask.wanted })
            }
            _ => self.go_on(ask, now, name_of),
        }
    }

    fn end(&self, id: i32) {
        if id != NO_SESSION {
            self.slots.lock().remove(id);
        }
    }

    fn go_on(
        &self,
        ask: Ask,
        now: Instant,
        name_of: impl Fn(TopicId) -> Option<Arc<str>>,
    ) -> Result<Opened, SessionError> {
        let mut slots = self.slots.lock();
        let shared = slots.get(ask.id).ok_or(SessionError::NotFound)?;
        let mut session = shared.lock();
        if session.epoch() != ask.epoch {
            return Err(SessionError::WrongEpoch);
        }
        if session.is_by_id() != ask.by_id {
            return Err(SessionError::TopicIds);
        }
        session.update(ask.wanted, &ask.forgotten);
        if session.len() == 0 {
            // Nothing is left to go on with.
            slots.remove(ask.id);
            return Ok(Opened { context: Context::Sessionless, wanted: Vec::new() });
        }
        slots.touch(ask.id, session.len(), session.bytes(), now);
        if slots.is_over_budget() {
            // The client begins anew, and is then told to do without a session.
            slots.remove(ask.id);
            return Err(SessionError::NotFound);
        }
        drop(slots);
        let (wanted, epoch) = (session.wanted(name_of), next_epoch(ask.epoch));
        drop(session);
        Ok(Opened { context: Context::Incremental { session: shared, epoch }, wanted })
    }

    /// Says what the client is told of the answers, which are there for each of the wanted partitions, in their order.
    pub fn close(&self, context: Context, wanted: &[Wanted], shown: &[Shown], now: Instant) -> Closing {
        assert_eq!(wanted.len(), shown.len(), "each wanted partition has one answer");
        let session_id = match context {
            Context::Sessionless => NO_SESSION,
            Context::Full { by_id, privileged } => self.begin(by_id, privileged, wanted, shown, now),
            Context::Incremental { session, epoch } => {
                let mut session = session.lock();
                let answers = wanted.iter().map(|wanted| &wanted.key).zip(shown);
                // Another request of this session has come meanwhile: this one was repeated, and its answer is of no use.
                let told =
                    if session.epoch() == epoch { Ok(session.tell(answers)) } else { Err(SessionError::WrongEpoch) };
                return Closing { session_id: session.id(), told };
            }
        };
        Closing { session_id, told: Ok(vec![true; wanted.len()]) }
    }

    /// The session of a request that is told nothing, as if it had not come: none is begun, and in one that is there nothing counts as told.
    ///
    /// # Errors
    /// Another request of the session has come meanwhile.
    pub fn pass(&self, context: &Context) -> Result<i32, SessionError> {
        match context {
            Context::Sessionless | Context::Full { .. } => Ok(NO_SESSION),
            Context::Incremental { session, epoch } => {
                let session = session.lock();
                if session.epoch() == *epoch { Ok(session.id()) } else { Err(SessionError::WrongEpoch) }
            }
        }
    }

    /// Begins a session where there is room for it.
    fn begin(&self, by_id: bool, privileged: bool, wanted: &[Wanted], shown: &[Shown], now: Instant) -> i32 {
        let bytes = wanted.iter().map(|wanted| cost(&wanted.key)).sum();
        let candidate = Candidate { privileged, partitions: wanted.len(), bytes };
        let mut slots = self.slots.lock();
        if !slots.make_room(&candidate, now) {
            return NO_SESSION;
        }
        let id = loop {
            // Positive, and hard to guess.
            let id = i32::try_from(1 + self.random.below(i32::MAX as u64)).unwrap_or(1);
            if !slots.contains(id) {
                break id;
            }
        };
        let told = wanted.iter().cloned().zip(shown.iter().copied());
        slots.insert(id, Session::new(id, by_id, told), &candidate, now);
        id
    }
}
