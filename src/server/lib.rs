//! Listeners, connections and the composition of a running broker.

mod broker;
#[cfg(test)]
mod broker_test;
mod budget;
mod compaction;
#[cfg(test)]
mod compaction_test;
mod compose;
mod connection;
mod connection_config;
#[cfg(test)]
mod connection_test;
mod dispatch;
#[cfg(test)]
mod failure_test;
mod frames;
mod http;
mod http_socket;
#[cfg(test)]
mod http_test;
mod identity;
#[cfg(test)]
mod identity_test;
mod images;
#[cfg(test)]
mod kafka_properties_test;
mod limits;
#[cfg(test)]
mod limits_test;
mod listener;
#[cfg(test)]
mod listener_test;
mod metrics;
mod otlp;
mod outgoing;
mod presence;
mod quorum;
#[cfg(test)]
mod records_test;
pub mod recover;
mod recovered;
#[cfg(test)]
mod recovered_test;
mod runtimes;
mod serving;
mod sockets;
mod start_error;
mod state_log;
#[cfg(test)]
mod state_log_test;
mod status;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod tier;

pub use broker::{Broker, Ended};
pub use budget::RequestMemory;
pub use connection::{Closed, Connection, ConnectionContext, Dispatch};
pub use esker_api::LogLevels;
pub use http::HttpError;
pub use identity::IdentityError;
pub use limits::ConnectionLimits;
pub use listener::{Accepting, ConnectionCounters, ConnectionRegistry, SocketOptions, bind, serve};
pub use metrics::{MetricSources, Metrics, MetricsError, Threads, metrics_reference};
pub use sockets::BindError;
pub use start_error::StartError;
pub use state_log::TopicLog;
pub use status::Status;
pub use tier::{GenerationError, TierError, open_bucket, prices};
