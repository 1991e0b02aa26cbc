//! One answer for all who ask the same at the same time. The work goes on when those who wait leave.

use futures::FutureExt;
use futures::future::Shared;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// What a waiter holds: resolves to the value, or to `None` where the work was lost (the runtime ended).
pub(crate) type Flight<V> = Shared<oneshot::Receiver<V>>;

/// The work under way, by key.
#[derive(Debug)]
pub(crate) struct Flights<K, V: Clone> {
    runtime: Handle,
    running: Arc<Mutex<HashMap<K, Flight<V>>>>,
}

impl<K, V> Flights<K, V>
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new(runtime: Handle) -> Self {
        Self { runtime, running: Arc::default() }
    }

    /// Joins the work under `key`, or starts it.
    pub(crate) fn join<F>(&self, key: K, work: impl FnOnce() -> F) -> Flight<V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut running = self.running.lock();
        if let Some(flight) = running.get(&key) {
            return flight.clone();
        }
        let (sender, receiver) = oneshot::channel();
        let flight = receiver.shared();
        running.insert(key.clone(), flight.clone());
        drop(running);
        let landing = Landing { running: Arc::clone(&self.running), key };
        let work = work();
        self.runtime.spawn(async move {
            let value = work.await;
            drop(landing); // before the value is out, so that who comes later asks anew
            let _ = sender.send(value);
        });
        flight
    }
}

/// Removes the flight whatever becomes of the work.
struct Landing<K: Eq + Hash, V: Clone> {
    running: Arc<Mutex<HashMap<K, Flight<V>>>>,
    key: K,
}

impl<K: Eq + Hash, V: Clone> Drop for Landing<K, V> {
    fn drop(&mut self) {
        self.running.lock().remove(&self.key);
    }
}
