//! The newest version rots, and an operator has it rebuilt. Held against it: nobody takes what cannot be read for nothing, nothing goes because of it,
//! and the rebuilt version holds all that the lost one did.

use crate::bucket::{Judge, Known, Repair, RepairError, Worth, seal};
use crate::manifest::test_roots::HOME;
use crate::manifest::{Entry, Page, PageRef, Root, decode_page, encode_root};
use crate::simulation::bucket::{Bucket, Spoilt};
use crate::simulation::mutants::Mutant;
use crate::simulation::world::World;
use esker_model::Offset;
use std::collections::BTreeMap;
use std::time::Duration;

/// Until then nobody notices.
const PATIENCE: Duration = Duration::from_secs(60);

impl World {
    /// The newest version rots, is cut or cannot be read.
    pub(super) fn spoil(&mut self) {
        let how = match self.dice.below(3) {
            0 => Spoilt::Flipped(self.dice.below(1 << 20) as usize),
            1 => Spoilt::Cut(self.dice.below(1 << 20) as usize),
            _ => Spoilt::Refused,
        };
        if self.bucket.is_spoilt()
            || self.is_deleting()
            || self.bucket.newest().is_none_or(|newest| newest.root.is_final)
        {
            return;
        }
        self.spoilt_at = self.now;
        self.count("versions spoilt", 1);
        // What rots seldom rots alone.
        let many = 1 + self.dice.below(6) as usize;
        for (_, stored) in self.bucket.versions.iter_mut().rev().take(many) {
            stored.spoilt = Some(how);
        }
        // A leader that has it in memory goes on, and the next version can be read again.
        if let Some(leader) = self.leader.filter(|_| self.dice.percent(70)) {
            self.restart(leader);
        }
    }

    /// The operator stops the partition's brokers, so that what they had sent is over, and has the version rebuilt.
    pub(super) fn repair(&mut self) {
        if !self.bucket.is_spoilt() || self.is_deleting() || self.now < self.spoilt_at + PATIENCE {
            return;
        }
        for at in 0..self.brokers.len() {
            self.end_lead(at);
            self.brokers[at].asleep = false;
        }
        self.leader = None;
        while !self.strays.is_empty() {
            self.execute_stray(0);
        }
        if self.bucket.is_spoilt() {
            self.rebuild();
        }
    }

    fn rebuild(&mut self) {
        let known = self.bucket.known();
        let known_to = known.base.as_ref().filter(|base| !base.is_final).map(|base| base.tiered_end);
        let mut found = self.bucket.found(&known, self.mutant == Some(Mutant::RepairsTooLittle));
        let line = match known.line(&mut found, false) {
            // A segment that is missing because a later one was uploaded beside it, or because somebody deleted records that were not tiered yet:
            // nothing in the bucket tells.
            Err(RepairError::Hole { .. }) => return self.restore(),
            line => line.expect("nothing but holes is in the way"),
        };
        // Records were deleted that no older version knows of, nor any object.
        let lost_start = self.bucket.newest().map_or(0, |lost| lost.root.log_start);
        if known_to.is_none_or(|known_to| lost_start > known_to) {
            return self.restore();
        }
        if line.first().is_none_or(|first| known_to.is_none_or(|known_to| first.base > known_to)) {
            return self.restore();
        }
        let epochs = line.last().and_then(|last| self.bucket.objects.get(&last.id())).map(|last| last.epochs.clone());
        self.write_repair(Repair::of(known, line, epochs.unwrap_or_default(), Vec::new(), HOME));
    }

    /// A backup's copy of the version.
    fn restore(&mut self) {
        self.count("versions restored", 1);
        if let Some(newest) = self.bucket.versions.last_entry() {
            newest.into_mut().spoilt = None;
        }
    }

