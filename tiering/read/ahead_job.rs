//! The asking ahead of a sequential reader, across the borders of objects.

use crate::manifest::{Entry, Root};
use crate::object::CHUNK_LEN;
use crate::partition::Shared;
use crate::read::ahead::Ahead;
use crate::read::fetcher::WHOLE_LEN_MAX;
use crate::read::{ColdObject, Fetcher, Urgency};
use esker_model::Offset;
use std::sync::Arc;

/// Asks for what a sequential reader will want, across objects; waits for nothing but chunk tables.
pub(super) async fn read_ahead(fetcher: Fetcher, shared: Arc<Shared>, root: Arc<Root>, ahead: Ahead) {
    let (mut frontier, mut asked) = (ahead.from, 0);
    while asked < ahead.bytes && frontier < root.tiered_end && fetcher.has_room(CHUNK_LEN) {
        let Ok(Some(entry)) = shared.chain.entry_at(&root, frontier).await else { break };
        let object = ColdObject { chain: shared.chain.clone(), entry };
        let Some((len, next)) = ask_ahead(&fetcher, &object, frontier, ahead.bytes - asked).await else { break };
        asked += len;
        frontier = next;
    }
    shared.read_aheads.asked(ahead.stream, asked, frontier);
}

/// Asks for one object's part; how many bytes, and where the next part begins.
async fn ask_ahead(fetcher: &Fetcher, object: &ColdObject, from: Offset, bytes: u64) -> Option<(u64, Offset)> {
    let Entry { base, next, log_len, uuid, .. } = object.entry;
    if from <= base && object.head_end() <= WHOLE_LEN_MAX {
        drop(fetcher.request(object, 0..object.chunk_count(), Urgency::Ahead));
        return Some((log_len, next));
    }
    let head = match object.chain.meta.head(uuid) {
        Some(head) => head,
        None => fetcher.head(object).await.ok()?.ok()?,
    };
    let first = (head.chunks.get(head.chunk_for_offset(from))?.first_position / CHUNK_LEN) as u32;
    let count = u32::try_from(bytes.div_ceil(CHUNK_LEN)).unwrap_or(u32::MAX);
    let end = first.saturating_add(count).min(object.chunk_count());
    drop(fetcher.request(object, first..end, Urgency::Ahead));
    let range = object.range_of(first..end);
    let behind = head.chunks.get(end as usize).map(|chunk| chunk.first_offset).filter(|offset| *offset > from);
    Some((range.end - range.start, behind.unwrap_or(next)))
}
