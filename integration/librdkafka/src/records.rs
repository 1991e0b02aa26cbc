//! Record contents that follow from their number, about half compressible, and the digest of a partition.

use sha2::{Digest, Sha256};

/// The value of a record: hexadecimal digits from a small generator, so that codecs halve it.
pub fn value(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut value = Vec::with_capacity(size + 16);
    while value.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        value.extend((0..16).map(|n| b"0123456789abcdef"[(state >> (4 * n)) as usize & 15]));
    }
    value.truncate(size);
    value
}

/// The digest of a partition's records in their order: key, value, timestamp of each.
#[derive(Default)]
pub struct PartitionDigest {
    hash: Sha256,
    /// Records so far.
    pub count: u64,
}

impl PartitionDigest {
    /// Takes the next record.
    pub fn add(&mut self, key: &[u8], value: &[u8], timestamp: i64) {
        for part in [key, value] {
            self.hash.update((part.len() as u64).to_be_bytes());
            self.hash.update(part);
        }
        self.hash.update(timestamp.to_be_bytes());
        self.count += 1;
    }

    /// Hexadecimal SHA-256 of what was added.
    pub fn hex(self) -> String {
        self.hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }
}
