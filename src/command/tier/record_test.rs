//! How records and numbers are written.

use super::record::{base64, each};
use super::table;
use esker_record::{BatchBuilder, BatchHeader, Codec, NewRecord};

#[test]
fn base_64_is_that_of_other_programs() {
    let known = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")];
    for (plain, expected) in known {
        assert_eq!(base64(plain.as_bytes()), expected);
    }
    assert_eq!(base64(&[0xff, 0xfe, 0xfd]), "//79");
}

#[test]
fn dates_are_those_of_the_calendar() {
    assert_eq!(table::date(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(table::date(951_782_400_123), "2000-02-29T00:00:00.123Z");
    assert_eq!(table::date(1_735_689_599_999), "2024-12-31T23:59:59.999Z");
    assert_eq!(table::date(-1), "1969-12-31T23:59:59.999Z");
    assert_eq!(table::bytes(1023), "1023 B");
    assert_eq!(table::bytes(1536), "1.5 KiB");
    assert_eq!(table::bytes(5 << 40), "5.0 TiB");
}

#[test]
fn records_of_a_packed_batch_are_written_as_values_and_as_json() {
    let mut builder = BatchBuilder::new(Codec::Lz4);
    for (timestamp, key, value) in
        [(1000, None, Some(b"one".as_slice())), (1001, Some(b"k".as_slice()), Some(&[0xff, 0][..])), (1002, None, None)]
    {
        builder.append(&NewRecord { timestamp, key, value, headers: &[] }).unwrap();
    }
    let batch = builder.build().unwrap();
    let header = BatchHeader::parse(&batch).unwrap();
    let (mut values, mut lines) = (Vec::new(), Vec::new());
    each(&header, &batch, |record| {
        record.write_value(&mut values)?;
        record.write_json("t", 3, &mut lines)
    })
    .unwrap();
    assert_eq!(values, b"one\n\xff\x00\n\n");
    let expected = [
        r#"{"key":null,"offset":0,"partition":3,"timestamp":1000,"topic":"t","value":"one"}"#,
        r#"{"key":"k","offset":1,"partition":3,"timestamp":1001,"topic":"t","value_base64":"/wA="}"#,
        r#"{"key":null,"offset":2,"partition":3,"timestamp":1002,"topic":"t","value":null}"#,
    ];
    assert_eq!(String::from_utf8(lines).unwrap().lines().collect::<Vec<_>>(), expected);
}
