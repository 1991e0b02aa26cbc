//! A cluster comes to be once, with Kafka's features.

use crate::testing::*;
use crate::{ErrorKind, create_cluster};
use esker_metadata::{ClusterImage, ConfigResource};

#[test]
fn a_new_cluster_has_kafkas_features_and_a_minimum_of_replicas() {
    let paper = Paper::new(&[], "min.insync.replicas=2\n");
    let features: Vec<_> = paper.image.features().collect();
    assert_eq!(
        features,
        [
            ("eligible.leader.replicas.version", 1),
            ("group.version", 1),
            ("metadata.version", 30),
            ("share.version", 1),
            ("streams.version", 1),
            ("transaction.version", 2)
        ]
    );
    assert_eq!(paper.image.config(&ConfigResource::cluster_default(), "min.insync.replicas"), Some("2"));
    assert_eq!(paper.image.cluster_id().unwrap().as_str(), "paper-cluster");
}

#[test]
fn a_cluster_that_exists_stays_and_is_not_taken_for_another() {
    let paper = Paper::new(&[], "");
    let (own, other) = ("paper-cluster".parse().unwrap(), "other".parse().unwrap());
    for wanted in [None, Some(&own)] {
        let decision = create_cluster::decide(paper.cluster(), wanted, &other).unwrap();
        assert_eq!((decision.records.len(), decision.answer), (0, own.clone()));
    }
    let error = create_cluster::decide(paper.cluster(), Some(&other), &other).unwrap_err();
    assert_eq!(error.kind, ErrorKind::ClusterMismatch);
}

#[test]
fn the_wanted_identity_is_taken_else_a_fresh_one() {
    let paper = Paper::new(&[], "");
    let (image, values) = (ClusterImage::default(), paper.values.clone());
    let empty = crate::cluster::Cluster { image: &image, values: &values };
    let (wanted, fresh) = ("wanted".parse().unwrap(), "fresh".parse().unwrap());
    assert_eq!(create_cluster::decide(empty, Some(&wanted), &fresh).unwrap().answer, wanted);
    assert_eq!(create_cluster::decide(empty, None, &fresh).unwrap().answer, fresh);
}
