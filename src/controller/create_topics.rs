//! New topics: names, counts, replicas, configurations, with Kafka's checks in Kafka's order.

use crate::cluster::{Cluster, Decision, RECORDS_MAX, Row};
use crate::placement::Placer;
use crate::{ControllerError, ErrorKind, manual};
use esker_config::ConfigMap;
use esker_env::Random;
use esker_metadata::{ConfigResource, Partition, Record};
use esker_model::{BrokerId, TopicId, validate_topic_name};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Name of the topic under which Kafka keeps its metadata log. None of that name may be created.
const CLUSTER_METADATA: &str = "__cluster_metadata";

/// A topic that is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: Arc<str>,
    /// How many partitions; -1 for the default, and where replicas are assigned.
    pub partitions: i32,
    /// How many replicas of each; -1 for the default, and where replicas are assigned.
    pub replication_factor: i16,
    /// The replicas of each partition, by its number. Empty where the controller chooses.
    pub assignments: Vec<(i32, Vec<BrokerId>)>,
    /// Configurations; of two with the same name the later one counts.
    pub configs: Vec<(String, Option<String>)>,
}

impl NewTopic {
    /// A topic of this name in which everything is as by default.
    pub fn named(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), partitions: -1, replication_factor: -1, ..Self::default() }
    }
}

/// A topic that was created, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedTopic {
    /// Its identity.
    pub id: TopicId,
    /// Its name.
    pub name: Arc<str>,
    /// How many partitions it has.
    pub partitions: i32,
    /// How many replicas each has.
    pub replication_factor: i16,
    /// What is set for it.
    pub configs: ConfigMap,
}

/// Decides on each topic by itself.
///
/// # Errors
/// All together are more than one request may ask for.
pub fn decide(
    cluster: Cluster<'_>,
    topics: &[NewTopic],
    random: &dyn Random,
) -> Result<Decision<Vec<Row<CreatedTopic>>>, ControllerError> {
    check_total(cluster, topics)?;
    let duplicates = duplicates(topics);
    let mut records = Vec::new();
    let mut rows = Vec::with_capacity(topics.len());
    for topic in topics {
        rows.push(if duplicates.contains(&topic.name) {
            Err(ControllerError::new(ErrorKind::InvalidRequest, "Duplicate topic name."))
        } else {
            create(cluster, topic, random).map(|(created, mut of_topic)| {
                records.append(&mut of_topic);
                created
            })
        });
        if records.len() > RECORDS_MAX {
            return Err(ControllerError::too_large());
        }
    }
    Ok(Decision { records, answer: rows })
}

fn duplicates(topics: &[NewTopic]) -> HashSet<Arc<str>> {
    let mut seen = HashSet::new();
    topics.iter().map(|topic| &topic.name).filter(|name| !seen.insert(Arc::clone(name))).cloned().collect()
}

/// Counts what is asked for before anything is placed.
fn check_total(cluster: Cluster<'_>, topics: &[NewTopic]) -> Result<(), ControllerError> {
    let wanted = |topic: &NewTopic| match topic.partitions {
        _ if !topic.assignments.is_empty() => topic.assignments.len(),
        -1 => usize::try_from(default_of(cluster, "num.partitions")).unwrap_or(0),
        count => usize::try_from(count).unwrap_or(0),
    };
    let total = topics.iter().map(wanted).fold(0usize, usize::saturating_add);
    if total > RECORDS_MAX {
        let text = "Excessively large number of partitions per request.";
        return Err(ControllerError::new(ErrorKind::PolicyViolation, text));
    }
    Ok(())
}

fn default_of(cluster: Cluster<'_>, key: &str) -> i32 {
    cluster.values.get(key).as_i64().and_then(|number| i32::try_from(number).ok()).unwrap_or(1)
}

fn create(
    cluster: Cluster<'_>,
    topic: &NewTopic,
    random: &dyn Random,
) -> Result<(CreatedTopic, Vec<Record>), ControllerError> {
    check_name(cluster, &topic.name)?;
    let configs = configs(cluster, topic)?;
    let partitions =
        if topic.assignments.is_empty() { placed(cluster, topic, random)? } else { assigned(cluster, topic)? };
    let topic_id = TopicId(random.uuid());
    let created = CreatedTopic {
        id: topic_id,
        name: Arc::clone(&topic.name),
        partitions: i32::try_from(partitions.len()).unwrap_or(i32::MAX),
        replication_factor: partitions.first().map_or(0, |first| first.replicas.len() as i16),
        configs: configs.clone(),
    };
    // Configurations come before partitions, so that no partition is ever seen without them.
    let mut records = vec![Record::TopicCreated { topic_id, name: Arc::clone(&topic.name), tiered: false }];
    records.extend(configs.into_iter().map(|(key, value)| Record::ConfigSet {
        resource: ConfigResource::topic(&*topic.name),
        key,
        value: Some(value),
    }));
    records.extend(partitions.into_iter().zip(0..).map(|(state, partition)| Record::PartitionCreated {
        topic_id,
        partition,
        state,
    }));
    Ok((created, records))
}

