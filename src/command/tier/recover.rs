//! `esker tier recover`: makes a broker with empty disks the next generation of a cluster, from the bucket alone.

use super::failure::Failure;
use super::place::{Place, load};
use super::{Which, table};
use esker_env::Env;
use esker_server::recover::{
    RecoveredTopic, Recovery, RecoveryError, RecoveryOptions, RecoveryReport, RestoredSummary, check_directories,
    read_bucket, write_recovery,
};
use esker_tiering::bucket::BucketAccess;
use serde_json::{Value, json};
use std::io::Write;
use tokio::runtime::Handle;

/// What is accepted, and whether anything is done.
#[derive(Debug, clap::Args)]
pub struct Recover {
    /// Only say what would be recovered and what is lost; nothing is written, neither here nor in the bucket.
    #[arg(long)]
    dry_run: bool,
    /// Recover what is whole of a damaged bucket. Without it damage is reported and nothing is done.
    #[arg(long)]
    accept_damage: bool,
    /// Pass over the newest snapshot of the cluster's metadata, where it is damaged: topics are made of what their folders say,
    /// without their configurations, access rules and quotas.
    #[arg(long)]
    without_snapshot: bool,
    /// Leave committed offsets where they are, where they are damaged or not wanted: groups begin anew.
    #[arg(long)]
    without_offsets: bool,
    /// Say nothing of how far it is.
    #[arg(long, short)]
    quiet: bool,
}

/// Recovers, or says what a recovery would do.
pub async fn run(
    options: &Recover,
    which: &Which,
    env: Env,
    runtime: Handle,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    if which.cluster.is_none() {
        return Err(Failure::Unanswered("--cluster says which cluster is to be recovered".to_owned()));
    }
    let access = if options.dry_run { BucketAccess::Read } else { BucketAccess::Write };
    let place = Place::open_for(which, access, env.clone(), runtime)?;
    let startup = load(which, &env)?;
    if !options.dry_run {
        check_directories(&startup, &env)?;
    }
    let cluster = place.cluster().await?;
    let accepted = RecoveryOptions {
        accept_damage: options.accept_damage,
        without_snapshot: options.without_snapshot,
        without_offsets: options.without_offsets,
    };
    let told = |done: usize, total: usize| {
        if !options.quiet && (done.is_multiple_of(100) || done == total) {
            eprintln!("{done} of {total} partitions read");
        }
    };
    let recovery = read_bucket(&cluster, &startup, accepted, &env, told).await?;
    let generation = if options.dry_run || recovery.is_refused() {
        None
    } else {
        Some(write_recovery(&recovery, &cluster, startup, &env).await?)
    };
    tell(&recovery, generation, place.json, out)?;
    if recovery.is_refused() {
        out.flush()?;
        return Err(RecoveryError::Damaged.into());
    }
    Ok(true)
}

impl From<RecoveryError> for Failure {
    fn from(error: RecoveryError) -> Self {
        match error {
            RecoveryError::Store(error) => error.into(),
            RecoveryError::Claim(_) | RecoveryError::Disk { .. } | RecoveryError::Metadata(_) => {
                Failure::Unanswered(error.to_string())
            }
            error => Failure::Bad(error.to_string()),
        }
    }
}

fn tell(recovery: &Recovery, generation: Option<u32>, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    if json {
        return Ok(writeln!(out, "{}", report_json(&recovery.report, generation))?);
    }
    write_topics(&recovery.report, out)?;
    write_losses(&recovery.report, out)?;
    match generation {
        Some(generation) => writeln!(
            out,
            "the disk holds generation {generation} of cluster {} now: start the broker",
            recovery.report.cluster
        )?,
        None => writeln!(out, "nothing was written")?,
    }
    Ok(())
}

fn partitions_row(topic: &RecoveredTopic) -> Vec<String> {
    let ranges = topic.partitions.iter().filter_map(|partition| partition.offsets);
    let records: i64 = ranges.map(|(start, end)| end - start).sum();
    let bytes: u64 = topic.partitions.iter().map(|partition| partition.bytes).sum();
    let newest = topic.partitions.iter().filter_map(|partition| partition.max_timestamp).max();
    let damaged = topic.partitions.iter().filter(|partition| partition.damage.is_some()).count();
    let note = match (damaged, topic.from_snapshot) {
        (0, true) => "ok".to_owned(),
        (0, false) => "not in the snapshot: kept for ever, until it is configured".to_owned(),
        (damaged, _) => format!("{damaged} partitions wait for a repair"),
    };
    vec![
        topic.name.clone(),
        topic.partitions.len().to_string(),
        records.to_string(),
        table::bytes(bytes),
        newest.map_or_else(|| "none".to_owned(), table::date),
        note,
    ]
}

