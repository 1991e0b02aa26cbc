//! The settings of compaction; names in backquotes are the broker's keys.

use std::time::Duration;

/// Least bytes that are read at once: a buffer set smaller costs more calls than it saves memory.
const BUFFER_MIN: usize = 4 << 10;
/// Most memory for one thread's map, as in Kafka.
const MAP_MAX: u64 = i32::MAX as u64;

/// What all threads of compaction go by.
#[derive(Clone, Debug, PartialEq)]
pub struct CleanerConfig {
    /// `log.cleaner.threads`.
    pub threads: usize,
    /// `log.cleaner.dedupe.buffer.size`: memory for the newest offset of each key, all threads together.
    pub dedupe_buffer_bytes: u64,
    /// `log.cleaner.io.buffer.load.factor`: how full that memory may become, of 1.
    pub load_factor: f64,
    /// `log.cleaner.io.buffer.size`: memory for reading and writing, all threads together.
    pub io_buffer_bytes: usize,
    /// `log.cleaner.io.max.bytes.per.second`: bytes read and written, all threads together.
    pub io_bytes_per_second: f64,
    /// `log.cleaner.backoff.ms`: pause when there is nothing to do.
    pub backoff: Duration,
}

impl Default for CleanerConfig {
    fn default() -> Self {
        Self {
            threads: 1,
            dedupe_buffer_bytes: 128 << 20,
            load_factor: 0.9,
            io_buffer_bytes: 512 << 10,
            io_bytes_per_second: f64::MAX,
            backoff: Duration::from_secs(15),
        }
    }
}

impl CleanerConfig {
    /// Bytes of one thread's map.
    pub(crate) fn map_bytes(&self) -> u64 {
        (self.dedupe_buffer_bytes / self.threads.max(1) as u64).min(MAP_MAX)
    }

    /// Bytes of one thread's buffer for reading, and of the one for writing.
    pub(crate) fn buffer_bytes(&self) -> usize {
        (self.io_buffer_bytes / self.threads.max(1) / 2).max(BUFFER_MIN)
    }
}
