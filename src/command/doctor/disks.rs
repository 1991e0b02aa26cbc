//! The log directories: their file systems, how they are mounted, how much room there is, and what is in them.

use super::facts::Facts;
use super::finding::{Finding, Verdict};
use esker_config::BrokerConfig;
use esker_env::Disk;
use std::path::{Path, PathBuf};

/// Share of a file system that should be free, percent.
const FREE_MIN: u64 = 15;

/// What is in the log directories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Partitions.
    pub partitions: u64,
    /// Their segments.
    pub segments: u64,
}

/// Counts partitions and segments. A directory that cannot be read holds none.
pub fn partitions_held(disk: &dyn Disk, broker: &BrokerConfig) -> Held {
    let mut held = Held::default();
    for dir in &broker.log_dirs {
        for entry in disk.list_described(dir, &|_| false).unwrap_or_default() {
            let is_partition =
                entry.is_dir && entry.name.rsplit_once('-').is_some_and(|(_, number)| number.parse::<u32>().is_ok());
            if is_partition {
                held.partitions += 1;
                let files = disk.list_described(&dir.join(&entry.name), &|_| false).unwrap_or_default();
                held.segments += files.iter().filter(|file| file.name.ends_with(".log")).count() as u64;
            }
        }
    }
    held
}

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount {
    at: PathBuf,
    kind: String,
    options: String,
}

/// The lines of `mountinfo`: ids, root, mount point, options, optional fields, a dash, type, source, the file system's options.
fn mounts(text: &str) -> Vec<Mount> {
    let parse = |line: &str| {
        let (left, right) = line.split_once(" - ")?;
        let mut left = left.split(' ').skip(4);
        // Spaces in names are written as octal numbers.
        let at = left.next()?.replace("\\040", " ").into();
        Some(Mount { at, options: left.next()?.to_owned(), kind: right.split(' ').next()?.to_owned() })
    };
    text.lines().filter_map(parse).collect()
}

/// The directory itself, or the nearest one above it that is there.
fn existing(disk: &dyn Disk, dir: &Path) -> PathBuf {
    dir.ancestors().find(|dir| matches!(disk.stat(dir), Ok(Some(_)))).unwrap_or(Path::new("/")).to_owned()
}

/// Looks at every log directory.
pub fn check(facts: &dyn Facts, disk: &dyn Disk, broker: &BrokerConfig) -> Vec<Finding> {
    let mounts = facts.kernel_file("/proc/self/mountinfo").map(|text| mounts(&text));
    let mut findings = Vec::new();
    for dir in &broker.log_dirs {
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.clone());
        let there = existing(disk, &dir);
        match &mounts {
            Err(error) => findings.push(Finding::unknown(&format!("file system of {}", dir.display()), error)),
            Ok(mounts) => {
                // The last of several on one place hides the others.
                let mount = mounts
                    .iter()
                    .filter(|mount| there.starts_with(&mount.at))
                    .max_by_key(|mount| mount.at.components().count());
                findings.extend(mount.into_iter().flat_map(|mount| [kind(&dir, mount), times(&dir, mount)]));
            }
        }
        findings.push(room(disk, &dir, &there));
    }
    findings
}

fn kind(dir: &Path, mount: &Mount) -> Finding {
    let name = format!("file system of {}", dir.display());
    let wanted =
        "xfs or ext4 on a disk of this machine: what is synced there survives, and locks and maps mean what they say";
    let (is_good, otherwise) = match mount.kind.as_str() {
        "xfs" | "ext4" => (true, Verdict::Good),
        // In memory: gone with the machine. Over the network: locks and maps are not what a log needs.
        "tmpfs" | "ramfs" | "nfs" | "nfs4" | "cifs" | "smb3" | "9p" | "vboxsf" => (false, Verdict::Wrong),
        kind if kind.starts_with("fuse") => (false, Verdict::Wrong),
        _ => (false, Verdict::Advice),
    };
    let found = format!("{} at {}", mount.kind, mount.at.display());
    Finding::judged(&name, is_good, otherwise, found, wanted).change("log.dirs on a file system of its own")
}

fn times(dir: &Path, mount: &Mount) -> Finding {
    let name = format!("noatime of {}", dir.display());
    let is_good = mount.options.split(',').any(|option| option == "noatime");
    let wanted = "noatime: nobody asks when a segment was last read, and saying so is a write for each read";
    let how =
        format!("noatime among the options of {} in /etc/fstab, then mount -o remount,noatime {0}", mount.at.display());
    Finding::judged(&name, is_good, Verdict::Advice, &mount.options, wanted).change(how)
}

fn room(disk: &dyn Disk, dir: &Path, there: &Path) -> Finding {
    let name = format!("room in {}", dir.display());
    match disk.space(there) {
        Err(error) => Finding::unknown(&name, error),
        Ok(space) => {
            let share = space.available.saturating_mul(100).checked_div(space.total).unwrap_or(0);
            let found = format!("{share} % free, {} of {} bytes", space.available, space.total);
            let otherwise = if share < FREE_MIN / 3 { Verdict::Wrong } else { Verdict::Advice };
            let wanted = format!(
                "{FREE_MIN} % free: the local part of every topic grows until its limit, and a full disk stops writers"
            );
            Finding::judged(&name, share >= FREE_MIN, otherwise, found, wanted)
                .change("a larger disk, or a lower local.retention.bytes for tiered topics")
        }
    }
}
