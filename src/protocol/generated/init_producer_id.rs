//! InitProducerId (key 22): hands out a producer id and its epoch.
//! Generated from `schema/init_producer_id.schema`.

use super::prelude::*;

/// Request of InitProducerId, versions 0-6.
#[derive(Clone, Debug, PartialEq)]
pub struct InitProducerIdRequest {
    pub transactional_id: Option<StrBytes>,
    pub transaction_timeout_ms: i32,
    /// Versions 3+.
    pub producer_id: i64,
    /// Versions 3+.
    pub producer_epoch: i16,
    /// Versions 6+.
    pub enable_2pc: bool,
    /// Versions 6+.
    pub keep_prepared_txn: bool,
}

impl Default for InitProducerIdRequest {
    fn default() -> Self {
        Self {
            transactional_id: Some(Default::default()),
            transaction_timeout_ms: 0,
            producer_id: -1,
            producer_epoch: -1,
            enable_2pc: false,
            keep_prepared_txn: false,
        }
    }
}

impl Decode for InitProducerIdRequest {
    const MIN_SIZE: usize = 5;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            transactional_id: from.read()?,
            transaction_timeout_ms: from.read()?,
            producer_id: if v >= 3 { from.read()? } else { -1 },
            producer_epoch: if v >= 3 { from.read()? } else { -1 },
            enable_2pc: if v >= 6 { from.read()? } else { false },
            keep_prepared_txn: if v >= 6 { from.read()? } else { false },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for InitProducerIdRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.transactional_id)?;
        to.put(&self.transaction_timeout_ms)?;
        to.put_or(v >= 3, &self.producer_id, -1, "producer_id")?;
        to.put_or(v >= 3, &self.producer_epoch, -1, "producer_epoch")?;
        to.put_or(v >= 6, &self.enable_2pc, false, "enable_2pc")?;
        to.put_or(v >= 6, &self.keep_prepared_txn, false, "keep_prepared_txn")?;
        to.tag_count(&[])
    }
}

impl Message for InitProducerIdRequest {
    const NAME: &'static str = "InitProducerIdRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 6 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Request for InitProducerIdRequest {
    const KEY: ApiKey = ApiKey::InitProducerId;
    type Response = InitProducerIdResponse;
}

/// Response of InitProducerId, versions 0-6.
#[derive(Clone, Debug, PartialEq)]
pub struct InitProducerIdResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub producer_id: i64,
    pub producer_epoch: i16,
    /// Versions 6+.
    pub ongoing_txn_producer_id: i64,
    /// Versions 6+.
    pub ongoing_txn_producer_epoch: i16,
}

impl Default for InitProducerIdResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            producer_id: -1,
            producer_epoch: 0,
            ongoing_txn_producer_id: -1,
            ongoing_txn_producer_epoch: -1,
        }
    }
}

impl Decode for InitProducerIdResponse {
    const MIN_SIZE: usize = 16;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            producer_id: from.read()?,
            producer_epoch: from.read()?,
            ongoing_txn_producer_id: if v >= 6 { from.read()? } else { -1 },
            ongoing_txn_producer_epoch: if v >= 6 { from.read()? } else { -1 },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for InitProducerIdResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.producer_id)?;
        to.put(&self.producer_epoch)?;
        to.put_or(v >= 6, &self.ongoing_txn_producer_id, -1, "ongoing_txn_producer_id")?;
        to.put_or(v >= 6, &self.ongoing_txn_producer_epoch, -1, "ongoing_txn_producer_epoch")?;
        to.tag_count(&[])
    }
}

impl Message for InitProducerIdResponse {
    const NAME: &'static str = "InitProducerIdResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 6 };
    const FLEXIBLE_SINCE: i16 = 2;
}

impl Response for InitProducerIdResponse {
    const KEY: ApiKey = ApiKey::InitProducerId;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}
