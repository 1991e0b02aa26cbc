//! Text on shared bytes.

use crate::StrBytes;
use bytes::Bytes;
use std::collections::HashMap;

#[test]
fn only_utf_8_becomes_text_and_no_byte_is_copied() {
    let bytes = Bytes::from("größer".to_owned());
    let text = StrBytes::from_utf8(bytes.clone()).unwrap();
    assert_eq!(text.as_str(), "größer");
    assert_eq!(text.as_ptr(), bytes.as_ptr());
    assert_eq!(StrBytes::from_utf8(bytes.slice(..3)), None, "cut within a letter");
    assert_eq!(StrBytes::from_utf8(Bytes::from_static(&[0xc0, 0x80])), None);
}

#[test]
fn a_map_keyed_by_it_can_be_asked_with_plain_text() {
    let map = HashMap::from([(StrBytes::from("topic"), 1), (StrBytes::from_static("other"), 2)]);
    assert_eq!((map.get("topic"), map.get("other"), map.get("none")), (Some(&1), Some(&2), None));
}

#[test]
fn detached_text_no_longer_holds_its_frame() {
    let frame = Bytes::from(vec![b'x'; 1000]);
    let text = StrBytes::from_utf8(frame.slice(..5)).unwrap();
    let detached = text.detach();
    drop(text);
    assert!(frame.is_unique());
    assert_eq!(detached, "xxxxx");
}

#[test]
fn it_shows_itself_as_text_does() {
    let text = StrBytes::from("a\"b".to_owned());
    assert_eq!(format!("{text} {text:?}"), r#"a"b "a\"b""#);
    assert_eq!(Bytes::from(text), "a\"b");
}
