//! What becomes of an effect: the store and the local log do it, or fail, or do it and say nothing.

use crate::chain::{ChainError, found_of};
use crate::checkpoint::Checkpoint;
use crate::keys::ObjectId;
use crate::local_log::{TieredUpTo, UploadSource};
use crate::manifest::test_roots::entry;
use crate::manifest::{
    Action, CreateOutcome, Cut, Entry, Finished, Found, Garbage, Page, PageDrops, PageRef, ReadBack, RetentionLimits,
    Root, SealPlan, Sweep, expired_until, old_versions,
};
use crate::partition::{Done, Effect};
use crate::simulation::bucket::{Bucket, Reason};
use crate::simulation::log::Batch;
use crate::simulation::mutants::Mutant;
use crate::simulation::world::World;
use crate::store::{StoreError, StoreErrorKind};
use crate::token::WriterToken;
use crate::upload::UploadError;
use esker_env::Instant;
use esker_model::{Offset, TimestampMs};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// What is asked for so long before it happens is the request of a sleeper.
const LATE: Duration = Duration::from_secs(120);

/// How one request fares.
#[derive(Clone, Copy, Debug)]
struct Fare {
    /// The store does it.
    applied: bool,
    /// Nobody hears of it.
    lost: bool,
}

fn unknown() -> StoreError {
    StoreError::new(StoreErrorKind::Unknown, "request", "", "no answer")
}

fn not_found() -> ChainError {
    StoreError::new(StoreErrorKind::NotFound, "get", "", "gone").into()
}

impl Fare {
    fn answer<T, E: From<StoreError>>(self, answer: T) -> Result<T, E> {
        if self.lost { Err(unknown().into()) } else { Ok(answer) }
    }
}

impl World {
    /// Does what was decided at `asked_at`; what came of it, where anything does.
    pub(super) fn carry_out(&mut self, at: usize, token: WriterToken, asked_at: Instant, effect: Effect) -> Done {
        let lost = self.faults && self.dice.percent(12);
        let fare = Fare { lost, applied: !lost || self.dice.percent(50) };
        self.count("lost answers", u64::from(lost));
        match effect {
            Effect::Chain(action) => self.ask(at, asked_at, action, fare),
            Effect::Next { from, policy } => {
                let next = self.brokers[at].log.next_upload(from, policy);
                Done::Next(next.map(|next| {
                    next.map(|source| {
                        let behind = self.brokers[at].log.bytes_from(source.end);
                        (source, behind)
                    })
                }))
            }
            Effect::Upload(source) => self.upload(token, asked_at, source, fare),
            Effect::Announce(checkpoint) => {
                if fare.applied {
                    self.announce(at, checkpoint);
                }
                Done::Announced(checkpoint, if lost { Err("the disk".into()) } else { Ok(()) })
            }
            Effect::Collect(items) => {
                if fare.applied {
                    self.collect(&items);
                }
                Done::Collected(items, fare.answer(()))
            }
            Effect::Seal(plan) => self.seal(plan, asked_at, fare),
            Effect::ReadDrops { page, from, to } => Done::PageDrops(self.read_drops(&page, from, to, fare)),
            Effect::Cut { sequence, limits, wall_ms } => Done::Cut(self.cut(at, sequence, limits, wall_ms, fare)),
            Effect::Sweep { sequence, .. } => Done::Swept(self.sweep(sequence, fare)),
            Effect::Prune { sequence } => Done::Pruned(self.prune(sequence, fare)),
            Effect::Scrub { .. } | Effect::Rewrite(_) => unreachable!("nothing rots here"),
            Effect::Damaged(_) | Effect::Healed(_) | Effect::Serve => unreachable!("done at once"),
        }
    }

    fn ask(&mut self, at: usize, asked_at: Instant, action: Action, fare: Fare) -> Done {
        let local = self.brokers[at].log.view();
        match action {
            Action::Find { after } => {
                let found = match self.newest_to_find().filter(|number| *number > after) {
                    _ if fare.lost => Err(unknown()),
                    None => Ok(Found::Nothing),
                    Some(sequence) => found_of(self.bucket.load(sequence)),
                };
                Done::Found { asked_at, local, found }
            }
            Action::Load { .. } if fare.lost => Done::Loaded(Err(unknown().into())),
            Action::Load { sequence } => Done::Loaded(self.known_root(sequence)),
            Action::Create { sequence, bytes } => {
                self.is_checked = false;
                let replaces = self.mutant == Some(Mutant::OverlooksUnreadable);
                let outcome =
                    if fare.applied { self.bucket.create(sequence, bytes, replaces) } else { CreateOutcome::Unknown };
                let believed = self.mutant == Some(Mutant::BelievesLostCreates);
                let silence = if believed { CreateOutcome::Written } else { CreateOutcome::Unknown };
                Done::Created(if fare.lost { silence } else { outcome })
            }
            Action::ReadBack { sequence, expected } => {
                let outcome = match self.bucket.read_back(sequence, &expected) {
                    _ if fare.lost => ReadBack::Failed,
                    ReadBack::Other(_) if self.mutant == Some(Mutant::BelievesOtherBodies) => ReadBack::Same,
                    outcome => outcome,
                };
                self.count("conflicts", u64::from(matches!(outcome, ReadBack::Other(_))));
                Done::ReadBack { local, outcome }
            }
            Action::ResetLog { root, .. } => Done::Reset(self.reset(at, &root, fare)),
            Action::Adopted(_) | Action::Confirmed(_) | Action::Stopped => unreachable!("done at once"),
        }
    }

