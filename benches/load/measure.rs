//! What a broker spent while a load ran.

use crate::fetch::FetchOutcome;
use crate::open_loop::Latencies;
use crate::produce::ProduceOutcome;
use crate::scatter::ScatterOutcome;
use crate::usage::{self, Memory};
use hdrhistogram::Histogram;
use std::io;
use std::time::Duration;

/// Watches a broker's process from the start of a run.
pub struct Watch {
    pid: u32,
    cpu_seconds: f64,
    stolen: (u64, u64),
}

/// What was spent between the start and the end of a watch.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// Seconds of CPU of all the broker's threads.
    pub cpu_seconds: f64,
    /// The broker's memory at the end, with the peak since the start.
    pub memory: Memory,
    /// Share of the machine's time that the host took away, 0 to 1.
    pub stolen: f64,
}

impl Watch {
    /// Starts watching.
    pub fn start(pid: u32) -> io::Result<Self> {
        // Needs the right to write there; without it the peak is that of the broker's whole life.
        let _ = usage::reset_peak(pid);
        Ok(Self { pid, cpu_seconds: usage::cpu_seconds(pid)?, stolen: usage::stolen_and_total()? })
    }

    /// What was spent since.
    pub fn end(self) -> io::Result<Spent> {
        let (stolen, total) = usage::stolen_and_total()?;
        Ok(Spent {
            cpu_seconds: usage::cpu_seconds(self.pid)? - self.cpu_seconds,
            memory: usage::memory(self.pid)?,
            stolen: (stolen - self.stolen.0) as f64 / (total - self.stolen.1).max(1) as f64,
        })
    }
}

/// One run of one load, in the units of the reports.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Bytes of record batches moved.
    pub bytes: u64,
    /// Requests answered.
    pub requests: u64,
    /// Records in them.
    pub records: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Nanoseconds to the acknowledgement, where there are any.
    pub produce_ns: Option<Histogram<u64>>,
    /// Nanoseconds to the consumer, where measured.
    pub end_to_end_ns: Option<Histogram<u64>>,
}

impl From<ProduceOutcome> for Sample {
    fn from(outcome: ProduceOutcome) -> Self {
        let ProduceOutcome { requests, bytes, records, elapsed, latency_ns } = outcome;
        Self { bytes, requests, records, elapsed, produce_ns: Some(latency_ns), end_to_end_ns: None }
    }
}

impl From<FetchOutcome> for Sample {
    fn from(outcome: FetchOutcome) -> Self {
        let FetchOutcome { requests, bytes, records, elapsed } = outcome;
        Self { bytes, requests, records, elapsed, produce_ns: None, end_to_end_ns: None }
    }
}

impl From<ScatterOutcome> for Sample {
    fn from(outcome: ScatterOutcome) -> Self {
        let ScatterOutcome { fetches, bytes, elapsed, latency_ns, .. } = outcome;
        let end_to_end_ns = Some(latency_ns);
        Self { bytes, requests: fetches, records: fetches, elapsed, produce_ns: None, end_to_end_ns }
    }
}

impl From<Latencies> for Sample {
    fn from(latencies: Latencies) -> Self {
        let Latencies { produce_ns, end_to_end_ns, sent, elapsed } = latencies;
        let (produce_ns, end_to_end_ns) = (Some(produce_ns), Some(end_to_end_ns));
        Self { bytes: 0, requests: sent, records: sent, elapsed, produce_ns, end_to_end_ns }
    }
}

/// Name of a figure and its value.
pub type Figure = (&'static str, f64);

impl Sample {
    /// The sample as figures, with the broker's share where it was watched.
    pub fn figures(&self, spent: Option<&Spent>) -> Vec<Figure> {
        let seconds = self.elapsed.as_secs_f64().max(1e-9);
        let mut figures = Vec::new();
        if self.bytes > 0 {
            figures.push(("MB/s", self.bytes as f64 / 1e6 / seconds));
        }
        figures.push(("requests/s", self.requests as f64 / seconds));
        figures.push(("records/s", self.records as f64 / seconds));
        if let Some(spent) = spent {
            if self.bytes > 0 {
                figures.push(("broker CPU-s/GB", spent.cpu_seconds / (self.bytes as f64 / 1e9)));
            }
            figures.push(("broker CPU us/request", spent.cpu_seconds * 1e6 / self.requests.max(1) as f64));
            figures.push(("broker RSS MB", spent.memory.resident as f64 / 1e6));
            figures.push(("broker RSS peak MB", spent.memory.peak as f64 / 1e6));
            figures.push(("broker anonymous MB", spent.memory.anonymous as f64 / 1e6));
        }
        let mut percentiles = |histogram: &Option<Histogram<u64>>, names: [&'static str; 3]| {
            let Some(histogram) = histogram else { return };
            for (name, quantile) in names.into_iter().zip([0.5, 0.99, 0.999]) {
                figures.push((name, histogram.value_at_quantile(quantile) as f64 / 1e3));
            }
        };
        percentiles(&self.produce_ns, ["ack p50 us", "ack p99 us", "ack p99.9 us"]);
        percentiles(&self.end_to_end_ns, ["end-to-end p50 us", "end-to-end p99 us", "end-to-end p99.9 us"]);
        figures
    }
}
