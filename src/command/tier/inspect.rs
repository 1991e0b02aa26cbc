//! `esker tier inspect`: a partition's newest manifest version, or one object.

use super::failure::Failure;
use super::ls::version_json;
use super::names::PartitionName;
use super::place::Place;
use super::table;
use esker_model::{EpochEntry, Offset};
use esker_tiering::Outcome;
use esker_tiering::bucket::{BucketPartition, EntrySummary, ObjectSummary, VersionDetails};
use serde_json::{Value, json};
use std::io::Write;

/// What is shown.
#[derive(Debug, clap::Args)]
pub struct Inspect {
    #[command(flatten)]
    of: PartitionName,
    /// Show the object that holds this offset instead.
    #[arg(long, value_name = "OFFSET")]
    object: Option<Offset>,
    /// Show at most so many of the version's objects.
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    limit: usize,
    /// Show the objects from the one that holds this offset on.
    #[arg(long, value_name = "OFFSET", default_value_t = 0)]
    from: Offset,
}

/// Shows a partition or an object.
pub async fn run(options: &Inspect, place: &Place, out: &mut dyn Write) -> Result<bool, Failure> {
    let partition = options.of.find(place).await?;
    match options.object {
        Some(offset) => object(offset, &partition, place.json, out).await,
        None => version(options, &partition, place.json, out).await,
    }
}

fn epochs_json(epochs: &[EpochEntry]) -> Vec<Value> {
    epochs.iter().map(|entry| json!({"epoch": entry.epoch, "start_offset": entry.start_offset})).collect()
}

fn epochs_text(epochs: &[EpochEntry]) -> String {
    let texts: Vec<String> =
        epochs.iter().map(|entry| format!("{} from {}", entry.epoch, entry.start_offset)).collect();
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
}

fn entry_json(entry: &EntrySummary) -> Value {
    json!({
        "base": entry.base, "next": entry.next, "log_bytes": entry.log_len, "trailer_bytes": entry.trailer_len,
        "max_timestamp": entry.max_timestamp, "writer": entry.token.to_string(), "key": entry.key,
    })
}

async fn version(
    options: &Inspect,
    partition: &BucketPartition,
    json: bool,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    let details = partition.details().await?;
    let entries = partition.entries(options.from, options.limit).await?;
    if json {
        let mut whole = version_json(options.of.number(), &details.summary);
        whole["epochs"] = json!(epochs_json(&details.epochs));
        whole["pages"] = json!(
            details
                .pages
                .iter()
                .map(|page| json!({
                    "level": page.level, "name": page.uuid.to_string(), "base": page.base, "next": page.next,
                    "entries": page.entries, "bytes": page.bytes,
                }))
                .collect::<Vec<_>>()
        );
        whole["garbage"] = json!(details.garbage);
        whole["pins"] = json!(details.pins);
        whole["objects"] = json!(entries.iter().map(entry_json).collect::<Vec<_>>());
        writeln!(out, "{whole}")?;
        return Ok(true);
    }
    write_details(partition, &details, out)?;
    let rows: Vec<Vec<String>> = entries.iter().map(entry_row).collect();
    table::write(out, &["BASE", "NEXT", "LOG", "TRAILER", "NEWEST RECORD", "WRITER", "KEY"], &rows)?;
    Ok(true)
}

fn entry_row(entry: &EntrySummary) -> Vec<String> {
    vec![
        entry.base.to_string(),
        entry.next.to_string(),
        entry.log_len.to_string(),
        entry.trailer_len.to_string(),
        table::date(entry.max_timestamp),
        entry.token.to_string(),
        entry.key.clone(),
    ]
}

