//! Trailers survive the round trip, and no byte of them can change unnoticed.

use crate::keys::PartitionHome;
use crate::object::{
    AbortedTransaction, CHUNK_LEN, ChunkEntry, FOOTER_LEN, Footer, OpenTransaction, Outcome, TrailerHead, TrailerTail,
    encode_trailer,
};
use crate::token::WriterToken;
use bytes::Bytes;
use esker_model::{EpochEntry, EpochHistory, TopicId};
use esker_record::crc32c;
use proptest::prelude::*;
use uuid::Uuid;

fn sample() -> (TrailerHead, TrailerTail, Footer) {
    let chunk = |at: u64| ChunkEntry {
        first_offset: 100 + at as i64,
        first_position: at * CHUNK_LEN,
        max_timestamp: 7,
        crc: at as u32,
    };
    let aborted = vec![AbortedTransaction { producer_id: 9, first_offset: 101, last_offset: 150 }];
    let head = TrailerHead { chunks: (0..3).map(chunk).collect(), aborted };
    let open = OpenTransaction { producer_id: 5, producer_epoch: 2, first_offset: 120, outcome: Outcome::Aborted };
    let entries = vec![EpochEntry { epoch: 0, start_offset: 0 }, EpochEntry { epoch: 3, start_offset: 110 }];
    let epochs = EpochHistory::from_entries(entries).unwrap();
    let tail = TrailerTail { producer_snapshot: Bytes::from_static(b"snapshot"), open: vec![open], epochs };
    let footer = Footer {
        home: PartitionHome { topic_id: TopicId(Uuid::from_u128(1)), partition: 3 },
        token: WriterToken { generation: 1, leader_epoch: 3, broker_epoch: 8 },
        uuid: Uuid::from_u128(2),
        base: 100,
        next: 140,
        log_len: 2 * CHUNK_LEN + 5,
        head_len: 0,
        snapshot_len: 0,
        open_len: 0,
        epochs_len: 0,
        max_timestamp: 7,
        tail_crc: 0,
    };
    (head, tail, footer)
}

#[test]
fn a_trailer_survives_the_round_trip() {
    let (head, tail, footer) = sample();
    let (bytes, footer) = encode_trailer(&head, &tail, footer);
    assert_eq!(bytes.len() as u64, footer.trailer_len());
    assert_eq!(footer.head_len as usize, TrailerHead::encoded_len(3, 1));
    assert_eq!(
        TrailerTail::encoded_len(8, 1, 2) as u64,
        footer.trailer_len() - u64::from(footer.head_len) - FOOTER_LEN as u64
    );
    let (head_len, footer_at) = (footer.head_len as usize, bytes.len() - FOOTER_LEN);
    assert_eq!(Footer::decode(&bytes[footer_at..]).unwrap(), footer);
    assert_eq!(TrailerHead::decode(&bytes[..head_len], footer.log_len, footer.uuid).unwrap(), head);
    let another = Uuid::from_u128(3);
    assert!(TrailerHead::decode(&bytes[..head_len], footer.log_len, another).is_err(), "whole, and another object's");
    assert_eq!(TrailerTail::decode(&bytes.slice(head_len..footer_at), &footer).unwrap(), tail);
}

#[test]
fn no_byte_of_a_trailer_changes_unnoticed() {
    let (head, tail, footer) = sample();
    let (bytes, footer) = encode_trailer(&head, &tail, footer);
    let (head_len, footer_at) = (footer.head_len as usize, bytes.len() - FOOTER_LEN);
    for at in 0..bytes.len() {
        let mut bad = bytes.to_vec();
        bad[at] ^= 0x10;
        let bad = Bytes::from(bad);
        let refused = if at < head_len {
            TrailerHead::decode(&bad[..head_len], footer.log_len, footer.uuid).is_err()
        } else if at < footer_at {
            TrailerTail::decode(&bad.slice(head_len..footer_at), &footer).is_err()
        } else {
            Footer::decode(&bad[footer_at..]).is_err()
        };
        assert!(refused, "byte {at}");
    }
}

/// `number` written over the bytes at `at`.
fn overwritten(bytes: &[u8], at: usize, number: &[u8]) -> Vec<u8> {
    [&bytes[..at], number, &bytes[at + number.len()..]].concat()
}

#[test]
fn h61_each_count_and_length_of_a_trailer_is_refused_where_it_exceeds_what_there_is() {
    let (head, tail, footer) = sample();
    let (bytes, footer) = encode_trailer(&head, &tail, footer);
    let (head_bytes, footer_bytes) = (&bytes[..footer.head_len as usize], &bytes[bytes.len() - FOOTER_LEN..]);
    for too_many in [1u32 << 31, (1 << 31) - 1, u32::MAX] {
        for at in [8, 12] {
            let mut spoiled = overwritten(head_bytes, at, &too_many.to_be_bytes());
            let (body, crc) = spoiled.split_last_chunk_mut::<4>().unwrap();
            *crc = crc32c(&[&footer.uuid.as_bytes()[..], &crc32c(body).to_be_bytes()].concat()).to_be_bytes();
            let refused = TrailerHead::decode(&spoiled, footer.log_len, footer.uuid).unwrap_err();
            assert_eq!((refused.what, refused.position), ("counts that contradict the lengths", 16), "count at {at}");
        }
        for at in [92, 96, 100, 104] {
            let mut spoiled = overwritten(footer_bytes, at, &too_many.to_be_bytes());
            let (body, crc) = spoiled.split_last_chunk_mut::<4>().unwrap();
            *crc = crc32c(body).to_be_bytes();
            let refused = Footer::decode(&spoiled).unwrap_err();
            assert_eq!(refused.what, "lengths or offsets that no object has", "length at {at}");
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(TrailerHead::decode(&bytes, 1, Uuid::nil()).is_err());
        prop_assert!(Footer::decode(&bytes).is_err());
    }
}
