//! Every request by operation and reason: what a bucket costs is known, not guessed.

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

/// The account of one store.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    cells: [[Cell; REASONS.len()]; OPERATIONS.len()],
}

impl Counters {
    fn cell(&self, operation: Operation, reason: Reason) -> &Cell {
        &self.cells[operation as usize][reason as usize]
    }

    pub(crate) fn sent(&self, operation: Operation, reason: Reason) {
        self.cell(operation, reason).requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self, operation: Operation, reason: Reason) {
        self.cell(operation, reason).errors.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn moved(&self, operation: Operation, reason: Reason, bytes: u64) {
        self.cell(operation, reason).bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Rows with at least one request.
    pub(crate) fn rows(&self) -> Vec<RequestCount> {
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