fn check_name(cluster: Cluster<'_>, name: &str) -> Result<(), ControllerError> {
    if name == CLUSTER_METADATA {
        let text = format!("Creation of internal topic {CLUSTER_METADATA} is prohibited.");
        return Err(ControllerError::new(ErrorKind::InvalidRequest, text));
    }
    validate_topic_name(name)?;
    if cluster.image.topic_named(name).is_some() {
        let text = format!("Topic '{name}' already exists.");
        return Err(ControllerError::new(ErrorKind::TopicExists, text));
    }
    match cluster.image.topic_colliding_with(name) {
        Some(other) => Err(ControllerError::new(
            ErrorKind::InvalidTopicName,
            format!("Topic '{name}' collides with existing topic: {other}"),
        )),
        None => Ok(()),
    }
}

/// What is recorded for the topic: what was asked for, checked, and what every new topic gets.
fn configs(cluster: Cluster<'_>, topic: &NewTopic) -> Result<ConfigMap, ControllerError> {
    let nulls: Vec<&str> =
        topic.configs.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name.as_str()).collect();
    if !nulls.is_empty() {
        let text = format!("Null value not supported for topic configs: {}", nulls.join(","));
        return Err(ControllerError::new(ErrorKind::InvalidConfig, text));
    }
    let asked = topic.configs.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    let mut configs: ConfigMap = asked.collect();
    if !configs.is_empty() {
        crate::alter_configs::check_sizes(&configs)?;
        cluster.values.validate_topic(&configs, &ConfigMap::new())?;
    }
    let added = cluster.values.creation_defaults(&topic.name, &configs);
    configs.extend(added);
    Ok(configs)
}

fn placed(cluster: Cluster<'_>, topic: &NewTopic, random: &dyn Random) -> Result<Vec<Partition>, ControllerError> {
    if topic.replication_factor < -1 || topic.replication_factor == 0 {
        let text = "Replication factor must be larger than 0, or -1 to use the default value.";
        return Err(ControllerError::new(ErrorKind::InvalidReplicationFactor, text));
    }
    if topic.partitions < -1 || topic.partitions == 0 {
        let text = "Number of partitions was set to an invalid non-positive value.";
        return Err(ControllerError::new(ErrorKind::InvalidPartitions, text));
    }
    let count = if topic.partitions == -1 { default_of(cluster, "num.partitions") } else { topic.partitions };
    let factor = match topic.replication_factor {
        -1 => i16::try_from(default_of(cluster, "default.replication.factor")).unwrap_or(i16::MAX),
        factor => factor,
    };
    let unplaceable = |why: &str| {
        let text = format!("Unable to replicate the partition {factor} time(s): {why}");
        ControllerError::new(ErrorKind::InvalidReplicationFactor, text)
    };
    let mut placer = Placer::new(cluster.image, random);
    placer.check(factor).map_err(|error| unplaceable(&error.to_string()))?;
    (0..count)
        .map(|_| {
            let replicas = placer.place(factor);
            let state = cluster.new_partition(&replicas);
            state.ok_or_else(|| unplaceable("All brokers are currently fenced or in controlled shutdown."))
        })
        .collect()
}

fn assigned(cluster: Cluster<'_>, topic: &NewTopic) -> Result<Vec<Partition>, ControllerError> {
    let conflict = |count: &str| {
        let text = format!("A manual partition assignment was specified, but {count} was not set to -1.");
        ControllerError::new(ErrorKind::InvalidRequest, text)
    };
    if topic.replication_factor != -1 {
        return Err(conflict("replication factor"));
    }
    if topic.partitions != -1 {
        return Err(conflict("numPartitions"));
    }
    let bad = |text: String| ControllerError::new(ErrorKind::InvalidReplicaAssignment, text);
    let mut partitions = BTreeMap::new();
    let mut factor = None;
    for (number, replicas) in &topic.assignments {
        if partitions.contains_key(number) {
            return Err(bad(format!("Found multiple manual partition assignments for partition {number}")));
        }
        manual::check(cluster, replicas, factor)?;
        factor = Some(replicas.len());
        let state = cluster.new_partition(replicas).ok_or_else(|| manual::all_inactive(*number))?;
        partitions.insert(*number, state);
    }
    if partitions.keys().zip(0..).any(|(number, at)| *number != at) {
        return Err(bad("partitions should be a consecutive 0-based integer sequence".to_owned()));
    }
    Ok(partitions.into_values().collect())
}
