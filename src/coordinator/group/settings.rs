//! What is configured for groups.

use crate::group::consumer::AssignorKind;
use esker_config::{BrokerValues, ConfigMap, Scope, find};
use esker_record::Codec;
use std::time::Duration;

/// Which way a group may change between the protocols while it has members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// From classic to consumer.
    pub upgrade: bool,
    /// From consumer to classic.
    pub downgrade: bool,
}

/// What is configured for all groups of this broker.
#[derive(Clone, Debug)]
pub struct GroupSettings {
    /// Shortest session timeout of a classic member, in milliseconds.
    pub session_min: i32,
    /// Longest session timeout of a classic member, in milliseconds.
    pub session_max: i32,
    /// How long an empty classic group waits for more members.
    pub initial_delay: Duration,
    /// Most members of a classic group.
    pub classic_size_max: usize,
    /// What members of consumer groups are held to, where their group does not say otherwise.
    pub consumer: ConsumerTimes,
    /// Most members of a consumer group.
    pub consumer_size_max: usize,
    /// Assignors that consumer groups may ask for, the first being the default.
    pub assignors: Vec<AssignorKind>,
    /// Which way groups may change.
    pub migration: Migration,
    /// How often patterns are looked up anew.
    pub regex_refresh: Duration,
    /// How long offsets are kept once nobody has use for them.
    pub offsets_retention: Duration,
    /// Time between two looks for expired offsets.
    pub expiry_interval: Duration,
    /// Most bytes of text beside an offset.
    pub offset_metadata_max: usize,
    /// Longest wait for the replicas.
    pub commit_timeout: Duration,
    /// Codec of the records.
    pub codec: Codec,
}

/// What the members of one consumer group are held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsumerTimes {
    /// How long a member may be silent.
    pub session: Duration,
    /// How often it is to be heard of, in milliseconds.
    pub heartbeat_ms: i32,
    /// Least time between two assignments.
    pub assignment_interval: Duration,
}

impl GroupSettings {
    /// What `values` mean for groups.
    pub fn of(values: &BrokerValues) -> Self {
        let config = values.groups();
        let policy = config.migration_policy.to_uppercase();
        let codec = u8::try_from(config.codec).ok().and_then(Codec::from_id);
        Self {
            session_min: config.session_min,
            session_max: config.session_max,
            initial_delay: config.initial_delay,
            classic_size_max: config.classic_size_max,
            consumer: ConsumerTimes {
                session: millis(config.consumer_session),
                heartbeat_ms: config.consumer_heartbeat,
                assignment_interval: millis(config.assignment_interval),
            },
            consumer_size_max: config.consumer_size_max,
            assignors: assignors(&config.assignors),
            migration: Migration {
                upgrade: matches!(&*policy, "UPGRADE" | "BIDIRECTIONAL"),
                downgrade: matches!(&*policy, "DOWNGRADE" | "BIDIRECTIONAL"),
            },
            regex_refresh: config.regex_refresh,
            offsets_retention: Duration::from_secs(config.offsets_retention_minutes.saturating_mul(60)),
            expiry_interval: config.offsets_check_interval.max(Duration::from_millis(1)),
            offset_metadata_max: config.offset_metadata_max,
            commit_timeout: config.commit_timeout,
            codec: codec.unwrap_or(Codec::None),
        }
    }

    /// What holds for the group with these settings of its own, kept within what the broker allows.
    pub fn consumer_of(&self, values: &BrokerValues, overrides: Option<&ConfigMap>) -> ConsumerTimes {
        let Some(overrides) = overrides else { return self.consumer };
        let bounds = values.groups();
        let own = |name: &str, min: i32, max: i32| {
            let value = find(Scope::Group, name)?.parse(overrides.get(name)?).ok()?.as_i64()?;
            i32::try_from(value).ok().map(|value| value.max(min).min(max))
        };
        let session = own("consumer.session.timeout.ms", bounds.consumer_session_min, bounds.consumer_session_max);
        let heartbeat =
            own("consumer.heartbeat.interval.ms", bounds.consumer_heartbeat_min, bounds.consumer_heartbeat_max);
        let (least, most) = (bounds.assignment_interval_min, bounds.assignment_interval_max);
        let assignment = own("consumer.assignment.interval.ms", least, most);
        ConsumerTimes {
            session: session.map_or(self.consumer.session, millis),
            heartbeat_ms: heartbeat.unwrap_or(self.consumer.heartbeat_ms),
            assignment_interval: assignment.map_or(self.consumer.assignment_interval, millis),
        }
    }
}

fn millis(ms: i32) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

/// Names that are no assignor of this broker are passed over; without any the default stays.
fn assignors(names: &[String]) -> Vec<AssignorKind> {
    let mut found: Vec<AssignorKind> = Vec::new();
    for kind in names.iter().filter_map(|name| AssignorKind::named(name.trim())) {
        if !found.contains(&kind) {
            found.push(kind);
        }
    }
    if found.is_empty() { vec![AssignorKind::Uniform] } else { found }
}
