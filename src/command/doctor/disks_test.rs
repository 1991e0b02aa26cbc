//! File systems are told apart by what lies beneath a directory, and what is in the directories is counted.

use super::disks::{Held, check, partitions_held};
use super::finding::Verdict;
use super::testing::{Machine, faults};
use esker_config::{BrokerConfig, RawConfig};
use esker_env::{Disk, SystemDisk};
use std::path::Path;

fn broker(dir: &Path) -> BrokerConfig {
    let text = format!(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:9093\n\
         listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093\ncontroller.listener.names=CONTROLLER\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs={}\n",
        dir.display()
    );
    RawConfig::from_text(&text).unwrap().resolve("host").unwrap().broker
}

fn mounted(dir: &Path, kind: &str, options: &str) -> Machine {
    let mut machine = Machine::good();
    let text = format!(
        "21 1 8:1 / / rw,relatime shared:1 - overlay overlay rw\n22 21 8:2 / {} {options} shared:2 - {kind} /dev/sdb rw\n\
         23 21 8:3 / {}-beside rw,relatime - tmpfs tmpfs rw\n",
        dir.display(),
        dir.display()
    );
    machine.file("/proc/self/mountinfo", &text);
    machine
}

#[test]
fn a_directory_is_on_the_file_system_that_is_mounted_nearest_above_it() {
    let dir = tempfile::tempdir().unwrap();
    let broker = broker(&dir.path().join("not/there/yet"));
    let name = |what: &str| format!("{what} of {}", dir.path().join("not/there/yet").display());
    let cases = [
        ("xfs", "rw,noatime", vec![]),
        ("ext4", "rw,relatime", vec![(name("noatime"), Verdict::Advice)]),
        ("btrfs", "rw,noatime", vec![(name("file system"), Verdict::Advice)]),
        ("nfs4", "rw,noatime", vec![(name("file system"), Verdict::Wrong)]),
        ("tmpfs", "rw,noatime", vec![(name("file system"), Verdict::Wrong)]),
        ("fuse.sshfs", "rw,noatime", vec![(name("file system"), Verdict::Wrong)]),
    ];
    for (kind, options, expected) in cases {
        let findings = check(&mounted(dir.path(), kind, options), &SystemDisk, &broker);
        // How full this machine's disk is, is not the test's to say.
        let found: Vec<_> = faults(&findings).into_iter().filter(|(name, _)| !name.starts_with("room")).collect();
        let expected: Vec<_> = expected.iter().map(|(name, verdict)| (name.as_str(), *verdict)).collect();
        assert_eq!(found, expected, "{kind} {options}");
        assert_eq!(findings.len(), 3);
    }
}

#[test]
fn partitions_and_their_segments_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    for partition in ["orders-0", "orders-11", "esker-metadata", "notes"] {
        let path = dir.path().join(partition);
        SystemDisk.create_dir_all(&path).unwrap();
        for file in ["00000000000000000000.log", "00000000000000000050.log", "00000000000000000000.index"] {
            SystemDisk.replace_small(&path.join(file), b"").unwrap();
        }
    }
    assert_eq!(partitions_held(&SystemDisk, &broker(dir.path())), Held { partitions: 2, segments: 4 });
    assert_eq!(partitions_held(&SystemDisk, &broker(&dir.path().join("nowhere"))), Held::default());
}
