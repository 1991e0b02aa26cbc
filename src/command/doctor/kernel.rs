//! The kernel's settings against what the configured broker needs.

use super::facts::Facts;
use super::finding::{Finding, Verdict};
use esker_config::BrokerConfig;

/// Maps of a process beside those of its logs: libraries, threads' stacks, the allocator.
const OTHER_MAPS: u64 = 2_000;
/// Files beside those of logs and connections: metadata, cache, listeners, libraries.
const OTHER_FILES: u64 = 1_000;
/// Connections that are reckoned with where the configuration does not bound them.
const CONNECTIONS: u64 = 10_000;
/// Files and maps of an active segment: log, offset index, time index; the indexes are mapped.
const ACTIVE: (u64, u64) = (3, 2);

/// What the broker needs of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Partitions that it holds, or is to hold.
    pub partitions: u64,
    /// Segments that are on its disks.
    pub segments: u64,
    /// Memory maps.
    pub maps: u64,
    /// Open files.
    pub files: u64,
}

impl Need {
    /// Of a configuration with so many partitions and segments.
    pub fn of(broker: &BrokerConfig, partitions: u64, segments: u64) -> Self {
        let budget = broker.log.maps_max as u64;
        let maps = partitions * ACTIVE.1 + budget + OTHER_MAPS;
        let files = partitions * ACTIVE.0 + budget / ACTIVE.1 * ACTIVE.0 + CONNECTIONS + OTHER_FILES;
        Self { partitions, segments, maps, files }
    }
}

/// Looks at all of them.
pub fn check(facts: &dyn Facts, need: &Need) -> Vec<Finding> {
    vec![maps(facts, need), files(facts, need), swappiness(facts), dirty(facts), overcommit(facts)]
}

fn sysctl(setting: &str, value: impl std::fmt::Display) -> String {
    format!("sysctl -w {setting}={value}, and the same line in /etc/sysctl.d/")
}

fn maps(facts: &dyn Facts, need: &Need) -> Finding {
    const NAME: &str = "vm.max_map_count";
    match facts.setting(NAME) {
        Err(error) => Finding::unknown(NAME, error),
        Ok(found) => {
            let Need { partitions, segments, maps, .. } = *need;
            // With Kafka every segment has two maps for as long as it is there.
            let kafka = segments.max(partitions) * 2;
            let wanted = format!(
                "{maps}: two maps for the active segment of each of {partitions} partitions, esker.log.map.budget for all closed ones, \
                 {OTHER_MAPS} for the rest (Kafka would need {kafka}: two for each of {} segments)",
                segments.max(partitions)
            );
            Finding::judged(NAME, found >= maps, Verdict::Wrong, found, wanted).change(sysctl(NAME, maps.max(262_144)))
        }
    }
}

fn files(facts: &dyn Facts, need: &Need) -> Finding {
    let found = facts.open_files_max();
    let Need { partitions, files, .. } = *need;
    let wanted = format!(
        "{files}: three for the active segment of each of {partitions} partitions, those of closed segments that are open, \
         {CONNECTIONS} connections, {OTHER_FILES} for the rest"
    );
    // With fewer, a broker without many connections works for a while.
    let otherwise = if found < files - CONNECTIONS { Verdict::Wrong } else { Verdict::Advice };
    Finding::judged("open files", found >= files, otherwise, found, wanted).change(format!(
        "LimitNOFILE={0} in the service's unit, or nofile {0} in /etc/security/limits.conf",
        files.max(100_000)
    ))
}

fn swappiness(facts: &dyn Facts) -> Finding {
    const NAME: &str = "vm.swappiness";
    if facts.memory("SwapTotal") == Some(0) {
        return Finding::judged(NAME, true, Verdict::Advice, "no swap", "");
    }
    match facts.setting(NAME) {
        Err(error) => Finding::unknown(NAME, error),
        Ok(found) => {
            let wanted =
                "1 at most: a broker whose memory is swapped out answers late, and the page cache must not push it out";
            Finding::judged(NAME, found <= 1, Verdict::Advice, found, wanted).change(sysctl(NAME, 1))
        }
    }
}

/// A limit of unwritten pages as a share of the memory, whichever of its two settings is in force.
fn dirty_share(facts: &dyn Facts, name: &str) -> std::io::Result<u64> {
    let bytes = facts.setting(&format!("vm.{name}_bytes"))?;
    if bytes == 0 {
        return facts.setting(&format!("vm.{name}_ratio"));
    }
    let memory = facts.memory("MemTotal").unwrap_or(0).max(1);
    Ok(bytes.saturating_mul(100) / memory)
}

fn dirty(facts: &dyn Facts) -> Finding {
    const NAME: &str = "vm.dirty_ratio";
    match (dirty_share(facts, "dirty_background"), dirty_share(facts, "dirty")) {
        (Ok(background), Ok(limit)) => {
            let is_good = background <= 10 && limit >= 20 && background < limit;
            let found = format!("writing back begins at {background} % of the memory, writers wait at {limit} %");
            let wanted = "10 % at most and 20 % at least: written early, and nobody has to wait for it";
            let how = "sysctl -w vm.dirty_background_ratio=5 vm.dirty_ratio=60, and the same lines in /etc/sysctl.d/";
            Finding::judged(NAME, is_good, Verdict::Advice, found, wanted).change(how)
        }
        (Err(error), _) | (_, Err(error)) => Finding::unknown(NAME, error),
    }
}

fn overcommit(facts: &dyn Facts) -> Finding {
    const NAME: &str = "vm.overcommit_memory";
    match facts.setting(NAME) {
        Err(error) => Finding::unknown(NAME, error),
        Ok(found) => {
            let wanted = "0 or 1: with 2 maps and stacks that are never touched count as used, and allocations fail with memory free";
            Finding::judged(NAME, found < 2, Verdict::Wrong, found, wanted).change(sysctl(NAME, 0))
        }
    }
}
