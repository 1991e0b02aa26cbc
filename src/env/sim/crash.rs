//! The states in which a power cut can leave a disk.
//!
//! For every moment of a recorded run: what was synced is there. Of what was not, any part may be: each operation by
//! itself, in any combination, the last write torn at a sector or page, or its length there and its bytes still zero. A name counts as
//! synced when one of the directories that the change touched was (a rename across directories is one change in a journal).

use super::SimDisk;
use super::random::SeededRandom;
use super::tree::{Op, Tree};
use crate::Random;
use std::collections::HashSet;

/// Up to this many operations that may or may not have happened, every combination is tried.
const EXHAUSTIVE_MAX: usize = 6;
const SECTOR: u64 = 512;
const PAGE: u64 = 4096;

/// One state of the disk after a power cut.
#[derive(Debug)]
pub struct CrashImage {
    /// How many recorded operations had been done when the power went.
    pub ops: usize,
    /// What became of those that were not durable, for a failing test's message.
    pub story: String,
    /// The disk as the next start finds it. It does not record.
    pub disk: SimDisk,
}

/// Iterates over the states, moment by moment.
#[derive(Debug)]
pub struct CrashImages {
    journal: Vec<Op>,
    /// How many operations have been done at the present moment.
    ops: usize,
    /// What is durable at the present moment.
    durable: Tree,
    /// Operations done and not durable, in order.
    pending: Vec<usize>,
    /// Files of which a sync failed: nothing that is pending or follows becomes durable any more.
    doomed: HashSet<usize>,
    /// States still to be built at the present moment.
    plans: Vec<Plan>,
    random: SeededRandom,
    subsets_max: usize,
    started: bool,
}

/// What became of one operation that was not durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Happened,
    Lost,
    /// Only so many bytes of the write arrived.
    Torn(usize),
    /// The file grew, but its blocks are still zero.
    Zeroed,
}

/// One fate for each pending operation.
type Plan = Vec<Fate>;

impl CrashImages {
    pub(super) fn new(journal: Vec<Op>, seed: u64, subsets_max: usize) -> Self {
        Self {
            journal,
            ops: 0,
            durable: Tree::default(),
            pending: Vec::new(),
            doomed: HashSet::new(),
            plans: Vec::new(),
            random: SeededRandom::new(seed),
            subsets_max: subsets_max.max(2),
            started: false,
        }
    }

    /// Lets the next recorded operation be done; false at the end of the run.
    fn advance(&mut self) -> bool {
        if self.started {
            let Some(op) = self.journal.get(self.ops).cloned() else { return false };
            match op {
                Op::SyncFile(file) if !self.doomed.contains(&file) => self.settle(|op| touches_file(op, file)),
                Op::SyncFile(_) => {}
                Op::SyncFileFailed(file) => {
                    self.doomed.insert(file);
                }
                Op::SyncDir(dir) => self.settle(|op| touches_dir(op, dir)),
                Op::Names(_) | Op::Write { .. } | Op::SetLen { .. } => self.pending.push(self.ops),
            }
            self.ops += 1;
        }
        self.started = true;
        self.plan();
        true
    }

    /// Makes the pending operations that `chosen` picks durable.
    fn settle(&mut self, chosen: impl Fn(&Op) -> bool) {
        let (settled, left): (Vec<_>, Vec<_>) = self.pending.iter().partition(|&&at| chosen(&self.journal[at]));
        for at in settled {
            self.durable.apply(&self.journal[at]);
        }
        self.pending = left;
    }

    fn plan(&mut self) {
        let count = self.pending.len();
        if count <= EXHAUSTIVE_MAX {
            let subsets = 0..1u32 << count;
            self.plans = subsets.map(|bits| (0..count).map(|at| fate_of(bits >> at & 1 == 1)).collect()).collect();
        } else {
            self.plans = vec![vec![Fate::Lost; count], vec![Fate::Happened; count]];
            while self.plans.len() < self.subsets_max {
                let subset = (0..count).map(|_| fate_of(self.random.below(2) == 0)).collect();
                self.plans.push(subset);
            }
        }
        self.plan_torn_write();
    }

    fn plan_torn_write(&mut self) {
        let is_write = |&at: &usize| matches!(self.journal[self.pending[at]], Op::Write { .. });
        let Some(last) = (0..self.pending.len()).rev().find(is_write) else { return };
        let Op::Write { position, ref bytes, .. } = self.journal[self.pending[last]] else { return };
        let end = position + bytes.len() as u64;
        for block in [SECTOR, PAGE] {
            let (first, borders) = (position / block + 1, end.div_ceil(block).saturating_sub(position / block + 1));
            // A write inside of one sector can still be cut short by a process that dies while it is copied.
            let cut = if borders == 0 {
                self.random.below(end - position)
            } else {
                (first + self.random.below(borders)) * block - position
            };
            let mut torn = vec![Fate::Happened; self.pending.len()];
            torn[last] = Fate::Torn(cut as usize);
            self.plans.push(torn);
        }
        let mut zeroed = vec![Fate::Happened; self.pending.len()];
        zeroed[last] = Fate::Zeroed;
        self.plans.push(zeroed);
    }

    fn build(&self, plan: &Plan) -> CrashImage {
        let mut tree = self.durable.clone();
        for (&at, &fate) in self.pending.iter().zip(plan) {
            match (fate, &self.journal[at]) {
                (Fate::Lost, _) => {}
                (Fate::Torn(len), Op::Write { file, position, bytes }) => tree.write(*file, *position, &bytes[..len]),
                (Fate::Zeroed, Op::Write { file, position, bytes }) => {
                    tree.write(*file, *position, &vec![0; bytes.len()]);
                }
                (_, op) => tree.apply(op),
            }
        }
        let fates = self.pending.iter().zip(plan);
        let story =
            fates.map(|(at, fate)| format!("{at}:{fate:?} {}", outline(&self.journal[*at]))).collect::<Vec<_>>();
        CrashImage { ops: self.ops, story: story.join(", "), disk: SimDisk::of_tree(tree) }
    }
}

fn fate_of(happened: bool) -> Fate {
    if happened { Fate::Happened } else { Fate::Lost }
}

fn touches_file(op: &Op, synced: usize) -> bool {
    matches!(op, Op::Write { file, .. } | Op::SetLen { file, .. } if *file == synced)
}

fn touches_dir(op: &Op, synced: usize) -> bool {
    matches!(op, Op::Names(edits) if edits.iter().any(|edit| edit.dir == synced))
}

fn outline(op: &Op) -> String {
    match op {
        Op::Names(edits) => {
            let named =
                |edit: &super::tree::NameEdit| format!("{}{}", if edit.node.is_some() { "+" } else { "-" }, edit.name);
            edits.iter().map(named).collect::<Vec<_>>().join(" ")
        }
        Op::Write { file, position, bytes } => format!("write #{file} {position}+{}", bytes.len()),
        Op::SetLen { file, len } => format!("length #{file} {len}"),
        Op::SyncFile(_) | Op::SyncFileFailed(_) | Op::SyncDir(_) => String::new(),
    }
}

impl Iterator for CrashImages {
    type Item = CrashImage;

    fn next(&mut self) -> Option<CrashImage> {
        while self.plans.is_empty() {
            if !self.advance() {
                return None;
            }
        }
        let plan = self.plans.pop()?;
        Some(self.build(&plan))
    }
}
