//! Compaction.

use super::figure::{Figure, Kind};
use esker_log::Cleaner;
use std::sync::atomic::Ordering::Relaxed;

pub(crate) const FIGURES: &[Figure<Cleaner>] = &[
    Figure {
        name: "kafka_log_logcleanermanager_max_dirty_percent",
        kind: Kind::Gauge,
        about: "Of the compacted log that needs it most, how much is not compacted?",
        read: |cleaner, emit| emit.value(cleaner.gauges().max_dirty_percent),
    },
    Figure {
        name: "kafka_log_logcleanermanager_time_since_last_run_ms",
        kind: Kind::Gauge,
        about: "How long ago were the compacted logs looked over?",
        read: |cleaner, emit| emit.value(u64::try_from(cleaner.gauges().time_since_last_run_ms).unwrap_or(0)),
    },
    Figure {
        name: "kafka_log_logcleanermanager_uncleanable_partitions_count",
        kind: Kind::Gauge,
        about: "How many partitions of a log directory hold what compaction cannot get past?",
        read: |cleaner, emit| {
            for (dir, partitions, _) in cleaner.gauges().uncleanable {
                emit.labelled(partitions as f64, &[("dir", dir.display().to_string())]);
            }
        },
    },
    Figure {
        name: "kafka_log_logcleanermanager_uncleanable_bytes",
        kind: Kind::Gauge,
        about: "How many bytes of those would be compacted?",
        read: |cleaner, emit| {
            for (dir, _, bytes) in cleaner.gauges().uncleanable {
                emit.labelled(bytes as f64, &[("dir", dir.display().to_string())]);
            }
        },
    },
    Figure {
        name: "kafka_log_logcleaner_cleanable_partitions_count",
        kind: Kind::Gauge,
        about: "How many logs were due when they were last looked over?",
        read: |cleaner, emit| emit.value(cleaner.gauges().cleanable_partitions as u64),
    },
    Figure {
        name: "kafka_log_logcleaner_cleaner_recopy_percent",
        kind: Kind::Gauge,
        about: "Of what was compacted last, how much was left?",
        read: |cleaner, emit| emit.value(cleaner.gauges().cleaner_recopy_percent),
    },
    Figure {
        name: "kafka_log_logcleaner_max_buffer_utilization_percent",
        kind: Kind::Gauge,
        about: "How full did the memory for keys become in the last rounds (log.cleaner.dedupe.buffer.size)?",
        read: |cleaner, emit| emit.value(cleaner.gauges().max_buffer_utilization_percent),
    },
    Figure {
        name: "kafka_log_logcleaner_max_clean_time_secs",
        kind: Kind::Gauge,
        about: "How long did the longest of the last rounds take?",
        read: |cleaner, emit| emit.value(cleaner.gauges().max_clean_time_secs),
    },
    Figure {
        name: "kafka_log_logcleaner_max_compaction_delay_secs",
        kind: Kind::Gauge,
        about: "How long beyond max.compaction.lag.ms does a record wait to be compacted?",
        read: |cleaner, emit| emit.value(cleaner.gauges().max_compaction_delay_secs),
    },
    Figure {
        name: "kafka_log_logcleaner_deadthreadcount",
        kind: Kind::Gauge,
        about: "How many threads of compaction have died?",
        read: |cleaner, emit| emit.value(cleaner.gauges().dead_thread_count),
    },
    Figure {
        name: "kafka_log_logcleaner_rounds_total",
        kind: Kind::Counter,
        about: "How many rounds of compaction were finished?",
        read: |cleaner, emit| emit.value(cleaner.metrics().rounds.load(Relaxed)),
    },
    Figure {
        name: "kafka_log_logcleaner_rounds_aborted_total",
        kind: Kind::Counter,
        about: "How many were given up or put off?",
        read: |cleaner, emit| emit.value(cleaner.metrics().rounds_aborted.load(Relaxed)),
    },
    Figure {
        name: "kafka_log_logcleaner_indexed_bytes_total",
        kind: Kind::Counter,
        about: "How many bytes did compaction read to learn the newest offset of each key?",
        read: |cleaner, emit| emit.value(cleaner.metrics().indexed_bytes.load(Relaxed)),
    },
    Figure {
        name: "kafka_log_logcleaner_read_bytes_total",
        kind: Kind::Counter,
        about: "How many bytes of segments were compacted?",
        read: |cleaner, emit| emit.value(cleaner.metrics().read_bytes.load(Relaxed)),
    },
    Figure {
        name: "kafka_log_logcleaner_written_bytes_total",
        kind: Kind::Counter,
        about: "How many bytes were left of them?",
        read: |cleaner, emit| emit.value(cleaner.metrics().written_bytes.load(Relaxed)),
    },
];
