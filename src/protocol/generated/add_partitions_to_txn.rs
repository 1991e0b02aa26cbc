//! AddPartitionsToTxn (key 24): adds partitions to transactions, or verifies that they were added.
//! Generated from `schema/add_partitions_to_txn.schema`.

use super::prelude::*;

/// Request of AddPartitionsToTxn, versions 0-5.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddPartitionsToTxnRequest {
    /// Versions 4+.
    pub transactions: Vec<AddPartitionsToTxnTransaction>,
    /// Versions 0-3.
    pub v3_and_below_transactional_id: StrBytes,
    /// Versions 0-3.
    pub v3_and_below_producer_id: i64,
    /// Versions 0-3.
    pub v3_and_below_producer_epoch: i16,
    /// Versions 0-3.
    pub v3_and_below_topics: Vec<AddPartitionsToTxnTopic>,
}

impl Decode for AddPartitionsToTxnRequest {
    const MIN_SIZE: usize = 0;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            transactions: if v >= 4 { from.read()? } else { Default::default() },
            v3_and_below_transactional_id: if v <= 3 { from.read()? } else { Default::default() },
            v3_and_below_producer_id: if v <= 3 { from.read()? } else { 0 },
            v3_and_below_producer_epoch: if v <= 3 { from.read()? } else { 0 },
            v3_and_below_topics: if v <= 3 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AddPartitionsToTxnRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_or(v >= 4, &self.transactions, Default::default(), "transactions")?;
        to.put_or(v <= 3, &self.v3_and_below_transactional_id, Default::default(), "v3_and_below_transactional_id")?;
        to.put_or(v <= 3, &self.v3_and_below_producer_id, 0, "v3_and_below_producer_id")?;
        to.put_or(v <= 3, &self.v3_and_below_producer_epoch, 0, "v3_and_below_producer_epoch")?;
        to.put_or(v <= 3, &self.v3_and_below_topics, Default::default(), "v3_and_below_topics")?;
        to.tag_count(&[])
    }
}

impl Message for AddPartitionsToTxnRequest {
    const NAME: &'static str = "AddPartitionsToTxnRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 5 };
    const FLEXIBLE_SINCE: i16 = 3;
}

impl Request for AddPartitionsToTxnRequest {
    const KEY: ApiKey = ApiKey::AddPartitionsToTxn;
    type Response = AddPartitionsToTxnResponse;
}

/// Response of AddPartitionsToTxn, versions 0-5.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddPartitionsToTxnResponse {
    pub throttle_time_ms: i32,
    /// Versions 4+.
    pub error_code: i16,
    /// Versions 4+.
    pub results_by_transaction: Vec<AddPartitionsToTxnResult>,
    /// Versions 0-3.
    pub results_by_topic_v3_and_below: Vec<AddPartitionsToTxnTopicResult>,
}

impl Decode for AddPartitionsToTxnResponse {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: if v >= 4 { from.read()? } else { 0 },
            results_by_transaction: if v >= 4 { from.read()? } else { Default::default() },
            results_by_topic_v3_and_below: if v <= 3 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AddPartitionsToTxnResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.throttle_time_ms)?;
        to.put_if(v >= 4, &self.error_code)?;
        to.put_or(v >= 4, &self.results_by_transaction, Default::default(), "results_by_transaction")?;
        to.put_or(v <= 3, &self.results_by_topic_v3_and_below, Default::default(), "results_by_topic_v3_and_below")?;
        to.tag_count(&[])
    }
}

impl Message for AddPartitionsToTxnResponse {
    const NAME: &'static str = "AddPartitionsToTxnResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 5 };
    const FLEXIBLE_SINCE: i16 = 3;
}

impl Response for AddPartitionsToTxnResponse {
    const KEY: ApiKey = ApiKey::AddPartitionsToTxn;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `transactions` of [`AddPartitionsToTxnRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddPartitionsToTxnTransaction {
    pub transactional_id: StrBytes,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub verify_only: bool,
    pub topics: Vec<AddPartitionsToTxnTopic>,
}

impl Decode for AddPartitionsToTxnTransaction {
    const MIN_SIZE: usize = 13;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            transactional_id: from.read()?,
            producer_id: from.read()?,
            producer_epoch: from.read()?,
            verify_only: from.read()?,
            topics: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AddPartitionsToTxnTransaction {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.transactional_id)?;
        to.put(&self.producer_id)?;
        to.put(&self.producer_epoch)?;
        to.put(&self.verify_only)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

/// `results_by_transaction` of [`AddPartitionsToTxnResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddPartitionsToTxnResult {
    pub transactional_id: StrBytes,
    pub topic_results: Vec<AddPartitionsToTxnTopicResult>,
}

impl Decode for AddPartitionsToTxnResult {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { transactional_id: from.read()?, topic_results: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AddPartitionsToTxnResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.transactional_id)?;
        to.put(&self.topic_results)?;
        to.tag_count(&[])
    }
}

/// `v3_and_below_topics` of [`AddPartitionsToTxnRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddPartitionsToTxnTopic {
    pub name: StrBytes,
    pub partitions: Vec<i32>,
}

impl Decode for AddPartitionsToTxnTopic {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AddPartitionsToTxnTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `results_by_topic_v3_and_below` of [`AddPartitionsToTxnResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddPartitionsToTxnTopicResult {
    pub name: StrBytes,
    pub results_by_partition: Vec<AddPartitionsToTxnPartitionResult>,
}

impl Decode for AddPartitionsToTxnTopicResult {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, results_by_partition: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AddPartitionsToTxnTopicResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.results_by_partition)?;
        to.tag_count(&[])
    }
}

/// `results_by_partition` of [`AddPartitionsToTxnTopicResult`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddPartitionsToTxnPartitionResult {
    pub partition_index: i32,
    pub partition_error_code: i16,
}

impl Decode for AddPartitionsToTxnPartitionResult {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { partition_index: from.read()?, partition_error_code: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AddPartitionsToTxnPartitionResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.partition_error_code)?;
        to.tag_count(&[])
    }
}
