//! Elections that somebody asks for (KIP-460).

use crate::cluster::{Cluster, Decision, RECORDS_MAX, Row};
use crate::partition_builder::{Election, PartitionBuilder};
use crate::{ControllerError, ErrorKind};
use esker_metadata::{PartitionChange, Record, Topic};
use std::collections::BTreeSet;

/// Whom somebody wants elected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedLeader {
    /// The first replica, as long as it holds every acknowledged record.
    Preferred,
    /// Anybody, in partitions without a leader.
    Anybody,
}

/// What befell partitions, by topic in the order of the question.
pub type ElectionRows = Vec<(String, Vec<(i32, Row<()>)>)>;

/// Decides on each partition by itself; without a list on every one, and then those that need no election are left out.
///
/// # Errors
/// All together are more than one request may ask for.
pub fn decide(
    cluster: Cluster<'_>,
    wanted: WantedLeader,
    partitions: Option<&[(String, Vec<i32>)]>,
) -> Result<Decision<ElectionRows>, ControllerError> {
    let mut elections = Elections { cluster, wanted, records: Vec::new(), done: BTreeSet::new() };
    let answer = match partitions {
        Some(listed) => listed
            .iter()
            .map(|(name, numbers)| {
                let rows = numbers.iter().map(|number| (*number, elections.elect(name, *number)));
                (name.clone(), rows.collect())
            })
            .collect(),
        None => cluster.image.topics().map(|topic| elections.elect_all(topic)).collect(),
    };
    if elections.records.len() > RECORDS_MAX {
        return Err(ControllerError::too_large());
    }
    Ok(Decision { records: elections.records, answer })
}

struct Elections<'a> {
    cluster: Cluster<'a>,
    wanted: WantedLeader,
    records: Vec<Record>,
    /// Partitions that have a record already.
    done: BTreeSet<(String, i32)>,
}

impl Elections<'_> {
    fn elect_all(&mut self, topic: &Topic) -> (String, Vec<(i32, Row<()>)>) {
        let rows = (0..topic.partition_count()).map(|number| (number, self.elect(&topic.name, number)));
        let is_needed =
            |row: &(i32, Row<()>)| !matches!(&row.1, Err(error) if error.kind == ErrorKind::ElectionNotNeeded);
        (topic.name.to_string(), rows.filter(is_needed).collect())
    }

    fn elect(&mut self, name: &str, number: i32) -> Row<()> {
        let unknown = |text| ControllerError::new(ErrorKind::TopicUnknown, text);
        let Some(topic) = self.cluster.image.topic_named(name) else {
            return Err(unknown(format!("No such topic as {name}")));
        };
        if topic.partition(number).is_none() {
            return Err(unknown(format!("No such partition as {name}-{number}")));
        }
        let Some(change) = self.change(topic, number)? else { return Err(self.nobody()) };
        if self.done.insert((name.to_owned(), number)) {
            self.records.push(Record::PartitionChanged { topic_id: topic.id, partition: number, change });
        }
        Ok(())
    }

    /// Why nobody could be elected.
    fn nobody(&self) -> ControllerError {
        match self.wanted {
            WantedLeader::Preferred => {
                ControllerError::new(ErrorKind::PreferredLeaderNotAvailable, "The preferred leader was not available.")
            }
            WantedLeader::Anybody => ControllerError::new(
                ErrorKind::EligibleLeadersNotAvailable,
                "Eligible topic partition leaders are not available.",
            ),
        }
    }

    /// The change that the election comes to, if it comes to one.
    fn change(&self, topic: &Topic, number: i32) -> Result<Option<PartitionChange>, ControllerError> {
        let Some(partition) = topic.partition(number) else { return Ok(None) };
        let is_led = match self.wanted {
            WantedLeader::Preferred => partition.has_preferred_leader(),
            WantedLeader::Anybody => partition.leader.is_some(),
        };
        if is_led {
            let text = "Leader election not needed for topic partition.";
            return Err(ControllerError::new(ErrorKind::ElectionNotNeeded, text));
        }
        let settings = self.cluster.settings(topic);
        let min_isr = settings.min_insync_replicas.min(partition.replicas.len());
        let active = |id| self.cluster.image.is_active(id);
        let mut builder = PartitionBuilder::new(partition, self.cluster, min_isr, &active);
        builder.election = match self.wanted {
            WantedLeader::Preferred => Election::Preferred,
            WantedLeader::Anybody => Election::Unclean,
        };
        Ok(builder.build())
    }
}
