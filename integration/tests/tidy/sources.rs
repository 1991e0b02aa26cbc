//! The workspace's Rust files, and the rule that each says in its first line what it is for.

use std::fs;
use std::path::{Path, PathBuf};

/// A Rust file of the workspace.
pub struct Source {
    /// Its path below the workspace's root.
    pub path: String,
    /// What it holds.
    pub text: String,
}

impl Source {
    /// Whether a program wrote it.
    pub fn is_generated(&self) -> bool {
        self.path.contains("/generated/")
    }
}

/// The workspace's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust file, by path.
pub fn sources() -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let entry = entry.unwrap();
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() {
                if !name.starts_with('.') && name != "target" && name != "esker-data" && name != "node_modules" {
                    open.push(path);
                }
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source { path: path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned(), text });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(found.len() > 100, "only {} files found: is this the workspace?", found.len());
    found
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    let sources = sources();
    let nameless: Vec<_> = sources
        .iter()
        .filter(|source| source.text.lines().next().is_none_or(|line| !line.starts_with("//! ") || line.len() < 12))
        .map(|source| source.path.as_str())
        .collect();
    assert!(nameless.is_empty(), "these files do not open with a `//!` line:\n{}", nameless.join("\n"));
}
