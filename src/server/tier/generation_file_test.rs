//! What is remembered comes back, and what is damaged is not guessed at.

use super::generation_file::{Remembered, path, read, write};
use esker_env::{Disk, SystemDisk};
use std::io;

#[test]
fn what_was_written_is_read_and_what_is_damaged_is_not() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(read(&SystemDisk, dir.path()).unwrap(), None);
    let mut remembered = Remembered { cluster: "east".parse().unwrap(), generation: 3, claimed: false };
    for claimed in [false, true] {
        remembered.claimed = claimed;
        write(&SystemDisk, dir.path(), &remembered).unwrap();
        assert_eq!(read(&SystemDisk, dir.path()).unwrap().as_ref(), Some(&remembered));
    }
    for text in
        ["", "version=2\ncluster.id=east\ngeneration=3\nclaimed=true\n", "version=1\ncluster.id=east\ngeneration=x\n"]
    {
        SystemDisk.replace_small(&path(dir.path()), text.as_bytes()).unwrap();
        assert_eq!(read(&SystemDisk, dir.path()).unwrap_err().kind(), io::ErrorKind::InvalidData, "{text:?}");
    }
}
