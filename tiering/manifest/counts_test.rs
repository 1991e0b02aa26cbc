//! Counts that promise more items than there are bytes: refused at the count itself, before anything is reserved for them.

use crate::codec::{DecodeError, Writer};
use crate::manifest::codec_test::rich;
use crate::manifest::test_roots::{HOME, root_with};
use crate::manifest::{Page, PageRef, RootError, decode_any_page, decode_root, encode_page, encode_root};
use esker_record::crc32c;
use uuid::Uuid;

const TOO_MANY: [u64; 4] = [1 << 31, (1 << 31) - 1, 1 << 63, u64::MAX];

/// The same bytes with the one at `at` replaced by the varint `count`, and a checksum that fits. The number's length comes back too.
fn with_count(bytes: &[u8], at: usize, count: u64) -> (Vec<u8>, usize) {
    let mut number = Writer::default();
    number.varint(count);
    let mut spoiled = [&bytes[..at], number.as_slice(), &bytes[at + 1..bytes.len() - 4]].concat();
    let crc = crc32c(&spoiled);
    spoiled.extend(crc.to_be_bytes());
    (spoiled, number.len())
}

/// At how many places of `bytes` each number that is too large is refused as a count, right where it stands. Every place is tried.
fn counts_in(bytes: &[u8], decode: impl Fn(&[u8]) -> Result<(), RootError>) -> usize {
    let is_refused = |at: usize, count: u64| {
        let (spoiled, len) = with_count(bytes, at, count);
        let what = "a count exceeds the bytes behind it";
        decode(&spoiled) == Err(RootError::Damaged(DecodeError { what, position: at + len }))
    };
    (0..bytes.len() - 4).filter(|at| TOO_MANY.iter().all(|count| is_refused(*at, *count))).count()
}

#[test]
fn h61_each_count_of_a_version_is_refused_where_it_exceeds_the_bytes() {
    let mut root = rich();
    // So that no count follows on bytes that may be anything: what is put there would be read as the count.
    root.garbage.reverse();
    let bytes = encode_root(&root);
    // Writers' firsts, leader epochs, tokens, pages, entries, garbage, pins.
    assert_eq!(counts_in(&bytes, |bytes| decode_root(bytes, HOME, 9).map(drop)), 7);
}

#[test]
fn h61_each_count_of_a_page_is_refused_where_it_exceeds_the_bytes() {
    let decode = |bytes: &[u8]| decode_any_page(bytes, HOME).map(drop);
    let entries = Page::Entries(root_with(5, 100).entries);
    assert_eq!(counts_in(&encode_page(HOME, 1, &entries), decode), 2, "tokens and entries");
    let page = |at: i64| PageRef {
        level: 1,
        uuid: Uuid::from_u128(at as u128),
        base: at * 10,
        next: at * 10 + 10,
        entries: 10,
        bytes: 1000,
        max_timestamp: 5,
    };
    let refs = Page::Refs((0..3).map(page).collect());
    assert_eq!(counts_in(&encode_page(HOME, 2, &refs), decode), 1, "references");
}
