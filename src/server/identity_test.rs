//! Directories, environment and metadata must agree on the cluster.

use crate::identity::{IdentityError, check_nothing_is_lost, cluster_of};
use esker_env::{Disk, SystemDisk};
use esker_model::ClusterId;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

struct Dirs(TempDir);

impl Dirs {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn dir(&self, name: &str) -> PathBuf {
        let dir = self.0.path().join(name);
        SystemDisk.create_dir_all(&dir).unwrap();
        dir
    }

    fn of_cluster(&self, name: &str, cluster: &str, node: i32) -> PathBuf {
        let dir = self.dir(name);
        let text = format!("version=1\ncluster.id={cluster}\nnode.id={node}\n");
        SystemDisk.replace_small(&dir.join("meta.properties"), text.as_bytes()).unwrap();
        dir
    }
}

fn id(text: &str) -> ClusterId {
    text.parse().unwrap()
}

#[test]
fn new_directories_belong_to_no_cluster_and_old_ones_say_to_which() {
    let dirs = Dirs::new();
    let (fresh, absent) = (dirs.dir("fresh"), dirs.0.path().join("absent"));
    assert_eq!(cluster_of(&SystemDisk, &[fresh.clone(), absent], 1, Some(&id("x"))).unwrap(), None);
    let old = dirs.of_cluster("old", "east", 1);
    assert_eq!(cluster_of(&SystemDisk, &[fresh, old.clone()], 1, None).unwrap(), Some(id("east")));
    assert_eq!(cluster_of(&SystemDisk, &[old], 1, Some(&id("east"))).unwrap(), Some(id("east")));
}

#[test]
fn what_does_not_agree_is_named() {
    let dirs = Dirs::new();
    let (east, west) = (dirs.of_cluster("a", "east", 1), dirs.of_cluster("b", "west", 1));
    let error = cluster_of(&SystemDisk, &[east.clone(), west.clone()], 1, None).unwrap_err();
    assert!(
        matches!(&error, IdentityError::TwoClusters { first_id, second_id, .. } if *first_id == id("east") && *second_id == id("west"))
    );
    let error = cluster_of(&SystemDisk, std::slice::from_ref(&east), 2, None).unwrap_err();
    assert!(matches!(error, IdentityError::Node { found: 1, expected: 2, .. }), "{error}");
    let error = cluster_of(&SystemDisk, &[east], 1, Some(&id("north"))).unwrap_err();
    assert!(error.to_string().starts_with("CLUSTER_ID is north, and "), "{error}");
    SystemDisk.replace_small(&west.join("meta.properties"), b"version=1\n").unwrap();
    let error = cluster_of(&SystemDisk, &[west], 1, None).unwrap_err();
    assert!(error.to_string().contains("lacks cluster.id"), "{error}");
}

#[test]
fn partitions_without_metadata_are_not_taken_for_a_new_broker() {
    let dirs = Dirs::new();
    let dir = dirs.dir("log");
    for name in ["__cluster_metadata-0", "esker-tier", "orders-x", "notes"] {
        dirs.dir(&format!("log/{name}"));
    }
    check_nothing_is_lost(&SystemDisk, std::slice::from_ref(&dir), Path::new("/metadata")).unwrap();
    dirs.dir("log/orders-3");
    let error = check_nothing_is_lost(&SystemDisk, &[dir], Path::new("/metadata")).unwrap_err();
    assert!(matches!(&error, IdentityError::LostMetadata { partition, .. } if partition == "orders-3"), "{error}");
}
