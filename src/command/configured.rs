//! The configuration that a broker is started with, for every command that is about one.

use esker_config::{ConfigErrors, RawConfig, Startup};
use esker_env::{Env, hostname};
use std::path::PathBuf;

/// Where the configuration comes from.
#[derive(Debug, clap::Args)]
pub struct Configured {
    /// The configuration, a server.properties with Kafka's keys. Without it the built-in one counts: one process, 127.0.0.1:9092,
    /// data and bucket below ./esker-data.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Sets a key on top of file and environment; may be given several times.
    #[arg(long = "override", value_name = "KEY=VALUE", global = true)]
    overrides: Vec<String>,
}

impl Configured {
    /// Reads it, with the environment of this process.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn resolve(&self, env: &Env) -> Result<Startup, ConfigErrors> {
        let raw = RawConfig::load(&*env.disk, self.config.as_deref(), std::env::vars(), &self.overrides)?;
        raw.resolve(&hostname())
    }
}
