//! The scrubber: a leader reads what it has in the bucket, slowly and over and over, and puts a good copy in the place of a bad object.
//!
//! Nothing is deleted because it is bad. Where one closed local segment still holds all of a bad object's offsets, they are uploaded again
//! under another uuid, and the next version names that object instead, or refers to new pages that do; the bad one is garbage then as any other.
//! Otherwise the finding is reported, and found again in the next round.

use crate::chain::ChainError;
use crate::keys::ObjectId;
use crate::manifest::{Changes, Entry, Finished, GARBAGE_MAX, Garbage, PageRef, Phase, Rewrite, Root};
use crate::partition::examine;
use crate::partition::handle::Shared;
use crate::partition::jobs::{self, Done};
use crate::partition::planner::{Effect, Planner, Sight};
use crate::partition::rewrite::{Misnamed, NotRewritten};
use crate::process::add;
use crate::token::WriterToken;
use crate::upload::{SegmentUpload, UploadError};
use esker_env::Instant;
use esker_model::Offset;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A leadership settles before it looks back.
const FIRST_AFTER: Duration = Duration::from_secs(600);
/// Pause after a failure of the store or of the local disk.
const RETRY_AFTER: Duration = Duration::from_secs(60);

/// How far a leader has looked.
#[derive(Debug, Default)]
pub(crate) struct Scrub {
    /// Where the next object begins, or any offset inside of it.
    from: Offset,
    running: bool,
    at: Option<Instant>,
    /// Pages that name a good copy are being written.
    rewriting: bool,
    /// Good copies that no version names yet, or the pages that do and that no version refers to.
    healing: Vec<Uuid>,
}

/// What a look at one object came to.
#[derive(Debug)]
pub(crate) struct Scrubbed {
    pub(crate) entry: Entry,
    /// The pages on the way to it, the version's own first; none where the version names it itself.
    pub(crate) path: Vec<PageRef>,
    /// Why it is bad.
    pub(crate) damage: Option<String>,
    /// What is to be named instead of it.
    pub(crate) copy: Option<Finished>,
    /// What an upload that failed may have left.
    pub(crate) left: Option<Garbage>,
}

/// What a look came to, and where to go on.
#[derive(Debug)]
pub(crate) struct Look {
    go_on: Offset,
    /// `None` where nothing is tiered.
    pub(super) result: Result<Option<Scrubbed>, String>,
}

impl Look {
    /// Counts what was found, and says it where it is bad.
    pub(super) fn note(&self, shared: &Shared) {
        let Ok(Some(Scrubbed { entry, damage, copy, .. })) = &self.result else { return };
        add(&shared.core.totals.scrubbed_objects, 1);
        let Some(damage) = damage else { return };
        add(&shared.core.totals.scrub_damaged, 1);
        tracing::error!(
            partition = %shared.id, base = entry.base, next = entry.next, damage, is_healed = copy.is_some(),
            "an object in the bucket is not what was uploaded"
        );
    }
}

/// Looks at the object that holds `from`, or at the first one where nothing does.
pub(crate) async fn look(shared: Arc<Shared>, token: WriterToken, sequence: u64, from: Offset) -> Done {
    let failed = |go_on, error: &dyn std::fmt::Display| Look { go_on, result: Err(error.to_string()) };
    let Found { entry, path, can_be_named } = match find(&shared, sequence, from).await {
        Ok(Some(found)) => found,
        Ok(None) => return Done::Scrubbed(Look { go_on: from, result: Ok(None) }),
        Err(error) => return Done::Scrubbed(failed(from, &error)),
    };
    let damage = match examine::damage(&shared, &entry).await {
        Ok(damage) => damage,
        Err(error) if error.kind.is_transient() => return Done::Scrubbed(failed(from, &error)),
        // One object that the store keeps to itself holds up no round.
        Err(error) => return Done::Scrubbed(failed(entry.next, &error)),
    };
    let mut scrubbed = Scrubbed { entry, path, damage, copy: None, left: None };
    if scrubbed.damage.is_some() && can_be_named {
        upload_again(&shared, token, &mut scrubbed).await;
    }
    Done::Scrubbed(Look { go_on: entry.next, result: Ok(Some(scrubbed)) })
}

/// An object to look at.
struct Found {
    entry: Entry,
    path: Vec<PageRef>,
    /// Whether a version may name another one instead: it has room for the pages that would be garbage then.
    can_be_named: bool,
}

async fn find(shared: &Shared, sequence: u64, from: Offset) -> Result<Option<Found>, ChainError> {
    let root = shared.chain.root(sequence).await?;
    let from = if from < root.tiered_end { from.max(root.log_start) } else { root.log_start };
    let found = shared.chain.path_to(&root, from).await?;
    Ok(found.map(|(entry, path)| {
        let can_be_named = root.garbage.len() + path.len() < GARBAGE_MAX;
        Found { entry, path, can_be_named }
    }))
}

