//! DescribeTransactions (key 65): state of transactions by transactional id.
//! Generated from `schema/describe_transactions.schema`.

use super::prelude::*;

/// Request of DescribeTransactions, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeTransactionsRequest {
    pub transactional_ids: Vec<StrBytes>,
}

impl Decode for DescribeTransactionsRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { transactional_ids: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeTransactionsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.transactional_ids)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeTransactionsRequest {
    const NAME: &'static str = "DescribeTransactionsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for DescribeTransactionsRequest {
    const KEY: ApiKey = ApiKey::DescribeTransactions;
    type Response = DescribeTransactionsResponse;
}

/// Response of DescribeTransactions, versions 0-0.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeTransactionsResponse {
    pub throttle_time_ms: i32,
    pub transaction_states: Vec<TransactionState>,
}

impl Decode for DescribeTransactionsResponse {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, transaction_states: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeTransactionsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.transaction_states)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeTransactionsResponse {
    const NAME: &'static str = "DescribeTransactionsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 0 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for DescribeTransactionsResponse {
    const KEY: ApiKey = ApiKey::DescribeTransactions;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `transaction_states` of [`DescribeTransactionsResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TransactionState {
    pub error_code: i16,
    pub transactional_id: StrBytes,
    pub transaction_state: StrBytes,
    pub transaction_timeout_ms: i32,
    pub transaction_start_time_ms: i64,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub topics: Vec<TopicData>,
}

impl Decode for TransactionState {
    const MIN_SIZE: usize = 28;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: from.read()?,
            transactional_id: from.read()?,
            transaction_state: from.read()?,
            transaction_timeout_ms: from.read()?,
            transaction_start_time_ms: from.read()?,
            producer_id: from.read()?,
            producer_epoch: from.read()?,
            topics: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TransactionState {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.transactional_id)?;
        to.put(&self.transaction_state)?;
        to.put(&self.transaction_timeout_ms)?;
        to.put(&self.transaction_start_time_ms)?;
        to.put(&self.producer_id)?;
        to.put(&self.producer_epoch)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`TransactionState`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicData {
    pub topic: StrBytes,
    pub partitions: Vec<i32>,
}

impl Decode for TopicData {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicData {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}
