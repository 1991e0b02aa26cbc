//! Which partition of a coordinator's topic belongs to a group or transactional id.

/// Java's `String.hashCode`: over UTF-16 units, wrapping.
fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// The partition, out of `count`, that remembers `id`. The magnitude of the smallest hash, which has none, is 0.
///
/// # Panics
/// Where `count` is not positive: a topic has partitions.
pub fn partition_of(id: &str, count: i32) -> i32 {
    assert!(count > 0, "a coordinator's topic must have partitions");
    java_hash(id).checked_abs().unwrap_or(0) % count
}
