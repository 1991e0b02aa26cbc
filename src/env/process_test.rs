//! The system tells what the process takes.

use crate::{ProcessUsage, raise_open_files_limit};

#[test]
fn what_the_process_takes_is_told() {
    let before = ProcessUsage::now();
    assert!(before.resident_bytes > 0 && before.virtual_bytes >= before.resident_bytes, "{before:?}");
    assert!(before.threads >= 1 && before.open_files >= 3, "{before:?}");
    let held: Vec<u8> = (0..32 << 20).map(|n: u32| n as u8).collect();
    let after = ProcessUsage::now();
    assert!(after.resident_bytes >= before.resident_bytes + (16 << 20), "{after:?}");
    assert!(after.cpu > before.cpu, "filling memory takes time");
    assert_eq!(held[77], 77);
}

#[test]
fn the_limit_of_open_files_is_what_it_was_raised_to() {
    let raised = raise_open_files_limit();
    assert_eq!(ProcessUsage::now().open_files_max, raised);
}
