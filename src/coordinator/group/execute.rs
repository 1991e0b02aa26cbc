//! Having done what a decision wants done: its records go into the log first, and only then into memory and to those who wait.

use crate::group::classic::Classic;
use crate::group::consumer::resolve;
use crate::group::cx::Cx;
use crate::group::effects::{After, Effects, Job, Reply};
use crate::group::error::{GroupError, GroupFault};
use crate::group::record::{BatchOptions, GroupRecord, build_batch};
use crate::group::request::{JoinAnswer, SyncAnswer};
use crate::group::shard::{GroupShard, Kind};
use crate::group::timers::TimerKey;
use crate::group::world::{GroupMachine, World};
use crate::runtime::{Machine, ReplayError, Serving};
use esker_env::Instant;
use esker_model::{Offset, ProducerEpoch, ProducerId};
use esker_record::{BatchRef, ControlRecord, EndMarker, Records};
use std::sync::Arc;

/// Most records of one batch of tombstones.
const TOMBSTONES_AT_ONCE: usize = 1000;

/// Most deadlines answered in one go, so that requests get their turn.
const DEADLINES_AT_ONCE: usize = 256;

/// A shard that is served.
pub(crate) type ServingGroups = Serving<GroupMachine>;

/// Does what a decision wants done.
///
/// # Errors
/// The records were refused. Nothing of the group's hard state has changed then, and those who wait are told.
pub(crate) fn execute(
    shard: &mut ServingGroups,
    cx: &Cx<'_>,
    effects: Effects,
    producer: Option<(ProducerId, ProducerEpoch)>,
) -> Result<(), GroupError> {
    let Effects { records, replies, after, install, jobs } = effects;
    let stored = if records.is_empty() { Ok(()) } else { store(shard, cx, records, producer) };
    if stored.is_ok()
        && let Some(group) = install
    {
        shard.machine.shard.install(*group);
    }
    replies.into_iter().for_each(|(ticket, reply)| shard.machine.shard.deliver(ticket, reply));
    match &stored {
        Ok(()) if shard.is_committed() => finish(shard, cx, after, Ok(())),
        Ok(()) if after.is_empty() => {}
        Ok(()) => finish_later(shard, after),
        Err(error) => finish(shard, cx, after, Err(error.fault)),
    }
    if stored.is_ok() {
        jobs.into_iter().for_each(|job| start(shard, job));
    } else {
        jobs.into_iter().for_each(|job| give_up(shard, &job));
    }
    stored
}

/// Appends the records as one batch and applies them.
fn store(
    shard: &mut ServingGroups,
    cx: &Cx<'_>,
    records: Vec<GroupRecord>,
    producer: Option<(ProducerId, ProducerEpoch)>,
) -> Result<(), GroupError> {
    let options = BatchOptions { codec: cx.settings.codec, now: cx.wall_ms, producer };
    let batch = build_batch(&records, options).map_err(|error| {
        tracing::warn!(partition = shard.partition(), %error, "group records make no batch");
        GroupError::from(GroupFault::UnknownServerError)
    })?;
    let end = shard.append(batch)?;
    let first = end - records.len() as Offset;
    let producer = producer.map(|(id, _)| id);
    let mut effects = Effects::default();
    for (at, record) in (first..).zip(records) {
        if let Err(error) = shard.machine.shard.apply(record, at, producer, true, &mut effects) {
            // What is in the log cannot be taken back: the log is read again.
            tracing::error!(partition = shard.partition(), error, "group record does not fit the groups");
            shard.give_up();
            return Err(GroupFault::NotCoordinator.into());
        }
    }
    effects.replies.into_iter().for_each(|(ticket, reply)| shard.machine.shard.deliver(ticket, reply));
    Ok(())
}

/// Does what waited for records that are safe now, or were refused.
fn finish(shard: &mut ServingGroups, cx: &Cx<'_>, after: Vec<After>, stored: Result<(), GroupFault>) {
    let mut effects = Effects::default();
    for after in after {
        finish_one(shard, cx, after, stored, &mut effects);
    }
    let idle = effects.records.is_empty() && effects.replies.is_empty() && effects.after.is_empty();
    if !idle && let Err(error) = execute(shard, cx, effects, None) {
        tracing::warn!(partition = shard.partition(), %error, "what followed from stored records is not stored");
    }
}

