//! `esker doctor`: is this machine set up for what is configured? Each answer says what was found, what is wanted and how to change it.
//!
//! Nothing is changed. A bucket is tried with one object under `probe/`, which is deleted again; `--offline` leaves that out.

mod bucket;
mod disks;
mod facts;
mod finding;
mod kernel;
mod network;

#[cfg(test)]
mod disks_test;
#[cfg(test)]
mod kernel_test;
#[cfg(test)]
mod testing;

use super::configured::Configured;
use esker_config::Startup;
use esker_env::Env;
use facts::SystemFacts;
use finding::{Finding, Verdict};
use serde_json::json;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use tokio::runtime::Builder;

/// What is looked at.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    #[command(flatten)]
    configured: Configured,
    /// How many partitions the broker is to hold, where that is more than its directories hold now.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    partitions: u64,
    /// Ask nothing of the bucket.
    #[arg(long)]
    offline: bool,
    /// Let advice count as a fault.
    #[arg(long)]
    strict: bool,
    /// Write JSON for programs.
    #[arg(long)]
    json: bool,
}

/// Exit code where the configuration cannot be read.
const UNANSWERED: u8 = 2;

/// Looks at everything. Exit code 0: nothing must be changed; 1: something must; 2: the configuration is wrong.
pub fn run(options: &Doctor) -> ExitCode {
    let env = Env::system();
    let startup = match options.configured.resolve(&env) {
        Ok(startup) => startup,
        Err(errors) => {
            eprintln!("{errors}");
            return ExitCode::from(UNANSWERED);
        }
    };
    let findings = look(options, &startup, &env);
    let mut out = BufWriter::new(io::stdout());
    let written = write(options, &findings, &mut out).and_then(|()| out.flush());
    if written.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe) {
        return ExitCode::from(UNANSWERED);
    }
    let worst = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Good);
    let limit = if options.strict { Verdict::Advice } else { Verdict::Wrong };
    if worst >= limit { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn look(options: &Doctor, startup: &Startup, env: &Env) -> Vec<Finding> {
    let facts = SystemFacts;
    let held = disks::partitions_held(&*env.disk, &startup.broker);
    let need = kernel::Need::of(&startup.broker, held.partitions.max(options.partitions), held.segments);
    let mut findings = kernel::check(&facts, &need);
    findings.extend(disks::check(&facts, &*env.disk, &startup.broker));
    findings.extend(network::check(&facts, &startup.broker));
    if !options.offline {
        findings.extend(in_runtime(bucket::check(startup, env)));
    }
    findings
}

/// Runs what must wait for the network.
fn in_runtime(work: impl Future<Output = Vec<Finding>>) -> Vec<Finding> {
    match Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => {
            let found = runtime.block_on(work);
            runtime.shutdown_background();
            found
        }
        Err(error) => vec![Finding::unknown("bucket", error)],
    }
}

fn write(options: &Doctor, findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    if options.json {
        let all: Vec<_> = findings.iter().map(Finding::json).collect();
        let faults = findings.iter().filter(|finding| finding.verdict == Verdict::Wrong).count();
        return writeln!(out, "{}", json!({ "faults": faults, "findings": all }));
    }
    for finding in findings {
        writeln!(out, "{finding}")?;
    }
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let (good, advice, wrong) = (count(Verdict::Good), count(Verdict::Advice), count(Verdict::Wrong));
    writeln!(out, "{good} good, {advice} to think about, {wrong} to change")
}
