//! Memory that is lent: used again while anything is lent, gone when nothing is.

use crate::pieces::{PIECE_LEN, Pieces};
use bytes::Bytes;

#[test]
fn what_came_back_is_lent_again() {
    let pieces = Pieces::new(8);
    let held = pieces.lend(PIECE_LEN);
    let mut first = pieces.lend(PIECE_LEN);
    first.as_mut()[7] = 9;
    drop(Bytes::from_owner(first));
    assert_eq!(pieces.spare(), 1);
    let again = pieces.lend(PIECE_LEN);
    assert_eq!((again.as_ref()[7], pieces.spare()), (9, 0), "the same memory");
    drop((again, held));
}

#[test]
fn slices_keep_a_piece_from_being_lent_again() {
    let pieces = Pieces::new(8);
    let _held = pieces.lend(PIECE_LEN);
    let whole = Bytes::from_owner(pieces.lend(PIECE_LEN));
    let part = whole.slice(5..9);
    drop(whole);
    assert_eq!(pieces.spare(), 0);
    drop(part);
    assert_eq!(pieces.spare(), 1);
}

#[test]
fn nothing_is_kept_of_short_pieces_nor_once_nobody_has_any() {
    let pieces = Pieces::new(8);
    let held = pieces.lend(PIECE_LEN);
    let short = pieces.lend(10);
    assert_eq!(short.as_ref().len(), 10);
    drop(short);
    assert_eq!(pieces.spare(), 0);
    drop(pieces.lend(PIECE_LEN));
    assert_eq!(pieces.spare(), 1);
    drop(held);
    assert_eq!(pieces.spare(), 0);
}

#[test]
fn no_more_is_kept_than_was_said() {
    let pieces = Pieces::new(2);
    let _held = pieces.lend(PIECE_LEN);
    drop([(); 3].map(|()| pieces.lend(PIECE_LEN)));
    assert_eq!(pieces.spare(), 2);
}
