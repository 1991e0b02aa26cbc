//! ShareGroupDescribe (key 77): state and members of share groups (KIP-932).
//! Generated from `schema/share_group_describe.schema`.

use super::prelude::*;

/// Request of ShareGroupDescribe, versions 1-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupDescribeRequest {
    pub group_ids: Vec<StrBytes>,
    pub include_authorized_operations: bool,
}

impl Decode for ShareGroupDescribeRequest {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { group_ids: from.read()?, include_authorized_operations: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ShareGroupDescribeRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.group_ids)?;
        to.put(&self.include_authorized_operations)?;
        to.tag_count(&[])
    }
}

impl Message for ShareGroupDescribeRequest {
    const NAME: &'static str = "ShareGroupDescribeRequest";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 1 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Request for ShareGroupDescribeRequest {
    const KEY: ApiKey = ApiKey::ShareGroupDescribe;
    type Response = ShareGroupDescribeResponse;
}

/// Response of ShareGroupDescribe, versions 1-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupDescribeResponse {
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribedGroup>,
}

impl Decode for ShareGroupDescribeResponse {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, groups: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ShareGroupDescribeResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.groups)?;
        to.tag_count(&[])
    }
}

impl Message for ShareGroupDescribeResponse {
    const NAME: &'static str = "ShareGroupDescribeResponse";
    const VERSIONS: VersionRange = VersionRange { min: 1, max: 1 };
    const FLEXIBLE_SINCE: i16 = 1;
}

impl Response for ShareGroupDescribeResponse {
    const KEY: ApiKey = ApiKey::ShareGroupDescribe;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `groups` of [`ShareGroupDescribeResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    pub error_code: i16,
    pub error_message: Option<StrBytes>,
    pub group_id: StrBytes,
    pub group_state: StrBytes,
    pub group_epoch: i32,
    pub assignment_epoch: i32,
    pub assignor_name: StrBytes,
    pub members: Vec<Member>,
    pub authorized_operations: i32,
}

impl Default for DescribedGroup {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: None,
            group_id: Default::default(),
            group_state: Default::default(),
            group_epoch: 0,
            assignment_epoch: 0,
            assignor_name: Default::default(),
            members: Default::default(),
            authorized_operations: i32::MIN,
        }
    }
}

impl Decode for DescribedGroup {
    const MIN_SIZE: usize = 20;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            error_code: from.read()?,
            error_message: from.read()?,
            group_id: from.read()?,
            group_state: from.read()?,
            group_epoch: from.read()?,
            assignment_epoch: from.read()?,
            assignor_name: from.read()?,
            members: from.read()?,
            authorized_operations: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for DescribedGroup {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.error_code)?;
        to.put(&self.error_message)?;
        to.put(&self.group_id)?;
        to.put(&self.group_state)?;
        to.put(&self.group_epoch)?;
        to.put(&self.assignment_epoch)?;
        to.put(&self.assignor_name)?;
        to.put(&self.members)?;
        to.put(&self.authorized_operations)?;
        to.tag_count(&[])
    }
}

/// `members` of [`DescribedGroup`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Member {
    pub member_id: StrBytes,
    pub rack_id: Option<StrBytes>,
    pub member_epoch: i32,
    pub client_id: StrBytes,
    pub client_host: StrBytes,
    pub subscribed_topic_names: Vec<StrBytes>,
    pub assignment: Assignment,
}

impl Decode for Member {
    const MIN_SIZE: usize = 12;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self {
            member_id: from.read()?,
            rack_id: from.read()?,
            member_epoch: from.read()?,
            client_id: from.read()?,
            client_host: from.read()?,
            subscribed_topic_names: from.read()?,
            assignment: from.read()?,
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Member {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.member_id)?;
        to.put(&self.rack_id)?;
        to.put(&self.member_epoch)?;
        to.put(&self.client_id)?;
        to.put(&self.client_host)?;
        to.put(&self.subscribed_topic_names)?;
        to.put(&self.assignment)?;
        to.tag_count(&[])
    }
}

/// `topic_partitions` of [`Assignment`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub topic_name: StrBytes,
    pub partitions: Vec<i32>,
}

impl Decode for TopicPartitions {
    const MIN_SIZE: usize = 19;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_id: from.read()?, topic_name: from.read()?, partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for TopicPartitions {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_id)?;
        to.put(&self.topic_name)?;
        to.put(&self.partitions)?;
        to.tag_count(&[])
    }
}

/// `assignment` of [`Member`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Assignment {
    pub topic_partitions: Vec<TopicPartitions>,
}

impl Decode for Assignment {
    const MIN_SIZE: usize = 2;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { topic_partitions: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Assignment {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic_partitions)?;
        to.tag_count(&[])
    }
}
