//! Partitions of ids, against values that Kafka's own classes gave.

use crate::partition_of;

#[test]
fn ids_fall_on_the_partitions_that_kafka_gives_them() {
    // "polygenelubricants" hashes to the smallest number, which has no magnitude.
    for (id, expected) in [("", 0), ("a", 47), ("test-group", 12), ("polygenelubricants", 0)] {
        assert_eq!(partition_of(id, 50), expected, "{id:?}");
    }
}

#[test]
fn characters_beyond_the_first_plane_count_as_two_units() {
    // U+1F600 is D83D DE00: 0xD83D * 31 + 0xDE00 = 1772899.
    assert_eq!(partition_of("\u{1F600}", 1_000_000), 772_899);
}
