//! Metadata (key 3): brokers, topics and partition leaders, as one broker knows them.
//! Generated from `schema/metadata.schema`.

use super::prelude::*;

/// Request of Metadata, versions 0-13.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataRequest {
    /// Null in 1+.
    pub topics: Option<Vec<MetadataRequestTopic>>,
    /// Versions 4+.
    pub allow_auto_topic_creation: bool,
    /// Versions 8-10.
    pub include_cluster_authorized_operations: bool,
    /// Versions 8+.
    pub include_topic_authorized_operations: bool,
}

impl Default for MetadataRequest {
    fn default() -> Self {
        Self {
            topics: Some(Default::default()),
            allow_auto_topic_creation: true,
            include_cluster_authorized_operations: false,
            include_topic_authorized_operations: false,
        }
    }
}

impl Decode for MetadataRequest {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            topics: from.nullable_if(v >= 1)?,
            allow_auto_topic_creation: if v >= 4 { from.read()? } else { true },
            include_cluster_authorized_operations: if (8..=10).contains(&v) { from.read()? } else { false },
            include_topic_authorized_operations: if v >= 8 { from.read()? } else { false },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for MetadataRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_nullable(v >= 1, &self.topics, "topics")?;
        to.put_or(v >= 4, &self.allow_auto_topic_creation, true, "allow_auto_topic_creation")?;
        to.put_or(
            (8..=10).contains(&v),
            &self.include_cluster_authorized_operations,
            false,
            "include_cluster_authorized_operations",
        )?;
        to.put_or(v >= 8, &self.include_topic_authorized_operations, false, "include_topic_authorized_operations")?;
        to.tag_count(&[])
    }
}

impl Message for MetadataRequest {
    const NAME: &'static str = "MetadataRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 13 };
    const FLEXIBLE_SINCE: i16 = 9;
}

impl Request for MetadataRequest {
    const KEY: ApiKey = ApiKey::Metadata;
    type Response = MetadataResponse;
}

/// Response of Metadata, versions 0-13.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponse {
    /// Versions 3+.
    pub throttle_time_ms: i32,
    pub brokers: Vec<MetadataResponseBroker>,
    /// Versions 2+.
    pub cluster_id: Option<StrBytes>,
    /// Versions 1+.
    pub controller_id: i32,
    pub topics: Vec<MetadataResponseTopic>,
    /// Versions 8-10.
    pub cluster_authorized_operations: i32,
    /// Versions 13+.
    pub error_code: i16,
}

impl Default for MetadataResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            brokers: Default::default(),
            cluster_id: None,
            controller_id: -1,
            topics: Default::default(),
            cluster_authorized_operations: i32::MIN,
            error_code: 0,
        }
    }
}

impl Decode for MetadataResponse {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            throttle_time_ms: if v >= 3 { from.read()? } else { 0 },
            brokers: from.read()?,
            cluster_id: if v >= 2 { from.read()? } else { None },
            controller_id: if v >= 1 { from.read()? } else { -1 },
            topics: from.read()?,
            cluster_authorized_operations: if (8..=10).contains(&v) { from.read()? } else { i32::MIN },
            error_code: if v >= 13 { from.read()? } else { 0 },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for MetadataResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v >= 3, &self.throttle_time_ms)?;
        to.put(&self.brokers)?;
        to.put_if(v >= 2, &self.cluster_id)?;
        to.put_if(v >= 1, &self.controller_id)?;
        to.put(&self.topics)?;
        to.put_or(
            (8..=10).contains(&v),
            &self.cluster_authorized_operations,
            i32::MIN,
            "cluster_authorized_operations",
        )?;
        to.put_if(v >= 13, &self.error_code)?;
        to.tag_count(&[])
    }
}

impl Message for MetadataResponse {
    const NAME: &'static str = "MetadataResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 13 };
    const FLEXIBLE_SINCE: i16 = 9;
}

