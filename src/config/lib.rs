//! Configuration: the one table of keys, and all that is read from it.
//!
//! What was typed and what it means are two types: [`RawConfig`] holds settings as text, each with its file and line;
//! [`RawConfig::resolve`] checks them all and gives a [`Startup`]: a typed [`BrokerConfig`] and the [`BrokerValues`], the
//! layers of settings from which topics take their defaults ([`BrokerValues::topic_settings`]), DescribeConfigs its answers
//! and dynamic changes their checks. Sentences that reach clients are Kafka's.

mod alter;
mod authorizer;
mod broker;
#[cfg(test)]
mod change_test;
mod client_metrics;
#[cfg(test)]
mod client_metrics_test;
mod cross;
mod describe;
#[cfg(test)]
mod describe_test;
mod dynamic;
mod endpoint;
mod environment;
#[cfg(test)]
mod environment_test;
mod error;
mod guard;
mod iso_duration;
mod key;
mod listeners;
#[cfg(test)]
mod listeners_test;
mod properties;
#[cfg(test)]
mod properties_test;
mod raw;
mod reference;
#[cfg(test)]
mod reference_test;
mod rejection;
mod rule;
#[cfg(test)]
mod secrets_test;
mod section;
mod startup;
#[cfg(test)]
mod startup_test;
mod table;
#[cfg(test)]
mod table_test;
mod tier_url;
#[cfg(test)]
mod tier_url_test;
mod topic;
mod validate;
mod value;
#[cfg(test)]
mod value_test;
mod values;

pub use alter::{AlterKind, AlterOp, Resource, apply};
pub use authorizer::AuthorizerConfig;
pub use broker::{
    BrokerConfig, CompactionConfig, ConnectionsPerIp, GroupConfig, HttpConfig, LogConfig, MetadataLogConfig,
    NetworkConfig, ProduceInspection, QuotaConfig, S3Config, TelemetryConfig, TierConfig, TierLimits, TierPrices,
    TopicCreationConfig,
};
pub use client_metrics::{ClientMetricsSubscription, ClientTrait};
pub use describe::{ConfigSource, DescribedConfig, Synonym, describe_client_metrics};
pub use endpoint::{Endpoint, HostPort, Voter, parse_endpoint, parse_host_port};
pub use environment::key_of_variable;
pub use error::{ConfigError, ConfigErrors, Origin};
pub use iso_duration::parse_iso_duration;
pub use key::{DefaultValue, Importance, Key, Scope, Support, Type, Unit, UpdateMode};
pub use listeners::{Listener, Listeners, SecurityProtocol};
pub use raw::{EMBEDDED, RawConfig, Setting};
pub use reference::reference;
pub use rejection::{Rejection, RejectionKind};
pub use rule::Rule;
pub use startup::Startup;
pub use table::{find, find_broker, keys};
pub use tier_url::TierUrl;
pub use topic::{CleanupPolicy, CompressionType, TimestampType, TopicSettings};
pub use validate::validate_client_metrics;
pub use value::{Secret, Value, ValueError};
pub use values::{BrokerValues, ConfigMap};
