//! One bound on the memory that request frames of all connections hold together.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Grain of the account: one permit stands for this many bytes.
const GRAIN: usize = 1024;
/// A frame pays for memory in steps of this size as its bytes arrive, so that a client which announces much and sends
/// little holds little.
const STEP: usize = 256 << 10;
/// Frames up to this length are free: they fit the buffer that every busy connection has anyway.
pub const FREE: usize = 16 << 10;

/// The account that all connections draw from.
#[derive(Clone, Debug)]
pub struct RequestMemory {
    permits: Arc<Semaphore>,
    grains: usize,
}

/// What one frame has drawn; given back when dropped.
#[derive(Debug, Default)]
pub struct Charge {
    permit: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

impl RequestMemory {
    /// An account of `bytes`.
    pub fn new(bytes: usize) -> Self {
        let grains = (bytes / GRAIN).clamp(STEP / GRAIN, Semaphore::MAX_PERMITS);
        Self { permits: Arc::new(Semaphore::new(grains)), grains }
    }

    /// Bytes that may be drawn.
    pub fn limit(&self) -> usize {
        self.grains * GRAIN
    }

    /// Bytes drawn at the moment.
    pub fn used(&self) -> usize {
        (self.grains - self.permits.available_permits().min(self.grains)) * GRAIN
    }
}

impl Charge {
    /// How many bytes of a frame of `frame_len` may be in memory with what has been drawn so far.
    pub fn allowance(&self, frame_len: usize) -> usize {
        if frame_len <= FREE { frame_len } else { self.bytes.max(FREE).min(frame_len) }
    }

    /// Draws the next step for a frame of `frame_len`, waiting until other frames give back what is missing.
    pub async fn grow(&mut self, memory: &RequestMemory, frame_len: usize) {
        let step = STEP.min(frame_len.saturating_sub(self.bytes));
        let grains = step.div_ceil(GRAIN) as u32; // at most STEP / GRAIN
        // The semaphore is never closed: the one error there is cannot happen, and without a permit nothing is allowed.
        let Ok(permit) = Arc::clone(&memory.permits).acquire_many_owned(grains).await else { return };
        match &mut self.permit {
            Some(held) => held.merge(permit),
            None => self.permit = Some(permit),
        }
        self.bytes += step;
    }
}