fn write_details(partition: &BucketPartition, details: &VersionDetails, out: &mut dyn Write) -> Result<(), Failure> {
    let summary = &details.summary;
    writeln!(out, "partition   {}", partition.label())?;
    writeln!(
        out,
        "version     {}, written by {}{}",
        summary.sequence,
        summary.token,
        if summary.is_final { ", final" } else { "" }
    )?;
    writeln!(out, "offsets     {} to {}", summary.log_start, summary.tiered_end)?;
    writeln!(out, "objects     {} of {} ({} bytes)", summary.segments, table::bytes(summary.bytes), summary.bytes)?;
    writeln!(out, "epochs      {}", epochs_text(&details.epochs))?;
    for page in &details.pages {
        let (entries, base, next) = (page.entries, page.base, page.next);
        writeln!(
            out,
            "page        {} of level {}: {entries} objects, offsets {base} to {next}",
            page.uuid, page.level
        )?;
    }
    writeln!(out, "garbage     {} objects or pages, kept {} s", details.garbage, details.grace_ms / 1000)?;
    writeln!(out, "pins        {}", details.pins)?;
    writeln!(out, "pruned to   version {}; swept to offset {}", details.pruned_to, details.swept_to)?;
    Ok(writeln!(out)?)
}

async fn object(offset: Offset, partition: &BucketPartition, json: bool, out: &mut dyn Write) -> Result<bool, Failure> {
    let Some(object) = partition.object_at(offset).await? else {
        return Err(Failure::Bad(format!("no object of {} holds offset {offset}", partition.label())));
    };
    if json {
        writeln!(out, "{}", object_json(&object))?;
        return Ok(true);
    }
    let EntrySummary { base, next, log_len, trailer_len, token, key, max_timestamp } = &object.entry;
    writeln!(out, "object      {key}")?;
    writeln!(out, "offsets     {base} to {next}, written by {token}")?;
    writeln!(
        out,
        "bytes       {log_len} of log, {trailer_len} of trailer; newest record {}",
        table::date(*max_timestamp)
    )?;
    writeln!(out, "epochs      {}", epochs_text(&object.epochs))?;
    writeln!(out, "producers   {} bytes of snapshot", object.producer_snapshot_len)?;
    for aborted in &object.aborted {
        let (first, last) = (aborted.first_offset, aborted.last_offset);
        writeln!(out, "aborted     producer {}, offsets {first} to {last}", aborted.producer_id)?;
    }
    for open in &object.open {
        let ended = if open.outcome == Outcome::Committed { "committed" } else { "aborted" };
        writeln!(out, "open        producer {}, from {}, {ended} later", open.producer_id, open.first_offset)?;
    }
    writeln!(out)?;
    let rows = object.chunks.iter().map(|chunk| {
        let numbers = [chunk.first_position.to_string(), chunk.first_offset.to_string()];
        numbers.into_iter().chain([table::date(chunk.max_timestamp), format!("{:08x}", chunk.crc)]).collect()
    });
    table::write(out, &["FIRST BATCH AT", "ITS OFFSET", "NEWEST RECORD SO FAR", "CRC-32C"], &rows.collect::<Vec<_>>())?;
    Ok(true)
}

fn object_json(object: &ObjectSummary) -> Value {
    let mut whole = entry_json(&object.entry);
    whole["epochs"] = json!(epochs_json(&object.epochs));
    whole["producer_snapshot_bytes"] = json!(object.producer_snapshot_len);
    whole["aborted"] = json!(object.aborted.iter().map(|aborted| json!({
        "producer_id": aborted.producer_id, "first_offset": aborted.first_offset, "last_offset": aborted.last_offset,
    })).collect::<Vec<_>>());
    whole["open"] = json!(object.open.iter().map(|open| json!({
        "producer_id": open.producer_id, "producer_epoch": open.producer_epoch, "first_offset": open.first_offset,
        "committed": open.outcome == Outcome::Committed,
    })).collect::<Vec<_>>());
    whole["chunks"] = json!(
        object
            .chunks
            .iter()
            .map(|chunk| json!({
                "first_offset": chunk.first_offset, "first_position": chunk.first_position,
                "max_timestamp": chunk.max_timestamp, "crc32c": format!("{:08x}", chunk.crc),
            }))
            .collect::<Vec<_>>()
    );
    whole
}
