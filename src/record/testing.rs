//! What the tests of this room share.

use crate::*;
use proptest::prelude::*;

pub const CODECS: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
pub const COMPRESSING: [Codec; 4] = [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

/// A record that owns what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    pub timestamp: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Owned {
    pub fn new(timestamp: i64, key: Option<&[u8]>, value: Option<&[u8]>) -> Self {
        Self { timestamp, key: key.map(Into::into), value: value.map(Into::into), headers: Vec::new() }
    }

    pub fn append_to(&self, builder: &mut BatchBuilder) {
        let headers: Vec<_> = self.headers.iter().map(|(key, value)| (key.as_str(), value.as_deref())).collect();
        let (key, value) = (self.key.as_deref(), self.value.as_deref());
        builder.append(&NewRecord { timestamp: self.timestamp, key, value, headers: &headers }).unwrap();
    }
}

pub fn build(codec: Codec, records: &[Owned]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(codec);
    records.iter().for_each(|record| record.append_to(&mut builder));
    builder.build().unwrap()
}

pub fn only_batch(bytes: &[u8]) -> BatchRef<'_> {
    let mut batches = Batches::new(bytes);
    let batch = batches.next().unwrap().unwrap();
    assert!(batches.next().is_none());
    batch
}

/// All records of a batch, decompressed, with their absolute timestamps.
pub fn read(bytes: &[u8]) -> Vec<Owned> {
    let batch = only_batch(bytes);
    assert!(batch.crc_matches());
    let records = batch.decompressed(64 << 20).unwrap();
    let owned = |record: RecordRef<'_>| Owned {
        timestamp: batch.header.base_timestamp + record.timestamp_delta,
        key: record.key.map(Into::into),
        value: record.value.map(Into::into),
        headers: record
            .headers()
            .map(|header| (String::from_utf8(header.key.into()).unwrap(), header.value.map(Into::into)))
            .collect(),
    };
    Records::new(&records, batch.header.record_count).map(|record| owned(record.unwrap())).collect()
}

/// A batch whose records section is `records`, whatever that is, under a valid checksum.
pub fn batch_of(codec_id: i16, count: i32, records: &[u8]) -> Vec<u8> {
    let mut bytes = build(Codec::None, &[]);
    bytes.extend_from_slice(records);
    let length = i32::try_from(bytes.len() - LOG_OVERHEAD).unwrap();
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    set_attributes(&mut bytes, codec_id);
    bytes[23..27].copy_from_slice(&(count - 1).to_be_bytes());
    bytes[57..61].copy_from_slice(&count.to_be_bytes());
    patch::seal(&mut bytes).unwrap();
    bytes
}

pub fn set_attributes(batch: &mut [u8], attributes: i16) {
    batch[21..23].copy_from_slice(&attributes.to_be_bytes());
    patch::seal(batch).unwrap();
}

pub fn limits() -> Limits {
    Limits {
        batch_bytes_max: 1 << 20,
        decompressed_bytes_max: 32 << 20,
        keys_required: false,
        zstd_allowed: true,
        timestamps: TimestampLimits::around(10_000, i64::MAX, 3_600_000),
        depth: Depth::Records,
    }
}

pub fn owned_records() -> impl Strategy<Value = Vec<Owned>> {
    let bytes = || proptest::option::of(proptest::collection::vec(any::<u8>(), 0..200));
    let header = ("[a-zä]{0,8}", bytes());
    let record = (0i64..2_000_000, bytes(), bytes(), proptest::collection::vec(header, 0..4));
    let record = record.prop_map(|(timestamp, key, value, headers)| Owned { timestamp, key, value, headers });
    proptest::collection::vec(record, 1..40)
}
