//! ConsumerProtocolAssignment: what the leader of a classic group of consumers tells each member; the broker passes it through.
//! Generated from `schema/consumer_protocol_assignment.schema`.

use super::prelude::*;

/// ConsumerProtocolAssignment, versions 0-3.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerProtocolAssignment {
    pub assigned_partitions: Vec<TopicPartition>,
    pub user_data: Option<Bytes>,
}

impl Decode for ConsumerProtocolAssignment {
    const MIN_SIZE: usize = 8;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        Ok(Self { assigned_partitions: from.read()?, user_data: from.read()? })
    }
}

impl Encode for ConsumerProtocolAssignment {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.assigned_partitions)?;
        to.put(&self.user_data)?;
        Ok(())
    }
}

impl Message for ConsumerProtocolAssignment {
    const NAME: &'static str = "ConsumerProtocolAssignment";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 3 };
    const FLEXIBLE_SINCE: i16 = i16::MAX;
}

/// `assigned_partitions` of [`ConsumerProtocolAssignment`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicPartition {
    pub topic: StrBytes,
    pub partitions: Vec<i32>,
}

impl Decode for TopicPartition {
    const MIN_SIZE: usize = 6;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        Ok(Self { topic: from.read()?, partitions: from.read()? })
    }
}

impl Encode for TopicPartition {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        to.put(&self.topic)?;
        to.put(&self.partitions)?;
        Ok(())
    }
}
