//! EndTxn (key 26): commits or aborts a transaction.
//! Generated from `schema/end_txn.schema`.

use super::prelude::*;

/// Request of EndTxn, versions 0-5.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct EndTxnRequest {
    pub transactional_id: StrBytes,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub committed: bool,
}

impl Decode for EndTxnRequest {
    const MIN_SIZE: usize = 12;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            transactional_id: from.read()?,
            producer_id: from.read()?,
            producer_epoch: from.read()?,
            committed: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for EndTxnRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.transactional_id)?;
        to.put(&self.producer_id)?;
        to.put(&self.producer_epoch)?;
        to.put(&self.committed)?;
        to.tag_count(&[])
    }
}

impl Message for EndTxnRequest {
    const NAME: &'static str = "EndTxnRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 5 };
    const FLEXIBLE_SINCE: i16 = 3;
}

impl Request for EndTxnRequest {
    const KEY: ApiKey = ApiKey::EndTxn;
    type Response = EndTxnResponse;
}

/// Response of EndTxn, versions 0-5.
#[derive(Clone, Debug, PartialEq)]
pub struct EndTxnResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    /// Versions 5+.
    pub producer_id: i64,
    /// Versions 5+.
    pub producer_epoch: i16,
}

impl Default for EndTxnResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, producer_id: -1, producer_epoch: -1 }
    }
}

impl Decode for EndTxnResponse {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            producer_id: if v >= 5 { from.read()? } else { -1 },
            producer_epoch: if v >= 5 { from.read()? } else { -1 },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for EndTxnResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put_if(v >= 5, &self.producer_id)?;
        to.put_if(v >= 5, &self.producer_epoch)?;
        to.tag_count(&[])
    }
}

impl Message for EndTxnResponse {
    const NAME: &'static str = "EndTxnResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 5 };
    const FLEXIBLE_SINCE: i16 = 3;
}

impl Response for EndTxnResponse {
    const KEY: ApiKey = ApiKey::EndTxn;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}