impl Response for MetadataResponse {
    const KEY: ApiKey = ApiKey::Metadata;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `topics` of [`MetadataRequest`].
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataRequestTopic {
    /// Versions 10+.
    pub topic_id: Uuid,
    /// Null in 10+.
    pub name: Option<StrBytes>,
}

impl Default for MetadataRequestTopic {
    fn default() -> Self {
        Self { topic_id: Default::default(), name: Some(Default::default()) }
    }
}

impl Decode for MetadataRequestTopic {
    const MIN_SIZE: usize = 1;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            topic_id: if v >= 10 { from.read()? } else { Default::default() },
            name: from.nullable_if(v >= 10)?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for MetadataRequestTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put_if(v >= 10, &self.topic_id)?;
        to.put_nullable(v >= 10, &self.name, "name")?;
        to.tag_count(&[])
    }
}

/// `brokers` of [`MetadataResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct MetadataResponseBroker {
    pub node_id: i32,
    pub host: StrBytes,
    pub port: i32,
    /// Versions 1+.
    pub rack: Option<StrBytes>,
}

impl Decode for MetadataResponseBroker {
    const MIN_SIZE: usize = 9;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            node_id: from.read()?,
            host: from.read()?,
            port: from.read()?,
            rack: if v >= 1 { from.read()? } else { None },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for MetadataResponseBroker {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.node_id)?;
        to.put(&self.host)?;
        to.put(&self.port)?;
        to.put_if(v >= 1, &self.rack)?;
        to.tag_count(&[])
    }
}

/// `topics` of [`MetadataResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponseTopic {
    pub error_code: i16,
    /// Null in 12+.
    pub name: Option<StrBytes>,
    /// Versions 10+.
    pub topic_id: Uuid,
    /// Versions 1+.
    pub is_internal: bool,
    pub partitions: Vec<MetadataResponsePartition>,
    /// Versions 8+.
    pub topic_authorized_operations: i32,
}

impl Default for MetadataResponseTopic {
    fn default() -> Self {
        Self {
            error_code: 0,
            name: Some(Default::default()),
            topic_id: Default::default(),
            is_internal: false,
            partitions: Default::default(),
            topic_authorized_operations: i32::MIN,
        }
    }
}

impl Decode for MetadataResponseTopic {
    const MIN_SIZE: usize = 4;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            error_code: from.read()?,
            name: from.nullable_if(v >= 12)?,
            topic_id: if v >= 10 { from.read()? } else { Default::default() },
            is_internal: if v >= 1 { from.read()? } else { false },
            partitions: from.read()?,
            topic_authorized_operations: if v >= 8 { from.read()? } else { i32::MIN },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for MetadataResponseTopic {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.error_code)?;
        to.put_nullable(v >= 12, &self.name, "name")?;
        to.put_if(v >= 10, &self.topic_id)?;
        to.put_if(v >= 1, &self.is_internal)?;
        to.put(&self.partitions)?;
        to.put_or(v >= 8, &self.topic_authorized_operations, i32::MIN, "topic_authorized_operations")?;
        to.tag_count(&[])
    }
}

/// `partitions` of [`MetadataResponseTopic`].
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponsePartition {
    pub error_code: i16,
    pub partition_index: i32,
    pub leader_id: i32,
    /// Versions 7+.
    pub leader_epoch: i32,
    pub replica_nodes: Vec<i32>,
    pub isr_nodes: Vec<i32>,
    /// Versions 5+.
    pub offline_replicas: Vec<i32>,
}

impl Default for MetadataResponsePartition {
    fn default() -> Self {
        Self {
            error_code: 0,
            partition_index: 0,
            leader_id: 0,
            leader_epoch: -1,
            replica_nodes: Default::default(),
            isr_nodes: Default::default(),
            offline_replicas: Default::default(),
        }
    }
}

impl Decode for MetadataResponsePartition {
    const MIN_SIZE: usize = 12;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            error_code: from.read()?,
            partition_index: from.read()?,
            leader_id: from.read()?,
            leader_epoch: if v >= 7 { from.read()? } else { -1 },
            replica_nodes: from.read()?,
            isr_nodes: from.read()?,
            offline_replicas: if v >= 5 { from.read()? } else { Default::default() },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for MetadataResponsePartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.error_code)?;
        to.put(&self.partition_index)?;
        to.put(&self.leader_id)?;
        to.put_if(v >= 7, &self.leader_epoch)?;
        to.put(&self.replica_nodes)?;
        to.put(&self.isr_nodes)?;
        to.put_if(v >= 5, &self.offline_replicas)?;
        to.tag_count(&[])
    }
}
