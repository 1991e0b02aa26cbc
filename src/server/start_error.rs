//! Why a broker did not start.

use crate::http::HttpError;
use crate::identity::IdentityError;
use crate::metrics::MetricsError;
use crate::sockets::BindError;
use crate::tier::TierError;
use esker_controller::ControllerError;
use esker_log::ManagerError;
use std::io;

/// Why a broker did not start. Nothing of it runs then.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The system gives no threads.
    #[error("threads cannot be started: {0}")]
    Threads(#[source] io::Error),
    /// Directories, metadata and environment do not agree on the cluster.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The metadata cannot be read.
    #[error(transparent)]
    Quorum(#[from] esker_quorum::OpenError),
    /// The controller refuses what this broker says of itself.
    #[error("the broker cannot be registered: {0}")]
    Controller(#[from] ControllerError),
    /// The logs cannot be opened.
    #[error(transparent)]
    Logs(#[from] ManagerError),
    /// The tier cannot be used.
    #[error(transparent)]
    Tier(#[from] TierError),
    /// A listener cannot be opened.
    #[error(transparent)]
    Listener(#[from] BindError),
    /// The HTTP service cannot be opened.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// There are no figures.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// A limit names a host that nobody knows.
    #[error("max.connections.per.ip.overrides: {host}: {error}")]
    Host {
        /// The host.
        host: String,
        /// What the look-up said.
        error: io::Error,
    },
}
