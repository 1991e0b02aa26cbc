//! The command line: `esker server` runs a broker, `esker dump-log` shows the files of a log directory.

mod command;

use clap::Parser;
use std::process::ExitCode;

/// Memory that is given back goes to the system soon, and threads share little: an idle broker stays small.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    command::run(&command::Command::parse())
}
