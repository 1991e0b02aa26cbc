//! Checks of replicas that an administrator names.

use crate::cluster::Cluster;
use crate::{ControllerError, ErrorKind};
use esker_model::BrokerId;

fn bad(text: String) -> ControllerError {
    ControllerError::new(ErrorKind::InvalidReplicaAssignment, text)
}

/// Whether a partition may have these replicas. `factor` is how many the topic's other partitions have.
pub fn check(cluster: Cluster<'_>, replicas: &[BrokerId], factor: Option<usize>) -> Result<(), ControllerError> {
    if replicas.is_empty() {
        return Err(bad("The manual partition assignment includes an empty replica list.".to_owned()));
    }
    let mut sorted = replicas.to_vec();
    sorted.sort_unstable();
    let mut before = None;
    for id in sorted {
        if cluster.image.broker(id).is_none() {
            return Err(bad(format!(
                "The manual partition assignment includes broker {id}, but no such broker is registered."
            )));
        }
        if before == Some(id) {
            return Err(bad(format!("The manual partition assignment includes the broker {id} more than once.")));
        }
        before = Some(id);
    }
    match factor {
        Some(factor) if factor != replicas.len() => Err(bad(format!(
            "The manual partition assignment includes a partition with {} replica(s), but this is not consistent with \
             previous partitions, which have {factor} replica(s).",
            replicas.len()
        ))),
        _ => Ok(()),
    }
}

/// The refusal of replicas none of which can lead.
pub fn all_inactive(partition: i32) -> ControllerError {
    bad(format!(
        "All brokers specified in the manual partition assignment for partition {partition} are fenced or in controlled \
         shutdown."
    ))
}