    /// The number of the newest version, as a listing shows it.
    fn newest_to_find(&self) -> Option<u64> {
        if self.mutant == Some(Mutant::OverlooksUnreadable) {
            let mut newest_first = self.bucket.versions.iter().rev();
            return newest_first.find(|(_, stored)| stored.spoilt.is_none()).map(|(number, _)| *number);
        }
        self.bucket.newest_number()
    }

    /// A version that its leader may have in memory still, whatever has become of it in the store.
    fn known_root(&mut self, sequence: u64) -> Result<Arc<Root>, ChainError> {
        let stored = self.bucket.versions.get(&sequence).ok_or_else(not_found)?;
        let (root, is_spoilt) = (Arc::clone(&stored.root), stored.spoilt.is_some());
        if is_spoilt && self.dice.percent(50) { self.bucket.load(sequence) } else { Ok(root) }
    }

    fn reset(&mut self, at: usize, root: &Root, fare: Fare) -> Result<(), String> {
        if fare.lost {
            return Err("no answer".into());
        }
        self.count("resets", 1);
        self.is_checked = false;
        if self.mutant != Some(Mutant::KeepsDivergentLogs) {
            self.brokers[at].log.reset(root.tiered_end, root.log_start, Bucket::epochs_at_end(root));
        }
        Ok(())
    }

    fn upload(&mut self, token: WriterToken, asked_at: Instant, source: UploadSource, fare: Fare) -> Done {
        let mut bytes = vec![0; source.len as usize];
        source.bytes.read_exact_at(&mut bytes, 0).expect("a source's bytes stay");
        let entry = Entry {
            token,
            uuid: self.dice.uuid(),
            log_len: source.len,
            trailer_len: 60,
            max_timestamp: source.max_timestamp,
            ..entry(source.base, source.end)
        };
        if fare.applied {
            self.bucket.put(entry, source.epochs.clone(), Batch::decode_all(&bytes));
            if self.at().since(asked_at) > LATE {
                self.bucket.late.insert(entry.uuid);
            }
        }
        let finished = Finished { entry, epochs: source.epochs };
        let result = if fare.lost && self.mutant != Some(Mutant::BelievesLostUploads) {
            Err(UploadError::Store { error: unknown(), left: Garbage::Object(entry.id()) })
        } else {
            Ok(finished)
        };
        Done::Uploaded { base: source.base, result: Box::new(result) }
    }

    fn announce(&mut self, at: usize, checkpoint: Checkpoint) {
        let Checkpoint { sequence, log_start, tiered_end, .. } = checkpoint;
        self.brokers[at].checkpoint = Some(checkpoint);
        self.delete_locally(at, TieredUpTo { sequence, log_start, tiered_end });
    }

    fn collect(&mut self, items: &[Garbage]) {
        for item in items {
            match item {
                Garbage::Object(id) => self.bucket.delete_object(id, Reason::Listed),
                Garbage::PageAlone(uuid) => self.bucket.delete_page(uuid),
                Garbage::PageTree(uuid) => self.delete_tree(*uuid),
            }
        }
        self.count("deleted", items.len() as u64);
    }

    fn delete_tree(&mut self, uuid: uuid::Uuid) {
        let Some((content, _)) = self.bucket.pages.get(&uuid).cloned() else { return };
        match content {
            Page::Entries(entries) => {
                entries.iter().for_each(|entry| self.bucket.delete_object(&entry.id(), Reason::Listed));
            }
            Page::Refs(refs) => refs.iter().for_each(|page| self.delete_tree(page.uuid)),
        }
        self.bucket.delete_page(&uuid);
    }

    fn seal(&mut self, plan: SealPlan, asked_at: Instant, fare: Fare) -> Done {
        if fare.applied {
            if self.at().since(asked_at) > LATE {
                self.bucket.late.insert(plan.page.uuid);
            }
            let now_ms = self.wall_ms();
            self.bucket.pages.insert(plan.page.uuid, (plan.content.clone(), now_ms));
        }
        Done::Sealed(plan, fare.answer(()))
    }

