//! Only sequential readers are read ahead of, ever further, and never further than their window.

use crate::read::ReadAheads;
use crate::read::ahead::Ahead;

const MIB: u64 = 1 << 20;

#[test]
fn random_reads_ask_for_nothing_ahead() {
    let aheads = ReadAheads::default();
    for at in 0..100 {
        assert_eq!(aheads.note(at * 1000, at * 1000 + 10, MIB, 64 * MIB, 10 * MIB), None);
    }
}

#[test]
fn the_window_doubles_up_to_its_bound() {
    let aheads = ReadAheads::default();
    let (mut offset, mut farthest) = (0, 0);
    let mut given = 0;
    let mut asked = 0;
    for round in 0..200 {
        let ahead = aheads.note(offset, offset + 100, MIB, 32 * MIB, 8 * MIB);
        offset += 100;
        given += if round > 0 { MIB } else { 0 };
        if let Some(Ahead { stream, from, bytes }) = ahead {
            assert!(from >= offset);
            asked = asked.max(given) + bytes;
            assert!(asked <= given + 32 * MIB);
            aheads.asked(stream, bytes, offset + (asked - given) as i64 / MIB as i64 * 100);
            farthest = farthest.max(asked - given);
        }
    }
    assert_eq!(farthest, 32 * MIB);
}

#[test]
fn requests_ahead_are_long_ones_once_the_window_is() {
    let aheads = ReadAheads::default();
    let mut requests = Vec::new();
    for at in 0..1000i64 {
        if let Some(ahead) = aheads.note(at * 100, at * 100 + 100, MIB, 64 * MIB, 8 * MIB) {
            aheads.asked(ahead.stream, ahead.bytes, at * 100 + 100 + (ahead.bytes / MIB) as i64 * 100);
            requests.push(ahead.bytes);
        }
    }
    assert!(requests[8..].iter().all(|bytes| *bytes >= 8 * MIB), "{requests:?}");
}

#[test]
fn several_readers_are_told_apart_and_the_idlest_is_forgotten() {
    let aheads = ReadAheads::default();
    for reader in 0..8i64 {
        aheads.note(reader * 10_000, reader * 10_000 + 1, MIB, 64 * MIB, MIB);
    }
    assert!(
        (0..8i64).all(|reader| aheads.note(reader * 10_000 + 1, reader * 10_000 + 2, MIB, 64 * MIB, MIB).is_some())
    );
    aheads.note(999_999, 1_000_000, MIB, 64 * MIB, MIB);
    assert_eq!(aheads.note(2, 3, MIB, 64 * MIB, MIB), None, "the first was the idlest");
}
