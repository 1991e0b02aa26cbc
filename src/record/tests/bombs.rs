//! Small batches that decompress to a gigabyte, in every codec: refused at the cap, in bounded memory.
//!
//! Its own process, with one test, because it measures the process's memory.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)] // a test: reads /proc about itself and measures time

use esker_record::*;
use std::time::Instant;

const CAP: usize = 32 << 20;
const GIB: usize = 1 << 30;
const GROWTH_MAX: usize = 64 << 20;

fn limits() -> Limits {
    Limits {
        batch_bytes_max: 16 << 20,
        decompressed_bytes_max: CAP,
        keys_required: false,
        zstd_allowed: true,
        timestamps: TimestampLimits::LogAppendTime,
        depth: Depth::Records,
    }
}

/// A batch of one record whose records section is `section`.
fn batch_of(codec: Codec, section: &[u8]) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Codec::None);
    builder.append(&NewRecord::default()).unwrap();
    let mut bytes = builder.build().unwrap();
    bytes.truncate(HEADER_LEN);
    bytes.extend_from_slice(section);
    let length = i32::try_from(bytes.len() - LOG_OVERHEAD).unwrap();
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    bytes[21..23].copy_from_slice(&(codec as i16).to_be_bytes());
    patch::seal(&mut bytes).unwrap();
    bytes
}

/// The start of a record whose value is zeros without end: length 2^30, then a value of nearly as much.
fn endless_record() -> Vec<u8> {
    let mut front = Vec::new();
    for value in [GIB as u64 * 2, 0, 0, 0, 1, (GIB as u64 - 32) * 2] {
        let mut rest = value;
        while rest >= 0x80 {
            front.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        front.push(rest as u8);
    }
    front
}

fn compressed(codec: Codec, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    compress(codec, None, bytes, &mut out).unwrap();
    out
}

/// Members or frames one behind the other.
fn repeated(codec: Codec) -> Vec<u8> {
    let mut bytes = compressed(codec, &endless_record());
    let zeros = compressed(codec, &vec![0; 64 << 20]);
    (0..16).for_each(|_| bytes.extend_from_slice(&zeros));
    bytes
}

fn snappy_chunks() -> Vec<u8> {
    let front = compressed(Codec::Snappy, &endless_record());
    let chunks = compressed(Codec::Snappy, &vec![0; 8 << 20]);
    [&front[..], &chunks[16..].repeat(8)].concat()
}

fn snappy_lie(framed: bool) -> Vec<u8> {
    // One GiB as a varint, then a copy that would never fill it.
    let block = [0x80, 0x80, 0x80, 0x80, 0x04, 0x00, b'x', 0xfe, 0x01, 0x00];
    let length = (block.len() as u32).to_be_bytes();
    let frame = [&b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01"[..], &length].concat();
    if framed { [&frame[..], &block].concat() } else { block.to_vec() }
}

fn lz4_blocks() -> Vec<u8> {
    let zeros = vec![0; 4 << 20];
    let block = lz4_flex::block::compress(&zeros);
    let first = lz4_flex::block::compress(&endless_record());
    let mut frame = vec![0x04, 0x22, 0x4d, 0x18, 0x60, 0x70];
    frame.push((twox_hash::XxHash32::oneshot(0, &frame[4..]) >> 8) as u8);
    for block in std::iter::once(&first).chain(std::iter::repeat_n(&block, 256)) {
        frame.extend_from_slice(&(block.len() as u32).to_le_bytes());
        frame.extend_from_slice(block);
    }
    frame.extend_from_slice(&[0; 4]);
    frame
}

fn lz4_content_size_lie() -> Vec<u8> {
    let mut frame = vec![0x04, 0x22, 0x4d, 0x18, 0x68, 0x40];
    frame.extend_from_slice(&(1u64 << 60).to_le_bytes());
    frame.push((twox_hash::XxHash32::oneshot(0, &frame[4..]) >> 8) as u8);
    frame.extend_from_slice(&[0; 4]);
    frame
}

/// A frame whose window is 2^`window_log`, of run-length blocks: 128 KiB out of four bytes.
fn zstd_window(window_log: u8, blocks: usize) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, (window_log - 10) << 3];
    let front = endless_record();
    let raw_header = ((front.len() as u32) << 3).to_le_bytes();
    frame.extend_from_slice(&raw_header[..3]);
    frame.extend_from_slice(&front);
    let run_header = ((128u32 << 10) << 3 | 0b010).to_le_bytes();
    for _ in 0..blocks {
        frame.extend_from_slice(&run_header[..3]);
        frame.push(0);
    }
    frame
}

fn zstd_huge_content_size() -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0b1110_0000];
    frame.extend_from_slice(&(1u64 << 60).to_le_bytes());
    frame.extend_from_slice(&[0x01, 0, 0]);
    frame
}

/// Resident memory of this process and its peak since the last call, in bytes.
fn memory() -> (usize, usize) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
    };
    let seen = (field("VmRSS:"), field("VmHWM:"));
    // Resets the peak, so that the next one is the next bomb's.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    seen
}

#[test]
fn a_gigabyte_in_a_small_batch_is_refused_within_the_cap_in_every_codec() {
    let bombs: Vec<(&str, Codec, Vec<u8>, Severity)> = vec![
        ("gzip members", Codec::Gzip, repeated(Codec::Gzip), Severity::TooLarge),
        ("zstd frames", Codec::Zstd, repeated(Codec::Zstd), Severity::TooLarge),
        ("zstd runs in a 128 MiB window", Codec::Zstd, zstd_window(27, 8192), Severity::TooLarge),
        ("zstd window of 2 GiB", Codec::Zstd, zstd_window(31, 8192), Severity::InvalidRecord),
        ("zstd content size of 2^60", Codec::Zstd, zstd_huge_content_size(), Severity::InvalidRecord),
        ("lz4 blocks of 4 MiB", Codec::Lz4, lz4_blocks(), Severity::TooLarge),
        ("lz4 content size of 2^60", Codec::Lz4, lz4_content_size_lie(), Severity::TooLarge),
        ("snappy chunks", Codec::Snappy, snappy_chunks(), Severity::TooLarge),
        ("snappy chunk that states a gigabyte", Codec::Snappy, snappy_lie(true), Severity::TooLarge),
        ("snappy block that states a gigabyte", Codec::Snappy, snappy_lie(false), Severity::TooLarge),
    ];
    for (name, codec, section, severity) in &bombs {
        let batch = batch_of(*codec, section);
        let (before, _) = memory();
        let start = Instant::now();
        let error = inspect(&batch, &limits()).unwrap_err();
        let took = start.elapsed();
        let (_, peak) = memory();
        let growth = peak.saturating_sub(before);
        println!("{name}: {} bytes, {took:?}, {growth} bytes more: {error}", batch.len());
        assert_eq!(error.severity(), *severity, "{name}: {error}");
        assert!(growth <= GROWTH_MAX, "{name} took {growth} bytes");
    }
}