    fn read_drops(&self, page: &PageRef, from: Offset, to: Offset, fare: Fare) -> Result<PageDrops, ChainError> {
        let beneath = self.bucket.entries_beneath(page).ok_or_else(not_found)?;
        let entries = beneath.into_iter().filter(|entry| entry.base >= from && entry.next <= to);
        fare.answer(PageDrops { base: page.base, entries: entries.take(crate::manifest::GARBAGE_MAX).collect() })
    }

    fn cut(
        &mut self,
        at: usize,
        sequence: u64,
        limits: RetentionLimits,
        wall_ms: TimestampMs,
        fare: Fare,
    ) -> Result<Cut, ChainError> {
        let root = self.known_root(sequence)?;
        let bytes_behind = self.brokers[at].log.bytes_from(root.tiered_end);
        let mut walked = limits;
        if self.mutant == Some(Mutant::RetainsTooLittle) {
            walked.time_ms = limits.time_ms.map(|ms| ms / 3600);
        }
        let mut cut = expired_until(&root, bytes_behind, walked, wall_ms);
        while let Some((page, walk)) = cut.inside {
            let inside = match self.bucket.page(&page).ok_or_else(not_found)? {
                Page::Entries(entries) => walk.over(&[], entries),
                Page::Refs(refs) => walk.over(refs, &[]),
            };
            cut = Cut { log_start: inside.log_start.or(cut.log_start), ..inside };
        }
        self.count("retention", u64::from(cut.log_start.is_some()));
        self.allow_retention(&root, bytes_behind, limits, wall_ms);
        fare.answer(cut)
    }

    /// How far retention may go, by a look at every entry.
    fn allow_retention(&mut self, root: &Root, bytes_behind: u64, limits: RetentionLimits, wall_ms: TimestampMs) {
        let Some(entries) = self.bucket.entries(root) else { return };
        let visible = entries.iter().filter(|entry| entry.next > root.log_start);
        let mut total: u64 = visible.clone().map(Entry::object_len).sum::<u64>() + bytes_behind;
        for entry in visible {
            let is_old = limits.time_ms.is_some_and(|ms| entry.max_timestamp < wall_ms - ms);
            let is_too_much = limits.bytes.is_some_and(|bytes| total - entry.object_len() >= bytes);
            if !is_old && !is_too_much {
                break;
            }
            total -= entry.object_len();
            self.bucket.log_start_allowed = self.bucket.log_start_allowed.max(entry.next);
        }
    }

    fn sweep(&mut self, sequence: u64, fare: Fare) -> Result<Offset, ChainError> {
        let root = self.known_root(sequence)?;
        let root_ms = self.bucket.versions[&sequence].written_ms;
        let sweep = Sweep::new(&root);
        let spares_all = self.mutant != Some(Mutant::SweepsTheLiving);
        let is_orphan = |id: &&ObjectId| {
            let named = self.bucket.entry_at(&root, id.base).is_some_and(|entry| entry.uuid == id.uuid);
            id.base >= root.swept_to && !named && (sweep.is_fenced(id) || !spares_all)
        };
        let orphans: Vec<ObjectId> = self.bucket.objects.keys().filter(is_orphan).copied().collect();
        let mut named = HashSet::new();
        let mut stack = root.pages.clone();
        while let Some(page) = stack.pop() {
            named.insert(page.uuid);
            if let Some(Page::Refs(refs)) = self.bucket.page(&page) {
                stack.extend(refs);
            }
        }
        let listed = self.bucket.pages.iter().map(|(uuid, (_, written_ms))| (*uuid, *written_ms));
        let pages = sweep.orphan_pages(listed, &named, root_ms);
        if fare.applied {
            self.count("swept", orphans.len() as u64);
            orphans.iter().for_each(|id| self.bucket.delete_object(id, Reason::Swept));
            pages.iter().for_each(|uuid| self.bucket.delete_page(uuid));
        }
        fare.answer(sweep.swept_to())
    }

    fn prune(&mut self, sequence: u64, fare: Fare) -> Result<u64, StoreError> {
        let Ok(root) = self.known_root(sequence) else { return Err(unknown()) };
        let newest_ms = self.bucket.newest().map_or(0, |newest| newest.written_ms);
        let listed = self.bucket.versions.range(root.pruned_to..).map(|(number, stored)| (*number, stored.written_ms));
        let mut old = old_versions(&root, listed, newest_ms);
        if !self.keeps_firsts {
            old.numbers = self.bucket.versions.range(..old.pruned_to).map(|(number, _)| *number).collect();
        }
        if fare.applied {
            self.count("pruned", old.numbers.len() as u64);
            old.numbers.iter().for_each(|number| drop(self.bucket.versions.remove(number)));
        }
        fare.answer(old.pruned_to)
    }
}
