//! The command line: `esker server` runs a broker, `esker dump-log` shows the files of a log directory, `esker tier` the bucket.

mod command;

use clap::Parser;
use std::process::ExitCode;

/// Fast where many threads allocate and free each other's memory, and quick to give back what is free.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    esker_env::use_ordinary_pages();
    command::run(&command::Command::parse())
}
