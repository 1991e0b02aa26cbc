//! The few inner loops that run over every byte or every record.

mod compaction;

use bytes::Bytes;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use esker_benches::frames::BatchShape;
use esker_benches::messages::produce_request;
use esker_protocol::StrBytes;
use esker_protocol::frame::IncomingRequest;
use esker_protocol::messages::fetch::{FetchableTopicResponse, PartitionData};
use esker_protocol::messages::{FetchResponse, ProduceRequest};
use esker_protocol::pieces::response_pieces;
use esker_record::{BatchHeader, Batches, Codec, Depth, Limits, TimestampLimits, crc32c, inspect, recompress};
use std::hint::black_box;

fn limits(depth: Depth) -> Limits {
    Limits {
        batch_bytes_max: 2 << 20,
        decompressed_bytes_max: 64 << 20,
        keys_required: false,
        zstd_allowed: true,
        timestamps: TimestampLimits::around(0, i64::MAX, i64::MAX),
        depth,
    }
}

/// A 1 MB batch of records of this size.
fn batch(record_bytes: usize) -> Vec<u8> {
    let made = BatchShape { batch_bytes: 1_000_000, record_bytes }.batch(1);
    made.unwrap_or_else(|error| panic!("the batch could not be made: {error}"))
}

fn checksum(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("crc32c");
    for len in [512usize, 64 << 10, 1 << 20] {
        let bytes = vec![0x5a; len];
        group.throughput(Throughput::Bytes(len as u64));
        group.bench_function(BenchmarkId::from_parameter(len), |bencher| bencher.iter(|| crc32c(black_box(&bytes))));
    }
}

fn inspection(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("inspect");
    for (record_bytes, depth) in [(1024, Depth::Header), (1024, Depth::Records), (100, Depth::Records)] {
        let bytes = batch(record_bytes);
        let limits = limits(depth);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        let name = BenchmarkId::new(format!("{depth:?}"), record_bytes);
        group.bench_function(name, |bencher| bencher.iter(|| inspect(black_box(&bytes), &limits)));
    }
    let plain = batch(1024);
    let Some(Ok(plain)) = Batches::new(&plain).next() else { return };
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let Ok(bytes) = recompress(&plain, codec, None, 2 << 20) else { continue };
        let limits = limits(Depth::Records);
        group.throughput(Throughput::Bytes(plain.bytes.len() as u64));
        group.bench_function(codec.name(), |bencher| bencher.iter(|| inspect(black_box(&bytes), &limits)));
    }
}

fn parsing(bench: &mut Criterion) {
    let bytes = batch(1024);
    bench.bench_function("parse batch header", |bencher| bencher.iter(|| BatchHeader::parse(black_box(&bytes))));
    let (frame, _) = produce_request(9, 0, -1, "topic", 3, &bytes);
    let frame = Bytes::from(frame).slice(4..);
    bench.bench_function("decode produce", |bencher| {
        bencher.iter(|| {
            let request = IncomingRequest::read(black_box(&frame).clone()).ok()?;
            request.decode::<ProduceRequest>().ok()
        });
    });
}

/// An answer with a megabyte for each of 16 partitions, whose records stay where they are.
fn encoding(bench: &mut Criterion) {
    let records = Bytes::from(batch(1024));
    let partition =
        |partition_index| PartitionData { partition_index, records: Some(records.clone()), ..PartitionData::default() };
    let answer = || FetchResponse {
        responses: vec![FetchableTopicResponse {
            topic: StrBytes::from_static("topic"),
            partitions: (0..16).map(partition).collect(),
            ..FetchableTopicResponse::default()
        }],
        ..FetchResponse::default()
    };
    bench.bench_function("encode fetch of 16 partitions", |bencher| {
        bencher.iter_batched(answer, |answer| response_pieces::<Bytes, _>(1, 12, answer), BatchSize::SmallInput);
    });
}

criterion_group!(micro, checksum, inspection, parsing, encoding, compaction::compaction);
criterion_main!(micro);
