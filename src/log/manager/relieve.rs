//! Disk pressure: what the tier has goes first, and where that is not enough, clients' records wait.

use super::LogManager;
use crate::dir::LogDir;
use crate::log::PartitionLog;
use crate::metrics::LogMetrics;
use esker_model::TimestampMs;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

impl LogManager {
    /// Looks at the room of every directory; call it every second or so. How many bytes were let go.
    pub fn relieve_disks(&self, now_ms: TimestampMs) -> u64 {
        self.dirs.iter().filter(|dir| dir.offline().is_none()).map(|dir| self.relieve(dir, now_ms)).sum()
    }

    fn relieve(&self, dir: &Arc<LogDir>, now_ms: TimestampMs) -> u64 {
        let space = match dir.space() {
            Ok(space) => space,
            Err(error) => {
                tracing::warn!(%error, "how much room there is cannot be found out");
                return 0;
            }
        };
        let pressure = self.marks.judge(space, dir.refuses());
        let mut freed = 0;
        if pressure.excess > 0 {
            freed = drop_oldest(dir, pressure.excess, now_ms);
            // Whoever still reads a file keeps it; its name need not stay for that.
            dir.remove_deleted(TimestampMs::MAX);
        }
        // What was freed counts with the next look: until then it is a promise.
        dir.set_refuses(pressure.refuses);
        freed
    }
}

/// Lets local segments go that are in the tier, the one that was written longest ago first, until `wanted` bytes are free.
fn drop_oldest(dir: &LogDir, wanted: u64, now_ms: TimestampMs) -> u64 {
    let logs = dir.logs();
    let offer = |at: usize, log: &PartitionLog| log.oldest_tiered_ms().map(|modified_ms| Reverse((modified_ms, at)));
    let mut offers: BinaryHeap<_> = logs.iter().enumerate().filter_map(|(at, log)| offer(at, log)).collect();
    let (mut freed, mut segments) = (0, 0);
    while freed < wanted {
        let Some(Reverse((_, at))) = offers.pop() else { break };
        match logs[at].drop_oldest_tiered(now_ms) {
            Ok(0) => {}
            Ok(bytes) => {
                freed += bytes;
                segments += 1;
                offers.extend(offer(at, &logs[at]));
            }
            Err(error) => {
                tracing::error!(partition = %logs[at].partition(), %error, "a tiered segment cannot be let go")
            }
        }
    }
    if segments > 0 {
        LogMetrics::add(&dir.shared().metrics.pressure_segments, segments);
        tracing::warn!(dir = %dir.path().display(), segments, freed, "the disk is nearly full: the oldest segments that are in the tier go");
    }
    freed
}
