//! Packages and their dependencies, as cargo resolves them for this machine.

use crate::sources::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// A package.
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence, an SPDX expression; empty where it has none.
    pub licence: String,
    /// For a member of the workspace, its folder below the root, empty for the root itself.
    pub folder: Option<String>,
    /// Identities of the packages that it is built with, tests' own left out.
    pub normal: Vec<String>,
}

/// Every package by its identity.
pub fn packages() -> BTreeMap<String, Package> {
    // Tests have been built when this runs, so all that is needed is here; a fresh checkout may still have to fetch.
    let metadata = metadata(&["--offline"]).or_else(|| metadata(&[])).expect("cargo metadata");
    let members: BTreeSet<&str> =
        metadata["workspace_members"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let mut packages = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let id = text("id");
        let folder = members.contains(id.as_str()).then(|| folder_of(&text("manifest_path")));
        let (name, version, licence) = (text("name"), text("version"), text("license"));
        packages.insert(id, Package { name, version, licence, folder, normal: Vec::new() });
    }
    for node in metadata["resolve"]["nodes"].as_array().unwrap() {
        let package = packages.get_mut(node["id"].as_str().unwrap()).unwrap();
        for dependency in node["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"] != "dev") {
                package.normal.push(dependency["pkg"].as_str().unwrap().to_owned());
            }
        }
    }
    packages
}

fn folder_of(manifest: &str) -> String {
    let folder = manifest.strip_suffix("Cargo.toml").unwrap();
    let below = folder.strip_prefix(root().to_str().unwrap()).unwrap();
    below.trim_matches('/').to_owned()
}

fn metadata(flags: &[&str]) -> Option<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &host()])
        .args(flags)
        .current_dir(root())
        .output()
        .unwrap();
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    serde_json::from_slice(&output.stdout).ok()
}

/// The platform that this machine builds for.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// Identities of all that the members are built with, themselves included. Cargo's tree knows it, its metadata does not: there
/// a feature that only strengthens an optional dependency (`ring?/alloc`) counts as using it.
pub fn built_with(packages: &BTreeMap<String, Package>) -> BTreeSet<&str> {
    let tree = tree(&["--offline"]).or_else(|| tree(&[])).expect("cargo tree");
    let built: BTreeSet<(&str, &str)> = tree.lines().filter_map(name_and_version).collect();
    let is_built = |package: &Package| built.contains(&(package.name.as_str(), package.version.as_str()));
    packages.iter().filter(|(_, package)| is_built(package)).map(|(id, _)| id.as_str()).collect()
}

/// A line of the tree: `name v1.2.3 (where from)`.
fn name_and_version(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    Some((words.next()?, words.next()?.strip_prefix('v')?))
}

fn tree(flags: &[&str]) -> Option<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--edges", "normal,build", "--prefix", "none", "--locked", "--target", &host()])
        .args(flags)
        .current_dir(root())
        .output()
        .unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}
