//! A look at one object in the bucket: all of its bytes against their checksums, its trailer and what the version says of it.

use crate::bucket::{LogCheck, read_trailer};
use crate::chain::ChainError;
use crate::manifest::Entry;
use crate::object::CHUNK_LEN;
use crate::partition::handle::Shared;
use crate::process::add;
use crate::rate::RateLimit;
use crate::store::{Reason, StoreError, StoreErrorKind};
use std::time::Duration;
use tokio::sync::Mutex;

/// Bytes read at a time.
const READ_LEN: u64 = 4 * CHUNK_LEN;
/// Pause before each read while somebody's cold read is on its way.
const GIVE_WAY: Duration = Duration::from_secs(5);
/// Attempts beneath one base offset whose lengths a listing shows.
const LISTED_MAX: usize = 64;

/// What looks at objects may take of the store, all partitions together: one request at a time, so many bytes a second, and next to
/// nothing while consumers read.
#[derive(Debug)]
pub(crate) struct ScrubBudget {
    rate: RateLimit,
    turn: Mutex<()>,
}

impl ScrubBudget {
    pub(crate) fn new(rate: RateLimit) -> Self {
        Self { rate, turn: Mutex::default() }
    }
}

/// Why an object is bad; `None` where it is what was uploaded. What is bad at first sight is looked at again, because bytes go wrong on
/// their way too.
///
/// # Errors
/// The store did not say.
pub(crate) async fn damage(shared: &Shared, entry: &Entry) -> Result<Option<String>, StoreError> {
    let _turn = shared.core.scrub.turn.lock().await;
    match judged(shared, entry, examine(shared, entry).await).await? {
        None => Ok(None),
        Some(_) => judged(shared, entry, examine(shared, entry).await).await,
    }
}

async fn judged(shared: &Shared, entry: &Entry, seen: Result<(), ChainError>) -> Result<Option<String>, StoreError> {
    match seen {
        Ok(()) => Ok(None),
        Err(ChainError::Store(error)) => match error.kind {
            StoreErrorKind::NotFound | StoreErrorKind::Damaged => Ok(Some(error.to_string())),
            // Bytes behind the end of an object that was cut are refused.
            StoreErrorKind::Rejected if has_another_length(shared, entry).await? => Ok(Some(error.to_string())),
            _ => Err(error),
        },
        Err(error) => Ok(Some(error.to_string())),
    }
}

async fn has_another_length(shared: &Shared, entry: &Entry) -> Result<bool, StoreError> {
    let chain = &shared.chain;
    let home = entry.home.unwrap_or(chain.home);
    let (key, after) = (chain.segment_key(entry), chain.keys.segments_from(home, entry.base));
    let listed = chain.store.list(Reason::Scrub, &chain.keys.segments(home), Some(&after), LISTED_MAX).await?;
    Ok(listed.iter().any(|listed| listed.key == key && listed.len != entry.object_len()))
}

/// Waits until so many bytes may be read.
async fn pass(shared: &Shared, bytes: u64) {
    shared.core.scrub.rate.pass(bytes).await;
    if shared.core.reads.fetcher.bytes_in_flight() > 0 {
        esker_env::sleep(GIVE_WAY).await;
    }
    add(&shared.core.totals.scrubbed_bytes, bytes);
}

/// Reads an object once.
pub(crate) async fn examine(shared: &Shared, entry: &Entry) -> Result<(), ChainError> {
    let key = shared.chain.segment_key(entry);
    let wrong = |reason| ChainError::Unreadable { key: key.clone(), reason };
    pass(shared, u64::from(entry.trailer_len)).await;
    let trailer = read_trailer(&shared.chain, entry, Reason::Scrub).await?;
    let mut check = LogCheck::new(entry, &trailer);
    let mut position = 0;
    while position < entry.log_len {
        let end = (position + READ_LEN).min(entry.log_len);
        pass(shared, end - position).await;
        let bytes = shared.chain.store.get_range(Reason::Scrub, &key, position..end).await?;
        check.feed(&bytes).map_err(wrong)?;
        position = end;
    }
    check.finish().map_err(wrong)
}
