//! A broker as tests from outside see it: a directory that outlives brokers, and a client that speaks Kafka's protocol over a socket.

mod calls;
mod client;
#[cfg(test)]
pub(crate) mod protobuf;

pub use client::Client;

use crate::{Broker, StartError};
use esker_config::{RawConfig, Startup};
use esker_env::Env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Longest answer that a test waits for.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// Directories for one broker at a time. They go with it.
#[derive(Debug)]
pub struct World {
    dir: TempDir,
    settings: String,
}

impl World {
    /// Empty directories, and settings beside those that every broker needs, one `key=value` a line; a later line wins.
    ///
    /// # Errors
    /// The system gives no directory.
    pub fn new(settings: &str) -> io::Result<Self> {
        Ok(Self { dir: tempfile::tempdir()?, settings: settings.to_owned() })
    }

    /// Sets `settings` for the next start on top of those before.
    pub fn set(&mut self, settings: &str) {
        self.settings = format!("{}\n{settings}", self.settings);
    }

    /// Where everything is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The log directory.
    pub fn log_dir(&self) -> PathBuf {
        self.path().join("log")
    }

    /// The directory that stands for a bucket where `esker.tier.url` is not set otherwise.
    pub fn bucket(&self) -> PathBuf {
        self.path().join("bucket")
    }

    /// What a broker here is started with: one node, free ports, short intervals.
    pub fn startup(&self) -> Startup {
        let text = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:9093\n\
             listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:9093\ncontroller.listener.names=CONTROLLER\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
             esker.http.listener=127.0.0.1:0\nlog.dirs={}\nlog.initial.task.delay.ms=200\nlog.retention.check.interval.ms=200\n{}\n",
            self.log_dir().display(),
            self.settings
        );
        match RawConfig::from_text(&text).and_then(|raw| raw.resolve("localhost")) {
            Ok(startup) => startup,
            Err(errors) => panic!("a test's settings are wrong: {errors}"),
        }
    }

    /// Starts a broker here.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(&self) -> Result<Broker, StartError> {
        Broker::start(self.startup(), Env::system())
    }
}

/// Status code and body of a GET of the broker's HTTP service.
pub fn http_get(broker: &Broker, path: &str) -> io::Result<(u16, String)> {
    let address = broker.http_address().ok_or(io::ErrorKind::NotConnected)?;
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let parsed = answer
        .split_once("\r\n\r\n")
        .and_then(|(head, body)| Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned())));
    parsed.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, answer))
}
