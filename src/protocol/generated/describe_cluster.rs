//! DescribeCluster (key 60): the cluster's id, controller and brokers.
//! Generated from `schema/describe_cluster.schema`.

use super::prelude::*;

/// Request of DescribeCluster, versions 0-2.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeClusterRequest {
    pub include_cluster_authorized_operations: bool,
    /// Versions 1+.
    pub endpoint_type: i8,
    /// Versions 2+.
    pub include_fenced_brokers: bool,
}

impl Default for DescribeClusterRequest {
    fn default() -> Self {
        Self { include_cluster_authorized_operations: false, endpoint_type: 1, include_fenced_brokers: false }
    }
}

impl Decode for DescribeClusterRequest {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            include_cluster_authorized_operations: from.read()?,
            endpoint_type: if v >= 1 { from.read()? } else { 1 },
            include_fenced_brokers: if v >= 2 { from.read()? } else { false },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeClusterRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.include_cluster_authorized_operations)?;
        to.put_or(v >= 1, &self.endpoint_type, 1, "endpoint_type")?;
        to.put_or(v >= 2, &self.include_fenced_brokers, false, "include_fenced_brokers")?;
        to.tag_count(&[])
    }
}

impl Message for DescribeClusterRequest {
    const NAME: &'static str = "DescribeClusterRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for DescribeClusterRequest {
    const KEY: ApiKey = ApiKey::DescribeCluster;
    type Response = DescribeClusterResponse;
}

/// Response of DescribeCluster, versions 0-2.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeClusterResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    /// Versions 1+.
    pub endpoint_type: i8,
    pub cluster_id: StrBytes,
    pub controller_id: i32,
    pub brokers: Vec<DescribeClusterBroker>,
    pub cluster_authorized_operations: i32,
}

impl Default for DescribeClusterResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: None,
            endpoint_type: 1,
            cluster_id: Default::default(),
            controller_id: -1,
            brokers: Default::default(),
            cluster_authorized_operations: i32::MIN,
        }
    }
}

impl Decode for DescribeClusterResponse {
    const MIN_SIZE: usize = 18;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            throttle_time_ms: from.read()?,
            error_code: from.read()?,
            error_message: from.read()?,
            endpoint_type: if v >= 1 { from.read()? } else { 1 },
            cluster_id: from.read()?,
            controller_id: from.read()?,
            brokers: from.read()?,
            cluster_authorized_operations: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeClusterResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.throttle_time_ms)?;
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put_or(v >= 1, &self.endpoint_type, 1, "endpoint_type")?;
        to.put(&self.cluster_id)?;
        to.put(&self.controller_id)?;
        to.put(&self.brokers)?;
        to.put(&self.cluster_authorized_operations)?;
        to.tag_count(&[])
    }
}

impl Message for DescribeClusterResponse {
    const NAME: &'static str = "DescribeClusterResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 2 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for DescribeClusterResponse {
    const KEY: ApiKey = ApiKey::DescribeCluster;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `brokers` of [`DescribeClusterResponse`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeClusterBroker {
    pub broker_id: i32,
    pub host: StrBytes,
    pub port: i32,
    pub rack: Option<StrBytes>,
    /// Versions 2+.
    pub is_fenced: bool,
}

impl Decode for DescribeClusterBroker {
    const MIN_SIZE: usize = 11;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            broker_id: from.read()?,
            host: from.read()?,
            port: from.read()?,
            rack: from.read()?,
            is_fenced: if v >= 2 { from.read()? } else { false },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribeClusterBroker {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.broker_id)?;
        to.put(&self.host)?;
        to.put(&self.port)?;
        to.put(&self.rack)?;
        to.put_or(v >= 2, &self.is_fenced, false, "is_fenced")?;
        to.tag_count(&[])
    }
}
