//! OffsetFetch (key 9): returns the positions that groups have stored.
//! Generated from `schema/offset_fetch.schema`.

use super::prelude::*;

/// Request of OffsetFetch, versions 1-10.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchRequest {
    /// Versions 1-7.
    pub group_id: StrBytes,
    /// Versions 1-7; null in 2-7.
    pub topics: Option<Vec<OffsetFetchRequestTopic>>,
    /// Versions 8+.
    pub groups: Vec<OffsetFetchRequestGroup>,
    /// Versions 7+.
    pub require_stable: bool,
}

impl Default for OffsetFetchRequest {
    fn default() -> Self {
        Self {
            group_id: Default::default(),
            topics: Some(Default::default()),
            groups: Default::default(),
            require_stable: false,
        }
    }
}

impl Decode for OffsetFetchRequest {
    const MIN_SIZE: usize = 0;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            group_id: if v <= 7 { from.read()? } else { Default::default() },
            topics: if v <= 7 { from.nullable_if((2..=7).contains(&v))? } else { Some(Default::default()) },
            groups: if v >= 8 { from.read()? } else { Default::default() },
            require_stable: if v >= 7 { from.read()? } else { false },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetFetchRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_or(v <= 7, &self.group_id, Default::default(), "group_id")?;
        if v <= 7 {
            to.put_nullable((2..=7).contains(&v), &self.topics, "topics")?;
        } else {
            to.absent(self.topics == Some(Default::default()), "topics")?;
        }
        to.put_or(v >= 8, &self.groups, Default::default(), "groups")?;
        to.put_or(v >= 7, &self.require_stable, false, "require_stable")?;
        to.tag_count(&[])
    }
}

impl Message for OffsetFetchRequest {
    const NAME: &'static str = "OffsetFetchRequest";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 10 };
    const FLEXIBLE_SINCE: i16 = 6;
}

impl Request for OffsetFetchRequest {
    const KEY: ApiKey = ApiKey::OffsetFetch;
    type Response = OffsetFetchResponse;
}

/// Response of OffsetFetch, versions 1-10.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetFetchResponse {
    /// Versions 3+.
    pub throttle_time_ms: i32,
    /// Versions 1-7.
    pub topics: Vec<OffsetFetchResponseTopic>,
    /// Versions 2-7.
    pub error_code: i16,
    /// Versions 8+.
    pub groups: Vec<OffsetFetchResponseGroup>,
}

impl Decode for OffsetFetchResponse {
    const MIN_SIZE: usize = 0;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            throttle_time_ms: if v >= 3 { from.read()? } else { 0 },
            topics: if v <= 7 { from.read()? } else { Default::default() },
            error_code: if (2..=7).contains(&v) { from.read()? } else { 0 },
            groups: if v >= 8 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetFetchResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v >= 3, &self.throttle_time_ms)?;
        to.put_or(v <= 7, &self.topics, Default::default(), "topics")?;
        to.put_if((2..=7).contains(&v), &self.error_code)?;
        to.put_or(v >= 8, &self.groups, Default::default(), "groups")?;
        to.tag_count(&[])
    }
}

impl Message for OffsetFetchResponse {
    const NAME: &'static str = "OffsetFetchResponse";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 10 };
    const FLEXIBLE_SINCE: i16 = 6;
}

impl Response for OffsetFetchResponse {
    const KEY: ApiKey = ApiKey::OffsetFetch;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`OffsetFetchRequest`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetFetchRequestTopic {
    pub name: StrBytes,
    pub partition_indexes: Vec<i32>,
}

impl Decode for OffsetFetchRequestTopic {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, partition_indexes: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetFetchRequestTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partition_indexes)?;
        to.tag_count(&[])
    }
}

/// `groups` of [`OffsetFetchRequest`].
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchRequestGroup {
    pub group_id: StrBytes,
    /// Versions 9+.
    pub member_id: Option<StrBytes>,
    /// Versions 9+.
    pub member_epoch: i32,
    pub topics: Option<Vec<OffsetFetchRequestTopics>>,
}

impl Default for OffsetFetchRequestGroup {
    fn default() -> Self {
        Self { group_id: Default::default(), member_id: None, member_epoch: -1, topics: Some(Default::default()) }
    }
}

