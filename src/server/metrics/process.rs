//! What the process takes, under the names that Prometheus' clients agree on.

use super::figure::{Figure, Kind};
use esker_env::ProcessUsage;

/// What the figures are read from.
pub(crate) struct Process {
    pub(crate) usage: ProcessUsage,
    pub(crate) started_ms: i64,
}

pub(crate) const FIGURES: &[Figure<Process>] = &[
    Figure {
        name: "process_resident_memory_bytes",
        kind: Kind::Gauge,
        about: "How much memory of the machine does the process hold?",
        read: |process, emit| emit.value(process.usage.resident_bytes),
    },
    Figure {
        name: "process_virtual_memory_bytes",
        kind: Kind::Gauge,
        about: "How many addresses does the process use?",
        read: |process, emit| emit.value(process.usage.virtual_bytes),
    },
    Figure {
        name: "process_cpu_seconds_total",
        kind: Kind::Counter,
        about: "How long have the threads of the process run?",
        read: |process, emit| emit.fraction(process.usage.cpu.as_secs_f64()),
    },
    Figure {
        name: "process_threads",
        kind: Kind::Gauge,
        about: "How many threads does the process have?",
        read: |process, emit| emit.value(process.usage.threads),
    },
    Figure {
        name: "process_open_fds",
        kind: Kind::Gauge,
        about: "How many file descriptors are open?",
        read: |process, emit| emit.value(process.usage.open_files),
    },
    Figure {
        name: "process_max_fds",
        kind: Kind::Gauge,
        about: "How many file descriptors may be open?",
        read: |process, emit| emit.value(process.usage.open_files_max),
    },
    Figure {
        name: "process_start_time_seconds",
        kind: Kind::Gauge,
        about: "When did the process start, in seconds since 1970?",
        read: |process, emit| emit.fraction(process.started_ms as f64 / 1000.0),
    },
    Figure {
        name: "esker_build_info",
        kind: Kind::Gauge,
        about: "Which version runs?",
        read: |_, emit| emit.labelled(1.0, &[("version", env!("CARGO_PKG_VERSION").to_owned())]),
    },
];
