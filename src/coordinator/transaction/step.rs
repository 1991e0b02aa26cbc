//! From a decision to a committed record: appended under the shard's lock, waited for without it.

use super::codec::{encode_key, encode_value};
use super::coordinator::TransactionCoordinator;
use super::decision::Decision;
use super::error::TxnError;
use super::shard::TxnShard;
use super::state::TransactionVersion;
use super::txn::TxnData;
use crate::StateLogError;
use crate::runtime::Serving;
use bytes::Bytes;
use esker_model::{LeaderEpoch, Offset, ProducerId, TimestampMs};
use esker_record::{BatchBuilder, Codec, NewRecord};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Pause where a log says too early that its time is over.
const PAUSE: Duration = Duration::from_millis(20);

/// What became of a decision.
#[derive(Debug)]
pub(super) enum Step<T> {
    /// A record was appended; the answer holds once it is committed.
    Written(Written, T),
    /// Nothing had to be written.
    Answered(T),
    /// It was refused.
    Refused(TxnError),
    /// It cannot be decided without an unused producer id.
    NeedsProducerId,
}

/// A record that was appended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    pub partition: i32,
    pub epoch: LeaderEpoch,
    pub end: Offset,
    /// Whether it was committed as soon as it was appended, and what is due then has been done.
    pub committed: bool,
}

impl<T> Step<T> {
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Step<U> {
        match self {
            Step::Written(written, answer) => Step::Written(written, change(answer)),
            Step::Answered(answer) => Step::Answered(change(answer)),
            Step::Refused(error) => Step::Refused(error),
            Step::NeedsProducerId => Step::NeedsProducerId,
        }
    }
}

impl TransactionCoordinator {
    /// Has `decide` decide, with an unused producer id where it needs one, and waits until what it wrote is committed.
    ///
    /// A caller that goes away changes nothing: what was appended is seen through.
    pub(super) async fn drive<T>(
        self: &Arc<Self>,
        id: &str,
        decide: impl Fn(&mut Serving<TxnShard>, &Arc<str>, Option<ProducerId>) -> Step<T>,
    ) -> Result<T, TxnError> {
        let mut fresh = None;
        loop {
            let step = self.with(id, |shard, id| {
                let step = decide(shard, id, fresh);
                if let Step::Written(Written { committed: true, .. }, _) = step {
                    self.act_on(shard, id);
                }
                step
            })?;
            match step {
                Step::Answered(answer) => return Ok(answer),
                Step::Refused(error) => return Err(error),
                Step::Written(Written { committed: true, .. }, answer) => return Ok(answer),
                Step::Written(written, answer) => return self.see_through(id, written).await.map(|()| answer),
                Step::NeedsProducerId if fresh.is_some() => return Err(TxnError::NoProducerId),
                Step::NeedsProducerId => fresh = Some(self.next_producer_id().await?),
            }
        }
    }

    /// Appends what was decided. `answer` makes the answer of what is written.
    pub(super) fn carry_out<T>(
        &self,
        shard: &mut Serving<TxnShard>,
        id: &Arc<str>,
        level: TransactionVersion,
        decision: Decision<T>,
        answer: impl FnOnce(&TxnData) -> T,
    ) -> Step<T> {
        match decision {
            Decision::Write(data) => {
                let answer = answer(&data);
                match append(shard, id, data, level, self.now()) {
                    Ok(written) => Step::Written(written, answer),
                    Err(error) => Step::Refused(error),
                }
            }
            Decision::Answer(answer) => Step::Answered(answer),
            Decision::Refuse(error) => Step::Refused(error),
            Decision::NeedsProducerId => Step::NeedsProducerId,
            Decision::Fence => Step::Refused(TxnError::Concurrent),
        }
    }

    /// The newest record of an id is committed: what it asks for is done.
    pub(super) fn act_on(self: &Arc<Self>, shard: &mut Serving<TxnShard>, id: &Arc<str>) {
        if shard.machine.book.committed(id) {
            let completing = Arc::clone(self).complete(shard.partition(), shard.epoch(), Arc::clone(id));
            esker_env::spawn(completing);
        }
    }

    /// Waits until a record is committed and acts on it, even where nobody waits any more.
    pub(super) async fn see_through(self: &Arc<Self>, id: &str, written: Written) -> Result<(), TxnError> {
        let (done, waited) = oneshot::channel();
        let (me, id): (_, Arc<str>) = (Arc::clone(self), id.into());
        esker_env::spawn(async move {
            let _ = done.send(me.commit(&id, written).await);
        });
        match esker_env::timeout(self.settings.write_limit, waited).await {
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(TxnError::NotCoordinator),
            None => Err(TxnError::NotAvailable),
        }
    }

    pub(super) async fn commit(self: &Arc<Self>, id: &Arc<str>, written: Written) -> Result<(), TxnError> {
        self.wait_committed(&written).await?;
        self.shards.with(written.partition, |shard| {
            if shard.epoch() != written.epoch {
                return Err(TxnError::NotCoordinator);
            }
            self.act_on(shard, id);
            Ok(())
        })?
    }

    /// Waits until what was appended is committed, for as long as this broker leads the partition: what lies in a leader's
    /// log either becomes committed or goes away with its leadership.
    pub(super) async fn wait_committed(&self, written: &Written) -> Result<(), TxnError> {
        let Written { partition, epoch, end, .. } = *written;
        while !self.is_closed() {
            match self.shards.committed(partition, epoch, end, self.settings.write_limit).await {
                Ok(()) => return Ok(()),
                Err(StateLogError::TimedOut | StateLogError::NotEnoughReplicas) => esker_env::sleep(PAUSE).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(TxnError::NotCoordinator)
    }
}

/// Appends a record and takes it into the book.
pub(super) fn append(
    shard: &mut Serving<TxnShard>,
    id: &Arc<str>,
    data: TxnData,
    level: TransactionVersion,
    now: TimestampMs,
) -> Result<Written, TxnError> {
    let value = encode_value(&data, level);
    let batch = batch_of([(&**id, Some(&value[..]))], now)?;
    let end = shard.append(batch)?;
    shard.machine.book.written(id, data);
    let (partition, epoch, committed) = (shard.partition(), shard.epoch(), shard.is_committed());
    Ok(Written { partition, epoch, end, committed })
}

/// One uncompressed batch of records, as Kafka writes them.
pub(super) fn batch_of<'a>(
    records: impl IntoIterator<Item = (&'a str, Option<&'a [u8]>)>,
    now: TimestampMs,
) -> Result<Bytes, TxnError> {
    let mut batch = BatchBuilder::new(Codec::None);
    for (id, value) in records {
        let key = encode_key(id).ok_or(TxnError::InvalidRequest)?;
        let record = NewRecord { timestamp: now, key: Some(&key), value, headers: &[] };
        batch.append(&record).map_err(|_| TxnError::TooLarge)?;
    }
    Ok(batch.build().map_err(|_| TxnError::TooLarge)?.into())
}

impl From<StateLogError> for TxnError {
    fn from(error: StateLogError) -> Self {
        match error {
            StateLogError::NotEnoughReplicas | StateLogError::TimedOut => TxnError::NotAvailable,
            StateLogError::TooLarge => TxnError::TooLarge,
            _ => TxnError::NotCoordinator,
        }
    }
}
