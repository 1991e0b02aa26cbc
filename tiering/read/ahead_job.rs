//! The asking ahead of a sequential reader, across the borders of objects.

use crate::manifest::{Entry, Root};
use crate::object::CHUNK_LEN;
use crate::partition::Shared;
use crate::read::ahead::Ahead;
use crate::read::fetcher::WHOLE_LEN_MAX;
use crate::read::{ColdObject, Fetcher};
use esker_model::Offset;
use std::sync::Arc;

/// Asks for what a sequential reader will want, across objects; waits for nothing but chunk tables.
pub(super) async fn read_ahead(fetcher: Fetcher, shared: Arc<Shared>, root: Arc<Root>, ahead: Ahead) {
    let (mut frontier, mut asked) = (ahead.from, 0);
    while asked < ahead.bytes && frontier < root.tiered_end {
        let Ok(Some(entry)) = shared.chain.entry_at(&root, frontier).await else { break };
        let object = ColdObject { chain: shared.chain.clone(), entry };
        let wanted = ahead.bytes - asked;
        let Some((len, next)) = ask_ahead(&fetcher, &object, frontier, wanted, asked > 0).await else { break };
        asked += len;
        frontier = next;
    }
    shared.read_aheads.asked(ahead.stream, asked, frontier);
}

/// Asks for one object's part; how many bytes, and where the next part begins. Little of a long object is left for the next time,
/// if it may wait until then.
async fn ask_ahead(
    fetcher: &Fetcher,
    object: &ColdObject,
    from: Offset,
    bytes: u64,
    may_wait: bool,
) -> Option<(u64, Offset)> {
    let Entry { base, next, log_len, uuid, .. } = object.entry;
    let room = fetcher.room_ahead();
    if room < fetcher.worthwhile_ahead().min(bytes).max(CHUNK_LEN) {
        return None;
    }
    let request = fetcher.limits().get_bytes_max;
    if from <= base && object.head_end() <= WHOLE_LEN_MAX && log_len <= room {
        fetcher.request_ahead(object, 0..object.chunk_count());
        return Some((log_len, next));
    }
    if may_wait && bytes < request / 2 {
        return None;
    }
    let head = match object.chain.meta.head(uuid) {
        Some(head) => head,
        None => {
            if from <= base && object.head_end() <= 2 * request && log_len <= room {
                // Two requests for all of it: its end first, because the head comes along.
                let half = object.chunk_count().div_ceil(2);
                fetcher.request_ahead(object, half..object.chunk_count());
            }
            fetcher.head(object).await.ok()?.ok()?
        }
    };
    let first = (head.chunks.get(head.chunk_for_offset(from))?.first_position / CHUNK_LEN) as u32;
    let end = first.saturating_add(chunks_for(bytes.min(room), request)).min(object.chunk_count());
    fetcher.request_ahead(object, first..end);
    let range = object.range_of(first..end);
    let behind = head.chunks.get(end as usize).map(|chunk| chunk.first_offset).filter(|offset| *offset > from);
    Some((range.end - range.start, behind.unwrap_or(next)))
}

/// Whole requests where there is more than one, so that no short one is left over.
fn chunks_for(bytes: u64, request: u64) -> u32 {
    let bytes = if bytes > request { bytes - bytes % request } else { bytes };
    u32::try_from(bytes.div_ceil(CHUNK_LEN)).unwrap_or(u32::MAX)
}
