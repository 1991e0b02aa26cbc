//! What goes into and out of partitions: counted by each partition for itself, summed by topic when somebody asks.
//!
//! Whoever appends or fetches adds to numbers of the partition that it holds, without a lock. A hundred topics are told apart, those that were
//! there first; a topic whose last partition goes gives its place back. The sums of the broker never fall.

use crate::fault::AppendFault;
use crate::partition::Appended;
use esker_log::AppendError;
use esker_record::Severity;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Topics that are told apart.
const TOPICS_MAX: usize = 100;
/// Topics that came when a hundred others were there.
const OF_OTHERS: &str = "(other)";

/// What went into and out of something, since this process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes of batches that were appended here as leader.
    pub bytes_in: u64,
    /// Their records.
    pub records_in: u64,
    /// Bytes that were fetched by consumers.
    pub bytes_out: u64,
    /// Batches that somebody wanted to append.
    pub produces: u64,
    /// Those that were refused, other than what clients are expected to run into: no leader here, too large, corrupt.
    pub failed_produces: u64,
    /// Fetches, each partition of a request counted.
    pub fetches: u64,
    /// Those for which disk or tier could not be read.
    pub failed_fetches: u64,
}

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        self.bytes_in += other.bytes_in;
        self.records_in += other.records_in;
        self.bytes_out += other.bytes_out;
        self.produces += other.produces;
        self.failed_produces += other.failed_produces;
        self.fetches += other.fetches;
        self.failed_fetches += other.failed_fetches;
    }
}

/// The traffic of a broker's partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrokerTraffic {
    /// All of it, of partitions that are gone too.
    pub total: Traffic,
    /// By topic, of those whose partitions are here. `(other)` are those that came when there was no place left.
    pub topics: BTreeMap<Arc<str>, Traffic>,
}

#[derive(Debug, Default)]
struct Counts {
    bytes_in: AtomicU64,
    records_in: AtomicU64,
    bytes_out: AtomicU64,
    produces: AtomicU64,
    failed_produces: AtomicU64,
    fetches: AtomicU64,
    failed_fetches: AtomicU64,
}

fn add(count: &AtomicU64, number: u64) {
    count.fetch_add(number, Ordering::Relaxed);
}

impl Counts {
    fn now(&self) -> Traffic {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Traffic {
            bytes_in: load(&self.bytes_in),
            records_in: load(&self.records_in),
            bytes_out: load(&self.bytes_out),
            produces: load(&self.produces),
            failed_produces: load(&self.failed_produces),
            fetches: load(&self.fetches),
            failed_fetches: load(&self.failed_fetches),
        }
    }
}

/// The counts of one partition, for as long as it is here.
#[derive(Debug)]
pub(crate) struct PartitionTraffic {
    counts: Arc<Counts>,
    topic: Arc<str>,
    accounts: Arc<TrafficAccounts>,
}

impl PartitionTraffic {
    /// Somebody has tried to append a batch of `len` bytes.
    pub(crate) fn produced(&self, len: usize, appended: &Result<Appended, AppendFault>) {
        add(&self.counts.produces, 1);
        match appended {
            Ok(done) if !done.info.duplicate => {
                add(&self.counts.bytes_in, len as u64);
                add(&self.counts.records_in, done.info.last_offset.abs_diff(done.info.base_offset) + 1);
            }
            Ok(_) => {}
            Err(fault) => add(&self.counts.failed_produces, u64::from(is_failure(fault))),
        }
    }

    /// Somebody fetches.
    pub(crate) fn fetched(&self) {
        add(&self.counts.fetches, 1);
    }

    /// A consumer is sent so many bytes.
    pub(crate) fn sent(&self, len: usize) {
        add(&self.counts.bytes_out, len as u64);
    }

    /// What was to be fetched could not be read.
    pub(crate) fn fetch_failed(&self) {
        add(&self.counts.failed_fetches, 1);
    }
}

impl Drop for PartitionTraffic {
    fn drop(&mut self) {
        self.accounts.close(&self.topic, &self.counts);
    }
}

/// Whether a refusal counts: Kafka leaves out what clients are expected to run into.
fn is_failure(fault: &AppendFault) -> bool {
    match fault {
        AppendFault::Gone | AppendFault::Epoch(_) | AppendFault::NotLeader(_) | AppendFault::NotReady(_) => false,
        AppendFault::Log(AppendError::LargerThanSegment { .. } | AppendError::StaleEpoch { .. }) => false,
        AppendFault::Log(AppendError::Rejected(error)) => {
            !matches!(error.severity(), Severity::Corrupt | Severity::TooLarge)
        }
        AppendFault::NotEnoughReplicas(_) | AppendFault::Log(_) => true,
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct TrafficAccounts(Mutex<Accounts>);

#[derive(Debug, Default)]
struct Accounts {
    topics: BTreeMap<Arc<str>, Topic>,
    told_apart: usize,
    /// Of all partitions that are gone.
    gone: Traffic,
    /// Of partitions that are gone and were counted among the others.
    gone_of_others: Traffic,
}

#[derive(Debug)]
struct Topic {
    is_told_apart: bool,
    partitions: Vec<Arc<Counts>>,
    /// Of its partitions that are gone.
    gone: Traffic,
}

impl Topic {
    /// Of the partitions that are here.
    fn here(&self) -> Traffic {
        let mut sum = Traffic::default();
        self.partitions.iter().for_each(|counts| sum += counts.now());
        sum
    }
}

impl TrafficAccounts {
    /// Begins to count for a partition of `topic`.
    pub(crate) fn open(self: &Arc<Self>, topic: &Arc<str>) -> PartitionTraffic {
        let counts = Arc::new(Counts::default());
        let mut accounts = self.0.lock();
        let Accounts { topics, told_apart, .. } = &mut *accounts;
        let new = || {
            let is_told_apart = *told_apart < TOPICS_MAX;
            *told_apart += usize::from(is_told_apart);
            Topic { is_told_apart, partitions: Vec::new(), gone: Traffic::default() }
        };
        topics.entry(Arc::clone(topic)).or_insert_with(new).partitions.push(Arc::clone(&counts));
        PartitionTraffic { counts, topic: Arc::clone(topic), accounts: Arc::clone(self) }
    }

    fn close(&self, name: &str, counts: &Arc<Counts>) {
        let mut accounts = self.0.lock();
        let Accounts { topics, told_apart, gone, gone_of_others } = &mut *accounts;
        let Some(topic) = topics.get_mut(name) else { return };
        topic.partitions.retain(|one| !Arc::ptr_eq(one, counts));
        let last = counts.now();
        *gone += last;
        topic.gone += last;
        if !topic.is_told_apart {
            *gone_of_others += last;
        }
        if topic.partitions.is_empty() {
            *told_apart -= usize::from(topic.is_told_apart);
            topics.remove(name);
        }
    }

    /// The sums at the moment.
    pub(crate) fn now(&self) -> BrokerTraffic {
        let accounts = self.0.lock();
        let (mut total, mut others, mut topics) = (accounts.gone, accounts.gone_of_others, BTreeMap::new());
        for (name, topic) in &accounts.topics {
            let mut sum = topic.here();
            total += sum;
            if topic.is_told_apart {
                sum += topic.gone;
                topics.insert(Arc::clone(name), sum);
            } else {
                others += sum;
            }
        }
        topics.insert(OF_OTHERS.into(), others);
        BrokerTraffic { total, topics }
    }
}
