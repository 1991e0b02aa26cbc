//! `esker tier repair`: rebuilds a partition's newest manifest version.

use super::Which;
use super::failure::Failure;
use super::names::PartitionName;
use super::place::Place;
use esker_env::Env;
use esker_tiering::bucket::{BucketAccess, Repair, RepairError};
use serde_json::json;
use std::io::Write;
use tokio::runtime::Handle;

/// Which partition, and what is accepted.
#[derive(Debug, clap::Args)]
pub struct RepairPartition {
    #[command(flatten)]
    of: PartitionName,
    /// Only say what the repaired version would hold.
    #[arg(long)]
    dry_run: bool,
    /// Where objects are missing in the middle, go on with what is behind them.
    #[arg(long)]
    accept_loss: bool,
}

/// Repairs, or says what a repair would do.
pub async fn run(
    options: &RepairPartition,
    which: &Which,
    env: Env,
    runtime: Handle,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    let access = if options.dry_run { BucketAccess::Read } else { BucketAccess::Write };
    let place = Place::open_for(which, access, env.clone(), runtime)?;
    let partition = options.of.find(&place).await?;
    let repair = match partition.plan_repair(options.accept_loss).await {
        Ok(repair) => repair,
        Err(error @ RepairError::NotNeeded(_)) => {
            eprintln!("esker tier: {}: {error}", partition.label());
            return Ok(true);
        }
        Err(error) => return Err(error.into()),
    };
    let written =
        if options.dry_run { None } else { Some(partition.write_repair(&repair, || env.random.uuid()).await?) };
    tell(&repair, written, place.json, out)?;
    Ok(true)
}

impl From<RepairError> for Failure {
    fn from(error: RepairError) -> Self {
        match error {
            RepairError::Store(error) => error.into(),
            error => Failure::Bad(error.to_string()),
        }
    }
}

fn tell(repair: &Repair, written: Option<u64>, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let Repair { damaged, based_on, log_start, began_at, tiered_end, objects, from_trailers, unusable, .. } = repair;
    if json {
        let whole = json!({
            "damaged_version": damaged, "based_on": based_on, "log_start": log_start, "began_at": began_at, "tiered_end": tiered_end,
            "objects": objects, "from_trailers": from_trailers, "unusable": unusable, "written": written,
        });
        return Ok(writeln!(out, "{whole}")?);
    }
    for object in unusable {
        writeln!(out, "cannot be used: {object}")?;
    }
    let base = based_on.map_or_else(|| "no older version".to_owned(), |version| format!("version {version}"));
    writeln!(out, "version {damaged} is damaged; built on {base} and {from_trailers} trailers")?;
    writeln!(out, "{objects} objects, offsets {log_start} to {tiered_end}")?;
    if let Some(began_at) = began_at {
        writeln!(out, "offsets {began_at} to {log_start} are in no object: retention let them go, or they are lost")?;
    }
    match written {
        Some(version) => writeln!(out, "version {version} is written: restart the partition's leader")?,
        None => writeln!(out, "nothing was written")?,
    }
    Ok(())
}
