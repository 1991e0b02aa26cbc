//! The properties format, against an independent reader, and against files that mean harm.

use crate::properties::{KEYS_MAX, PropertiesFact, parse};
use proptest::prelude::*;

fn pairs(text: &str) -> Vec<(String, String)> {
    parse(text.as_bytes()).unwrap().into_iter().map(|property| (property.key, property.value)).collect()
}

fn fact(bytes: &[u8]) -> (u32, PropertiesFact) {
    let error = parse(bytes).err().unwrap();
    (error.line, error.fact)
}

#[test]
fn separators_comments_and_continuations_are_javas() {
    let text = "# comment\n! another\n\n  a=1\nb : 2\nc 3\nd\\=e=4\nlong=one,\\\n    two,\\\n three\nempty=\nbare\n=v\nq=a\\\\\nr=\\\n";
    let expected = [
        ("a", "1"),
        ("b", "2"),
        ("c", "3"),
        ("d=e", "4"),
        ("long", "one,two,three"),
        ("empty", ""),
        ("bare", ""),
        ("", "v"),
        ("q", "a\\"),
        ("r", ""),
    ];
    assert_eq!(pairs(text), expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

#[test]
fn lines_are_counted_over_all_line_ends() {
    let properties = parse(b"a=1\r\nb=2\rc=3\n\n# x\nd=4\\\n  5\ne=6").unwrap();
    let lines: Vec<_> = properties.iter().map(|property| (property.key.as_str(), property.line)).collect();
    assert_eq!(lines, [("a", 1), ("b", 2), ("c", 3), ("d", 6), ("e", 8)]);
}

#[test]
fn text_is_utf_8_with_or_without_a_mark() {
    assert_eq!(
        pairs("\u{feff}rack=Zürich\nlow=\\u00e9 \\ud83d\\ude00"),
        [("rack".to_owned(), "Zürich".to_owned()), ("low".to_owned(), "é 😀".to_owned())]
    );
    assert_eq!(fact(b"a=1\nb=\xff\n"), (2, PropertiesFact::NotUtf8));
    assert_eq!(fact(b"\xfe\xff\0a"), (1, PropertiesFact::NotUtf8));
}

#[test]
fn nul_and_broken_escapes_are_refused_with_their_line() {
    assert_eq!(fact(b"a=1\nb=\0\n"), (2, PropertiesFact::Nul));
    assert_eq!(fact(b"a=1\nb\0=2\n"), (2, PropertiesFact::Nul));
    assert_eq!(fact(b"a=\\u0000"), (1, PropertiesFact::Nul));
    for text in ["a=\\u12", "a=\\uzzzz", "a=\\ud800", "a=\\ud800\\u0041", "\\u=1", "a=\\udc00"] {
        assert_eq!(fact(text.as_bytes()), (1, PropertiesFact::BadEscape), "{text}");
    }
}

#[test]
fn a_million_lines_are_read_or_refused_quickly() {
    assert_eq!(pairs(&"# nothing\n".repeat(1_000_000)), []);
    let many: String = (0..1_000_000).map(|at| format!("k{at}=v\n")).collect();
    let line = u32::try_from(KEYS_MAX).unwrap() + 1;
    assert_eq!(fact(many.as_bytes()), (line, PropertiesFact::TooMany));
    let joined = "a=".to_owned() + &"x\\\n".repeat(1_000_000);
    assert_eq!(pairs(&joined)[0].1.len(), 1_000_000);
    assert_eq!(pairs(&"\\".repeat(999_999)).len(), 1);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn what_is_escaped_is_read_back(pairs in proptest::collection::vec((".{0,12}", ".{0,12}"), 0..6)) {
        let escaped = |text: &str| -> String {
            text.chars().flat_map(|c| match c {
                '\n' => vec!['\\', 'n'],
                '\r' => vec!['\\', 'r'],
                c => vec!['\\', c],
            }).filter(|&c| c != '\0').collect()
        };
        // Letters with a meaning after a backslash, and NUL, which is refused, stay out.
        let plain = |text: &String| text.chars().filter(|c| !"tnrfu\0".contains(*c)).collect::<String>();
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| (plain(key), plain(value))).collect();
        let text: String = pairs.iter().map(|(key, value)| format!("{}={}\n", escaped(key), escaped(value))).collect();
        let read: Vec<_> = parse(text.as_bytes()).unwrap().into_iter().map(|p| (p.key, p.value)).collect();
        prop_assert_eq!(read, pairs);
    }
}