fn write_topics(report: &RecoveryReport, out: &mut dyn Write) -> Result<(), Failure> {
    let RecoveryReport { cluster, generation_before, snapshot, .. } = report;
    match snapshot {
        Some((number, offset)) => writeln!(
            out,
            "cluster {cluster}, generation {generation_before}, metadata snapshot {number} (offset {offset})"
        )?,
        None => writeln!(out, "cluster {cluster}, generation {generation_before}, without a metadata snapshot")?,
    }
    let rows: Vec<Vec<String>> = report.topics.iter().map(partitions_row).collect();
    let heading = ["TOPIC", "PARTITIONS", "OFFSETS", "BYTES", "NEWEST RECORD", "STATE"];
    table::write(out, &heading, &rows)?;
    writeln!(out, "{} topics with {} come back", report.topics.len(), table::bytes(report.bytes()))?;
    write_offsets(&report.offsets, out)
}

fn write_offsets(offsets: &RestoredSummary, out: &mut dyn Write) -> Result<(), Failure> {
    let RestoredSummary { groups, offsets, moved_back, dropped, newest } = offsets;
    let Some(newest) = newest else { return Ok(()) };
    writeln!(
        out,
        "{groups} groups with {offsets} committed offsets come back, the newest of {}",
        table::date(*newest)
    )?;
    if *moved_back > 0 {
        writeln!(out, "{moved_back} of them lay behind what came back of their partition, and are at its end now")?;
    }
    if *dropped > 0 {
        writeln!(out, "{dropped} committed offsets are left out: their partitions do not come back")?;
    }
    Ok(())
}

/// What does not come back, as far as the bucket lets one know.
fn write_losses(report: &RecoveryReport, out: &mut dyn Write) -> Result<(), Failure> {
    let names: Vec<&str> = report.empty_topics().map(|topic| topic.name.as_str()).collect();
    if !names.is_empty() {
        writeln!(
            out,
            "lost: the records of {}: nothing of them was in the bucket; they begin empty",
            names.join(", ")
        )?;
    }
    for topic in &report.lost {
        writeln!(out, "lost: topic {} ({}): {}", topic.name, topic.id, topic.reason)?;
    }
    let factor = report.topics.iter().map(|topic| topic.replicas_before).max().unwrap_or(1);
    if factor > 1 {
        writeln!(out, "lost: replicas: every partition has one, where there were up to {factor}")?;
    }
    writeln!(out, "lost: records that were not uploaded yet: what is newer than a topic's newest record above")?;
    writeln!(out, "lost: passwords, and configurations that hold secrets: they never leave for the bucket")?;
    if !report.deletions.is_empty() {
        writeln!(out, "the deletion of {} goes on", report.deletions.join(", "))?;
    }
    for damage in &report.damage {
        writeln!(out, "damaged: {damage}")?;
    }
    Ok(())
}

fn report_json(report: &RecoveryReport, generation: Option<u32>) -> Value {
    let topics = report.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|one| {
            json!({
                "partition": one.partition, "log_start": one.offsets.map(|(start, _)| start),
                "tiered_end": one.offsets.map(|(_, end)| end), "bytes": one.bytes, "max_timestamp": one.max_timestamp,
                "damage": one.damage,
            })
        });
        json!({
            "topic": topic.name, "id": topic.id.to_string(), "from_snapshot": topic.from_snapshot, "tiered": topic.tiered,
            "replicas_before": topic.replicas_before, "partitions": partitions.collect::<Vec<_>>(),
        })
    });
    let lost = report.lost.iter();
    let lost = lost.map(|topic| json!({"topic": topic.name, "id": topic.id.to_string(), "reason": topic.reason}));
    json!({
        "cluster": report.cluster, "generation_before": report.generation_before, "generation": generation,
        "snapshot": report.snapshot.map(|(number, _)| number), "topics": topics.collect::<Vec<_>>(),
        "lost_topics": lost.collect::<Vec<_>>(), "deletions": report.deletions, "damage": report.damage,
        "next_producer_id": report.next_producer_id,
        "offsets": {
            "groups": report.offsets.groups, "offsets": report.offsets.offsets, "moved_back": report.offsets.moved_back,
            "dropped": report.offsets.dropped, "newest": report.offsets.newest,
        },
    })
}
