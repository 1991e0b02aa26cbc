//! Whether a topic, a group or a client metrics subscription may have these settings, with Kafka's sentences.

use crate::client_metrics::parse_match;
use crate::cross::{compaction_lag_conflict, group_override_fault, lag_above_local, local_above_total};
use crate::key::Scope;
use crate::rejection::Rejection;
use crate::table;
use crate::topic::{CleanupPolicy, TopicSettings};
use crate::value::{Value, shorten};
use crate::values::{BrokerValues, ConfigMap};

/// Checks names and single values of a scope. `unknown` begins the sentence for a name that is none.
fn check_each(scope: Scope, configs: &ConfigMap, unknown: fn(String) -> Rejection) -> Result<(), Rejection> {
    if let Some(name) = configs.keys().find(|name| table::find(scope, name).is_none()) {
        return Err(unknown(shorten(name)));
    }
    for (name, text) in configs {
        if let Some(key) = table::find(scope, name) {
            key.parse(text)?;
        }
    }
    Ok(())
}

impl BrokerValues {
    /// Whether a topic that has `before` may have `configs` instead. A new topic has nothing before.
    ///
    /// # Errors
    /// An unknown key, a value that its key does not allow, or settings that do not go together.
    pub fn validate_topic(&self, configs: &ConfigMap, before: &ConfigMap) -> Result<(), Rejection> {
        check_each(Scope::Topic, configs, |name| Rejection::config(format!("Unknown topic config name: {name}")))?;
        let settings = self.topic_settings(configs);
        let number = |name: &str| self.topic_number(name, configs);
        let (least, most) = (number("min.compaction.lag.ms"), number("max.compaction.lag.ms"));
        if least > most {
            return Err(Rejection::config(compaction_lag_conflict(least, most)));
        }
        if settings.remote_enabled {
            self.validate_tiered(&settings, configs)
        } else {
            let was = before.get("remote.storage.enable").is_some_and(|text| text.eq_ignore_ascii_case("true"));
            validate_not_tiered(&settings, was)
        }
    }

    fn topic_number(&self, name: &str, configs: &ConfigMap) -> i64 {
        let value = table::find(Scope::Topic, name).map(|key| self.value_of(key, configs));
        value.as_ref().and_then(Value::as_i64).unwrap_or(0)
    }

    fn validate_tiered(&self, settings: &TopicSettings, configs: &ConfigMap) -> Result<(), Rejection> {
        if !self.tier_enabled() {
            return Err(Rejection::config(
                "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log \
                 storage.",
            ));
        }
        if let CleanupPolicy { compact: true, .. } = settings.cleanup_policy {
            return Err(Rejection::config(
                "Remote log storage only supports topics with cleanup.policy=delete or cleanup.policy being an empty \
                 list.",
            ));
        }
        for (total_key, local_key) in
            [("retention.bytes", "local.retention.bytes"), ("retention.ms", "local.retention.ms")]
        {
            let (total, local) = (self.topic_number(total_key, configs), self.topic_number(local_key, configs));
            if let Some(why) = local_above_total(total_key, total, local) {
                return Err(Rejection::config(format!("Invalid value {local} for configuration {local_key}: {why}")));
            }
            if settings.remote_copy_disabled && local != -2 && local != total {
                return Err(Rejection::config(format!(
                    "When `remote.log.copy.disable` is set to true, the `{local_key}` and `{total_key}` must be set to \
                     the identical value because there will be no more logs copied to the remote storage."
                )));
            }
        }
        self.validate_copy_lag(configs)
    }

    fn validate_copy_lag(&self, configs: &ConfigMap) -> Result<(), Rejection> {
        for (lag_key, total_key, local_key) in [
            ("remote.copy.lag.ms", "retention.ms", "local.retention.ms"),
            ("remote.copy.lag.bytes", "retention.bytes", "local.retention.bytes"),
        ] {
            let [lag, total, local] = [lag_key, total_key, local_key].map(|name| self.topic_number(name, configs));
            let local = if local == -2 { total } else { local };
            if let Some(why) = lag_above_local(local_key, local, lag) {
                return Err(Rejection::config(format!("Invalid value {lag} for configuration {lag_key}: {why}")));
            }
        }
        Ok(())
    }

    /// Whether a group may have these settings.
    ///
    /// # Errors
    /// As for topics; a value outside of the broker's bounds for groups.
    pub fn validate_group(&self, configs: &ConfigMap) -> Result<(), Rejection> {
        check_each(Scope::Group, configs, |name| Rejection::config(format!("Unknown group config name: {name}")))?;
        let number = |name: &str| {
            let value = table::find(Scope::Group, name).map(|key| self.value_of(key, configs));
            value.as_ref().and_then(Value::as_i64).unwrap_or(0)
        };
        match group_override_fault(self, &number) {
            Some(text) => Err(Rejection::config(text)),
            None => Ok(()),
        }
    }
}

fn validate_not_tiered(settings: &TopicSettings, was_tiered: bool) -> Result<(), Rejection> {
    if was_tiered && !settings.remote_delete_on_disable {
        return Err(Rejection::config(
            "It is invalid to disable remote storage without deleting remote data. If you want to keep the remote data \
             and turn to read only, please set `remote.storage.enable=true,remote.log.copy.disable=true`. If you want to \
             disable remote storage and delete all remote data, please set \
             `remote.storage.enable=false,remote.log.delete.on.disable=true`.",
        ));
    }
    Ok(())
}

/// Whether a client metrics subscription (KIP-714) may have these settings.
///
/// # Errors
/// As for topics; an interval or a pattern that cannot be.
pub fn validate_client_metrics(configs: &ConfigMap) -> Result<(), Rejection> {
    check_each(Scope::ClientMetrics, configs, |name| {
        Rejection::request(format!("Unknown client metrics configuration: {name}"))
    })?;
    let value = |name: &str| table::find(Scope::ClientMetrics, name)?.parse(configs.get(name)?).ok();
    if let Some(Value::Int(interval)) = value("interval.ms")
        && !(100..=3_600_000).contains(&interval)
    {
        return Err(Rejection::request(format!(
            "Invalid value {interval} for interval.ms, interval must be between 100 and 3600000 (1 hour)"
        )));
    }
    let Some(Value::List(patterns)) = value("match") else { return Ok(()) };
    match patterns.iter().find(|entry| parse_match(entry).is_none()) {
        Some(entry) => Err(Rejection::config(format!("Illegal client matching pattern: {}", shorten(entry)))),
        None => Ok(()),
    }
}
