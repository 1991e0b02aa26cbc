//! Publication of images: one writer, readers that never wait, subscribers that say when they have caught up.
//!
//! A subscriber is not sent a queue of deltas. It is woken when there is a newer image than the one that it saw last and is
//! given both, with what differs: one that is slow skips what lies between, and nothing piles up.

use crate::{ClusterImage, ImageDelta};
use arc_swap::ArcSwap;
use esker_model::Offset;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Whoever waited for an image to be applied waited too long.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("metadata offset {offset} is not applied by {waiting_for:?} after {limit:?}")]
pub struct NotApplied {
    /// What was waited for.
    pub offset: Offset,
    /// The subscribers that are behind; empty where the offset is not even published.
    pub waiting_for: Vec<Arc<str>>,
    /// How long was waited.
    pub limit: Duration,
}

#[derive(Debug)]
struct Subscriber {
    id: u64,
    name: Arc<str>,
    applied: Offset,
}

#[derive(Debug)]
struct Shared {
    image: ArcSwap<ClusterImage>,
    /// Offset of `image`; -1 before the first.
    published: watch::Sender<Offset>,
    subscribers: Mutex<(u64, Vec<Subscriber>)>,
    /// The lowest of `published` and of what each subscriber has applied.
    applied: watch::Sender<Offset>,
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            image: ArcSwap::from_pointee(ClusterImage::default()),
            published: watch::Sender::new(-1),
            subscribers: Mutex::new((0, Vec::new())),
            applied: watch::Sender::new(-1),
        })
    }

    /// Works out `applied` anew after something moved.
    fn settle(&self) {
        let subscribers = self.subscribers.lock();
        let published = *self.published.borrow();
        let lowest = subscribers.1.iter().map(|one| one.applied).min().unwrap_or(published).min(published);
        self.applied.send_if_modified(|applied| std::mem::replace(applied, lowest) != lowest);
    }
}

/// The writing end. There is one of it, with whoever applies the committed records.
#[derive(Debug)]
pub struct ImagePublisher(Arc<Shared>);

impl Default for ImagePublisher {
    fn default() -> Self {
        Self(Shared::new())
    }
}

impl ImagePublisher {
    /// A reading end.
    pub fn watch(&self) -> ImageWatch {
        ImageWatch(Arc::clone(&self.0))
    }

    /// The newest published image.
    pub fn current(&self) -> Arc<ClusterImage> {
        self.0.image.load_full()
    }

    /// Publishes `image`.
    ///
    /// # Panics
    /// Where it is older than the published one: readers rely on images that only go forward.
    pub fn publish(&self, image: Arc<ClusterImage>) {
        let offset = image.offset();
        let before = *self.0.published.borrow();
        assert!(offset >= before, "an image at offset {offset} must not replace one at {before}");
        self.0.image.store(image);
        self.0.published.send_replace(offset);
        self.0.settle();
    }
}

/// The reading end. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ImageWatch(Arc<Shared>);

impl ImageWatch {
    /// The newest image.
    pub fn current(&self) -> Arc<ClusterImage> {
        self.0.image.load_full()
    }

    /// Whether a call with this offset may be answered: it is published and applied by all subscribers.
    pub fn is_applied(&self, offset: Offset) -> bool {
        *self.0.applied.borrow() >= offset
    }

    /// Waits until the image at `offset` is published.
    pub async fn published(&self, offset: Offset, limit: Duration) -> Result<(), NotApplied> {
        self.reached(&self.0.published, offset, limit).await
    }

    /// Waits until the image at `offset` is published and every subscriber has applied it.
    pub async fn applied(&self, offset: Offset, limit: Duration) -> Result<(), NotApplied> {
        self.reached(&self.0.applied, offset, limit).await
    }

    async fn reached(&self, moving: &watch::Sender<Offset>, offset: Offset, limit: Duration) -> Result<(), NotApplied> {
        let mut receiver = moving.subscribe();
        let reached = esker_env::timeout(limit, receiver.wait_for(|at| *at >= offset)).await;
        if matches!(reached, Some(Ok(_))) {
            return Ok(());
        }
        let subscribers = self.0.subscribers.lock();
        let behind = subscribers.1.iter().filter(|one| one.applied < offset);
        Err(NotApplied { offset, waiting_for: behind.map(|one| Arc::clone(&one.name)).collect(), limit })
    }

    /// Starts a subscription. Its first change is from the empty image to the newest, so that a subscriber needs one way only.
    ///
    /// Until the subscriber has applied that, nobody who waits for [`ImageWatch::applied`] goes on. Dropping the
    /// subscription ends it.
    pub fn subscribe(&self, name: &str) -> Subscription {
        let mut subscribers = self.0.subscribers.lock();
        subscribers.0 += 1;
        let id = subscribers.0;
        subscribers.1.push(Subscriber { id, name: name.into(), applied: -1 });
        drop(subscribers);
        self.0.settle();
        Subscription { id, seen: Arc::default(), published: self.0.published.subscribe(), shared: Arc::clone(&self.0) }
    }
}

/// A step from one image to a newer one.
#[derive(Clone, Debug)]
pub struct Change {
    /// The image that the subscriber saw last.
    pub old: Arc<ClusterImage>,
    /// The newest image.
    pub new: Arc<ClusterImage>,
    /// What differs.
    pub delta: ImageDelta,
}

/// One subscriber's place in the sequence of images.
#[derive(Debug)]
pub struct Subscription {
    id: u64,
    seen: Arc<ClusterImage>,
    published: watch::Receiver<Offset>,
    shared: Arc<Shared>,
}

impl Subscription {
    /// Waits for an image newer than the last one that was given out. Cancelling the wait loses nothing.
    pub async fn next(&mut self) -> Change {
        let seen = self.seen.offset();
        // The sender lives in `shared`, which this subscription holds: it cannot be gone.
        let _ = self.published.wait_for(|at| *at > seen).await;
        let new = self.shared.image.load_full();
        let old = std::mem::replace(&mut self.seen, Arc::clone(&new));
        let delta = ImageDelta::between(&old, &new);
        Change { old, new, delta }
    }

    /// Says that everything up to `offset` is in effect here.
    pub fn applied(&self, offset: Offset) {
        let mut subscribers = self.shared.subscribers.lock();
        if let Some(own) = subscribers.1.iter_mut().find(|one| one.id == self.id) {
            own.applied = own.applied.max(offset);
        }
        drop(subscribers);
        self.shared.settle();
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.shared.subscribers.lock().1.retain(|one| one.id != self.id);
        self.shared.settle();
    }
}