/// Uploads what the bad object should hold, where the local log still has it.
async fn upload_again(shared: &Arc<Shared>, token: WriterToken, scrubbed: &mut Scrubbed) {
    let (base, next) = (scrubbed.entry.base, scrubbed.entry.next);
    let copy = jobs::blocking(shared, move |shared| shared.local.copy_of(base, next)).await;
    let Ok(Ok(Some(source))) = copy else { return };
    let core = &shared.core;
    let id = ObjectId { base, token, uuid: core.env.random.uuid() };
    let (store, keys, pool, limits, home) = (&core.store, &core.keys, &core.pool, &core.uploads, shared.home());
    match (SegmentUpload { store, keys, pool, limits, home, id }).run(source).await {
        Ok((finished, _)) => scrubbed.copy = Some(finished),
        Err(UploadError::Store { error, left }) => {
            tracing::warn!(partition = %shared.id, base, %error, "a good copy could not be uploaded");
            scrubbed.left = Some(left);
        }
        Err(error) => tracing::warn!(partition = %shared.id, base, %error, "the local copy is of no use"),
    }
}

impl Scrub {
    pub(super) fn is_rewriting(&self) -> bool {
        self.rewriting
    }
}

impl Planner {
    pub(super) fn start_scrub(&mut self, sight: &Sight) {
        let Some(interval) = self.settings.scrub_interval else { return };
        let now = sight.now.at;
        if self.scrub.running || self.is_healing_page() || *self.phase() != Phase::Leading {
            return;
        }
        let at = *self.scrub.at.get_or_insert(now + FIRST_AFTER.min(interval));
        let Some(sequence) = self.writer.summary().map(|summary| summary.sequence) else { return };
        if at > now || !self.may_act_or_ask(sight) {
            return;
        }
        self.scrub.running = true;
        self.put(Effect::Scrub { sequence, from: self.scrub.from });
    }

    pub(super) fn scrub_wake(&self) -> Option<Instant> {
        self.scrub.at.filter(|_| !self.scrub.running && !self.is_healing_page() && *self.phase() == Phase::Leading)
    }

    /// One finding beneath pages at a time: the next one is to see the pages as they are then.
    fn is_healing_page(&self) -> bool {
        self.scrub.rewriting || self.writer.wants_rewrite()
    }

    pub(super) fn scrubbed(&mut self, look: Look, sight: &Sight) {
        self.scrub.running = false;
        let is_further = look.go_on != self.scrub.from || matches!(look.result, Ok(Some(_)));
        self.scrub.from = look.go_on;
        if is_further && self.writer.summary().is_some_and(|summary| look.go_on >= summary.tiered_end) {
            self.sweep_all(sight); // the round is over
        }
        let pause = match look.result {
            Ok(Some(scrubbed)) => {
                let pause = self.pause_after(&scrubbed.entry);
                self.take_finding(scrubbed);
                pause
            }
            Ok(None) | Err(_) => RETRY_AFTER,
        };
        self.scrub.at = Some(sight.now.at + pause);
    }

    /// So that a round over all objects takes the interval, each getting a share of it by its length.
    fn pause_after(&self, entry: &Entry) -> Duration {
        let interval = self.settings.scrub_interval.unwrap_or(RETRY_AFTER);
        let all = self.writer.summary().map_or(0, |summary| summary.live_bytes).max(1);
        interval.mul_f64((entry.object_len() as f64 / all as f64).min(1.0))
    }

    fn take_finding(&mut self, scrubbed: Scrubbed) {
        let Scrubbed { entry, path, copy, left, .. } = scrubbed;
        self.writer.changes().discarded.extend(left);
        let Some(copy) = copy else { return };
        if path.is_empty() {
            self.scrub.healing.push(copy.entry.uuid);
            self.writer.changes().replaced.insert(entry.uuid, copy);
        } else {
            self.scrub.rewriting = true;
            self.put(Effect::Rewrite(Box::new(Misnamed { path, bad: entry, copy: copy.entry })));
        }
    }

    pub(super) fn rewritten(&mut self, result: Result<Rewrite, NotRewritten>) {
        self.scrub.rewriting = false;
        match result {
            Ok(rewrite) => {
                self.scrub.healing.push(rewrite.page.uuid);
                self.writer.changes().rewrite = Some(rewrite);
            }
            Err(NotRewritten { left, .. }) => self.writer.changes().discarded.extend(left),
        }
    }

    /// The copies that a confirmed version names are healed.
    pub(super) fn scrub_confirmed(&mut self, root: &Root) {
        let is_healed = |uuid: &mut Uuid| {
            let mut named = root.entries.iter().map(|entry| entry.uuid).chain(root.pages.iter().map(|page| page.uuid));
            named.any(|named| named == *uuid)
        };
        let count = self.scrub.healing.extract_if(.., is_healed).count();
        let Changes { replaced, rewrite, .. } = self.writer.changes();
        let is_wanted = |uuid: &Uuid| {
            let is_copy = replaced.values().any(|copy| copy.entry.uuid == *uuid);
            is_copy || rewrite.as_ref().is_some_and(|rewrite| rewrite.page.uuid == *uuid)
        };
        self.scrub.healing.retain(is_wanted);
        if count > 0 {
            self.put(Effect::Healed(count as u64));
        }
    }
}
