//! OTLP as clients write it, and bytes that are not.

use super::otlp::{Malformed, Meaning, Point, read};

/// A field with bytes in it.
pub(crate) fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut len = content.len();
    while len >= 0x80 {
        bytes.push(0x80 | u8::try_from(len & 0x7f).unwrap());
        len >>= 7;
    }
    bytes.push(u8::try_from(len).unwrap());
    bytes.extend_from_slice(content);
    bytes
}

fn number(field: u8, value: u8) -> Vec<u8> {
    vec![field << 3, value]
}

fn fixed(field: u8, bits: u64) -> Vec<u8> {
    [&[field << 3 | 1][..], &bits.to_le_bytes()].concat()
}

fn label(key: &str, value: &[u8]) -> Vec<u8> {
    [field(1, key.as_bytes()), field(2, value)].concat()
}

fn metrics_data(resource_labels: &[u8], metrics: &[Vec<u8>]) -> Vec<u8> {
    let metrics: Vec<u8> = metrics.iter().flat_map(|metric| field(2, metric)).collect();
    field(1, &[field(1, resource_labels), field(2, &metrics)].concat())
}

/// A push with one gauge in it.
pub(crate) fn gauge(name: &str, value: f64) -> Vec<u8> {
    let point = field(1, &fixed(4, value.to_bits()));
    metrics_data(&[], &[[field(1, name.as_bytes()), field(5, &point)].concat()])
}

/// A push with a change of a sum in it.
pub(crate) fn change(name: &str, value: i64) -> Vec<u8> {
    let sum = [field(1, &fixed(6, value.cast_unsigned())), number(2, 1), number(3, 1)].concat();
    metrics_data(&[], &[[field(1, name.as_bytes()), field(7, &sum)].concat()])
}

#[test]
fn gauges_and_sums_are_read_with_the_labels_of_their_resource_and_their_own() {
    let resource = field(1, &label("group_id", &field(1, b"g")));
    let point = [field(7, &label("partition", &number(3, 5))), fixed(2, 1), fixed(3, 2), fixed(4, 2.5f64.to_bits())];
    let gauge = [field(1, b"a.b"), field(5, &field(1, &point.concat()))].concat();
    let sum = |temporality, monotonic| {
        let sum = [field(1, &fixed(6, (-3i64).cast_unsigned())), number(2, temporality), number(3, monotonic)];
        [field(1, b"c"), field(7, &sum.concat())].concat()
    };
    let histogram = [field(1, b"d"), field(9, &field(1, &fixed(4, 1)))].concat();
    let bytes = metrics_data(&resource, &[gauge, sum(1, 1), histogram, sum(2, 0)]);
    let group = || ("group_id", "g".into());
    let point = |name, labels, meaning, value| Point { name, labels, meaning, value };
    assert_eq!(
        read(&bytes).unwrap(),
        [
            point("a.b", vec![group(), ("partition", "5".into())], Meaning::Now, 2.5),
            point("c", vec![group()], Meaning::Change { monotonic: true }, -3.0),
            point("c", vec![group()], Meaning::Total { monotonic: false }, -3.0),
        ]
    );
}

#[test]
fn labels_of_every_plain_kind_are_text() {
    let values = [field(1, b"t"), number(2, 0), number(2, 1), number(3, 7), fixed(4, 0.5f64.to_bits()), field(7, b"")];
    let labels: Vec<u8> = values.iter().flat_map(|value| field(1, &label("k", value))).collect();
    let metric = [field(1, b"m"), field(5, &field(1, &fixed(4, 0)))].concat();
    let bytes = metrics_data(&labels, &[metric]);
    let texts: Vec<String> = read(&bytes).unwrap()[0].labels.iter().map(|(_, value)| value.to_string()).collect();
    assert_eq!(texts, ["t", "false", "true", "7", "0.5"], "bytes are no text");
}

#[test]
fn every_cut_and_every_changed_byte_of_a_push_is_read_or_refused_and_never_more() {
    let resource = field(1, &label("group_id", &field(1, b"g")));
    let sum = [field(1, &fixed(6, 1)), number(2, 1), number(3, 1)].concat();
    let whole = metrics_data(&resource, &[[field(1, b"name"), field(7, &sum)].concat()]);
    for len in 1..whole.len() {
        assert!(read(&whole[..len]).is_err(), "cut at {len}");
    }
    for at in 0..whole.len() {
        for byte in 0..=255 {
            let mut changed = whole.clone();
            changed[at] = byte;
            assert!(read(&changed).map_or(0, |points| points.len()) <= 1);
        }
    }
    assert_eq!(read(&[]), Ok(vec![]));
    assert_eq!(read(&[0x0b]), Err(Malformed("a field has no known wire type")), "groups are long gone");
    assert_eq!(read(&[0x80; 11]), Err(Malformed("a number is too long")));
    assert_eq!(read(&field(1, &field(2, &field(2, &field(1, b"\xff"))))), Err(Malformed("a text is not UTF-8")));
}

#[test]
fn numbers_and_labels_without_end_are_taken_up_to_their_limits() {
    let labels = field(1, &label("k", &field(1, b"v"))).repeat(1_000);
    let points = field(1, &fixed(4, 0)).repeat(50_000);
    let bytes = metrics_data(&labels, &[[field(1, b"m"), field(5, &points)].concat()]);
    let read = read(&bytes).unwrap();
    assert_eq!((read.len(), read[0].labels.len()), (20_000, 16));
}
