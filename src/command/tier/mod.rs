//! `esker tier`: looks at the bucket without a broker. Nothing of these commands writes, apart from those whose help says so.

mod cat;
mod cost;
#[cfg(test)]
mod cost_test;
mod failure;
mod inspect;
mod ls;
mod names;
mod place;
mod progress;
mod record;
#[cfg(test)]
mod record_test;
mod recover;
mod repair;
mod table;
mod verify;

use super::configured::Configured;
use esker_env::Env;
use failure::Failure;
use place::Place;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use tokio::runtime::Builder;

/// What to do with which bucket.
#[derive(Debug, clap::Args)]
pub struct Tier {
    #[command(flatten)]
    which: Which,
    #[command(subcommand)]
    action: Action,
}

/// Which bucket, and which cluster in it.
#[derive(Debug, clap::Args)]
struct Which {
    #[command(flatten)]
    configured: Configured,
    /// The cluster; needed where the bucket holds several.
    #[arg(long, value_name = "ID", global = true)]
    cluster: Option<String>,
    /// Write JSON for programs.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Lists the clusters, the topics of a cluster, or the partitions of a topic.
    Ls(ls::Ls),
    /// Shows the newest manifest of a partition, or the object that holds an offset.
    Inspect(inspect::Inspect),
    /// Writes the records of a partition to the standard output.
    Cat(cat::Cat),
    /// Shows what each topic costs a month: what it stores, and what its uploads take.
    Cost(cost::Cost),
    /// Reads every object and checks it: finds what is missing, damaged or named by nothing.
    Verify(verify::Verify),
    /// Rebuilds a cluster from the bucket on this broker's empty disks. Writes to both.
    Recover(recover::Recover),
    /// Rebuilds a partition's damaged manifest from the objects themselves. Writes to the bucket.
    Repair(repair::RepairPartition),
}

/// Runs a command to its end. Exit code 0: all is well; 1: what was looked at is damaged or not there; 2: the question could not be
/// answered.
pub fn run(command: &Tier) -> ExitCode {
    let runtime = match Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::Unanswered(error.to_string()).tell(),
    };
    let mut out = BufWriter::new(io::stdout());
    let done = runtime.block_on(act(command, runtime.handle().clone(), &mut out));
    let flushed = out.flush().map_err(Failure::from);
    // Requests that nobody waits for any more must not hold the process.
    runtime.shutdown_background();
    match done.and_then(|sound| flushed.map(|()| sound)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => failure.tell(),
    }
}

async fn act(command: &Tier, runtime: tokio::runtime::Handle, out: &mut dyn Write) -> Result<bool, Failure> {
    let Tier { which, action } = command;
    let (env, handle) = (Env::system(), runtime.clone());
    let place = || Place::open(which, env.clone(), runtime);
    match action {
        Action::Ls(options) => ls::run(options, &place()?, out).await,
        Action::Inspect(options) => inspect::run(options, &place()?, out).await,
        Action::Cat(options) => cat::run(options, &place()?, out).await,
        Action::Cost(options) => cost::run(options, &place()?, out).await,
        Action::Verify(options) => verify::run(options, &place()?, out).await,
        Action::Recover(options) => recover::run(options, which, env.clone(), handle, out).await,
        Action::Repair(options) => repair::run(options, which, env.clone(), handle, out).await,
    }
}
