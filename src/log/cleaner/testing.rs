//! A keyed log and what its readers see, for the tests of compaction.

use super::{Cleaner, CleanerConfig};
use crate::config::{CleanupPolicy, LogConfig};
use crate::log::{AppendContext, AppendInfo, Origin, PartitionLog, ReadRequest, UpTo};
use crate::producer::MarkerRule;
use crate::segment::Access;
use crate::testing::{Fixture, small};
use crate::txn_index::AbortedTxn;
use esker_model::Offset;
use esker_record::{
    BatchBuilder, Batches, Codec, ControlRecord, Depth, EndMarker, NewRecord, Records, end_marker_batch,
};
use std::collections::{BTreeMap, HashSet};

/// A record as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) offset: Offset,
    pub(super) timestamp: i64,
    pub(super) key: Vec<u8>,
    pub(super) value: Option<Vec<u8>>,
}

/// Small segments, compacted whenever anything is dirty.
pub(super) fn compacted() -> LogConfig {
    LogConfig {
        cleanup_policy: CleanupPolicy { delete: false, compact: true },
        min_cleanable_dirty_ratio: 0.0,
        delete_retention_ms: 1000,
        ..small()
    }
}

/// No threads and a small buffer: a test runs the rounds.
pub(super) fn by_hand(fixture: &Fixture) -> Cleaner {
    let config = CleanerConfig { threads: 0, io_buffer_bytes: 1024, ..CleanerConfig::default() };
    Cleaner::start(std::sync::Arc::clone(&fixture.manager), config).unwrap()
}

pub(super) fn context(now_ms: i64, origin: Origin) -> AppendContext {
    AppendContext {
        leader_epoch: 0,
        origin,
        now_ms,
        zstd_allowed: true,
        depth: Depth::Records,
        transactions: true,
        marker_rule: MarkerRule::NotOlder,
        verification: crate::Verification::NotNeeded,
    }
}

/// Appends keys and values as one batch of `builder` and lets them be replicated.
pub(super) fn put(
    log: &PartitionLog,
    now_ms: i64,
    mut builder: BatchBuilder,
    rows: &[(&[u8], Option<&[u8]>)],
) -> AppendInfo {
    for (key, value) in rows {
        builder.append(&NewRecord { timestamp: now_ms, key: Some(key), value: *value, headers: &[] }).unwrap();
    }
    let info = log.append_as_leader(&builder.build().unwrap(), &context(now_ms, Origin::Client)).unwrap();
    log.advance_high_watermark(log.log_end());
    info
}

/// One record in a batch of its own.
pub(super) fn put_one(log: &PartitionLog, now_ms: i64, key: &str, value: Option<&str>) -> AppendInfo {
    put(log, now_ms, BatchBuilder::new(Codec::None), &[(key.as_bytes(), value.map(str::as_bytes))])
}

pub(super) fn end_txn(log: &PartitionLog, now_ms: i64, producer: i64, marker: EndMarker) -> AppendInfo {
    let bytes = end_marker_batch(producer, 0, marker, 0, now_ms).unwrap();
    let info = log.append_as_leader(&bytes, &context(now_ms, Origin::Coordinator)).unwrap();
    log.advance_high_watermark(log.log_end());
    info
}

/// Everything from `from` on that a read-committed consumer is given, as its client sorts it out.
pub(super) fn committed(log: &PartitionLog, from: Offset) -> Vec<Seen> {
    let (mut seen, mut next) = (Vec::new(), from);
    let mut aborting = HashSet::new();
    loop {
        let up_to = UpTo::LastStable;
        let request =
            ReadRequest { offset: next, max_bytes: 3000, up_to, min_one_batch: true, access: Access::MayBlock };
        let read = log.read(&request).unwrap();
        let Some(slice) = &read.slice else { return seen };
        let mut ahead = log.aborted_of(&read, next, read.upper).unwrap();
        ahead.sort_by_key(|txn| txn.first_offset);
        next = sort_out(&slice.read().unwrap(), &mut ahead, &mut aborting, next, &mut seen);
        // The client begins anew with each answer.
        aborting.clear();
    }
}

fn sort_out(
    bytes: &[u8],
    ahead: &mut Vec<AbortedTxn>,
    aborting: &mut HashSet<i64>,
    from: Offset,
    seen: &mut Vec<Seen>,
) -> Offset {
    let mut next = from;
    for batch in Batches::new(bytes) {
        let batch = batch.unwrap();
        let header = batch.header;
        assert!(batch.crc_matches() && header.base_offset >= next.min(header.base_offset));
        next = header.next_offset();
        while ahead.first().is_some_and(|txn| txn.first_offset <= header.last_offset()) {
            aborting.insert(ahead.remove(0).producer_id);
        }
        if header.attributes.is_control() {
            if let Ok(ControlRecord::EndTransaction { marker: EndMarker::Abort, .. }) = ControlRecord::of_batch(&batch)
            {
                aborting.remove(&header.producer_id);
            }
            continue;
        }
        if header.attributes.is_transactional() && aborting.contains(&header.producer_id) {
            continue;
        }
        let plain = batch.decompressed(1 << 20).unwrap();
        for record in Records::new(&plain, header.record_count) {
            let record = record.unwrap();
            let offset = header.base_offset + i64::from(record.offset_delta);
            let timestamp = header.base_timestamp + record.timestamp_delta;
            let (key, value) = (record.key.unwrap().to_vec(), record.value.map(<[u8]>::to_vec));
            if offset >= from {
                seen.push(Seen { offset, timestamp, key, value });
            }
        }
    }
    next
}

/// What is left when a reader keeps a table of what it sees.
pub(super) fn table(seen: &[Seen]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut table = BTreeMap::new();
    for record in seen {
        match &record.value {
            Some(value) => drop(table.insert(record.key.clone(), value.clone())),
            None => drop(table.remove(&record.key)),
        }
    }
    table
}
