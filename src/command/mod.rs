//! The commands of the one binary.

mod configured;
mod doctor;
mod dump_log;
mod server;
mod signals;
mod tier;

use std::process::ExitCode;

/// Esker: a streaming broker that speaks Kafka's protocol and keeps history in object storage.
#[derive(Debug, clap::Parser)]
#[command(name = "esker", version, arg_required_else_help = true)]
pub enum Command {
    /// Runs a broker.
    Server(server::Server),
    /// Shows what is in segments, indexes, snapshots and checkpoints.
    DumpLog(dump_log::DumpLog),
    /// Looks whether this machine is set up for what is configured.
    Doctor(doctor::Doctor),
    /// Looks at the bucket without a broker.
    Tier(tier::Tier),
}

/// Runs a command to its end.
pub fn run(command: &Command) -> ExitCode {
    match command {
        Command::Server(options) => server::run(options),
        Command::DumpLog(options) => dump_log::run(options),
        Command::Doctor(options) => doctor::run(options),
        Command::Tier(options) => tier::run(options),
    }
}