impl Decode for OffsetFetchRequestGroup {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            group_id: from.read()?,
            member_id: if v >= 9 { from.read()? } else { None },
            member_epoch: if v >= 9 { from.read()? } else { -1 },
            topics: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetFetchRequestGroup {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.group_id)?;
        to.put_if(v >= 9, &self.member_id)?;
        to.put_if(v >= 9, &self.member_epoch)?;
        to.put(&self.topics)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`OffsetFetchRequestGroup`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetFetchRequestTopics {
    /// Versions 8-9.
    pub name: StrBytes,
    /// Versions 10+.
    pub topic_id: Uuid,
    pub partition_indexes: Vec<i32>,
}

impl Decode for OffsetFetchRequestTopics {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            name: if v <= 9 { from.read()? } else { Default::default() },
            topic_id: if v >= 10 { from.read()? } else { Default::default() },
            partition_indexes: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetFetchRequestTopics {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v <= 9, &self.name)?;
        to.put_if(v >= 10, &self.topic_id)?;
        to.put(&self.partition_indexes)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`OffsetFetchResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetFetchResponseTopic {
    pub name: StrBytes,
    pub partitions: Vec<OffsetFetchResponsePartition>,
}

impl Decode for OffsetFetchResponseTopic {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { name: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetFetchResponseTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.name)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`OffsetFetchResponseTopic`].
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartition {
    pub partition_index: i32,
    pub committed_offset: i64,
    /// Versions 5+.
    pub committed_leader_epoch: i32,
    pub metadata: Option<StrBytes>,
    pub error_code: i16,
}

impl Default for OffsetFetchResponsePartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            metadata: Some(Default::default()),
            error_code: 0,
        }
    }
}

impl Decode for OffsetFetchResponsePartition {
    const MIN_SIZE: usize = 15;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            partition_index: from.read()?,
            committed_offset: from.read()?,
            committed_leader_epoch: if v >= 5 { from.read()? } else { -1 },
            metadata: from.read()?,
            error_code: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetFetchResponsePartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.partition_index)?;
        to.put(&self.committed_offset)?;
        to.put_if(v >= 5, &self.committed_leader_epoch)?;
        to.put(&self.metadata)?;
        to.put(&self.error_code)?;
        to.tag_count(&[])
    }
}

/// `groups` of [`OffsetFetchResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetFetchResponseGroup {
    pub group_id: StrBytes,
    pub topics: Vec<OffsetFetchResponseTopics>,
    pub error_code: i16,
}

impl Decode for OffsetFetchResponseGroup {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { group_id: from.read()?, topics: from.read()?, error_code: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetFetchResponseGroup {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.group_id)?;
        to.put(&self.topics)?;
        to.put(&self.error_code)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`OffsetFetchResponseGroup`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetFetchResponseTopics {
    /// Versions 8-9.
    pub name: StrBytes,
    /// Versions 10+.
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetFetchResponsePartitions>,
}

impl Decode for OffsetFetchResponseTopics {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            name: if v <= 9 { from.read()? } else { Default::default() },
            topic_id: if v >= 10 { from.read()? } else { Default::default() },
            partitions: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetFetchResponseTopics {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v <= 9, &self.name)?;
        to.put_if(v >= 10, &self.topic_id)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`OffsetFetchResponseTopics`].
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartitions {
    pub partition_index: i32,
    pub committed_offset: i64,
    pub committed_leader_epoch: i32,
    pub metadata: Option<StrBytes>,
    pub error_code: i16,
}

impl Default for OffsetFetchResponsePartitions {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            metadata: Some(Default::default()),
            error_code: 0,
        }
    }
}

impl Decode for OffsetFetchResponsePartitions {
    const MIN_SIZE: usize = 19;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            partition_index: from.read()?,
            committed_offset: from.read()?,
            committed_leader_epoch: from.read()?,
            metadata: from.read()?,
            error_code: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for OffsetFetchResponsePartitions {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.partition_index)?;
        to.put(&self.committed_offset)?;
        to.put(&self.committed_leader_epoch)?;
        to.put(&self.metadata)?;
        to.put(&self.error_code)?;
        to.tag_count(&[])
    }
}
