//! What producers were promised, and the comparison with what the log holds.

use crate::Failure;
use std::collections::HashMap;

/// Which record: a producer's session, the topic, the partition, and its number in that partition by that session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sent {
    /// One idempotent producer.
    pub session: u32,
    /// The topic.
    pub topic: &'static str,
    /// The partition.
    pub partition: i32,
    /// Counts from 0 without gaps, in the order of sending.
    pub number: u64,
}

impl Sent {
    /// The value's beginning; the rest is filling that follows from it.
    pub fn label(&self) -> String {
        format!("{}/{}/", self.session, self.number)
    }

    /// Reads a label back.
    pub fn parse(topic: &'static str, partition: i32, value: &[u8]) -> Result<Sent, Failure> {
        let text = std::str::from_utf8(value)?;
        let mut parts = text.split('/');
        let mut next = || parts.next().ok_or("a record that nobody sent");
        Ok(Sent { topic, partition, session: next()?.parse()?, number: next()?.parse()? })
    }
}

/// The log of one partition as it was read: the record at each offset.
pub struct ReadLog {
    /// The topic.
    pub topic: &'static str,
    /// The partition.
    pub partition: i32,
    /// Index is offset.
    pub records: Vec<Sent>,
}

/// What was acknowledged, and at which offset.
#[derive(Default)]
pub struct Ledger {
    /// Each acknowledged record and its offset.
    pub acknowledged: HashMap<Sent, i64>,
    /// Records that failed; they may be in the log, at most once.
    pub failed: Vec<(Sent, String)>,
}

impl Ledger {
    /// Every acknowledged record is at its offset; each session's records stand once, in order, without a gap.
    pub fn compare(&self, log: &ReadLog) -> Result<(), Failure> {
        let mut next: HashMap<u32, u64> = HashMap::new();
        for (offset, record) in log.records.iter().enumerate() {
            let expected = next.entry(record.session).or_default();
            if record.number != *expected {
                return Err(format!(
                    "{}-{} offset {offset}: record {} of session {} where {expected} was due",
                    log.topic, log.partition, record.number, record.session
                )
                .into());
            }
            *expected += 1;
        }
        for (sent, offset) in
            self.acknowledged.iter().filter(|(s, _)| s.topic == log.topic && s.partition == log.partition)
        {
            let found = usize::try_from(*offset).ok().and_then(|o| log.records.get(o));
            if found != Some(sent) {
                return Err(format!("acknowledged at offset {offset}: {sent:?}; there is {found:?}").into());
            }
        }
        Ok(())
    }
}
