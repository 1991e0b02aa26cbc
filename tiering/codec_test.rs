//! Integers survive the round trip; lengths from outside are never believed.

use crate::codec::{Reader, Writer};
use proptest::prelude::*;

proptest! {
    #[test]
    fn integers_survive_the_round_trip(a: u64, b: i64, c: i32, d: Vec<u8>) {
        let mut writer = Writer::default();
        writer.varint(a);
        writer.signed_varint(b);
        writer.i32(c);
        writer.count(d.len());
        writer.put(&d);
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(reader.varint(), Ok(a));
        prop_assert_eq!(reader.signed_varint(), Ok(b));
        prop_assert_eq!(reader.i32(), Ok(c));
        let len = reader.count(1).unwrap();
        prop_assert_eq!(reader.take(len), Ok(&d[..]));
        prop_assert!(reader.end().is_ok());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let mut reader = Reader::new(&bytes);
        while reader.varint().is_ok() {}
        let mut reader = Reader::new(&bytes);
        let _ = reader.count(8).map(|count| assert!(count * 8 <= bytes.len()));
    }
}

#[test]
fn a_count_beyond_the_bytes_is_refused_before_anything_is_reserved() {
    let mut writer = Writer::default();
    writer.varint(u64::MAX);
    let bytes = writer.finish();
    assert!(Reader::new(&bytes).count(1).is_err());
}

#[test]
fn an_eleven_byte_varint_is_refused() {
    assert!(Reader::new(&[0xff; 11]).varint().is_err());
    assert!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]).varint().is_err());
}