    fn write_repair(&mut self, repair: Repair) {
        let lost = self.bucket.newest().expect("it is spoilt").root.clone();
        let sealed = seal(HOME, repair.named(), &mut || self.dice.uuid());
        let now_ms = self.wall_ms();
        for (page, bytes) in &sealed.written {
            let content = decode_page(bytes, HOME, page).expect("what was written");
            self.bucket.pages.insert(page.uuid, (content, now_ms));
        }
        let root = repair.root(lost.sequence + 1, self.dice.uuid(), sealed.refs, sealed.rest);
        self.bucket.replace_lost(&lost, &root, encode_root(&root));
        self.count("repairs", 1);
        // What was uploaded and not committed may be the tier's now; it is what the log holds.
        for offset in lost.tiered_end..root.tiered_end.min(self.acked.len() as Offset) {
            let acked = self.acked[offset as usize];
            let is_same = acked == 0 || self.bucket.id_at(offset) == Some(acked);
            assert!(is_same, "the repair has another record at {offset} than was acknowledged");
        }
        self.is_checked = false;
    }
}

impl Bucket {
    /// Whether the newest version cannot be read.
    pub(super) fn is_spoilt(&self) -> bool {
        self.newest().is_some_and(|newest| newest.spoilt.is_some())
    }

    /// What the product's repair finds out first: the newest version that can be read, and what it names.
    fn known(&self) -> Known {
        let newest = self.newest_number().unwrap_or(0);
        let readable = self.versions.iter().rev().find(|(_, stored)| stored.spoilt.is_none());
        let base = readable.map(|(_, stored)| Root::clone(&stored.root));
        let mut known = Known { newest, base: None, entries: Vec::new(), pages: Vec::new(), pages_damaged: false };
        if let Some(base) = &base {
            let from = base.log_start.max(base.dropped_to);
            let mut stack: Vec<PageRef> = base.pages.iter().rev().copied().collect();
            while let Some(page) = stack.pop() {
                known.pages.push(page.uuid);
                match self.page(&page) {
                    _ if page.next <= from => {}
                    Some(Page::Entries(entries)) => known.entries.extend(entries),
                    Some(Page::Refs(refs)) => stack.extend(refs.iter().rev()),
                    None => known.pages_damaged = true,
                }
            }
            known.entries.extend(&base.entries);
            known.entries.retain(|entry| entry.next > from);
        }
        known.base = base;
        known
    }

    /// What is there, by where it begins. `too_little`: what only trailers tell of is overlooked.
    fn found(&self, known: &Known, too_little: bool) -> BTreeMap<Offset, Vec<Entry>> {
        let judge = Judge::new(known);
        let mut found: BTreeMap<Offset, Vec<Entry>> = BTreeMap::new();
        for (id, object) in &self.objects {
            let entry = match judge.worth(id, object.entry.object_len()) {
                Worth::Named(entry) => entry,
                Worth::AskIt if !too_little => object.entry,
                Worth::AskIt | Worth::Nothing => continue,
                Worth::Changed => panic!("an object of another length: {id:?}"),
            };
            found.entry(entry.base).or_default().push(entry);
        }
        found
    }

    /// The rebuilt version takes the lost one's place.
    fn replace_lost(&mut self, lost: &Root, root: &Root, bytes: bytes::Bytes) {
        assert_eq!(root.check(), Ok(()));
        assert!(
            root.log_start <= lost.log_start,
            "what is visible went with the repair: {} {}",
            root.log_start,
            lost.log_start
        );
        assert!(root.tiered_end >= lost.tiered_end, "the repair lost {}..{}", root.tiered_end, lost.tiered_end);
        let rebuilt = self.entries(root).expect("its pages were written");
        let first = rebuilt.first().map_or(root.tiered_end, |first| first.base);
        assert!(first <= lost.log_start, "the repair lost {}..{first}", lost.log_start);
        for entry in rebuilt.iter().filter(|entry| entry.next > lost.log_start) {
            self.check_new_entry(entry);
        }
        self.put_version(root.sequence, root.clone(), bytes);
    }
}
