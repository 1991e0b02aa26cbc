//! Rebuilds a partition's newest version from what is left: an older version, and the trailers of the objects themselves.
//!
//! An older version that can be read is right in what it names: entries leave a chain at its front only. Behind its tiered end the
//! objects speak for themselves. A leader uploads after its fence and from the tiered end on, so of several objects that begin at
//! one offset the one with the greatest token is the only one that can have been committed; of several of one leader, which hold the
//! same records, the one that leads furthest is taken. The repaired version has a token above every writer of the epochs that are
//! known, so that none of them goes on beside it.

use crate::bucket::BucketPartition;
use crate::bucket::objects::read_trailer;
use crate::bucket::repair_pages::seal;
use crate::bucket::walk::EntryWalk;
use crate::chain::ChainError;
use crate::keys::{ObjectId, PartitionHome, object_of, sequence_of};
use crate::manifest::{
    CreateOutcome, EPOCHS_MAX, Entry, EntryKind, FIRSTS_MAX, GARBAGE_MAX, Garbage, PageRef, ROOT_LEN_MAX, ReadBack,
    Root, RootError, decode_root, encode_root,
};
use crate::object::{FOOTER_LEN, Footer};
use crate::store::{Listed, Reason, StoreError, StoreErrorKind};
use crate::token::WriterToken;
use esker_model::{EpochHistory, Offset};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// How long garbage is kept where no older version says so, milliseconds.
const GRACE_MS: u64 = 3_600_000;

/// Why a partition is not repaired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepairError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing is wrong with it.
    #[error("version {0} can be read, and so can its pages: there is nothing to repair")]
    NotNeeded(u64),
    /// A later release wrote it.
    #[error("version {sequence} has format {format}, which a later release wrote: use that release")]
    TooNew {
        /// The version.
        sequence: u64,
        /// Its format.
        format: u16,
    },
    /// Its topic was deleted.
    #[error("the partition was deleted with version {0}")]
    Deleted(u64),
    /// Its topic is being deleted: its objects go.
    #[error("its topic is being deleted: the mark is in the bucket")]
    Marked,
    /// Nothing of it is in the bucket.
    #[error("neither a version nor an object of it is in the bucket")]
    Nothing,
    /// Objects in the middle are gone: only what is behind them can be named.
    #[error(
        "objects are missing between offsets {from} and {to}: a manifest has no holes, so what is before {to} would be lost. \
         Give --accept-loss to go on with what is behind"
    )]
    Hole {
        /// Where the hole begins.
        from: Offset,
        /// Where it ends.
        to: Offset,
    },
    /// Somebody else wrote a version meanwhile.
    #[error("version {0} was written by somebody else meanwhile: look again")]
    Raced(u64),
}

/// What a repair writes.
#[derive(Clone, Debug)]
pub struct Repair {
    /// The damaged version, or the newest one; 0 for none.
    pub damaged: u64,
    /// The older version that was built on.
    pub based_on: Option<u64>,
    /// First offset that readers may see.
    pub log_start: Offset,
    /// Where the older version began, if that is before it: what is between is in no object, because a lost version's retention let it go or
    /// because it is lost.
    pub began_at: Option<Offset>,
    /// First offset that is not tiered.
    pub tiered_end: Offset,
    /// Objects that are named.
    pub objects: usize,
    /// Those of them that were found by their trailers.
    pub from_trailers: usize,
    /// Objects that cannot be used, with the reason.
    pub unusable: Vec<String>,
    entries: Vec<Entry>,
    base: Root,
    token: WriterToken,
    epochs: EpochHistory,
    old_pages: Vec<Uuid>,
}

/// What is known before objects are looked at.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) newest: u64,
    pub(crate) base: Option<Root>,
    /// Entries that the base names and whose pages can be read.
    pub(crate) entries: Vec<Entry>,
    pub(crate) pages: Vec<Uuid>,
    /// The base is the newest version itself: only pages are damaged.
    pub(crate) pages_damaged: bool,
}

/// What a listed object is worth.
#[derive(Debug)]
pub(crate) enum Worth {
    /// The base names it.
    Named(Entry),
    /// The base names it, and it is not what it was.
    Changed,
    /// It was never committed, or was dropped.
    Nothing,
    /// Only its own trailer can tell.
    AskIt,
}

/// Judges listed objects by what is known.
#[derive(Debug)]
pub(crate) struct Judge {
    trusted: HashMap<Uuid, Entry>,
    garbage: HashSet<Uuid>,
    /// Below it the base is whole: what it does not name there was never committed, or was dropped.
    whole_to: Offset,
}

impl Judge {
    pub(crate) fn new(known: &Known) -> Self {
        let whole_to = match &known.base {
            Some(base) if !known.pages_damaged => base.tiered_end,
            _ => 0,
        };
        let garbage = known.base.iter().flat_map(|base| &base.garbage).filter_map(garbage_object);
        let trusted = known.entries.iter().map(|entry| (entry.uuid, *entry));
        Self { trusted: trusted.collect(), garbage: garbage.collect(), whole_to }
    }

