//! ConsumerProtocolSubscription: what a consumer of a classic group tells its leader; the broker passes it through.
//! Generated from `schema/consumer_protocol_subscription.schema`.

use super::prelude::*;

/// ConsumerProtocolSubscription, versions 0-3.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerProtocolSubscription {
    pub topics: Vec<StrBytes>,
    pub user_data: Option<Bytes>,
    /// Versions 1+.
    pub owned_partitions: Vec<TopicPartition>,
    /// Versions 2+.
    pub generation_id: i32,
    /// Versions 3+.
    pub rack_id: Option<StrBytes>,
}

impl Default for ConsumerProtocolSubscription {
    fn default() -> Self {
        Self {
            topics: Default::default(),
            user_data: None,
            owned_partitions: Default::default(),
            generation_id: -1,
            rack_id: None,
        }
    }
}

impl Decode for ConsumerProtocolSubscription {
    const MIN_SIZE: usize = 8;
    fn read<S: Source>(from: &mut S) -> Result<Self, DecodeError> {
        let v = from.version();
        Ok(Self {
            topics: from.read()?,
            user_data: from.read()?,
            owned_partitions: if v >= 1 { from.read()? } else { Default::default() },
            generation_id: if v >= 2 { from.read()? } else { -1 },
            rack_id: if v >= 3 { from.read()? } else { None },
        })
    }
}

impl Encode for ConsumerProtocolSubscription {
    fn write<K: Sink>(&self, to: &mut Encoder<K>) -> Result<(), EncodeError> {
        let v = to.version();
        to.put(&self.topics)?;
        to.put(&self.user_data)?;
        to.put_if(v >= 1, &self.owned_partitions)?;
        to.put_if(v >= 2, &self.generation_id)?;
        to.put_if(v >= 3, &self.rack_id)?;
        Ok(())
    }
}

impl Message for ConsumerProtocolSubscription {
    const NAME: &'static str = "ConsumerProtocolSubscription";
    const VERSIONS: VersionRange = VersionRange { min: 0, max: 3 };
    const FLEXIBLE_SINCE: i16 = i16::MAX;
}

/// `owned_partitions` of [`ConsumerProtocolSubscription`].
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
