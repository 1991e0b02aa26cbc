//! Files in a directory of their own, and what is shown of them.

use super::{DumpError, DumpLog, dump};
use esker_env::{Disk, OpenMode, SystemDisk};
use esker_record::{BatchBuilder, Codec, NewRecord};
use std::io::IoSlice;
use std::path::PathBuf;
use tempfile::TempDir;

/// The name of a segment that begins at offset 100.
pub const SEGMENT: &str = "00000000000000000100.log";

/// A directory that goes with the test.
pub struct Files(TempDir);

impl Files {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> &Self {
        let file = SystemDisk.open(&self.path(name), OpenMode::Truncate).unwrap();
        file.write_all_at(&[IoSlice::new(bytes)], 0).unwrap();
        self
    }

    /// What is shown of a file, without the line that names it, and whether it is sound.
    pub fn dump(&self, name: &str, options: &DumpLog) -> Result<(String, bool), DumpError> {
        let mut out = Vec::new();
        let sound = dump(&SystemDisk, &self.path(name), options, &mut out)?;
        let text = String::from_utf8(out).unwrap();
        let rest = text.strip_prefix(&format!("Dumping {}\n", self.path(name).display())).unwrap();
        Ok((rest.to_owned(), sound))
    }
}

/// A batch of as many records as there are keys, from `base_offset` on, each a second after its predecessor.
pub fn batch(base_offset: i64, codec: Codec, keys: &[&str]) -> Vec<u8> {
    let mut batch = BatchBuilder::new(codec).base_offset(base_offset).leader_epoch(4).producer(9, 1, 0);
    for (at, key) in keys.iter().enumerate() {
        let timestamp = 1_000 * (base_offset + at as i64);
        let headers = [("kind", Some(&b"x"[..]))];
        batch
            .append(&NewRecord { timestamp, key: Some(key.as_bytes()), value: Some(b"value"), headers: &headers })
            .unwrap();
    }
    batch.build().unwrap()
}
