//! WriteTxnMarkers (key 27): writes the end of transactions into their partitions.
//! Generated from `schema/write_txn_markers.schema`.

use super::prelude::*;

/// Request of WriteTxnMarkers, versions 1-2.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct WriteTxnMarkersRequest {
    pub markers: Vec<WritableTxnMarker>,
}

impl Decode for WriteTxnMarkersRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { markers: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for WriteTxnMarkersRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.markers)?;
        to.tag_count(&[])
    }
}

impl Message for WriteTxnMarkersRequest {
    const NAME: &'static str = "WriteTxnMarkersRequest";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 2 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Request for WriteTxnMarkersRequest {
    const KEY: ApiKey = ApiKey::WriteTxnMarkers;
    type Response = WriteTxnMarkersResponse;
}

/// Response of WriteTxnMarkers, versions 1-2.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct WriteTxnMarkersResponse {
    pub markers: Vec<WritableTxnMarkerResult>,
}

impl Decode for WriteTxnMarkersResponse {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { markers: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for WriteTxnMarkersResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.markers)?;
        to.tag_count(&[])
    }
}

impl Message for WriteTxnMarkersResponse {
    const NAME: &'static str = "WriteTxnMarkersResponse";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 2 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Response for WriteTxnMarkersResponse {
    const KEY: ApiKey = ApiKey::WriteTxnMarkers;
}

/// `markers` of [`WriteTxnMarkersRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct WritableTxnMarker {
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub transaction_result: bool,
    pub topics: Vec<WritableTxnMarkerTopic>,
    pub coordinator_epoch: i32,
    /// Versions 2+.
    pub transaction_version: i8,
}

impl Decode for WritableTxnMarker {
    const MIN_SIZE: usize = 17;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            producer_id: from.read()?,
            producer_epoch: from.read()?,
            transaction_result: from.read()?,
            topics: from.read()?,
            coordinator_epoch: from.read()?,
            transaction_version: if v >= 2 { from.read()? } else { 0 },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for WritableTxnMarker {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.producer_id)?;
        to.put(&self.producer_epoch)?;
        to.put(&self.transaction_result)?;
        to.put(&self.topics)?;
        to.put(&self.coordinator_epoch)?;
        to.put_if(v >= 2, &self.transaction_version)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`WritableTxnMarker`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct WritableTxnMarkerTopic {
    pub name: StrBytes,
    pub partition_indexes: Vec<i32>,
}

impl Decode for WritableTxnMarkerTopic {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, partition_indexes: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for WritableTxnMarkerTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partition_indexes)?;
        to.tag_count(&[])
    }
}

/// `markers` of [`WriteTxnMarkersResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct WritableTxnMarkerResult {
    pub producer_id: i64,
    pub topics: Vec<WritableTxnMarkerTopicResult>,
}

impl Decode for WritableTxnMarkerResult {
    const MIN_SIZE: usize = 10;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { producer_id: from.read()?, topics: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for WritableTxnMarkerResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.producer_id)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`WritableTxnMarkerResult`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct WritableTxnMarkerTopicResult {
    pub name: StrBytes,
    pub partitions: Vec<WritableTxnMarkerPartitionResult>,
}

impl Decode for WritableTxnMarkerTopicResult {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for WritableTxnMarkerTopicResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`WritableTxnMarkerTopicResult`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct WritableTxnMarkerPartitionResult {
    pub partition_index: i32,
    pub error_code: i16,
}

impl Decode for WritableTxnMarkerPartitionResult {
    const MIN_SIZE: usize = 7;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { partition_index: from.read()?, error_code: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for WritableTxnMarkerPartitionResult {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.error_code)?;
        to.tag_count(&[])
    }
}
