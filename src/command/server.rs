//! `esker server`: runs a broker until it is asked to stop or cannot go on.

use super::configured::Configured;
use super::signals::Signals;
use esker_config::Startup;
use esker_env::{Env, raise_open_files_limit};
use esker_server::{Broker, Ended, LogLevels};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// What a broker is started with.
#[derive(Debug, clap::Args)]
pub struct Server {
    #[command(flatten)]
    configured: Configured,
}

/// Runs a broker to its end. Exit code 0 after a clean stop, 1 where the broker could not start or go on.
pub fn run(options: &Server) -> ExitCode {
    start_logging();
    let env = Env::system();
    let startup = match options.configured.resolve(&env) {
        Ok(startup) => startup,
        Err(errors) => {
            eprintln!("{errors}");
            return ExitCode::FAILURE;
        }
    };
    tell_of_configuration(&startup);
    let mut signals = match Signals::start() {
        Ok(signals) => signals,
        Err(error) => return cannot_start(&format!("signals cannot be taken: {error}")),
    };
    tracing::info!(version = env!("CARGO_PKG_VERSION"), open_files_max = raise_open_files_limit(), "esker starts");
    let broker = match Broker::start(startup, env) {
        Ok(broker) => broker,
        Err(error) => return cannot_start(&error.to_string()),
    };
    signals.serve();
    let ended = broker.run_until(signals.asked());
    if let Ended::Failed(reason) = &ended {
        tracing::error!(%reason, "the broker cannot go on");
    }
    broker.stop();
    if ended == Ended::Asked { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn cannot_start(reason: &str) -> ExitCode {
    tracing::error!(reason, "the broker does not start");
    ExitCode::FAILURE
}

/// What is logged where `RUST_LOG` does not say: consensus and cache tell of every step of a start.
const LOGGED: &str = "info,openraft=warn,foyer_storage=warn";

/// Plain lines on the standard error output.
fn start_logging() {
    let asked = std::env::var(EnvFilter::DEFAULT_ENV).ok().filter(|text| EnvFilter::try_new(text).is_ok());
    let base = asked.unwrap_or_else(|| LOGGED.to_owned());
    let lines = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(&base)).with_ansi(false);
    let lines = lines.with_writer(std::io::stderr).with_filter_reloading();
    let filter = lines.reload_handle();
    lines.init();
    LogLevels::of_process().follow(&base, move |levels| {
        if let Err(error) = filter.reload(EnvFilter::new(levels)) {
            tracing::error!(%error, levels, "levels of loggers cannot be changed");
        }
    });
}

fn tell_of_configuration(startup: &Startup) {
    for warning in &startup.warnings {
        tracing::warn!("{warning}");
    }
    if !startup.without_effect.is_empty() {
        tracing::info!(keys = startup.without_effect.join(", "), "keys that are set and have no effect in this build");
    }
}
