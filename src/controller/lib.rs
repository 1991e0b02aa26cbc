//! The controller: decides what becomes of topics, partitions, brokers, configurations and producer ids.
//!
//! A decision is a pure function of the cluster's image and a request; it yields records or an error with Kafka's sentence.
//! [`Controller`] is the shell around them: it has the records committed by the metadata quorum for exactly the image
//! that they were decided on, decides anew where the log has moved on, and answers when every subscriber of the image
//! has applied them. [`ImageMachine`] is what the quorum applies them to.

mod alter_configs;
#[cfg(test)]
mod alter_configs_test;
mod brokers;
#[cfg(test)]
mod brokers_test;
mod cluster;
mod controller;
#[cfg(test)]
mod controller_test;
mod create_cluster;
#[cfg(test)]
mod create_cluster_test;
mod create_partitions;
#[cfg(test)]
mod create_partitions_test;
mod create_topics;
#[cfg(test)]
mod create_topics_test;
mod delete_topics;
#[cfg(test)]
mod delete_topics_test;
mod elect_leaders;
#[cfg(test)]
mod elect_leaders_test;
mod error;
mod features;
#[cfg(test)]
mod features_test;
mod internal_topics;
#[cfg(test)]
mod internal_topics_test;
mod isr;
#[cfg(test)]
mod isr_test;
mod machine;
#[cfg(test)]
mod machine_test;
mod manual;
mod partition_builder;
#[cfg(test)]
mod partition_builder_test;
mod placement;
#[cfg(test)]
mod placement_test;
mod producer_ids;
#[cfg(test)]
mod producer_ids_test;
mod reassign;
#[cfg(test)]
mod reassign_test;
#[cfg(test)]
mod testing;

pub use alter_configs::{ConfigChange, ConfigEdit};
pub use brokers::NewBroker;
pub use controller::Controller;
pub use create_cluster::NEW_CLUSTER_FEATURES;
pub use create_partitions::MorePartitions;
pub use create_topics::{CreatedTopic, NewTopic};
pub use elect_leaders::{ElectionRows, WantedLeader};
pub use error::{ControllerError, ErrorKind};
pub use features::{FeatureUpdate, UpgradeKind};
pub use internal_topics::internal_topic;
pub use isr::{IsrChange, IsrProposal};
pub use machine::ImageMachine;
pub use producer_ids::{PRODUCER_ID_BLOCK, ProducerIds};
pub use reassign::{Reassignment, ReassignmentRows};
