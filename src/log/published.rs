//! A value that many read while one replaces it often.

use parking_lot::RwLock;
use std::sync::Arc;

/// The current value. Readers keep the one that they took, whatever comes after it.
///
/// A lock that is held for the copy of a pointer, since here a value is replaced as often as it is read: twice for each append. What
/// frees readers of every lock (`ArcSwap`) makes the one who replaces look through what each thread may be reading, which costs more
/// the more threads there are.
#[derive(Debug)]
pub(crate) struct Published<T>(RwLock<Arc<T>>);

impl<T> Published<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    /// The current value.
    pub(crate) fn load(&self) -> Arc<T> {
        Arc::clone(&self.0.read())
    }

    /// A part of the current value that is cheap to copy. `look` may not come back here.
    pub(crate) fn peek<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.0.read())
    }

    /// Replaces the value.
    pub(crate) fn store(&self, value: T) {
        let value = Arc::new(value);
        // The former value may be the last of a list of segments: it is dropped when the lock is free again.
        let _former = std::mem::replace(&mut *self.0.write(), value);
    }
}
