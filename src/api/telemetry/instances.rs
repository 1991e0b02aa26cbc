//! Clients that push metrics: when each may ask and push, as decisions over (state, event, now).

use super::{Push, Wanted};
use esker_env::Instant;
use esker_record::Codec;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Clients that are remembered, at most, as in Kafka; beyond it whoever was silent longest is forgotten.
const INSTANCES_MAX: usize = 16_384;
/// How long a silent client is remembered at least; else three of its intervals.
const REMEMBERED_MIN: Duration = Duration::from_secs(60);
/// Ids that no client has: zero, and the one of the metadata topic.
const RESERVED_MAX: u128 = 1;

/// It came before its interval was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Throttled;

/// Why a push is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PushFault {
    /// The client has said that it pushes no more, or has no id of its own.
    Terminated,
    /// It came before its interval was over.
    Throttled,
    /// It follows another subscription than the one that the client has.
    UnknownSubscription,
    /// There is no such codec.
    UnknownCodec,
    /// It has too many bytes.
    TooLarge,
    /// It is not what its codec or OTLP writes, or too large when decompressed.
    Unreadable,
}

/// What was found of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Whether it is remembered anew.
    pub is_new: bool,
    /// Who had to be forgotten for it.
    pub evicted: Option<u128>,
}

#[derive(Debug)]
struct Instance {
    subscription: i32,
    /// Of the subscriptions, by which `subscription` was found.
    version: u64,
    interval: Duration,
    asked: Option<Instant>,
    pushed: Option<Instant>,
    terminating: bool,
    /// Its last push failed in a way after which it is to ask again at once.
    must_ask: bool,
    expires: Instant,
    /// Place in the order of use.
    used: u64,
}

/// All clients that push metrics.
#[derive(Debug, Default)]
pub(super) struct Instances {
    by_id: HashMap<u128, Instance>,
    /// The same by their last use. As many as `by_id`.
    by_use: BTreeMap<u64, u128>,
    uses: u64,
}

impl Instances {
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Sees to it that a client is remembered, with the subscription that it has under `version` of the subscriptions.
    pub fn look_up(&mut self, id: u128, wanted: &Wanted, version: u64, now: Instant) -> Found {
        let known = self.by_id.get(&id).is_some_and(|known| known.version >= version && now < known.expires);
        let mut found = Found { is_new: !known, evicted: None };
        if !known {
            self.forget(id);
            found.evicted = self.make_room();
            self.by_id.insert(id, Instance::new(wanted, version, now));
        }
        self.uses += 1;
        if let Some(instance) = self.by_id.get_mut(&id) {
            self.by_use.remove(&instance.used);
            instance.used = self.uses;
            instance.expires = now + REMEMBERED_MIN.max(instance.interval * 3);
            self.by_use.insert(self.uses, id);
        }
        debug_assert_eq!(self.by_id.len(), self.by_use.len());
        found
    }

    /// Whether a client that was looked up may be told what it is asked for, which from then on is `wanted`.
    pub fn ask(&mut self, id: u128, wanted: &Wanted, now: Instant) -> Result<(), Throttled> {
        let Some(instance) = self.by_id.get_mut(&id) else { return Ok(()) };
        let last = instance.asked.max(instance.pushed);
        if last.is_none_or(|last| now.since(last) >= instance.interval) {
            instance.asked = Some(now);
        } else if !instance.must_ask {
            return Err(Throttled);
        }
        instance.must_ask = false;
        instance.subscription = wanted.subscription;
        Ok(())
    }

    /// Whether a push of a client that was looked up is taken, and the codec that it is in.
    pub fn push(&mut self, push: &Push, bytes_max: usize, now: Instant) -> Result<Codec, PushFault> {
        let Some(instance) = self.by_id.get_mut(&push.instance) else { return Err(PushFault::Terminated) };
        let admitted = instance.admit(push, bytes_max, now);
        instance.terminating = push.terminating;
        instance.must_ask = matches!(admitted, Err(PushFault::UnknownSubscription | PushFault::UnknownCodec));
        admitted
    }

    /// Notes that what was admitted could not be read.
    pub fn was_unreadable(&mut self, id: u128) {
        if let Some(instance) = self.by_id.get_mut(&id) {
            instance.must_ask = false;
        }
    }

    /// Forgets a client.
    pub fn forget(&mut self, id: u128) {
        if let Some(instance) = self.by_id.remove(&id) {
            self.by_use.remove(&instance.used);
        }
    }

    /// Forgets everybody who was silent too long, and says who that was.
    pub fn expire(&mut self, now: Instant) -> Vec<u128> {
        let silent = self.by_id.iter().filter(|(_, instance)| now >= instance.expires);
        let gone: Vec<u128> = silent.map(|(id, _)| *id).collect();
        gone.iter().for_each(|id| self.forget(*id));
        gone
    }

    fn make_room(&mut self) -> Option<u128> {
        if self.by_id.len() < INSTANCES_MAX {
            return None;
        }
        let (_, &oldest) = self.by_use.first_key_value()?;
        self.forget(oldest);
        Some(oldest)
    }
}

/// Whether a client may have this id.
pub(crate) fn is_instance_id(id: u128) -> bool {
    id > RESERVED_MAX
}

impl Instance {
    fn new(wanted: &Wanted, version: u64, now: Instant) -> Self {
        Self {
            subscription: wanted.subscription,
            version,
            interval: Duration::from_millis(u64::from(wanted.interval_ms.unsigned_abs())),
            asked: None,
            pushed: None,
            terminating: false,
            must_ask: false,
            expires: now,
            used: 0,
        }
    }

    /// In Kafka's order: what comes too soon is not looked at, and counts as the push of its interval whatever else is wrong with it.
    fn admit(&mut self, push: &Push, bytes_max: usize, now: Instant) -> Result<Codec, PushFault> {
        if self.terminating {
            return Err(PushFault::Terminated);
        }
        // The first push after an answer may come early: clients begin at a random moment of the interval.
        let due = self.asked > self.pushed || self.pushed.is_none_or(|last| now.since(last) >= self.interval);
        if due {
            self.pushed = Some(now);
        } else if !push.terminating {
            return Err(PushFault::Throttled);
        }
        if push.subscription != self.subscription {
            return Err(PushFault::UnknownSubscription);
        }
        let codec = u8::try_from(push.compression).ok().and_then(Codec::from_id).ok_or(PushFault::UnknownCodec)?;
        if push.metrics.len() > bytes_max {
            return Err(PushFault::TooLarge);
        }
        Ok(codec)
    }
}
