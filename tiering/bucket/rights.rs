//! What may be done in a bucket, tried with one object that is deleted again.

use crate::bucket::Bucket;
use crate::store::{Created, Reason, StoreError, StoreErrorKind};
use bytes::Bytes;

/// What each try came to; a later one is not made where an earlier one, on which it rests, failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Listing.
    pub list: Result<(), String>,
    /// Creating an object that is not there.
    pub create: Result<(), String>,
    /// Being refused to create one that is.
    pub create_once: Result<(), String>,
    /// Reading back what was written.
    pub read: Result<(), String>,
    /// Deleting.
    pub delete: Result<(), String>,
    /// This machine's clock minus the store's, milliseconds, apart from what the answer took.
    pub skew_ms: Option<i64>,
}

impl Rights {
    /// Each try in words, the permission of S3 that it needs, and its answer.
    pub fn answers(&self) -> impl Iterator<Item = (&'static str, &'static str, &Result<(), String>)> {
        [
            ("list", "s3:ListBucket", &self.list),
            ("create objects", "s3:PutObject", &self.create),
            ("create an object once only", "a store that honours If-None-Match", &self.create_once),
            ("read objects", "s3:GetObject", &self.read),
            ("delete objects", "s3:DeleteObject", &self.delete),
        ]
        .into_iter()
    }
}

fn text<T>(answer: Result<T, StoreError>) -> Result<T, String> {
    answer.map_err(|error| error.to_string())
}

impl Bucket {
    /// Tries everything that a broker does.
    pub async fn try_rights(&self) -> Rights {
        let key = format!("probe/{}", self.env.random.uuid().simple());
        let body = Bytes::from_static(b"esker doctor was here");
        let list = text(self.store.list(Reason::Probe, "probe/", None, 1).await.map(drop));
        let before_ms = self.env.clock.wall_ms();
        let create = match self.store.create(Reason::Probe, &key, body.clone()).await {
            Created::Written => Ok(()),
            Created::Exists => Err("a key that nobody has used is said to exist".to_owned()),
            Created::Unknown(error) | Created::NotWritten(error) => Err(error.to_string()),
        };
        let after_ms = self.env.clock.wall_ms();
        if let Err(reason) = &create {
            let untried = || Err(format!("not tried: {reason}"));
            let (create_once, read, delete) = (untried(), untried(), untried());
            return Rights { list, create, create_once, read, delete, skew_ms: None };
        }
        let create_once = match self.store.create(Reason::Probe, &key, Bytes::from_static(b"twice")).await {
            Created::Exists => Ok(()),
            Created::Written => {
                Err("an object that was there was replaced: two leaders would overwrite each other".to_owned())
            }
            Created::Unknown(error) | Created::NotWritten(error) => Err(error.to_string()),
        };
        let read = match self.store.get_small(Reason::Probe, &key, 1 << 10).await {
            Ok(stored) if stored == body || create_once.is_err() => Ok(()),
            Ok(_) => Err("other bytes came back than were written".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let skew_ms = self.skew(&key, before_ms, after_ms).await;
        let delete = match self.store.delete(Reason::Probe, std::slice::from_ref(&key)).await {
            Ok(()) => self.is_gone(&key).await,
            Err(error) => Err(error.to_string()),
        };
        Rights { list, create, create_once, read, delete, skew_ms }
    }

    /// By the time that the store gave an object: between the moments at which its creation was begun and answered there is no skew.
    async fn skew(&self, key: &str, before_ms: i64, after_ms: i64) -> Option<i64> {
        let listed = self.store.list(Reason::Probe, "probe/", None, 1000).await.ok()?;
        let modified_ms = listed.iter().find(|listed| listed.key == key)?.modified_ms;
        // Stores tell whole seconds.
        let (early, late) = (before_ms - 1000, after_ms + 1000);
        Some(if modified_ms < early { early - modified_ms } else { (late - modified_ms).min(0) })
    }

    async fn is_gone(&self, key: &str) -> Result<(), String> {
        match self.store.get_small(Reason::Probe, key, 1 << 10).await {
            Err(error) if error.kind == StoreErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.to_string()),
            Ok(_) => Err("the object is still there after it was deleted".to_owned()),
        }
    }
}
