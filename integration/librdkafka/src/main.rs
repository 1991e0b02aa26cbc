//! Black-box tests through librdkafka: every codec through the remote tier and back, and kill -9 under load.

mod broker;
mod codecs;
mod kills;
mod kills_ledger;
#[cfg(test)]
mod kills_ledger_test;
mod local_start;
mod records;

use std::process::ExitCode;

/// What went wrong, in words for the reader of the log.
type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "usage: esker-librdkafka codecs MEGABYTES | kills COUNT SECONDS_BETWEEN
codecs  writes MEGABYTES in each codec to a tiered topic that keeps 4 MiB locally, and reads all of it back
kills   kills the broker COUNT times under load and looks for every acknowledged record
BROKER=esker|kafka says what is tested; BROKER_OPTIONS=\"key=value ...\" is added to its properties.";

fn number(argument: Option<&String>) -> Result<u64, Failure> {
    Ok(argument.ok_or(USAGE)?.parse::<u64>()?)
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    match arguments.first().map(String::as_str) {
        Some("codecs") => codecs::run(number(arguments.get(1))?),
        Some("kills") => kills::run(number(arguments.get(1))?, number(arguments.get(2))?),
        _ => Err(USAGE.into()),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("FAILED: {failure}");
            ExitCode::FAILURE
        }
    }
}
