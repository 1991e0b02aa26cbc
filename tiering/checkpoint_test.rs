//! A checkpoint is what was written, or nothing.

use crate::checkpoint::{Checkpoint, Checkpoints};
use crate::manifest::test_roots::{HOME, token};
use esker_env::{Env, OpenMode};
use std::io::IoSlice;

#[test]
fn a_checkpoint_survives_and_a_damaged_one_counts_as_none() {
    let dir = tempfile::tempdir().unwrap();
    let env = Env::system();
    let checkpoints = Checkpoints::open(dir.path(), env.clone()).unwrap();
    assert_eq!(checkpoints.read(HOME).unwrap(), None);
    let checkpoint = Checkpoint { sequence: 7, token: token(3), tiered_end: 500, log_start: 20 };
    checkpoints.write(HOME, &checkpoint).unwrap();
    let again = Checkpoints::open(dir.path(), env.clone()).unwrap();
    assert_eq!(again.read(HOME).unwrap(), Some(checkpoint));
    let other = crate::keys::PartitionHome { partition: 5, ..HOME };
    assert_eq!(again.read(other).unwrap(), None);
    let path = dir.path().join("esker-tier/checkpoints").join(format!("{}-4", HOME.topic_id.to_hex()));
    for at in 0..78 {
        let file = env.disk.open(&path, OpenMode::ReadWrite).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[IoSlice::new(&[byte[0] ^ 1])], at).unwrap();
        assert_eq!(checkpoints.read(HOME).unwrap(), None, "byte {at}");
        file.write_all_at(&[IoSlice::new(&byte)], at).unwrap();
    }
    checkpoints.remove(HOME).unwrap();
    checkpoints.remove(HOME).unwrap();
    assert_eq!(checkpoints.read(HOME).unwrap(), None);
}
