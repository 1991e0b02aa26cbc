//! The first records of a cluster: its identity, its features, and what these need.

use crate::cluster::{Cluster, Decision};
use crate::{ControllerError, ErrorKind};
use esker_config::Value;
use esker_metadata::{ConfigResource, Record};
use esker_model::ClusterId;

/// The features of a new cluster at the levels at which Kafka 4.3 finalises them.
pub const NEW_CLUSTER_FEATURES: [(&str, i16); 6] = [
    ("eligible.leader.replicas.version", 1),
    ("group.version", 1),
    ("metadata.version", 30),
    ("share.version", 1),
    ("streams.version", 1),
    ("transaction.version", 2),
];

/// Creates the cluster with the identity `wanted`, or with `fresh` where none is wanted. One that exists stays as it is.
///
/// # Errors
/// The cluster exists with another identity than the wanted one.
pub fn decide(
    cluster: Cluster<'_>,
    wanted: Option<&ClusterId>,
    fresh: &ClusterId,
) -> Result<Decision<ClusterId>, ControllerError> {
    if let Some(known) = cluster.image.cluster_id() {
        return match wanted.filter(|wanted| *wanted != known) {
            None => Ok(Decision::nothing(known.clone())),
            Some(wanted) => Err(ControllerError::new(
                ErrorKind::ClusterMismatch,
                format!("the metadata log belongs to cluster {known}, not to {wanted}"),
            )),
        };
    }
    let cluster_id = wanted.unwrap_or(fresh).clone();
    let mut records = vec![Record::ClusterCreated { cluster_id: cluster_id.clone() }];
    records.extend(NEW_CLUSTER_FEATURES.map(|(name, level)| Record::FeatureSet { name: name.to_owned(), level }));
    // With eligible leader replicas every broker must count with the same minimum: it becomes the cluster's.
    let min_isr = cluster.values.get("min.insync.replicas");
    records.push(Record::ConfigSet {
        resource: ConfigResource::cluster_default(),
        key: "min.insync.replicas".to_owned(),
        value: Some(Value::shown(&min_isr).unwrap_or_else(|| "1".to_owned())),
    });
    Ok(Decision { records, answer: cluster_id })
}
