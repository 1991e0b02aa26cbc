//! What was read makes room, what was not stays, and there is never more than the bound.

use crate::read::ChunkId;
use crate::read::landing::Landing;
use bytes::Bytes;
use uuid::Uuid;

fn id(chunk: u32) -> ChunkId {
    ChunkId { object: Uuid::from_u128(5), chunk }
}

fn bytes() -> Bytes {
    Bytes::from(vec![7; 10])
}

fn numbers(gone: Vec<(ChunkId, Bytes)>) -> Vec<u32> {
    gone.into_iter().map(|(id, _)| id.chunk).collect()
}

#[test]
fn readers_of_one_place_do_not_drive_out_what_is_read_ahead_for_others() {
    let landing = Landing::new(300);
    (0..15).for_each(|chunk| assert!(landing.insert(id(chunk), bytes(), false).is_empty()));
    assert_eq!(landing.room(), 0, "half is unread");
    for chunk in 100..200 {
        landing.insert(id(chunk), bytes(), true);
        assert!(landing.bytes() <= 300);
    }
    assert!((0..15).all(|chunk| landing.contains(id(chunk))), "a hundred chunks that were read later");
    assert!(landing.contains(id(199)) && !landing.contains(id(100)));
}

#[test]
fn reading_makes_room_again() {
    let landing = Landing::new(200);
    (0..10).for_each(|chunk| drop(landing.insert(id(chunk), bytes(), false)));
    assert_eq!(landing.get(id(3), false), Some(bytes()));
    assert_eq!(landing.room(), 0, "a look that nobody reads changes nothing");
    (0..5).for_each(|chunk| drop(landing.get(id(chunk), true)));
    assert_eq!(landing.room(), 50);
    (40..45).for_each(|chunk| drop(landing.insert(id(chunk), bytes(), true)));
    (20..25).for_each(|chunk| drop(landing.insert(id(chunk), bytes(), false)));
    landing.get(id(0), true);
    assert_eq!(numbers(landing.insert(id(30), bytes(), true)), [1], "the one whose reading is longest ago");
}

#[test]
fn more_than_is_allowed_unread_drives_out_the_oldest_of_it() {
    let landing = Landing::new(100);
    let gone: Vec<u32> = (0..20).flat_map(|chunk| numbers(landing.insert(id(chunk), bytes(), false))).collect();
    assert_eq!(gone, (0..10).collect::<Vec<_>>());
    assert_eq!(landing.drain().len(), 10);
    assert_eq!((landing.bytes(), landing.room()), (0, 50));
    assert_eq!(numbers(landing.insert(id(1), Bytes::from(vec![0; 101]), true)), [1], "larger than all of it");
}

#[test]
fn what_a_reader_left_behind_does_not_take_the_room_of_others_for_ever() {
    let landing = Landing::new(200);
    (0..10).for_each(|chunk| drop(landing.insert(id(chunk), bytes(), false)));
    (100..170).for_each(|chunk| drop(landing.insert(id(chunk), bytes(), true)));
    assert_eq!(landing.room(), 0, "its reader may still come");
    (170..200).for_each(|chunk| drop(landing.insert(id(chunk), bytes(), true)));
    assert_eq!(landing.room(), 100);
    assert!(landing.bytes() <= 200);
}

#[test]
fn readers_in_the_middle_of_their_chunks_have_half_as_much_room_again_as_what_is_read_ahead() {
    let landing = Landing::new(200);
    assert_eq!((landing.room(), landing.room_for_following()), (100, 150));
    (0..12).for_each(|chunk| assert!(landing.insert(id(chunk), bytes(), false).is_empty()));
    assert_eq!((landing.room(), landing.room_for_following()), (0, 30));
    (12..16).for_each(|chunk| drop(landing.insert(id(chunk), bytes(), false)));
    assert_eq!(landing.room_for_following(), 0);
}
