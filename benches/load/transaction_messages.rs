//! The requests of transactions: FindCoordinator 4, InitProducerId 4, Produce 12, EndTxn 5.

use crate::bytes::Reader;
use crate::messages::{PRODUCE, REQUEST_TIMEOUT_MS, finish, start};

/// Key and name of FindCoordinator, of which version 4 is spoken.
pub(crate) const FIND_COORDINATOR: (i16, &str) = (10, "FindCoordinator");
/// Key and name of InitProducerId, of which version 4 is spoken.
pub(crate) const INIT_PRODUCER_ID: (i16, &str) = (22, "InitProducerId");
/// Key and name of EndTxn, of which version 5 is spoken.
pub(crate) const END_TXN: (i16, &str) = (26, "EndTxn");
/// Version of Produce by which partitions join transactions.
const TRANSACTIONAL_PRODUCE_VERSION: i16 = 12;

/// A producer in its present epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProducerState {
    pub id: i64,
    pub epoch: i16,
}

/// Asks who coordinates a transactional id.
pub(crate) fn find_coordinator_request(id: &str) -> Vec<u8> {
    let mut out = start(FIND_COORDINATOR.0, 4, 0, true);
    out.0.push(1);
    out.compact_len(1);
    out.compact_string(id.as_bytes());
    out.no_tags();
    finish(out)
}

/// The code for the one coordinator that was asked for.
pub(crate) fn parse_found_coordinator(frame: &[u8]) -> Option<(i16, ())> {
    let mut body = Reader(frame);
    body.i32()?;
    body.skip_tags()?;
    body.i32()?;
    body.compact_len()?;
    body.compact_bytes()?;
    body.i32()?;
    body.compact_bytes()?;
    body.i32()?;
    Some((body.i16()?, ()))
}

/// Takes a transactional id over.
pub(crate) fn init_producer_id_request(id: &str) -> Vec<u8> {
    let mut out = start(INIT_PRODUCER_ID.0, 4, 0, true);
    out.compact_string(id.as_bytes());
    out.i32(60_000);
    out.i64(-1);
    out.i16(-1);
    out.no_tags();
    finish(out)
}

/// Code and producer of the answer.
pub(crate) fn parse_init_producer_id(frame: &[u8]) -> Option<(i16, ProducerState)> {
    parse_producer(frame)
}

/// Batches of one transaction for several partitions of a topic.
pub(crate) fn transactional_produce_request(id: &str, topic: &str, batches: &[(i32, Vec<u8>)]) -> Vec<u8> {
    let mut out = start(PRODUCE, TRANSACTIONAL_PRODUCE_VERSION, 0, true);
    out.compact_string(id.as_bytes());
    out.i16(-1);
    out.i32(REQUEST_TIMEOUT_MS);
    out.compact_len(1);
    out.compact_string(topic.as_bytes());
    out.compact_len(batches.len());
    for (partition, batch) in batches {
        out.i32(*partition);
        out.compact_len(batch.len());
        out.0.extend_from_slice(batch);
        out.no_tags();
    }
    (0..2).for_each(|_| out.no_tags());
    finish(out)
}

/// The first code that is not 0, of all partitions.
pub(crate) fn parse_produce_codes(frame: &[u8]) -> Option<(i16, ())> {
    let mut body = Reader(frame);
    body.i32()?;
    body.skip_tags()?;
    body.compact_len()?;
    body.compact_bytes()?;
    let mut first = 0;
    for _ in 0..body.compact_len()? {
        body.i32()?;
        let code = body.i16()?;
        body.take(3 * 8)?;
        if code != 0 {
            // What follows has sentences in it; one code is enough.
            return Some((code, ()));
        }
        body.compact_len()?;
        body.take(1)?;
        body.skip_tags()?;
        first = code;
    }
    Some((first, ()))
}

/// Commits.
pub(crate) fn end_txn_request(id: &str, producer: ProducerState) -> Vec<u8> {
    let mut out = start(END_TXN.0, 5, 0, true);
    out.compact_string(id.as_bytes());
    out.i64(producer.id);
    out.i16(producer.epoch);
    out.0.push(1);
    out.no_tags();
    finish(out)
}

/// Code and the producer that goes on.
pub(crate) fn parse_end_txn(frame: &[u8]) -> Option<(i16, ProducerState)> {
    parse_producer(frame)
}

fn parse_producer(frame: &[u8]) -> Option<(i16, ProducerState)> {
    let mut body = Reader(frame);
    body.i32()?;
    body.skip_tags()?;
    body.i32()?;
    let code = body.i16()?;
    Some((code, ProducerState { id: body.i64()?, epoch: body.i16()? }))
}
