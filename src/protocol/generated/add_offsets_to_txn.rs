//! AddOffsetsToTxn (key 25): adds a group's offsets to a transaction.
//! Generated from `schema/add_offsets_to_txn.schema`.

use super::prelude::*;

/// Request of AddOffsetsToTxn, versions 0-4.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddOffsetsToTxnRequest {
    pub transactional_id: StrBytes,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub group_id: StrBytes,
}

impl Decode for AddOffsetsToTxnRequest {
    const MIN_SIZE: usize = 12;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            transactional_id: from.read()?,
            producer_id: from.read()?,
            producer_epoch: from.read()?,
            group_id: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AddOffsetsToTxnRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.transactional_id)?;
        to.put(&self.producer_id)?;
        to.put(&self.producer_epoch)?;
        to.put(&self.group_id)?;
        to.tag_count(&[])
    }
}

impl Message for AddOffsetsToTxnRequest {
    const NAME: &'static str = "AddOffsetsToTxnRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 4 };
    const FLEXIBLE_SINCE: i16 = 3;
}

impl Request for AddOffsetsToTxnRequest {
    const KEY: ApiKey = ApiKey::AddOffsetsToTxn;
    type Response = AddOffsetsToTxnResponse;
}

/// Response of AddOffsetsToTxn, versions 0-4.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddOffsetsToTxnResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
}

impl Decode for AddOffsetsToTxnResponse {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, error_code: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for AddOffsetsToTxnResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.tag_count(&[])
    }
}

impl Message for AddOffsetsToTxnResponse {
    const NAME: &'static str = "AddOffsetsToTxnResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 4 };
    const FLEXIBLE_SINCE: i16 = 3;
}

impl Response for AddOffsetsToTxnResponse {
    const KEY: ApiKey = ApiKey::AddOffsetsToTxn;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}