    pub(crate) fn worth(&self, id: &ObjectId, len: u64) -> Worth {
        match self.trusted.get(&id.uuid) {
            Some(entry) if entry.object_len() == len => Worth::Named(*entry),
            Some(_) => Worth::Changed,
            None if id.base < self.whole_to || self.garbage.contains(&id.uuid) => Worth::Nothing,
            None => Worth::AskIt,
        }
    }
}

fn store_error(error: ChainError) -> Result<String, RepairError> {
    match error {
        ChainError::Store(error) if !matches!(error.kind, StoreErrorKind::NotFound | StoreErrorKind::Damaged) => {
            Err(error.into())
        }
        error => Ok(error.to_string()),
    }
}

impl BucketPartition {
    /// Looks for the newest version that can be read, and what it names.
    async fn known(&self) -> Result<Known, RepairError> {
        let (keys, home) = (&self.chain.keys, self.chain.home);
        let listed = self.list_all(&keys.manifests(home)).await?;
        let mut sequences: Vec<u64> = listed.iter().filter_map(|listed| sequence_of(&listed.key)).collect();
        sequences.sort_unstable();
        let newest = sequences.last().copied().unwrap_or(0);
        let mut known = Known { newest, base: None, entries: Vec::new(), pages: Vec::new(), pages_damaged: false };
        for sequence in sequences.into_iter().rev() {
            let key = keys.manifest(home, sequence);
            let bytes = match self.chain.store.get_small(Reason::Manifest, &key, ROOT_LEN_MAX).await {
                Ok(bytes) => bytes,
                Err(error) if matches!(error.kind, StoreErrorKind::NotFound | StoreErrorKind::Damaged) => continue,
                Err(error) => return Err(error.into()),
            };
            match decode_root(&bytes, home, sequence) {
                Ok(root) if root.is_final => return Err(RepairError::Deleted(sequence)),
                Ok(root) => {
                    known.base = Some(root);
                    break;
                }
                Err(RootError::TooNew(format)) => return Err(RepairError::TooNew { sequence, format }),
                Err(RootError::Damaged(_)) => {}
            }
        }
        self.walk_base(&mut known).await?;
        Ok(known)
    }

    async fn walk_base(&self, known: &mut Known) -> Result<(), RepairError> {
        let Some(base) = &known.base else { return Ok(()) };
        let mut walk = EntryWalk::new(&self.chain, base, base.log_start);
        loop {
            match walk.next().await {
                Ok(Some(entry)) => known.entries.push(entry),
                Ok(None) => break,
                Err((_, error)) => {
                    store_error(error)?;
                    known.pages_damaged = true;
                }
            }
        }
        known.pages = walk.seen;
        Ok(())
    }

    /// Decides what the repaired version says. Nothing is written.
    pub async fn plan_repair(&self, accept_loss: bool) -> Result<Repair, RepairError> {
        let mark = self.chain.keys.deleted_mark(self.chain.home.topic_id);
        match self.chain.store.get_small(Reason::Cluster, &mark, 1 << 10).await {
            Ok(_) => return Err(RepairError::Marked),
            Err(error) if error.kind == StoreErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        let known = self.known().await?;
        if let Some(base) = known.base.as_ref().filter(|base| base.sequence == known.newest && !known.pages_damaged) {
            return Err(RepairError::NotNeeded(base.sequence));
        }
        let listed = self.list_all(&self.chain.keys.segments(self.chain.home)).await?;
        if listed.is_empty() && known.base.is_none() {
            return Err(RepairError::Nothing);
        }
        let mut unusable = Vec::new();
        let mut found = self.candidates(&known, listed, &mut unusable).await?;
        let line = known.line(&mut found, accept_loss)?;
        let epochs = self.epochs(&line, known.base.as_ref()).await?;
        Ok(Repair::of(known, line, epochs, unusable, self.chain.home))
    }

    /// Every object that is there and may be named, by where it begins.
    async fn candidates(
        &self,
        known: &Known,
        listed: Vec<Listed>,
        unusable: &mut Vec<String>,
    ) -> Result<BTreeMap<Offset, Vec<Entry>>, RepairError> {
        let judge = Judge::new(known);
        let mut found: BTreeMap<Offset, Vec<Entry>> = BTreeMap::new();
        for object in listed {
            let Some(id) = object_of(&object.key) else { continue };
            let entry = match judge.worth(&id, object.len) {
                Worth::Named(entry) => Ok(entry),
                Worth::Changed => Err("its length is not the one that the manifest states".to_owned()),
                Worth::Nothing => continue,
                Worth::AskIt => self.entry_from_trailer(&object).await?,
            };
            match entry {
                Ok(entry) => found.entry(entry.base).or_default().push(entry),
                Err(reason) => unusable.push(format!("{}: {reason}", object.key)),
            }
        }
        Ok(found)
    }

    /// What a version would say of an object, by the object's own footer. Its whole trailer must be right.
    async fn entry_from_trailer(&self, object: &Listed) -> Result<Result<Entry, String>, RepairError> {
        let Some(footer_at) = object.len.checked_sub(FOOTER_LEN as u64) else {
            return Ok(Err("it is shorter than a footer".to_owned()));
        };
        let bytes = match self.chain.store.get_range(Reason::Trailer, &object.key, footer_at..object.len).await {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(store_error(error.into())?)),
        };
        let footer = match Footer::decode(&bytes) {
            Ok(footer) => footer,
            Err(error) => return Ok(Err(format!("its footer: {error}"))),
        };
        let entry = Entry {
            kind: EntryKind::Segment,
            base: footer.base,
            next: footer.next,
            token: footer.token,
            uuid: footer.uuid,
            home: None,
            log_len: footer.log_len,
            trailer_len: u32::try_from(footer.trailer_len()).unwrap_or(u32::MAX),
            head_len: footer.head_len,
            max_timestamp: footer.max_timestamp,
        };
        if object_of(&object.key) != Some(entry.id())
            || entry.object_len() != object.len
            || footer.home != self.chain.home
        {
            return Ok(Err("its footer is that of another object".to_owned()));
        }
        match read_trailer(&self.chain, &entry, Reason::Trailer).await {
            Ok(_) => Ok(Ok(entry)),
            Err(error) => Ok(Err(store_error(error)?)),
        }
    }

