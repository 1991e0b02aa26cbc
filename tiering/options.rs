//! What a tier is opened with. The defaults are those of the shipped configuration, as a test in `server` sees to.

use crate::store::{CloudEnvironment, S3Options};
use std::path::PathBuf;
use std::time::Duration;

/// Longest single request of an upload, bytes, where nobody says otherwise.
pub(crate) const UPLOAD_PART_BYTES: u64 = 64 << 20;

/// Sizes, budgets and times of a process's tier.
#[derive(Clone, Debug)]
pub struct TierOptions {
    /// Directory for checkpoints, and for the chunk cache where `cache_dir` is not set. Not inside of a partition's directory.
    pub data_dir: PathBuf,
    /// Directory of the chunk cache.
    pub cache_dir: Option<PathBuf>,
    /// Chunk cache in memory, bytes.
    pub cache_memory_bytes: u64,
    /// Chunk cache on disk, bytes; 0 switches it off.
    pub cache_disk_bytes: u64,
    /// Whether the disk cache bypasses the page cache.
    pub cache_direct_io: bool,
    /// Decoded manifests, pages and trailer heads in memory, bytes.
    pub meta_cache_bytes: u64,
    /// Segment bytes in memory for uploads.
    pub upload_bytes_max: u64,
    /// Longest single request of an upload, bytes; longer segments go in parts.
    pub upload_part_bytes: u64,
    /// Uploads of one partition under way at once.
    pub uploads_per_partition_max: usize,
    /// `remote.log.manager.copy.max.bytes.per.second`.
    pub copy_bytes_per_second: u64,
    /// `remote.log.manager.fetch.max.bytes.per.second`.
    pub fetch_bytes_per_second: u64,
    /// Bytes of cold reads on their way from the store.
    pub fetch_bytes_max: u64,
    /// Bytes of cold reads held by answers that are not sent yet.
    pub answer_bytes_max: u64,
    /// How far ahead of one sequential reader is read, bytes.
    pub read_ahead_bytes_max: u64,
    /// Longest ranged read, bytes.
    pub get_bytes_max: u64,
    /// Requests to the store under way at once.
    pub requests_max: usize,
    /// How long one request may take, apart from its body.
    pub request_timeout: Duration,
    /// How long a failing request is repeated.
    pub retry_timeout: Duration,
    /// `remote.log.manager.task.interval.ms`: upper bound between two looks at retention and rolling.
    pub task_interval: Duration,
    /// How long objects stay after no version names them.
    pub garbage_grace: Duration,
    /// In how long a leader reads and checks all that a partition has in the bucket, once; `None`: never.
    pub scrub_interval: Option<Duration>,
    /// Bound on what such checks read, all partitions together.
    pub scrub_bytes_per_second: u64,
    /// Pause between probes of a store that cannot be reached.
    pub probe_interval: Duration,
    /// Threads for reading segments.
    pub disk_threads: usize,
    /// S3 settings.
    pub s3: S3Options,
    /// Settings of Google's and Azure's stores.
    pub cloud: CloudEnvironment,
}

impl TierOptions {
    /// The defaults, with everything local beneath `data_dir`.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            cache_dir: None,
            cache_memory_bytes: 128 << 20,
            cache_disk_bytes: 1 << 30,
            cache_direct_io: true,
            meta_cache_bytes: 16 << 20,
            upload_bytes_max: 64 << 20,
            upload_part_bytes: UPLOAD_PART_BYTES,
            uploads_per_partition_max: 4,
            copy_bytes_per_second: u64::MAX,
            fetch_bytes_per_second: u64::MAX,
            fetch_bytes_max: 32 << 20,
            answer_bytes_max: 32 << 20,
            read_ahead_bytes_max: 16 << 20,
            get_bytes_max: 16 << 20,
            requests_max: 52,
            request_timeout: Duration::from_secs(20),
            retry_timeout: Duration::from_secs(60),
            task_interval: Duration::from_secs(30),
            garbage_grace: Duration::from_secs(3600),
            scrub_interval: Some(Duration::from_secs(7 * 24 * 3600)),
            scrub_bytes_per_second: 4 << 20,
            probe_interval: Duration::from_secs(2),
            disk_threads: 2,
            s3: S3Options::default(),
            cloud: CloudEnvironment::default(),
        }
    }
}

/// What a topic asks of the tier; `None` means no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TierTopicConfig {
    /// `retention.ms` over both tiers.
    pub retention_ms: Option<u64>,
    /// `retention.bytes` over both tiers.
    pub retention_bytes: Option<u64>,
    /// `local.retention.ms`: once it has passed, the active segment is rolled too.
    pub local_retention_ms: Option<u64>,
    /// `esker.tier.max.lag.ms`: how old what is not in the bucket may get; rolls early.
    pub max_lag_ms: Option<u64>,
    /// `remote.log.copy.disable`: nothing new is uploaded.
    pub copy_disabled: bool,
    /// `remote.copy.lag.ms`: a segment waits until it is this old ...
    pub copy_lag_ms: u64,
    /// ... or until this many bytes are behind it: `remote.copy.lag.bytes`. Where either is 0 it does not wait.
    pub copy_lag_bytes: u64,
}

impl TierTopicConfig {
    /// When the active segment is to be rolled for the tier, milliseconds after its first append.
    pub(crate) fn roll_after_ms(&self) -> Option<i64> {
        let after = [self.local_retention_ms, self.max_lag_ms].into_iter().flatten().min()?;
        i64::try_from(after).ok()
    }

    /// Whether a segment may be uploaded that is `age_ms` old and has `bytes_behind` of log behind it. One from the future does not wait
    /// for its time to come, and none waits for longer than the topic lets anything be missing from the bucket.
    pub(crate) fn lag_is_over(&self, age_ms: i64, bytes_behind: u64) -> bool {
        let Ok(age_ms) = u64::try_from(age_ms) else { return true };
        let lag_ms = self.copy_lag_ms.min(self.max_lag_ms.unwrap_or(u64::MAX));
        self.copy_lag_ms == 0 || self.copy_lag_bytes == 0 || age_ms >= lag_ms || bytes_behind >= self.copy_lag_bytes
    }
}
