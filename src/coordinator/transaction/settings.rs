//! What a transaction coordinator is told at its start.

use esker_config::BrokerValues;
use std::time::Duration;

/// Settings, by their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionSettings {
    /// `transaction.max.timeout.ms`
    pub timeout_max: Duration,
    /// `transactional.id.expiration.ms`
    pub id_expiration: Duration,
    /// `transaction.abort.timed.out.transaction.cleanup.interval.ms`
    pub abort_interval: Duration,
    /// `transaction.remove.expired.transaction.cleanup.interval.ms`
    pub expire_interval: Duration,
    /// `request.timeout.ms`: how long a record may take to be committed before the client is asked to come again.
    pub write_limit: Duration,
    /// Most transactional ids in one partition of the topic; more are refused, so that names cost bounded memory.
    pub ids_per_partition_max: usize,
}

impl TransactionSettings {
    /// What is configured.
    pub fn of(values: &BrokerValues) -> Self {
        let default = Self::default();
        let millis = |key: &str, default: Duration| {
            let configured = values.get(key).as_i64().and_then(|millis| u64::try_from(millis).ok());
            configured.map_or(default, Duration::from_millis)
        };
        Self {
            timeout_max: millis("transaction.max.timeout.ms", default.timeout_max),
            id_expiration: millis("transactional.id.expiration.ms", default.id_expiration),
            abort_interval: millis(
                "transaction.abort.timed.out.transaction.cleanup.interval.ms",
                default.abort_interval,
            ),
            expire_interval: millis(
                "transaction.remove.expired.transaction.cleanup.interval.ms",
                default.expire_interval,
            ),
            write_limit: millis("request.timeout.ms", default.write_limit),
            ids_per_partition_max: default.ids_per_partition_max,
        }
    }
}

impl Default for TransactionSettings {
    fn default() -> Self {
        Self {
            timeout_max: Duration::from_secs(900),
            id_expiration: Duration::from_secs(7 * 24 * 3600),
            abort_interval: Duration::from_secs(10),
            expire_interval: Duration::from_secs(3600),
            write_limit: Duration::from_secs(30),
            ids_per_partition_max: 50_000,
        }
    }
}
