//! A broker as tests from outside see it: a directory that outlives brokers, and a client that speaks Kafka's protocol over a socket.

use crate::{Broker, StartError};
use bytes::Bytes;
use esker_config::{RawConfig, Startup};
use esker_env::Env;
use esker_protocol::frame::{read_response, request_frame};
use esker_protocol::wire::decode::Decode;
use esker_protocol::{Request, StrBytes};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Longest answer that a test waits for.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// Longest frame that a test's client takes.
const FRAME_LEN_MAX: usize = 256 << 20;

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

/// One connection.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    correlation_id: i32,
}

impl Client {
    /// Connects to the first listener of a broker.
    pub fn of(broker: &Broker) -> io::Result<Self> {
        let (_, address) = broker.addresses().first().ok_or(io::ErrorKind::NotConnected)?;
        Self::connect(*address)
    }

    /// Connects.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        Ok(Self { stream, correlation_id: 0 })
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// The connection ends, or what comes is no answer to the request.
    pub fn ask<R: Request>(&mut self, version: i16, request: &R) -> io::Result<R::Response>
    where
        R::Response: Decode,
    {
        self.send(version, request)?;
        self.answer::<R>(version)
    }

    /// Sends a request without waiting.
    pub fn send<R: Request>(&mut self, version: i16, request: &R) -> io::Result<()> {
        self.correlation_id += 1;
        let client_id = Some(StrBytes::from_static("test"));
        let frame = request_frame(self.correlation_id, client_id, version, request).map_err(io::Error::other)?;
        self.stream.write_all(&frame)
    }

    /// Waits for the answer to the request that was sent last.
    pub fn answer<R: Request>(&mut self, version: i16) -> io::Result<R::Response>
    where
        R::Response: Decode,
    {
        let mut prefix = [0; 4];
        self.stream.read_exact(&mut prefix)?;
        let len = usize::try_from(i32::from_be_bytes(prefix)).unwrap_or(usize::MAX);
        if len > FRAME_LEN_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("an answer of {len} bytes")));
        }
        let mut frame = vec![0; len];
        self.stream.read_exact(&mut frame)?;
        let got = frame.first_chunk().map(|id| i32::from_be_bytes(*id));
        if got != Some(self.correlation_id) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("answer {got:?} to {}", self.correlation_id),
            ));
        }
        read_response::<R>(Bytes::from(frame), version).map_err(io::Error::other)
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
