//! What is committed is what the schema generates.

use crate::{ToolError, check, generate, load};
use esker_env::{Disk, OpenMode, SystemDisk};
use std::io::IoSlice;
use std::path::Path;

const ROOM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn generated_code_is_what_the_schema_generates() {
    let schemas = load(&SystemDisk, &Path::new(ROOM).join("schema")).unwrap();
    if let Err(error) = check(&SystemDisk, &schemas, &Path::new(ROOM).join("generated")) {
        panic!("{error}; run `cargo run -p esker-protocol-generator -- generate`");
    }
}

#[test]
fn a_changed_an_extra_and_a_missing_file_are_drift_and_generating_mends_all_three() {
    let schemas = load(&SystemDisk, &Path::new(ROOM).join("schema")).unwrap();
    let directory = tempfile::tempdir().unwrap();
    generate(&SystemDisk, &schemas, directory.path()).unwrap();
    check(&SystemDisk, &schemas, directory.path()).unwrap();

    let write = |name: &str, text: &str| {
        let file = SystemDisk.open(&directory.path().join(name), OpenMode::Truncate).unwrap();
        file.write_all_at(&[IoSlice::new(text.as_bytes())], 0).unwrap();
    };
    write("fetch.rs", "//! Edited by hand.\n");
    write("gone.rs", "//! Of a schema that is no more.\n");
    SystemDisk.remove_file(&directory.path().join("vote.rs")).unwrap();
    let Err(ToolError::Drift(names)) = check(&SystemDisk, &schemas, directory.path()) else {
        panic!("drift was not seen");
    };
    assert_eq!(names, ["fetch.rs", "vote.rs", "gone.rs"]);

    generate(&SystemDisk, &schemas, directory.path()).unwrap();
    check(&SystemDisk, &schemas, directory.path()).unwrap();
}