fn finish_one(
    shard: &mut ServingGroups,
    cx: &Cx<'_>,
    after: After,
    stored: Result<(), GroupFault>,
    effects: &mut Effects,
) {
    match after {
        After::Assign { group, generation, assignments } => {
            let Some((group, timers)) = shard.machine.shard.classic(&group) else { return };
            let mut action = Classic { group, timers, cx, effects };
            match stored {
                Ok(()) => action.assign(generation, assignments),
                Err(fault) => action.assign_refused(generation, fault),
            }
        }
        After::Static(change) => {
            let Some((group, timers)) = shard.machine.shard.classic(&change.group) else { return };
            let mut action = Classic { group, timers, cx, effects };
            match stored {
                Ok(()) => action.static_stored(&change),
                Err(fault) => action.static_refused(*change, fault),
            }
        }
        After::Answer(ticket, reply) => {
            let reply = match stored {
                Ok(()) => reply,
                Err(fault) => refused(reply, fault),
            };
            effects.reply(ticket, reply);
        }
        After::NewGroup(ticket) => {
            if let Err(fault) = stored {
                effects.reply(ticket, Reply::Join(JoinAnswer::refused(&Arc::from(""), fault)));
            }
        }
    }
}

fn refused(reply: Reply, fault: GroupFault) -> Reply {
    match reply {
        Reply::Join(answer) => Reply::Join(JoinAnswer::refused(&answer.member, fault)),
        Reply::Sync(_) => Reply::Sync(SyncAnswer::from(fault)),
    }
}

/// Waits for the replicas outside of the shard, and comes back.
fn finish_later(shard: &ServingGroups, after: Vec<After>) {
    let world = Arc::clone(&shard.machine.world);
    let (partition, epoch, end) = (shard.partition(), shard.epoch(), shard.end());
    let Some(shards) = world.shards.get().and_then(std::sync::Weak::upgrade) else { return };
    esker_env::spawn(async move {
        let limit = world.settings().commit_timeout;
        let stored = shards.committed(partition, epoch, end, limit).await;
        let stored = stored.map_err(|error| GroupError::from(error).fault);
        // Where the shard is gone, whoever waits was told when it went.
        let _gone = shards.with(partition, |shard| {
            if shard.epoch() == epoch {
                world.with_cx(|cx| finish(shard, cx, after, stored));
            }
        });
    });
}

fn start(shard: &ServingGroups, job: Job) {
    let world = Arc::clone(&shard.machine.world);
    let (partition, epoch) = (shard.partition(), shard.epoch());
    let Some(shards) = world.shards.get().and_then(std::sync::Weak::upgrade) else { return };
    let Job::Resolve { group, regexes, topics } = job;
    esker_env::spawn(async move {
        let image = world.configs.watch().current();
        let resolved = resolve(&regexes, &topics, &image, world.env.clock.wall_ms());
        let _gone = shards.with(partition, |shard| {
            if shard.epoch() != epoch {
                return;
            }
            world.with_cx(|cx| {
                let mut effects = Effects::default();
                if let Some(Kind::Consumer(group)) =
                    shard.machine.shard.groups.get_mut(&group).map(|group| &mut group.kind)
                {
                    group.resolved(resolved, cx, &mut effects);
                }
                if let Err(error) = execute(shard, cx, effects, None) {
                    tracing::warn!(%group, %error, "topics of patterns are not stored");
                }
            });
        });
    });
}

/// The job is not done: the next heartbeat asks for it again.
fn give_up(shard: &mut ServingGroups, job: &Job) {
    let Job::Resolve { group, .. } = job;
    if let Some(Kind::Consumer(group)) = shard.machine.shard.groups.get_mut(group).map(|group| &mut group.kind) {
        group.resolving = false;
    }
}

