//! The local logs, all together: single partitions are for the tools, whose number knows no bound.

use super::figure::{Figure, Kind};
use esker_log::LogManager;
use std::sync::atomic::Ordering::Relaxed;

/// Microseconds as seconds.
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

pub(crate) const FIGURES: &[Figure<LogManager>] = &[
    Figure {
        name: "kafka_server_brokertopicmetrics_duplicatebatches_total",
        kind: Kind::Counter,
        about: "How many batches of idempotent producers were answered as repetitions?",
        read: |logs, emit| emit.value(logs.metrics().duplicate_batches.load(Relaxed)),
    },
    Figure {
        name: "kafka_log_logmanager_partition_count",
        kind: Kind::Gauge,
        about: "How many partitions have a local log that is open?",
        read: |logs, emit| emit.value(logs.logs().len() as u64),
    },
    Figure {
        name: "kafka_log_logmanager_broken_partition_count",
        kind: Kind::Gauge,
        about: "How many partitions have a local log that could not be opened?",
        read: |logs, emit| emit.value(logs.broken().len() as u64),
    },
    Figure {
        name: "kafka_log_log_size_bytes",
        kind: Kind::Gauge,
        about: "How many bytes do the segments of all local logs hold?",
        read: |logs, emit| emit.value(logs.logs().iter().map(|log| log.size()).sum()),
    },
    Figure {
        name: "kafka_log_log_numlogsegments",
        kind: Kind::Gauge,
        about: "How many segments do all local logs have?",
        read: |logs, emit| emit.value(logs.logs().iter().map(|log| log.segment_count() as u64).sum()),
    },
    Figure {
        name: "kafka_log_logmanager_open_segments",
        kind: Kind::Gauge,
        about: "How many closed segments are open for readers (esker.log.map.budget)?",
        read: |logs, emit| emit.value(logs.open_segments() as u64),
    },
    Figure {
        name: "kafka_log_logmanager_offlinelogdirectorycount",
        kind: Kind::Gauge,
        about: "How many log directories are offline?",
        read: |logs, emit| emit.value(logs.offline_dirs().len() as u64),
    },
    Figure {
        name: "kafka_log_logmanager_disk_available_bytes",
        kind: Kind::Gauge,
        about: "How much room is left on the file system of a log directory?",
        read: |logs, emit| {
            for dir in logs.dirs() {
                if let Ok(space) = dir.space() {
                    emit.labelled(space.available as f64, &[("dir", dir.path().display().to_string())]);
                }
            }
        },
    },
    Figure {
        name: "esker_disk_refuses_records",
        kind: Kind::Gauge,
        about: "Are records of clients refused because the disk of a log directory is nearly full (esker.disk.free.min.bytes)?",
        read: |logs, emit| {
            for dir in logs.dirs() {
                emit.labelled(f64::from(u8::from(dir.refuses())), &[("dir", dir.path().display().to_string())]);
            }
        },
    },
    Figure {
        name: "esker_disk_pressure_segments_total",
        kind: Kind::Counter,
        about: "How many local segments that are in the tier went early because a disk was nearly full (esker.disk.free.low.bytes)?",
        read: |logs, emit| emit.value(logs.metrics().pressure_segments.load(Relaxed)),
    },
    Figure {
        name: "kafka_log_logflushstats_flushes_total",
        kind: Kind::Counter,
        about: "How often was a log synced?",
        read: |logs, emit| emit.value(logs.metrics().syncs.load(Relaxed)),
    },
    Figure {
        name: "kafka_log_logflushstats_flushtime_seconds_total",
        kind: Kind::Counter,
        about: "How long did that take, all together?",
        read: |logs, emit| emit.fraction(seconds(logs.metrics().sync_micros.load(Relaxed))),
    },
    Figure {
        name: "kafka_log_logflushstats_flushtime_seconds_max",
        kind: Kind::Gauge,
        about: "How long did the slowest sync since the start take?",
        read: |logs, emit| emit.fraction(seconds(logs.metrics().sync_micros_max.load(Relaxed))),
    },
    Figure {
        name: "kafka_log_logflushstats_waiters_total",
        kind: Kind::Counter,
        about: "How many callers were told that their records are durable? Many per flush is group commit at work.",
        read: |logs, emit| emit.value(logs.metrics().sync_waiters.load(Relaxed)),
    },
    Figure {
        name: "kafka_log_log_rolls_total",
        kind: Kind::Counter,
        about: "How many segments were closed?",
        read: |logs, emit| emit.value(logs.metrics().rolls.load(Relaxed)),
    },
    Figure {
        name: "kafka_log_log_segments_deleted_total",
        kind: Kind::Counter,
        about: "How many segments did retention delete?",
        read: |logs, emit| emit.value(logs.metrics().segments_deleted.load(Relaxed)),
    },
    Figure {
        name: "kafka_log_logmanager_recovery_cut_bytes_total",
        kind: Kind::Counter,
        about: "How many bytes did recovery cut off the ends of logs?",
        read: |logs, emit| emit.value(logs.metrics().recovery_cut_bytes.load(Relaxed)),
    },
    Figure {
        name: "kafka_log_logmanager_damaged_partitions_total",
        kind: Kind::Counter,
        about: "How many partitions were found damaged since the start?",
        read: |logs, emit| emit.value(logs.metrics().damaged.load(Relaxed)),
    },
    Figure {
        name: "kafka_server_producer_id_count",
        kind: Kind::Gauge,
        about: "How many producers are remembered, all partitions together?",
        read: |logs, emit| emit.value(logs.producer_ids() as u64),
    },
];
