//! `esker tier cat`: the records of a partition, straight from the bucket.

use super::failure::Failure;
use super::names::PartitionName;
use super::place::Place;
use super::record::{self, Shown};
use esker_model::Offset;
use esker_tiering::bucket::Exported;
use std::io::Write;

/// Which records, and how.
#[derive(Debug, clap::Args)]
pub struct Cat {
    #[command(flatten)]
    of: PartitionName,
    /// The first offset; from the log start where it is lower.
    #[arg(long, short = 'o', value_name = "OFFSET", default_value_t = 0)]
    offset: Offset,
    /// Stop before this offset.
    #[arg(long, value_name = "OFFSET")]
    until: Option<Offset>,
    /// Stop after so many records.
    #[arg(long, short = 'c', value_name = "COUNT")]
    count: Option<u64>,
    /// Show records of aborted transactions too.
    #[arg(long)]
    uncommitted: bool,
    /// Write whole batches, as they lie in a segment file.
    #[arg(long, conflicts_with_all = ["count", "uncommitted"])]
    raw: bool,
}

/// Writes the records. Fails at the first that is damaged; what comes before it is written.
pub async fn run(options: &Cat, place: &Place, out: &mut dyn Write) -> Result<bool, Failure> {
    let partition = options.of.find(place).await?;
    let mut export = partition.export(options.offset).await?;
    if options.offset > export.tiered_end() {
        let end = export.tiered_end();
        return Err(Failure::Bad(format!("offset {} is behind the tiered end, {end}", options.offset)));
    }
    let from = options.offset.max(export.log_start());
    let until = options.until.unwrap_or(Offset::MAX);
    let mut left = options.count.unwrap_or(u64::MAX);
    while left > 0 {
        let Some(batch) = export.next().await? else { break };
        if batch.header.base_offset >= until {
            break;
        }
        if options.raw {
            out.write_all(&batch.bytes)?;
        } else if !batch.header.attributes.is_control() && (options.uncommitted || !batch.is_aborted) {
            left -= write_records(options, place.json, &batch, from..until, left, out)?;
        }
    }
    Ok(true)
}

/// Writes up to `max` records of a batch that lie in `range`; how many comes back.
fn write_records(
    options: &Cat,
    json: bool,
    batch: &Exported,
    range: std::ops::Range<Offset>,
    max: u64,
    out: &mut dyn Write,
) -> Result<u64, Failure> {
    let mut written = 0;
    let shown = |record: &Shown<'_>| {
        if written < max && range.contains(&record.offset) {
            written += 1;
            if json {
                record.write_json(options.of.topic(), options.of.number(), out)?;
            } else {
                record.write_value(out)?;
            }
        }
        Ok(())
    };
    record::each(&batch.header, &batch.bytes, shown)?;
    Ok(written)
}
