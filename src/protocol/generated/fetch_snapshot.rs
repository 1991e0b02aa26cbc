//! FetchSnapshot (key 59): reads a part of a metadata snapshot.
//! Generated from `schema/fetch_snapshot.schema`.

use super::prelude::*;

/// Request of FetchSnapshot, versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchSnapshotRequest {
    /// Tag 0.
    pub cluster_id: Option<StrBytes>,
    pub replica_id: i32,
    pub max_bytes: i32,
    pub topics: Vec<TopicSnapshot>,
}

impl Default for FetchSnapshotRequest {
    fn default() -> Self {
        Self { cluster_id: None, replica_id: -1, max_bytes: i32::MAX, topics: Default::default() }
    }
}

impl Decode for FetchSnapshotRequest {
    const MIN_SIZE: usize = 10;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let mut it = Self { cluster_id: None, replica_id: from.read()?, max_bytes: from.read()?, topics: from.read()? };
        from.tags(&[0], |from, tag| {
            match tag {
                0 => it.cluster_id = from.read()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl Encode for FetchSnapshotRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.replica_id)?;
        to.put(&self.max_bytes)?;
        to.put(&self.topics)?;
        let set_0 = to.is_tag_set(true, self.cluster_id.is_none(), false, "cluster_id")?;
        to.tag_count(&[set_0])?;
        to.tag(set_0, 0, &self.cluster_id)
    }
}

impl Message for FetchSnapshotRequest {
    const NAME: &'static str = "FetchSnapshotRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for FetchSnapshotRequest {
    const KEY: ApiKey = ApiKey::FetchSnapshot;
    type Response = FetchSnapshotResponse;
}

/// Response of FetchSnapshot, versions 0-1.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchSnapshotResponse<R = Bytes> {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub topics: Vec<TopicSnapshotResult<R>>,
    /// Versions 1+; tag 0.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl<R> Default for FetchSnapshotResponse<R> {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, topics: Default::default(), node_endpoints: Default::default() }
    }
}

impl Decode for FetchSnapshotResponse {
    const MIN_SIZE: usize = 8;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let mut it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            topics: from.read()?,
            node_endpoints: Default::default(),
        };
        from.tags(&[0], |from, tag| {
            match tag {
                0 if v >= 1 => it.node_endpoints = from.read()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl<R: RecordSource> Encode for FetchSnapshotResponse<R> {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.topics)?;
        let set_0 = to.is_tag_set(v >= 1, self.node_endpoints.is_empty(), false, "node_endpoints")?;
        to.tag_count(&[set_0])?;
        to.tag(set_0, 0, &self.node_endpoints)
    }
}

impl<R: RecordSource> Message for FetchSnapshotResponse<R> {
    const NAME: &'static str = "FetchSnapshotResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl<R: RecordSource> Response for FetchSnapshotResponse<R> {
    const KEY: ApiKey = ApiKey::FetchSnapshot;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`FetchSnapshotRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicSnapshot {
    pub name: StrBytes,
    pub partitions: Vec<PartitionSnapshot>,
}

impl Decode for TopicSnapshot {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicSnapshot {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`TopicSnapshot`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionSnapshot {
    pub partition: i32,
    pub current_leader_epoch: i32,
    pub snapshot_id: SnapshotId,
    pub position: i64,
    /// Versions 1+; tag 0.
    pub replica_directory_id: Uuid,
}

impl Decode for PartitionSnapshot {
    const MIN_SIZE: usize = 30;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let mut it = Self {
            partition: from.read()?,
            current_leader_epoch: from.read()?,
            snapshot_id: from.read()?,
            position: from.read()?,
            replica_directory_id: Default::default(),
        };
        from.tags(&[0], |from, tag| {
            match tag {
                0 if v >= 1 => it.replica_directory_id = from.read()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl Encode for PartitionSnapshot {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.partition)?;
        to.put(&self.current_leader_epoch)?;
        to.put(&self.snapshot_id)?;
        to.put(&self.position)?;
        let set_0 = to.is_tag_set(v >= 1, self.replica_directory_id.is_nil(), true, "replica_directory_id")?;
        to.tag_count(&[set_0])?;
        to.tag(set_0, 0, &self.replica_directory_id)
    }
}

/// `snapshot_id` of [`PartitionSnapshot`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SnapshotId {
    pub end_offset: i64,
    pub epoch: i32,
}

impl Decode for SnapshotId {
    const MIN_SIZE: usize = 13;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { end_offset: from.read()?, epoch: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for SnapshotId {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.end_offset)?;
        to.put(&self.epoch)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`FetchSnapshotResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct TopicSnapshotResult<R = Bytes> {
    pub name: StrBytes,
    pub partitions: Vec<PartitionSnapshotResult<R>>,
}

impl<R> Default for TopicSnapshotResult<R> {
    fn default() -> Self {
        Self { name: Default::default(), partitions: Default::default() }
    }
}

impl Decode for TopicSnapshotResult {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl<R: RecordSource> Encode for TopicSnapshotResult<R> {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`TopicSnapshotResult`].
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionSnapshotResult<R = Bytes> {
    pub index: i32,
    pub error_code: i16,
    pub snapshot_id: SnapshotId,
    /// Tag 0.
    pub current_leader: LeaderIdAndEpoch,
    pub size: i64,
    pub position: i64,
    pub unaligned_records: R,
}

impl<R: Default> Default for PartitionSnapshotResult<R> {
    fn default() -> Self {
        Self {
            index: 0,
            error_code: 0,
            snapshot_id: Default::default(),
            current_leader: Default::default(),
            size: 0,
            position: 0,
            unaligned_records: Default::default(),
        }
    }
}

impl Decode for PartitionSnapshotResult {
    const MIN_SIZE: usize = 37;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let mut it = Self {
            index: from.read()?,
            error_code: from.read()?,
            snapshot_id: from.read()?,
            current_leader: Default::default(),
            size: from.read()?,
            position: from.read()?,
            unaligned_records: from.read()?,
        };
        from.tags(&[0], |from, tag| {
            match tag {
                0 => it.current_leader = from.read()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(it)
    }
}

impl<R: RecordSource> Encode for PartitionSnapshotResult<R> {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.index)?;
        to.put(&self.error_code)?;
        to.put(&self.snapshot_id)?;
        to.put(&self.size)?;
        to.put(&self.position)?;
        to.records(Some(&self.unaligned_records))?;
        let set_0 = to.is_tag_set(true, self.current_leader == LeaderIdAndEpoch::default(), false, "current_leader")?;
        to.tag_count(&[set_0])?;
        to.tag(set_0, 0, &self.current_leader)
    }
}

/// `current_leader` of [`PartitionSnapshotResult`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct LeaderIdAndEpoch {
    pub leader_id: i32,
    pub leader_epoch: i32,
}

impl Decode for LeaderIdAndEpoch {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { leader_id: from.read()?, leader_epoch: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for LeaderIdAndEpoch {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.leader_id)?;
        to.put(&self.leader_epoch)?;
        to.tag_count(&[])
    }
}

/// `node_endpoints` of [`FetchSnapshotResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct NodeEndpoint {
    pub node_id: i32,
    pub host: StrBytes,
    pub port: u16,
}

impl Decode for NodeEndpoint {
    const MIN_SIZE: usize = 8;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { node_id: from.read()?, host: from.read()?, port: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for NodeEndpoint {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.node_id)?;
        to.put(&self.host)?;
        to.put(&self.port)?;
        to.tag_count(&[])
    }
}
