//! How many closed segments are open at once in the whole process.

use super::handle::Segment;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::{Arc, Weak};

/// A limit on open closed segments: each holds a file and up to two maps. The least recently used are closed first (by the second-chance
/// rule: a segment used since it was last looked at goes to the back of the queue once more).
#[derive(Debug)]
pub(crate) struct OpenSegments {
    max: usize,
    queue: Mutex<VecDeque<Weak<Segment>>>,
}

impl OpenSegments {
    pub(crate) fn new(max: usize) -> Self {
        Self { max: max.max(1), queue: Mutex::new(VecDeque::new()) }
    }

    /// Segments that count now, some of which may be gone already.
    pub(crate) fn len(&self) -> usize {
        self.queue.lock().len()
    }

    /// Counts a segment that was just opened, and closes others where there are too many.
    pub(crate) fn admit(&self, segment: &Arc<Segment>) {
        let mut queue = self.queue.lock();
        queue.push_back(Arc::downgrade(segment));
        // Each candidate is looked at twice at most, so that a queue of segments in constant use cannot keep this loop.
        let mut looks = 2 * queue.len();
        while queue.len() > self.max && looks > 0 {
            looks -= 1;
            let Some(candidate) = queue.pop_front() else { break };
            let Some(segment) = candidate.upgrade() else { continue };
            if !segment.close_unless_used() {
                queue.push_back(candidate);
            }
        }
    }
}
