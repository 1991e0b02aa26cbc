//! The keys that are served. A key is in this list exactly when its behaviour is complete: what is not here is neither
//! advertised nor dispatched.

pub(crate) mod api_versions;
#[cfg(test)]
mod api_versions_test;
mod describe_cluster;
#[cfg(test)]
mod describe_cluster_test;
mod describe_topic_partitions;
#[cfg(test)]
mod describe_topic_partitions_test;
mod metadata;
#[cfg(test)]
mod metadata_test;

use crate::session::RequestContext;
use crate::{Api, Reply, Session};
use esker_protocol::ApiKey;
use esker_protocol::frame::IncomingRequest;

/// Makes the list, and the way from a key to its handler.
macro_rules! served {
    ($($key:ident => $module:ident,)*) => {
        /// The keys that are served, by number.
        pub(crate) const SERVED: &[ApiKey] = &[$(ApiKey::$key,)*];

        /// Has the request answered by its key's handler.
        pub(crate) fn call(api: &Api, session: &Session, cx: RequestContext, request: IncomingRequest) -> Reply {
            match cx.head.key {
                $(ApiKey::$key => api.run(session, cx, request, $module::handle),)*
                key => api.refuse(session, Some(key), &"the key is not served"),
            }
        }
    };
}

served! {
    Metadata => metadata,
    ApiVersions => api_versions,
    DescribeCluster => describe_cluster,
    DescribeTopicPartitions => describe_topic_partitions,
}
