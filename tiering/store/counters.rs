//! Every request by operation and reason: what a bucket costs is known, not guessed.

use crate::store::TopicAccounts;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What was asked of the store. Providers price by these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Operation {
    /// Write one object.
    Put,
    /// Create one object that must not exist.
    Create,
    /// Read an object or a range.
    Get,
    /// One page of a listing.
    List,
    /// Delete one batch of objects.
    Delete,
    /// Begin, complete or abort a multipart upload.
    Multipart,
    /// Write one part.
    PutPart,
}

/// Why it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Reason {
    /// Upload of a segment.
    Segment,
    /// Manifest versions and pages.
    Manifest,
    /// Trailers of objects.
    Trailer,
    /// A fetch that waits.
    ColdRead,
    /// A fetch that will come.
    ReadAhead,
    /// A second request because the first is slow.
    Hedge,
    /// Generations, cluster snapshots, topic files.
    Cluster,
    /// Retention, garbage, sweeps, topic deletion.
    Collection,
    /// The start-up probe.
    Probe,
    /// Objects that are read to check them.
    Scrub,
}

const OPERATIONS: [Operation; 7] = [
    Operation::Put,
    Operation::Create,
    Operation::Get,
    Operation::List,
    Operation::Delete,
    Operation::Multipart,
    Operation::PutPart,
];
const REASONS: [Reason; 10] = [
    Reason::Segment,
    Reason::Manifest,
    Reason::Trailer,
    Reason::ColdRead,
    Reason::ReadAhead,
    Reason::Hedge,
    Reason::Cluster,
    Reason::Collection,
    Reason::Probe,
    Reason::Scrub,
];

/// One row of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestCount {
    /// What was asked.
    pub operation: Operation,
    /// Why.
    pub reason: Reason,
    /// Requests sent, repetitions included.
    pub requests: u64,
    /// Those that failed.
    pub errors: u64,
    /// Body bytes sent or received.
    pub bytes: u64,
}

#[derive(Debug, Default)]
struct Cell {
    requests: AtomicU64,
    errors: AtomicU64,
    bytes: AtomicU64,
}

/// One count for each pair of operation and reason.
#[derive(Debug, Default)]
pub(super) struct Cells([[Cell; REASONS.len()]; OPERATIONS.len()]);

impl Cells {
    fn cell(&self, operation: Operation, reason: Reason) -> &Cell {
        &self.0[operation as usize][reason as usize]
    }

    /// Rows with at least one request.
    pub(super) fn rows(&self) -> Vec<RequestCount> {
        let pairs = OPERATIONS.into_iter().flat_map(|operation| REASONS.map(|reason| (operation, reason)));
        let rows = pairs.map(|(operation, reason)| {
            let cell = self.cell(operation, reason);
            let load = |value: &AtomicU64| value.load(Ordering::Relaxed);
            let (requests, errors, bytes) = (load(&cell.requests), load(&cell.errors), load(&cell.bytes));
            RequestCount { operation, reason, requests, errors, bytes }
        });
        rows.filter(|row| row.requests > 0).collect()
    }
}

/// The account of one store.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    all: Arc<Cells>,
    topics: TopicAccounts,
}

/// Where one kind of request is counted: in the whole account and in that of its topic.
#[derive(Clone, Debug)]
pub(super) struct Account {
    operation: Operation,
    reason: Reason,
    cells: [Arc<Cells>; 2],
}

impl Account {
    fn each(&self, count: impl Fn(&Cell)) {
        self.cells.iter().for_each(|cells| count(cells.cell(self.operation, self.reason)));
    }

    pub(super) fn sent(&self) {
        self.each(|cell| _ = cell.requests.fetch_add(1, Ordering::Relaxed));
    }

    pub(super) fn failed(&self) {
        self.each(|cell| _ = cell.errors.fetch_add(1, Ordering::Relaxed));
    }

    pub(super) fn moved(&self, bytes: u64) {
        self.each(|cell| _ = cell.bytes.fetch_add(bytes, Ordering::Relaxed));
    }
}

impl Counters {
    /// Where requests for `key` are counted; a prefix or the first of several keys does as well.
    pub(super) fn account(&self, operation: Operation, reason: Reason, key: &str) -> Account {
        Account { operation, reason, cells: [Arc::clone(&self.all), self.topics.of(key)] }
    }

    /// Rows with at least one request.
    pub(crate) fn rows(&self) -> Vec<RequestCount> {
        self.all.rows()
    }

    /// The same by topic.
    pub(crate) fn topics(&self) -> &TopicAccounts {
        &self.topics
    }
}
