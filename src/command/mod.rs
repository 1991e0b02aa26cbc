//! The commands of the one binary.

mod dump_log;
mod server;
mod signals;

use std::process::ExitCode;

/// Esker: a streaming broker that speaks Kafka's protocol and keeps history in object storage.
#[derive(Debug, clap::Parser)]
#[command(name = "esker", version, arg_required_else_help = true)]
pub enum Command {
    /// Runs a broker.
    Server(server::Server),
    /// Shows what is in segments, indexes, snapshots and checkpoints.
    DumpLog(dump_log::DumpLog),
}

/// Runs a command to its end.
pub fn run(command: &Command) -> ExitCode {
    match command {
        Command::Server(options) => server::run(options),
        Command::DumpLog(options) => dump_log::run(options),
    }
}
