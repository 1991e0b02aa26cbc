//! `esker tier ls`: clusters, topics, partitions.

use super::failure::Failure;
use super::place::Place;
use super::table;
use esker_tiering::bucket::{BucketCluster, BucketTopic, PartitionSummary, VersionSummary};
use serde_json::{Value, json};
use std::io::Write;

/// What is listed.
#[derive(Debug, clap::Args)]
pub struct Ls {
    /// List the partitions of this topic.
    topic: Option<String>,
    /// List the clusters and not what is in them.
    #[arg(long, conflicts_with = "topic")]
    clusters: bool,
}

/// Lists; whether everything that was met can be used.
pub async fn run(options: &Ls, place: &Place, out: &mut dyn Write) -> Result<bool, Failure> {
    if options.clusters {
        return clusters(place, out).await;
    }
    let cluster = place.cluster().await?;
    match &options.topic {
        Some(name) => {
            let topic = place.topic(&cluster, name).await?;
            partitions(place, &cluster, &topic, out).await
        }
        None => topics(place, &cluster, out).await,
    }
}

async fn clusters(place: &Place, out: &mut dyn Write) -> Result<bool, Failure> {
    let mut rows = Vec::new();
    for id in place.bucket.clusters().await? {
        let cluster = place.bucket.cluster(&id);
        let generation = cluster.generation().await?.unwrap_or(0);
        rows.push((id.to_string(), generation, cluster.topics().await?.len()));
    }
    if place.json {
        let all: Vec<Value> = rows
            .iter()
            .map(|(id, generation, topics)| json!({"cluster": id, "generation": generation, "topics": topics}))
            .collect();
        writeln!(out, "{}", json!({ "clusters": all }))?;
    } else {
        let rows = rows.into_iter();
        let rows = rows.map(|(id, generation, topics)| vec![id, generation.to_string(), topics.to_string()]);
        table::write(out, &["CLUSTER", "GENERATION", "TOPICS"], &rows.collect::<Vec<_>>())?;
    }
    Ok(true)
}

async fn summaries(cluster: &BucketCluster, topic: &BucketTopic) -> Result<Vec<PartitionSummary>, Failure> {
    let mut all = Vec::new();
    for partition in &topic.partitions {
        all.push(cluster.partition(topic.id, &topic.label(), *partition).summary().await?);
    }
    Ok(all)
}

fn state_of(topic: &BucketTopic, partitions: &[PartitionSummary]) -> &'static str {
    if topic.is_deleted {
        "being deleted"
    } else if partitions.iter().any(|partition| partition.version.is_err()) {
        "unreadable"
    } else if topic.problem.is_some() {
        "without topic.json"
    } else {
        "ok"
    }
}

fn versions(partitions: &[PartitionSummary]) -> impl Iterator<Item = &VersionSummary> {
    partitions.iter().filter_map(|partition| partition.version.as_ref().ok()?.as_ref())
}

async fn topics(place: &Place, cluster: &BucketCluster, out: &mut dyn Write) -> Result<bool, Failure> {
    let (mut rows, mut all, mut sound) = (Vec::new(), Vec::new(), true);
    for topic in cluster.topics().await? {
        let partitions = summaries(cluster, &topic).await?;
        let state = state_of(&topic, &partitions);
        sound &= matches!(state, "ok" | "being deleted");
        let segments: u64 = versions(&partitions).map(|version| version.segments).sum();
        let bytes: u64 = versions(&partitions).map(|version| version.bytes).sum();
        all.push(json!({
            "topic": topic.name, "id": topic.id.to_string(), "partitions": topic.partitions.len(), "segments": segments,
            "bytes": bytes, "created_ms": topic.created_ms, "state": state,
        }));
        let numbers = [topic.partitions.len().to_string(), segments.to_string(), table::bytes(bytes)];
        let row = [topic.label(), topic.id.to_string()].into_iter().chain(numbers).chain([state.to_owned()]);
        rows.push(row.collect());
    }
    if place.json {
        let generation = cluster.generation().await?;
        writeln!(out, "{}", json!({"cluster": cluster.id().as_str(), "generation": generation, "topics": all}))?;
    } else {
        table::write(out, &["TOPIC", "ID", "PARTITIONS", "SEGMENTS", "BYTES", "STATE"], &rows)?;
    }
    Ok(sound)
}

async fn partitions(
    place: &Place,
    cluster: &BucketCluster,
    topic: &BucketTopic,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    let (mut rows, mut all, mut sound) = (Vec::new(), Vec::new(), true);
    for summary in summaries(cluster, topic).await? {
        let partition = summary.partition;
        match summary.version {
            Ok(Some(version)) => {
                all.push(version_json(partition, &version));
                let numbers = [version.log_start, version.tiered_end].map(|offset| offset.to_string());
                let state = if version.is_final { "final" } else { "ok" };
                let row = [partition.to_string()].into_iter().chain(numbers);
                let row = row.chain([version.segments.to_string(), table::bytes(version.bytes)]);
                let newest = version.max_timestamp.map_or_else(|| "none".to_owned(), table::date);
                rows.push(row.chain([version.sequence.to_string(), newest, state.to_owned()]).collect());
            }
            Ok(None) => {
                all.push(json!({"partition": partition, "state": "empty"}));
                rows.push(vec![partition.to_string(), "nothing".to_owned()]);
            }
            Err(reason) => {
                sound = false;
                rows.push(vec![partition.to_string(), format!("unreadable: {reason}")]);
                all.push(json!({"partition": partition, "state": "unreadable", "reason": reason}));
            }
        }
    }
    if place.json {
        writeln!(out, "{}", json!({"topic": topic.name, "id": topic.id.to_string(), "partitions": all}))?;
    } else {
        let heading =
            ["PARTITION", "LOG START", "TIERED END", "SEGMENTS", "BYTES", "VERSION", "NEWEST RECORD", "STATE"];
        table::write(out, &heading, &rows)?;
    }
    Ok(sound)
}

/// A version for programs.
pub fn version_json(partition: i32, version: &VersionSummary) -> Value {
    json!({
        "partition": partition, "log_start": version.log_start, "tiered_end": version.tiered_end, "segments": version.segments,
        "bytes": version.bytes, "version": version.sequence, "writer": version.token.to_string(),
        "max_timestamp": version.max_timestamp, "state": if version.is_final { "final" } else { "ok" },
    })
}
