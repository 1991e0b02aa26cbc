//! The order of one connection's writes, where some have to wait before they are appended.

use futures::channel::oneshot;
use parking_lot::Mutex;

/// Who is the next to append. Turns come in the order in which they are taken.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// Completes when the last turn that was taken is over.
    last: Mutex<Option<oneshot::Receiver<()>>>,
}

/// A place in the order; over when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    before: Option<oneshot::Receiver<()>>,
    _over: oneshot::Sender<()>,
}

impl Turns {
    /// Whether nobody waits.
    pub fn is_free(&self) -> bool {
        let mut last = self.last.lock();
        last.as_mut().is_none_or(|last| !matches!(last.try_recv(), Ok(None)))
    }

    /// Takes a turn behind all that were taken before.
    pub fn take(&self) -> Turn {
        let (over, is_over) = oneshot::channel();
        let before = self.last.lock().replace(is_over);
        Turn { before, _over: over }
    }
}

impl Turn {
    /// Waits until those before are done. They have deadlines of their own.
    pub async fn comes(&mut self) {
        if let Some(before) = self.before.take() {
            // The sender only ever goes away.
            let _ = before.await;
        }
    }
}
