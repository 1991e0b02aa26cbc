//! Where a broker is in its life.

use std::fmt;
use std::sync::Arc;

/// Where a broker is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is not yet serving.
    Starting,
    /// Clients are served.
    Serving,
    /// Something is broken without which it cannot go on; it has to be stopped and started again.
    Failed(Arc<str>),
    /// It is on its way out.
    Stopping,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Starting => f.write_str("starting"),
            Status::Serving => f.write_str("serving"),
            Status::Failed(reason) => write!(f, "failed: {reason}"),
            Status::Stopping => f.write_str("stopping"),
        }
    }
}
