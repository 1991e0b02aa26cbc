//! Validation asks the record room with the topic's limits; what it finds there is tested there.

use crate::config::{CleanupPolicy, LogConfig};
use crate::log::{AppendContext, AppendError};
use crate::testing::{batch, build};
use crate::validate::ready_batch;
use esker_record::{BatchBuilder, BatchHeader, Codec, InspectError, NewRecord, Severity};
use std::borrow::Cow;

const NOW: i64 = 1_800_000_000_000;

fn check(bytes: &[u8], config: &LogConfig) -> Result<(), Severity> {
    match ready_batch(bytes, config, &AppendContext::client(0, NOW)) {
        Ok(_) => Ok(()),
        Err(AppendError::Rejected(error)) => Err(error.severity()),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_good_batch_is_borrowed() {
    let sent = batch(NOW, 3, 20);
    let ready = ready_batch(&sent, &LogConfig::default(), &AppendContext::client(0, NOW)).unwrap();
    assert!(matches!(ready.records, Cow::Borrowed(_)));
    assert_eq!(ready.header, BatchHeader::parse(&sent).unwrap());
    assert_eq!(ready.len(), sent.len());
}

#[test]
fn the_topics_limits_are_applied() {
    let sent = batch(NOW, 1, 100);
    let len = sent.len() as i32;
    assert_eq!(check(&sent, &LogConfig { max_message_bytes: len, ..LogConfig::default() }), Ok(()));
    assert_eq!(
        check(&sent, &LogConfig { max_message_bytes: len - 1, ..LogConfig::default() }),
        Err(Severity::TooLarge)
    );
    let late = batch(NOW + 3_600_001, 1, 10);
    assert_eq!(check(&late, &LogConfig::default()), Err(Severity::InvalidTimestamp));
    let early = LogConfig { timestamp_before_max_ms: 1000, ..LogConfig::default() };
    assert_eq!(check(&batch(NOW - 1001, 1, 10), &early), Err(Severity::InvalidTimestamp));
    let compacted =
        LogConfig { cleanup_policy: CleanupPolicy { delete: false, compact: true }, ..LogConfig::default() };
    let mut keyless = BatchBuilder::new(Codec::None);
    keyless.append(&NewRecord { timestamp: NOW, key: None, value: None, headers: &[] }).unwrap();
    assert_eq!(check(&keyless.build().unwrap(), &compacted), Err(Severity::InvalidRecord));
}

#[test]
fn a_misstated_largest_timestamp_is_corrected() {
    let mut sent = batch(NOW, 2, 20);
    esker_record::patch::max_timestamp(&mut sent, NOW + 5).unwrap();
    let ready = ready_batch(&sent, &LogConfig::default(), &AppendContext::client(0, NOW)).unwrap();
    assert_eq!(ready.header.max_timestamp, NOW);
    let mut whole = vec![0; esker_record::HEADER_LEN];
    ready.header.write(whole.as_mut_slice().try_into().unwrap());
    whole.extend_from_slice(&ready.records);
    assert!(esker_record::Batches::new(&whole).next().unwrap().unwrap().crc_matches());
}

#[test]
fn zstd_needs_a_request_that_knows_it() {
    let sent = build(BatchBuilder::new(Codec::Zstd), NOW, 2, 20);
    let old = AppendContext { zstd_allowed: false, ..AppendContext::client(0, NOW) };
    let refused = ready_batch(&sent, &LogConfig::default(), &old);
    assert!(matches!(refused, Err(AppendError::Rejected(InspectError::ZstdNotAllowed))));
}
