//! What a decision may look at besides the state that it changes.

use crate::group::settings::{ConsumerTimes, GroupSettings};
use esker_config::BrokerValues;
use esker_env::{Instant, Random};
use esker_metadata::{ClusterImage, ConfigResource, ConfigResourceKind};
use esker_model::{Offset, TimestampMs};
use std::time::Duration;

/// The world at the moment of a decision.
pub(crate) struct Cx<'a> {
    pub now: Instant,
    pub wall_ms: TimestampMs,
    pub image: &'a ClusterImage,
    /// The newest image in which a topic came to be; patterns looked up before it may have missed one.
    pub topics_since: Offset,
    pub settings: &'a GroupSettings,
    pub values: &'a BrokerValues,
    pub random: &'a dyn Random,
}

impl Cx<'_> {
    /// What the members of a consumer group are held to.
    pub fn times(&self, group: &str) -> ConsumerTimes {
        let own = ConfigResource { kind: ConfigResourceKind::Group, name: group.to_owned() };
        self.settings.consumer_of(self.values, self.image.configs(&own).map(|configs| &**configs))
    }

    /// The moment that lies so many milliseconds ahead; a negative number is none.
    pub fn after_ms(&self, ms: i32) -> Instant {
        self.now + Duration::from_millis(u64::try_from(ms).unwrap_or(0))
    }
}
