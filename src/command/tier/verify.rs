//! `esker tier verify`: is everything there as it was written?

use super::failure::Failure;
use super::place::Place;
use super::{progress, table};
use esker_tiering::bucket::{
    BucketCluster, BucketTopic, Finding, FindingKind, Severity, VerifyDepth, VerifyOptions, VerifyProgress,
    VerifyReport,
};
use serde_json::json;
use std::io::Write;

/// What is checked, and how.
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// Check this topic only; everything of the cluster without it.
    topic: Option<String>,
    /// Check this partition of the topic only.
    #[arg(requires = "topic")]
    partition: Option<i32>,
    /// Leave the logs out: manifests, pages, trailers and lengths only. Costs one small request an object.
    #[arg(long)]
    trailers_only: bool,
    /// Objects read at once.
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    parallelism: usize,
    /// Count what no version names as damage too.
    #[arg(long)]
    strict: bool,
    /// Say nothing of how far it is.
    #[arg(long, short)]
    quiet: bool,
}

/// Checks; whether everything is sound.
pub async fn run(options: &Verify, place: &Place, out: &mut dyn Write) -> Result<bool, Failure> {
    let cluster = place.cluster().await?;
    let progress = VerifyProgress::default();
    let work = check(options, place, &cluster, &progress);
    let report = if options.quiet { work.await? } else { progress::while_running(&place.env, &progress, work).await? };
    if place.json {
        write_json(&cluster, &report, out)?
    } else {
        write_text(&report, out)?
    }
    Ok(if options.strict { report.findings.is_empty() } else { report.is_sound() })
}

async fn check(
    options: &Verify,
    place: &Place,
    cluster: &BucketCluster,
    progress: &VerifyProgress,
) -> Result<VerifyReport, Failure> {
    let mut report = VerifyReport::default();
    let topics = match &options.topic {
        Some(name) => vec![place.topic(cluster, name).await?],
        None => {
            if let Some(snapshot) = cluster.verify_cluster(&mut report).await? {
                check_metadata(cluster, &snapshot, &mut report);
            }
            cluster.topics().await?
        }
    };
    let topics: Vec<BucketTopic> =
        topics.into_iter().map(|topic| narrowed(topic, options.partition)).collect::<Result<_, _>>()?;
    for topic in &topics {
        cluster.expect_topic(topic, progress).await?;
    }
    let depth = if options.trailers_only { VerifyDepth::Trailers } else { VerifyDepth::Everything };
    let how = VerifyOptions { depth, parallelism: options.parallelism };
    for topic in &topics {
        cluster.verify_topic(topic, &mut report);
        for partition in topic.partitions.iter().filter(|_| !topic.is_deleted) {
            let partition = cluster.partition(topic.id, &topic.label(), *partition);
            report.merge(partition.verify(&how, progress).await?);
        }
    }
    Ok(report)
}

fn narrowed(mut topic: BucketTopic, partition: Option<i32>) -> Result<BucketTopic, Failure> {
    if let Some(partition) = partition {
        if !topic.partitions.contains(&partition) {
            return Err(Failure::Bad(format!("{} has no partition {partition} in the bucket", topic.label())));
        }
        topic.partitions = vec![partition];
    }
    Ok(topic)
}

/// The snapshot's frame was checked; what it holds must be metadata of this cluster.
fn check_metadata(cluster: &BucketCluster, snapshot: &[u8], report: &mut VerifyReport) {
    let detail = match esker_metadata::decode_snapshot(snapshot) {
        Ok(image) if image.cluster_id() == Some(cluster.id()) => return,
        Ok(_) => "it is another cluster's".to_owned(),
        Err(error) => error.to_string(),
    };
    let key = format!("{}/cluster/", cluster.id());
    report.findings.push(Finding { kind: FindingKind::SnapshotDamaged, of: String::new(), key, detail });
}

fn write_text(report: &VerifyReport, out: &mut dyn Write) -> Result<(), Failure> {
    for finding in &report.findings {
        writeln!(out, "{finding}")?;
    }
    writeln!(
        out,
        "{} topics, {} partitions, {} versions, {} pages, {} objects with {} of log; {} items wait for their deletion{}",
        report.topics,
        report.partitions,
        report.versions,
        report.pages,
        report.objects,
        table::bytes(report.log_bytes),
        report.garbage,
        if report.deleted_topics > 0 {
            format!("; {} topics are being deleted", report.deleted_topics)
        } else {
            String::new()
        },
    )?;
    let (damage, notices) = (report.count(Severity::Damage), report.count(Severity::Notice));
    Ok(writeln!(out, "{damage} damaged or missing, {notices} without a reference")?)
}

fn write_json(cluster: &BucketCluster, report: &VerifyReport, out: &mut dyn Write) -> Result<(), Failure> {
    let findings = report.findings.iter().map(|finding| {
        let severity = if finding.kind.severity() == Severity::Damage { "damage" } else { "notice" };
        json!({
            "kind": finding.kind.name(), "severity": severity, "of": finding.of, "key": finding.key, "detail": finding.detail,
        })
    });
    let whole = json!({
        "cluster": cluster.id().as_str(), "sound": report.is_sound(), "topics": report.topics,
        "deleted_topics": report.deleted_topics, "partitions": report.partitions, "versions": report.versions,
        "pages": report.pages, "objects": report.objects, "log_bytes": report.log_bytes, "garbage": report.garbage,
        "findings": findings.collect::<Vec<_>>(),
    });
    Ok(writeln!(out, "{whole}")?)
}