/// Stores tombstones in batches, each of them whole in itself.
pub(crate) fn store_tombstones(
    shard: &mut ServingGroups,
    cx: &Cx<'_>,
    groups: Vec<Vec<GroupRecord>>,
) -> Result<(), GroupError> {
    let mut effects = Effects::default();
    for records in groups {
        if effects.records.len() + records.len() > TOMBSTONES_AT_ONCE {
            execute(shard, cx, std::mem::take(&mut effects), None)?;
        }
        // One group's offsets may be too many for one batch; its own tombstone comes last.
        let mut records = records;
        while records.len() > TOMBSTONES_AT_ONCE {
            let rest = records.split_off(TOMBSTONES_AT_ONCE);
            let part = std::mem::replace(&mut records, rest);
            execute(shard, cx, Effects { records: part, ..Effects::default() }, None)?;
        }
        effects.records.extend(records);
    }
    execute(shard, cx, effects, None)
}

impl Machine for GroupMachine {
    fn replay(&mut self, batch: &BatchRef<'_>, records: Records<'_>) -> Result<(), ReplayError> {
        let header = &batch.header;
        if header.attributes.is_control() {
            let control = ControlRecord::of_batch(batch).map_err(|error| ReplayError(error.to_string()))?;
            if let ControlRecord::EndTransaction { marker, .. } = control {
                self.shard.end_transaction(header.producer_id, marker == EndMarker::Commit);
            }
            return Ok(());
        }
        let producer = header.attributes.is_transactional().then_some(header.producer_id);
        // Nobody waits while a log is loaded.
        let mut effects = Effects::default();
        for record in records {
            let record = record.map_err(|error| ReplayError(error.to_string()))?;
            let Some(key) = record.key else { continue };
            let decoded = GroupRecord::decode(key, record.value);
            let Some(decoded) = decoded.map_err(|error| ReplayError(error.to_string()))? else { continue };
            let at = header.base_offset + Offset::from(record.offset_delta);
            self.shard.apply(decoded, at, producer, false, &mut effects).map_err(ReplayError)?;
        }
        Ok(())
    }

    fn loaded(shard: &mut Serving<Self>, _: Instant) {
        let world = Arc::clone(&shard.machine.world);
        world.with_cx(|cx| {
            let mut effects = Effects::default();
            shard.machine.shard.start_clocks(cx, &mut effects);
            if let Err(error) = execute(shard, cx, effects, None) {
                tracing::warn!(partition = shard.partition(), %error, "what follows from loading is not stored");
            }
        });
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.shard.timers.next()
    }

    fn on_deadline(shard: &mut Serving<Self>, now: Instant) {
        let world = Arc::clone(&shard.machine.world);
        world.with_cx(|cx| {
            for _ in 0..DEADLINES_AT_ONCE {
                let Some(key) = shard.machine.shard.timers.take_due(now) else { return };
                on_timer(shard, cx, key);
            }
        });
    }
}

fn on_timer(shard: &mut ServingGroups, cx: &Cx<'_>, key: TimerKey) {
    if key == TimerKey::Expiry {
        shard.machine.shard.timers.set(TimerKey::Expiry, cx.now + cx.settings.expiry_interval);
        let expired = shard.machine.shard.expired(cx);
        if let Err(error) = store_tombstones(shard, cx, expired) {
            tracing::warn!(partition = shard.partition(), %error, "expired offsets are not forgotten yet");
        }
        return;
    }
    let mut effects = Effects::default();
    shard.machine.shard.on_timer(key.clone(), cx, &mut effects);
    if let Err(error) = execute(shard, cx, effects, None) {
        tracing::warn!(partition = shard.partition(), ?key, %error, "what follows from a deadline is not stored");
        retry(shard, cx, key);
    }
}

/// A member of a consumer group that could not be fenced is still a member: its deadline rings again.
fn retry(shard: &mut ServingGroups, cx: &Cx<'_>, key: TimerKey) {
    /// How long after a refusal.
    const AGAIN: std::time::Duration = std::time::Duration::from_secs(1);
    let of_consumer = matches!(
        key,
        TimerKey::ConsumerSession(..)
            | TimerKey::ConsumerRevoke(..)
            | TimerKey::ConsumerJoin(..)
            | TimerKey::ConsumerSync(..)
    );
    if of_consumer {
        shard.machine.shard.timers.set_if_absent(key, cx.now + AGAIN);
    }
}

impl World {
    /// An empty shard.
    pub fn machine(self: &Arc<Self>) -> GroupMachine {
        let shard = GroupShard::new(self.budget.clone());
        GroupMachine { shard, world: Arc::clone(self) }
    }
}
