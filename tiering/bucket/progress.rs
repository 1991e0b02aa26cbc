//! How far a long check is, for whoever shows it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts that grow while a check runs.
#[derive(Debug, Default)]
pub struct VerifyProgress {
    objects_total: AtomicU64,
    bytes_total: AtomicU64,
    objects_done: AtomicU64,
    bytes_done: AtomicU64,
}

/// The same at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerifyCounts {
    /// Objects to check, as far as is known.
    pub objects_total: u64,
    /// Their bytes.
    pub bytes_total: u64,
    /// Objects that were checked.
    pub objects_done: u64,
    /// Bytes that were read, or passed over with an object that cannot be.
    pub bytes_done: u64,
}

impl VerifyProgress {
    pub(super) fn expect(&self, objects: u64, bytes: u64) {
        self.objects_total.fetch_add(objects, Ordering::Relaxed);
        self.bytes_total.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn object(&self) {
        self.objects_done.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn bytes(&self, bytes: u64) {
        self.bytes_done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How far it is now.
    pub fn counts(&self) -> VerifyCounts {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        VerifyCounts {
            objects_total: load(&self.objects_total),
            bytes_total: load(&self.bytes_total),
            objects_done: load(&self.objects_done),
            bytes_done: load(&self.bytes_done),
        }
    }
}
