//! ConsumerGroupDescribe (key 69): state and members of groups of the consumer protocol (KIP-848).
//! Generated from `schema/consumer_group_describe.schema`.

use super::prelude::*;

/// Request of ConsumerGroupDescribe, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupDescribeRequest {
    pub group_ids: Vec<StrBytes>,
    pub include_authorized_operations: bool,
}

impl Decode for ConsumerGroupDescribeRequest {
    const MIN_SIZE: usize = 3;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { group_ids: from.read()?, include_authorized_operations: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ConsumerGroupDescribeRequest {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.group_ids)?;
        to.put(&self.include_authorized_operations)?;
        to.tag_count(&[])
    }
}

impl Message for ConsumerGroupDescribeRequest {
    const NAME: &'static str = "ConsumerGroupDescribeRequest";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Request for ConsumerGroupDescribeRequest {
    const KEY: ApiKey = ApiKey::ConsumerGroupDescribe;
    type Response = ConsumerGroupDescribeResponse;
}

/// Response of ConsumerGroupDescribe, versions 0-1.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupDescribeResponse {
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribedGroup>,
}

impl Decode for ConsumerGroupDescribeResponse {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: from.read()?, groups: from.read()? };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for ConsumerGroupDescribeResponse {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.throttle_time_ms)?;
        to.put(&self.groups)?;
        to.tag_count(&[])
    }
}

impl Message for ConsumerGroupDescribeResponse {
    const NAME: &'static str = "ConsumerGroupDescribeResponse";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 1 };
    const FLEXIBLE_SINCE: i16 = 0;
}

impl Response for ConsumerGroupDescribeResponse {
    const KEY: ApiKey = ApiKey::ConsumerGroupDescribe;
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
    fn set_throttle_time_ms(&mut self, millis: i32) {
        self.throttle_time_ms = millis;
    }
}

/// `groups` of [`ConsumerGroupDescribeResponse`].
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
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub member_id: StrBytes,
    pub instance_id: Option<StrBytes>,
    pub rack_id: Option<StrBytes>,
    pub member_epoch: i32,
    pub client_id: StrBytes,
    pub client_host: StrBytes,
    pub subscribed_topic_names: Vec<StrBytes>,
    pub subscribed_topic_regex: Option<StrBytes>,
    pub assignment: Assignment,
    pub target_assignment: Assignment,
    /// Versions 1+.
    pub member_type: i8,
}

impl Default for Member {
    fn default() -> Self {
        Self {
            member_id: Default::default(),
            instance_id: None,
            rack_id: None,
            member_epoch: 0,
            client_id: Default::default(),
            client_host: Default::default(),
            subscribed_topic_names: Default::default(),
            subscribed_topic_regex: None,
            assignment: Default::default(),
            target_assignment: Default::default(),
            member_type: -1,
        }
    }
}

impl Decode for Member {
    const MIN_SIZE: usize = 16;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        let it = Self {
            member_id: from.read()?,
            instance_id: from.read()?,
            rack_id: from.read()?,
            member_epoch: from.read()?,
            client_id: from.read()?,
            client_host: from.read()?,
            subscribed_topic_names: from.read()?,
            subscribed_topic_regex: from.read()?,
            assignment: from.read()?,
            target_assignment: from.read()?,
            member_type: if v >= 1 { from.read()? } else { -1 },
        };
        from.no_tags()?;
        Ok(it)
    }
}

impl Encode for Member {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.member_id)?;
        to.put(&self.instance_id)?;
        to.put(&self.rack_id)?;
        to.put(&self.member_epoch)?;
        to.put(&self.client_id)?;
        to.put(&self.client_host)?;
        to.put(&self.subscribed_topic_names)?;
        to.put(&self.subscribed_topic_regex)?;
        to.put(&self.assignment)?;
        to.put(&self.target_assignment)?;
        to.put_if(v >= 1, &self.member_type)?;
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