    async fn epochs(&self, entries: &[Entry], base: Option<&Root>) -> Result<EpochHistory, RepairError> {
        let known = base.map(|base| base.epochs.clone()).unwrap_or_default();
        let Some(last) = entries.last() else { return Ok(known) };
        let epochs = match read_trailer(&self.chain, last, Reason::Trailer).await {
            Ok(trailer) => trailer.tail.epochs,
            Err(error) => {
                store_error(error)?;
                known.up_to(last.next)
            }
        };
        let newest = epochs.entries().iter().rev().take(EPOCHS_MAX).rev().copied().collect();
        Ok(EpochHistory::from_entries(newest).unwrap_or_default())
    }

    /// Writes the repaired version; its number comes back. `fresh` gives names that nobody has used.
    pub async fn write_repair(&self, repair: &Repair, mut fresh: impl FnMut() -> Uuid) -> Result<u64, RepairError> {
        let sealed = seal(self.chain.home, &repair.entries, &mut fresh);
        for (page, bytes) in &sealed.written {
            let key = self.chain.keys.page(self.chain.home, page.uuid);
            self.chain.store.put(Reason::Manifest, &key, &vec![bytes.clone()]).await?;
        }
        let sequence = repair.damaged + 1;
        let root = repair.root(sequence, fresh(), sealed.refs, sealed.rest);
        let bytes = encode_root(&root);
        let outcome = match self.chain.create(sequence, bytes.clone()).await {
            CreateOutcome::Written => return Ok(sequence),
            CreateOutcome::Exists | CreateOutcome::Unknown | CreateOutcome::NotWritten => {
                self.chain.read_back(sequence, &bytes).await
            }
        };
        match outcome {
            ReadBack::Same => Ok(sequence),
            ReadBack::Other(_) | ReadBack::Unreadable(_) => Err(RepairError::Raced(sequence)),
            ReadBack::Absent | ReadBack::Failed => {
                let key = self.chain.keys.manifest(self.chain.home, sequence);
                Err(StoreError::new(StoreErrorKind::Unknown, "create", &key, "the version was not written").into())
            }
        }
    }
}

fn garbage_object(item: &Garbage) -> Option<Uuid> {
    match item {
        Garbage::Object(id) => Some(id.uuid),
        Garbage::PageTree(_) | Garbage::PageAlone(_) => None,
    }
}

impl Known {
    fn log_start(&self) -> Offset {
        self.base.as_ref().map_or(0, |base| base.log_start)
    }

    /// What the repaired version names of what was found.
    pub(crate) fn line(
        &self,
        found: &mut BTreeMap<Offset, Vec<Entry>>,
        accept_loss: bool,
    ) -> Result<Vec<Entry>, RepairError> {
        let named: HashSet<Uuid> = self.entries.iter().map(|entry| entry.uuid).collect();
        assemble(found, &named, self.log_start(), accept_loss)
    }
}

