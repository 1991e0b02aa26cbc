//! ListTransactions (key 66): the transactions that a broker coordinates.
//! Generated from `schema/list_transactions.schema`.

use super::prelude::*;

/// Request of ListTransactions, versions 0-2.
#[derive(Clone, Debug, PartialEq)]
pub struct ListTransactionsRequest {
    pub state_filters: Vec<StrBytes>,
    pub producer_id_filters: Vec<i64>,
    /// Versions 1+.
    pub duration_filter: i64,
    /// Versions 2+.
    pub transactional_id_pattern: Option<StrBytes>,
}

impl Default for ListTransactionsRequest {
    fn default() -> Self {
        Self {
            state_filters: Default::default(),
            producer_id_filters: Default::default(),
            duration_filter: -1,
            transactional_id_pattern: None,
        }
    }
}

impl Decode for ListTransactionsRequest {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            state_filters: from.read()?,
            producer_id_filters: from.read()?,
            duration_filter: if v >= 1 { from.read()? } else { -1 },
            transactional_id_pattern: if v >= 2 { from.read()? } else { None },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ListTransactionsRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.state_filters)?;
        to.put(&self.producer_id_filters)?;
        to.put_or(v >= 1, &self.duration_filter, -1, "duration_filter")?;
        to.put_or(v >= 2, &self.transactional_id_pattern, None, "transactional_id_pattern")?;
        to.tag_count(&[])
    }
}

impl Message for ListTransactionsRequest {
    const NAME: &'static str = "ListTransactionsRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for ListTransactionsRequest {
    const KEY: ApiKey = ApiKey::ListTransactions;
    type Response = ListTransactionsResponse;
}

/// Response of ListTransactions, versions 0-2.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListTransactionsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub unknown_state_filters: Vec<StrBytes>,
    pub transaction_states: Vec<TransactionState>,
}

impl Decode for ListTransactionsResponse {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            unknown_state_filters: from.read()?,
            transaction_states: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ListTransactionsResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.unknown_state_filters)?;
        to.put(&self.transaction_states)?;
        to.tag_count(&[])
    }
}

impl Message for ListTransactionsResponse {
    const NAME: &'static str = "ListTransactionsResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for ListTransactionsResponse {
    const KEY: ApiKey = ApiKey::ListTransactions;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `transaction_states` of [`ListTransactionsResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TransactionState {
    pub transactional_id: StrBytes,
    pub producer_id: i64,
    pub transaction_state: StrBytes,
}

impl Decode for TransactionState {
    const MIN_SIZE: usize = 11;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { transactional_id: from.read()?, producer_id: from.read()?, transaction_state: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TransactionState {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.transactional_id)?;
        to.put(&self.producer_id)?;
        to.put(&self.transaction_state)?;
        to.tag_count(&[])
    }
}
