//! What is streamed is checked batch by batch, however it is cut into pieces.

use crate::object::{CHUNK_LEN, DamageKind, Expected, ObjectBuilder};
use crate::testing::{batch, run};
use esker_model::{EpochEntry, EpochHistory};
use esker_record::crc32c;

fn history(entries: &[(i32, i64)]) -> EpochHistory {
    let entries = entries.iter().map(|&(epoch, start_offset)| EpochEntry { epoch, start_offset }).collect();
    EpochHistory::from_entries(entries).unwrap()
}

fn build(bytes: &[u8], base: i64, end: i64, piece_len: usize) -> Result<crate::object::TrailerHead, DamageKind> {
    let epochs = history(&[(4, 0)]);
    let mut builder = ObjectBuilder::new(Expected { base, end, len: bytes.len() as u64, epochs });
    for piece in bytes.chunks(piece_len) {
        builder.feed(piece).map_err(|damage| damage.kind)?;
    }
    builder.finish(Vec::new()).map(|(head, _)| head).map_err(|damage| damage.kind)
}

#[test]
fn the_chunk_table_does_not_depend_on_how_the_bytes_arrive() {
    let bytes = run(100, 60, 5, 4, 100_000);
    let whole = build(&bytes, 100, 400, bytes.len()).unwrap();
    for piece_len in [1_000, 61, 99_999, CHUNK_LEN as usize, 1 << 16] {
        assert_eq!(build(&bytes, 100, 400, piece_len).unwrap(), whole);
    }
    assert_eq!(whole.chunks.len(), bytes.len().div_ceil(CHUNK_LEN as usize));
    for (at, chunk) in whole.chunks.iter().enumerate() {
        let start = at * CHUNK_LEN as usize;
        let end = (start + CHUNK_LEN as usize).min(bytes.len());
        assert_eq!(chunk.crc, crc32c(&bytes[start..end]));
        assert!(chunk.first_position >= start as u64 && chunk.first_position < end as u64);
        assert_eq!((chunk.first_offset - 100) / 5 * 100_061, chunk.first_position as i64);
    }
    assert_eq!(whole.chunks.last().unwrap().max_timestamp, 395);
    assert_eq!(whole.chunk_for_offset(100), 0);
    assert_eq!(whole.chunk_for_offset(whole.chunks[2].first_offset), 2);
    assert_eq!(whole.chunk_for_offset(whole.chunks[2].first_offset - 1), 1);
    assert_eq!(whole.chunk_for_timestamp(396), None);
    assert_eq!(whole.chunk_for_timestamp(0), Some(0));
}

#[test]
fn a_chunk_in_which_no_batch_starts_repeats_its_neighbour() {
    let mut bytes = batch(0, 1, 4, 9, 3 * CHUNK_LEN as usize);
    bytes.extend(batch(1, 1, 4, 5, 10));
    let head = build(&bytes, 0, 2, 4096).unwrap();
    assert_eq!(head.chunks.len(), 4);
    assert!(head.chunks[..3].iter().all(|chunk| chunk.first_position == 0 && chunk.max_timestamp == 9));
    assert_eq!(head.chunks[3].first_offset, 1);
    assert_eq!(head.chunk_for_offset(1), 3);
}

#[test]
fn an_upload_may_begin_inside_of_its_first_batch_only() {
    let bytes = run(10, 3, 10, 4, 50);
    assert!(build(&bytes, 15, 40, 7).is_ok());
    assert!(matches!(build(&bytes, 20, 40, 7), Err(DamageKind::Offset { .. })));
    assert!(matches!(build(&bytes, 9, 40, 7), Err(DamageKind::Offset { .. })));
}

#[test]
fn every_flipped_bit_that_matters_is_found() {
    let good = run(0, 3, 2, 4, 40);
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(build(&bad, 0, 6, 16).is_err(), "flip at {at}");
    }
}

#[test]
fn gaps_torn_ends_and_foreign_epochs_are_damage() {
    let mut gap = run(0, 1, 2, 4, 40);
    gap.extend(batch(3, 1, 4, 3, 40));
    assert!(matches!(build(&gap, 0, 4, 64), Err(DamageKind::Offset { expected: 2, found: 3 })));
    let good = run(0, 3, 2, 4, 40);
    assert_eq!(build(&good[..good.len() - 1], 0, 6, 64), Err(DamageKind::Length));
    assert!(matches!(build(&good, 0, 7, 64), Err(DamageKind::Offset { expected: 7, found: 6 })));
    assert!(matches!(build(&good, 0, 4, 64), Err(DamageKind::Offset { .. })));
    assert!(matches!(build(&run(0, 3, 2, 5, 40), 0, 6, 64), Err(DamageKind::Epoch { expected: 4, found: 5 })));
}
