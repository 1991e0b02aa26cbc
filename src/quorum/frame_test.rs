//! Which flaw is a torn tail and which is damage.

use crate::entry::encode_entry;
use crate::frame::*;
use crate::testing::entry;

/// A file of writes, each of so many entries; also where each frame begins.
fn file(writes: &[u64]) -> (Vec<u8>, Vec<usize>) {
    let (mut bytes, mut starts, mut index) = (Vec::new(), Vec::new(), 0);
    for count in writes {
        let start = bytes.len() as u32;
        for _ in 0..*count {
            starts.push(bytes.len());
            write_frame(&mut bytes, start, |into| encode_entry(&entry(index, "some text in a record"), into));
            index += 1;
        }
    }
    starts.push(bytes.len());
    (bytes, starts)
}

#[test]
fn a_whole_file_is_read_whole() {
    let (bytes, starts) = file(&[1, 3, 2]);
    let scan = scan(&bytes, 0);
    assert_eq!((scan.places.len(), scan.tail), (6, Tail::Clean));
    assert_eq!(scan.last.unwrap().index, 5);
    let begins: Vec<usize> = scan.places.iter().map(|place| place.position as usize).collect();
    assert_eq!(begins, starts[..6]);
    for place in scan.places {
        assert!(frame_body(&bytes[place.position as usize..place.end() as usize]).is_some());
    }
}

#[test]
fn a_file_cut_anywhere_keeps_its_whole_frames_and_is_torn_behind_them() {
    let (bytes, starts) = file(&[1, 3, 2]);
    for len in 0..bytes.len() {
        let found = scan(&bytes[..len], 0);
        let whole = starts.iter().filter(|end| **end <= len).count() - 1;
        assert_eq!(found.places.len(), whole, "cut at {len}");
        let clean = starts.contains(&len);
        assert_eq!(found.tail, if clean { Tail::Clean } else { Tail::Torn(starts[whole] as u64) }, "cut at {len}");
    }
}

#[test]
fn a_flipped_bit_in_an_earlier_write_is_damage_and_in_the_last_one_a_torn_tail() {
    let (bytes, starts) = file(&[1, 3, 2]);
    let last_write = starts[4];
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        let frame = starts.iter().rposition(|start| *start <= at).unwrap();
        let found = scan(&flipped, 0);
        assert_eq!(found.places.len(), frame, "flipped at {at}: what is in front stays");
        match found.tail {
            Tail::Damaged { position, .. } => {
                assert!(at < last_write && position == starts[frame] as u64, "flipped at {at}")
            }
            Tail::Torn(position) => assert!(at >= last_write && position == starts[frame] as u64, "flipped at {at}"),
            Tail::Clean => panic!("a flip at {at} went unseen"),
        }
    }
}

#[test]
fn zeros_behind_the_last_frame_are_a_torn_tail() {
    let (mut bytes, starts) = file(&[2]);
    bytes.extend([0; 4096]);
    assert_eq!(scan(&bytes, 0).tail, Tail::Torn(starts[2] as u64));
    assert_eq!(scan(&[0; 4096], 7).tail, Tail::Torn(0));
}

#[test]
fn a_write_whose_first_page_was_lost_and_whose_second_arrived_is_torn() {
    let (mut bytes, starts) = file(&[1, 2]);
    bytes[starts[1]..starts[2]].fill(0);
    assert_eq!(scan(&bytes, 0).tail, Tail::Torn(starts[1] as u64), "the frame behind is of the same write");
}

#[test]
fn an_entry_in_the_wrong_place_is_damage() {
    let (bytes, _) = file(&[1, 1]);
    assert!(matches!(scan(&bytes, 1).tail, Tail::Damaged { position: 0, .. }));
    let mut short = Vec::new();
    write_frame(&mut short, 0, |into| into.extend([1, 2, 3]));
    assert!(matches!(scan(&short, 0).tail, Tail::Damaged { position: 0, .. }));
}
