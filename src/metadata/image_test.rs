//! What an image costs. Run with `cargo test --release -p esker-metadata -- --ignored --nocapture`.

use crate::samples::*;
use crate::*;

/// Resident memory of this process in KiB.
fn resident_kib() -> u64 {
    let own = std::process::id().to_string();
    let output = std::process::Command::new("ps").args(["-o", "rss=", "-p", &own]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

#[test]
#[ignore = "a measurement"]
fn memory_and_time_of_a_large_image() {
    for (topics, partitions) in [(10_000, 1), (10_000, 10)] {
        let before = resident_kib();
        let clock = esker_env::Env::system().clock;
        let start = clock.now();
        let mut image = ClusterImage::default();
        let mut bytes = 0;
        for n in 1..=topics {
            for record in create_topic(n, &format!("topic-with-a-name-{n}"), partitions) {
                bytes += record.encode().len();
                image.apply(image.offset() + 1, &record).unwrap();
            }
        }
        let applied = clock.now().since(start);
        let count = topics as u64 * partitions as u64;
        let grown = resident_kib().saturating_sub(before) * 1024;
        let start = clock.now();
        let snapshot = encode_snapshot(&image);
        let encoded = clock.now().since(start);
        let start = clock.now();
        assert_eq!(decode_snapshot(&snapshot).unwrap().topic_count(), topics as usize);
        let decoded = clock.now().since(start);
        println!(
            "{topics} topics x {partitions}: {} B of memory and {} B of log per partition; made in {applied:?}; snapshot {} B, written in {encoded:?}, read in {decoded:?}",
            grown / count,
            bytes as u64 / count,
            snapshot.len()
        );
        assert!(grown / count < 4096, "a partition must not cost more than 4 KiB");
        std::mem::forget(image); // its memory must not be given to the next size
    }
}
