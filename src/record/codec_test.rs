//! Codecs read what they and others write, and refuse the rest without reserving for it.

use crate::testing::COMPRESSING;
use crate::*;
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use proptest::prelude::*;
use std::io::Write;

fn decompressed(codec: Codec, bytes: &[u8], max: usize) -> Result<Vec<u8>, CodecError> {
    let mut out = Vec::new();
    decompress(codec, bytes, max, &mut out).map(|()| out)
}

fn compressed(codec: Codec, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    compress(codec, None, bytes, &mut out).unwrap();
    out
}

/// 300 KB of eight-byte words in random order: they compress to less than half, over several pieces of every codec.
fn sample() -> Vec<u8> {
    let mut state = 1u32;
    let mut word = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        [(state >> 27) as u8; 8]
    };
    (0..37_500).flat_map(|_| word()).collect()
}

#[test]
fn what_is_compressed_is_read_back_and_the_cap_is_exact() {
    let sample = sample();
    for codec in COMPRESSING {
        let bytes = compressed(codec, &sample);
        assert!(bytes.len() < sample.len() * 3 / 4, "{codec:?} compresses to {}", bytes.len());
        assert_eq!(decompressed(codec, &bytes, sample.len()).unwrap(), sample, "{codec:?}");
        let max = sample.len() - 1;
        assert_eq!(decompressed(codec, &bytes, max), Err(CodecError::TooLarge { max }), "{codec:?}");
    }
    assert_eq!(decompressed(Codec::None, &sample, 9), Err(CodecError::TooLarge { max: 9 }));
}

#[test]
fn nothing_compresses_to_something_that_is_nothing_again() {
    for codec in COMPRESSING {
        assert_eq!(decompressed(codec, &compressed(codec, b""), 0).unwrap(), b"", "{codec:?}");
    }
}

#[test]
fn bytes_cut_anywhere_are_refused() {
    let sample = &sample()[..3000];
    for codec in COMPRESSING {
        let bytes = compressed(codec, sample);
        for len in (0..bytes.len()).step_by(7) {
            let read = decompressed(codec, &bytes[..len], 1 << 20);
            // A bare Snappy block or an empty run of frames may be what is left; the records are not.
            assert_ne!(read.as_deref(), Ok(sample), "{codec:?} cut at {len}");
        }
    }
}

#[test]
fn bytes_behind_the_end_are_refused() {
    for codec in COMPRESSING {
        let mut bytes = compressed(codec, b"records");
        bytes.push(0);
        assert!(matches!(decompressed(codec, &bytes, 100), Err(CodecError::Malformed { .. })), "{codec:?}");
    }
}

#[test]
fn several_gzip_members_and_zstd_frames_are_one_run_of_records() {
    for codec in [Codec::Gzip, Codec::Zstd] {
        let bytes = [compressed(codec, b"one "), compressed(codec, b""), compressed(codec, b"two")].concat();
        assert_eq!(decompressed(codec, &bytes, 7).unwrap(), b"one two");
    }
}

#[test]
fn gzip_headers_with_every_field_are_skipped() {
    let plain = compressed(Codec::Gzip, b"records");
    let flags = 0b1_1110;
    let fields = [&[3u8, 0, 1, 2, 3][..], b"name\0", b"comment\0", &[9, 9]].concat();
    let bytes = [&plain[..3], &[flags], &plain[4..10], &fields, &plain[10..]].concat();
    assert_eq!(decompressed(Codec::Gzip, &bytes, 7).unwrap(), b"records");
    let mut reserved = plain.clone();
    reserved[3] = 0x20;
    assert!(decompressed(Codec::Gzip, &reserved, 7).is_err());
    let mut length = plain;
    let at = length.len() - 1;
    length[at] = 1;
    assert!(decompressed(Codec::Gzip, &length, 7).is_err());
}

fn lz4_frame(info: FrameInfo, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = FrameEncoder::with_frame_info(info, &mut out);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap();
    out
}

#[test]
fn lz4_frames_with_every_checksum_and_block_size_are_read() {
    let sample = sample();
    for size in [BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max1MB, BlockSize::Max4MB] {
        let info = FrameInfo::new().block_mode(BlockMode::Independent).block_size(size);
        let info = info.block_checksums(true).content_checksum(true).content_size(Some(sample.len() as u64));
        let bytes = lz4_frame(info, &sample);
        assert_eq!(decompressed(Codec::Lz4, &bytes, sample.len()).unwrap(), sample);
        for at in [bytes.len() - 1, bytes.len() / 2, 5, 7] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(decompressed(Codec::Lz4, &damaged, sample.len()).is_err(), "bit flipped at {at}");
        }
    }
}

#[test]
fn lz4_blocks_that_depend_on_each_other_are_refused_because_java_cannot_read_them() {
    let bytes = lz4_frame(FrameInfo::new().block_mode(BlockMode::Linked), &sample());
    assert!(matches!(decompressed(Codec::Lz4, &bytes, 1 << 20), Err(CodecError::Malformed { .. })));
}

#[test]
fn lz4_content_that_is_shorter_than_stated_is_refused() {
    let info = FrameInfo::new().block_mode(BlockMode::Independent);
    let honest = lz4_frame(info.clone().content_size(Some(7)), b"records");
    assert_eq!(decompressed(Codec::Lz4, &honest, 8).unwrap(), b"records");
    let plain = lz4_frame(info, b"records");
    // The frame of eight bytes with the data of seven.
    let stated = lz4_frame(FrameInfo::new().block_mode(BlockMode::Independent).content_size(Some(8)), b"recordsx");
    let lie = [&stated[..15], &plain[7..]].concat();
    assert!(matches!(decompressed(Codec::Lz4, &lie, 8), Err(CodecError::Malformed { .. })));
}

#[test]
fn bare_snappy_blocks_are_read() {
    let block = snap::raw::Encoder::new().compress_vec(&sample()).unwrap();
    assert_eq!(decompressed(Codec::Snappy, &block, 300_000).unwrap(), sample());
}

proptest! {
    #[test]
    fn no_bytes_make_a_codec_panic_or_exceed_its_cap(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for codec in COMPRESSING {
            if let Ok(out) = decompressed(codec, &bytes, 1000) {
                prop_assert!(out.len() <= 1000);
            }
        }
    }

    #[test]
    fn no_flipped_byte_makes_a_codec_panic(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let sample = &sample()[..5000];
        for codec in COMPRESSING {
            let mut bytes = compressed(codec, sample);
            let at = at.index(bytes.len());
            bytes[at] = to;
            if let Ok(out) = decompressed(codec, &bytes, 6000) {
                prop_assert!(out.len() <= 6000);
            }
        }
    }
}
