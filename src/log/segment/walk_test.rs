//! Walking headers: every batch is met once, flaws are met where they are.

use super::walk::{Walk, WalkError};
use crate::testing::build;
use esker_env::sim::SimDisk;
use esker_env::{Disk, DiskFile, OpenMode};
use esker_record::{BatchBuilder, Codec};
use std::io::IoSlice;
use std::path::Path;
use std::sync::Arc;

fn file(bytes: &[u8]) -> Arc<dyn DiskFile> {
    let file = SimDisk::new().open(Path::new("/log"), OpenMode::CreateNew).unwrap();
    file.write_all_at(&[IoSlice::new(bytes)], 0).unwrap();
    file
}

/// Batches of very different lengths, so that they cross the walk's buffer in every way.
fn batches() -> Vec<u8> {
    let lens = [1, 4000, 10, 9000, 4096 - 80, 200_000, 3];
    let batch = |(at, len): (usize, &usize)| build(BatchBuilder::new(Codec::None).base_offset(at as i64), 5, 1, *len);
    lens.iter().enumerate().flat_map(batch).collect()
}

#[test]
fn every_batch_is_met_and_its_checksum_verified() {
    let bytes = batches();
    let file = file(&bytes);
    for mut walk in [Walk::short(&*file, 0, bytes.len() as u64, true), Walk::long(&*file, 0, bytes.len() as u64)] {
        let mut end = 0;
        for offset in 0..7 {
            let batch = walk.next().unwrap().unwrap();
            assert_eq!((batch.header.base_offset, batch.position), (offset, end));
            assert!(walk.crc_matches(&batch).unwrap());
            end = batch.end();
        }
        assert!(walk.next().unwrap().is_none());
    }
}

#[test]
fn a_flipped_bit_fails_the_checksum_of_its_batch_alone() {
    let mut bytes = batches();
    let at = bytes.len() - 100_000;
    bytes[at] ^= 1;
    let file = file(&bytes);
    let mut walk = Walk::long(&*file, 0, bytes.len() as u64);
    let mut bad = Vec::new();
    while let Some(batch) = walk.next().unwrap() {
        if !walk.crc_matches(&batch).unwrap() {
            bad.push(batch.header.base_offset);
        }
    }
    assert_eq!(bad, [5]);
}

#[test]
fn every_cut_and_every_broken_frame_is_a_flaw_at_its_batch() {
    let good = [
        build(BatchBuilder::new(Codec::None), 5, 1, 10),
        build(BatchBuilder::new(Codec::None).base_offset(1), 5, 1, 10),
    ]
    .concat();
    let second = good.len() / 2;
    for cut in second + 1..good.len() {
        let file = file(&good[..cut]);
        let mut walk = Walk::short(&*file, 0, cut as u64, true);
        walk.next().unwrap().unwrap();
        assert!(
            matches!(walk.next(), Err(WalkError::Bad { position, .. }) if position == second as u64),
            "cut at {cut}"
        );
    }
    for (at, value) in [(8, 0xff), (8, 0x7f), (16, 1), (16, 3), (0, 0xff), (23, 0x80)] {
        let mut bytes = good.clone();
        bytes[second + at] = value;
        let file = file(&bytes);
        let mut walk = Walk::short(&*file, 0, bytes.len() as u64, true);
        walk.next().unwrap().unwrap();
        assert!(matches!(walk.next(), Err(WalkError::Bad { .. })), "byte {at} is {value:#x}");
    }
}

#[test]
fn arbitrary_bytes_never_panic() {
    let mut seed = 7u64;
    let good = batches()[..300].to_vec();
    for _ in 0..2000 {
        let mut bytes = good.clone();
        for _ in 0..8 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let at = (seed >> 33) as usize % bytes.len();
            bytes[at] = (seed >> 20) as u8;
        }
        let file = file(&bytes);
        let mut walk = Walk::short(&*file, 0, bytes.len() as u64, true);
        while let Ok(Some(batch)) = walk.next() {
            let _ = walk.crc_matches(&batch);
        }
    }
}