impl Repair {
    pub(crate) fn of(
        known: Known,
        entries: Vec<Entry>,
        epochs: EpochHistory,
        unusable: Vec<String>,
        home: PartitionHome,
    ) -> Self {
        let named: HashSet<Uuid> = known.entries.iter().map(|entry| entry.uuid).collect();
        let start = known.log_start();
        let has_start = known.base.is_some();
        let from_trailers = entries.iter().filter(|entry| !named.contains(&entry.uuid)).count();
        let base = known.base.unwrap_or_else(|| Root::empty(home, 0, GRACE_MS));
        let log_start = entries.first().map_or(base.tiered_end, |first| first.base.max(start));
        let tiered_end = entries.last().map_or(log_start, |last| last.next);
        let tokens = entries.iter().map(|entry| entry.token).chain([base.token]);
        let highest = tokens.max().unwrap_or(WriterToken::NONE);
        Self {
            damaged: known.newest,
            based_on: (base.sequence > 0).then_some(base.sequence),
            log_start,
            began_at: (has_start && start < log_start).then_some(start),
            tiered_end,
            objects: entries.len(),
            from_trailers,
            unusable,
            entries,
            base,
            token: WriterToken { broker_epoch: i64::MAX, ..highest },
            epochs,
            old_pages: known.pages,
        }
    }

    /// All that it names, oldest first.
    #[cfg(test)]
    pub(crate) fn named(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn root(&self, sequence: u64, attempt: Uuid, pages: Vec<PageRef>, entries: Vec<Entry>) -> Root {
        let kept = self.base.garbage.iter().copied();
        let pages_gone = self.old_pages.iter().map(|uuid| Garbage::PageAlone(*uuid));
        let firsts = self.base.firsts.iter().copied().chain([sequence]).collect();
        let first = self.entries.first().map_or(self.log_start, |entry| entry.base);
        Root {
            sequence,
            token: self.token,
            attempt,
            log_start: self.log_start,
            tiered_end: self.tiered_end,
            dropped_to: first.min(self.log_start),
            live_bytes: self.entries.iter().map(Entry::object_len).sum(),
            epochs: self.epochs.clone(),
            pages,
            entries,
            garbage: kept.chain(pages_gone).take(GARBAGE_MAX).collect(),
            pins: self.base.pins.clone(),
            // What the lost versions had on their garbage lists is found by the next sweep.
            swept_to: 0,
            fenced_at: self.tiered_end,
            pruned_to: self.base.pruned_to,
            firsts: newest_of(firsts, FIRSTS_MAX),
            ..Root::empty(self.base.home, self.log_start, self.base.grace_ms)
        }
    }
}

/// The newest items of a list that may hold so many.
fn newest_of(all: Vec<u64>, max: usize) -> Vec<u64> {
    all[all.len().saturating_sub(max)..].to_vec()
}

/// The line of entries from the log start to the furthest end. Where objects are missing in between, only what is behind them can be
/// named.
fn assemble(
    found: &mut BTreeMap<Offset, Vec<Entry>>,
    named: &HashSet<Uuid>,
    log_start: Offset,
    accept_loss: bool,
) -> Result<Vec<Entry>, RepairError> {
    let reach = reaches(found);
    let best = |at: Offset| {
        found.get(&at).and_then(|entries| {
            // What an older version names is right; else the greatest token, and of one writer's the one that leads furthest.
            entries.iter().max_by_key(|entry| {
                (named.contains(&entry.uuid), entry.token, reach.get(&entry.next).copied().unwrap_or(entry.next))
            })
        })
    };
    let mut line: Vec<Entry> = Vec::new();
    let mut at = first_offset(found, log_start);
    while let Some(start) = at {
        let mut next = start;
        while let Some(entry) = best(next) {
            line.push(*entry);
            next = entry.next;
        }
        at = found.range(next..).next().map(|(base, _)| *base);
        if let Some(to) = at {
            if !accept_loss {
                return Err(RepairError::Hole { from: next, to });
            }
            line.clear();
        }
    }
    Ok(line)
}

/// Where the line begins: with the object that holds the log start, or with the first one behind it.
fn first_offset(found: &BTreeMap<Offset, Vec<Entry>>, log_start: Offset) -> Option<Offset> {
    let holds = found.values().flatten().filter(|entry| entry.base <= log_start && entry.next > log_start);
    let holding = holds.max_by_key(|entry| entry.token).map(|entry| entry.base);
    holding.or_else(|| found.range(log_start..).next().map(|(base, _)| *base))
}

/// For each offset at which an object begins, the furthest end that a line of objects reaches from there.
fn reaches(found: &BTreeMap<Offset, Vec<Entry>>) -> HashMap<Offset, Offset> {
    let mut reach: HashMap<Offset, Offset> = HashMap::new();
    for (base, entries) in found.iter().rev() {
        let furthest = entries.iter().map(|entry| reach.get(&entry.next).copied().unwrap_or(entry.next)).max();
        reach.insert(*base, furthest.unwrap_or(*base));
    }
    reach
}
