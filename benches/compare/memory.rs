//! Resident memory of brokers that do nothing.

use crate::peers::Peer;
use esker_benches::LoadError;
use esker_benches::admin::{NewTopics, await_leaders, create_topics, delete_topics};
use esker_benches::usage::memory;
use std::time::Duration;

const SETTLE: Duration = Duration::from_secs(5);
const PARTITIONS_PER_TOPIC: i32 = 100;

/// Memory before any load.
pub fn idle(peers: &[Peer]) -> Result<(), LoadError> {
    println!("\n## Memory, idle");
    std::thread::sleep(SETTLE);
    for peer in peers {
        let seen = memory(peer.pid)?;
        let (resident, anonymous) = (seen.resident as f64 / 1e6, seen.anonymous as f64 / 1e6);
        println!("{:<16} RSS {resident:.1} MB, anonymous {anonymous:.1} MB", peer.name);
    }
    Ok(())
}

/// Memory that each further partition without records takes.
pub fn per_partition(peers: &[Peer], partitions: i32) -> Result<(), LoadError> {
    println!("\n## Memory per idle partition, of {partitions}");
    for peer in peers {
        let topics = (partitions / PARTITIONS_PER_TOPIC).max(1);
        let names: Vec<String> = (0..topics).map(|number| format!("compare-idle-{number}")).collect();
        let before = memory(peer.pid)?;
        let each = NewTopics { names: names.clone(), partitions: partitions / topics, configs: Vec::new() };
        create_topics(peer.address, &each)?;
        if let Some(last) = names.last() {
            await_leaders(peer.address, last, 1)?;
        }
        std::thread::sleep(SETTLE);
        let after = memory(peer.pid)?;
        let per = |after: u64, before: u64| (after as f64 - before as f64) / 1024.0 / f64::from(partitions);
        let (resident, anonymous) = (per(after.resident, before.resident), per(after.anonymous, before.anonymous));
        println!("{:<16} RSS {resident:.1} KiB, anonymous {anonymous:.1} KiB", peer.name);
        delete_topics(peer.address, &names)?;
    }
    Ok(())
}
