//! The broker under test, started, killed and stopped through `integration/clients/broker`.

use crate::Failure;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A broker in a directory of its own. Dropping it kills the process and removes the directory, unless the test failed.
pub struct Broker {
    directory: PathBuf,
    port: u16,
    stopped: bool,
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients/broker")
}

fn call(arguments: &[&str]) -> Result<(), Failure> {
    let status = Command::new(script()).args(arguments).stdin(Stdio::null()).status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("clients/broker {} failed: {status}", arguments.join(" ")).into())
    }
}

/// Three neighbouring ports that nobody listens on, below the range from which the kernel picks.
fn free_port() -> Result<u16, Failure> {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_nanos() % 4000;
    (0..4000u32)
        .map(|n| 20_000 + ((seed + n) % 4000 * 3) as u16)
        .find(|port| (0..3).all(|n| TcpListener::bind(("127.0.0.1", port + n)).is_ok()))
        .ok_or_else(|| "no free port".into())
}

impl Broker {
    /// Starts a broker with the properties of the client suites and those of `BROKER_OPTIONS`.
    pub fn start() -> Result<Broker, Failure> {
        let port = free_port()?;
        let directory = std::env::temp_dir().join(format!("esker-librdkafka.{}.{port}", std::process::id()));
        std::fs::create_dir_all(&directory)?;
        let broker = Broker { directory, port, stopped: false };
        call(&["start", &broker.directory.display().to_string(), &port.to_string()])?;
        Ok(broker)
    }

    /// `host:port` for clients.
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The directory of a partition's local log.
    pub fn partition_directory(&self, topic: &str, partition: i32) -> PathBuf {
        self.directory.join("data").join(format!("{topic}-{partition}"))
    }

    /// SIGKILL, and waits until the process is gone.
    pub fn kill(&self) -> Result<(), Failure> {
        call(&["kill", &self.directory.display().to_string()])
    }

    /// Starts it again as it was; returns the time from here to the first accepted connection of a ready broker.
    pub fn restart(&self) -> Result<Duration, Failure> {
        let began = Instant::now();
        call(&["restart", &self.directory.display().to_string()])?;
        TcpStream::connect(("127.0.0.1", self.port))?;
        Ok(began.elapsed())
    }

    /// SIGTERM; a broker that does not stop in time is a failure.
    pub fn stop(mut self) -> Result<(), Failure> {
        self.stopped = true;
        call(&["stop", &self.directory.display().to_string()])?;
        std::fs::remove_dir_all(&self.directory)?;
        Ok(())
    }

    /// A client configuration that points here.
    pub fn client(&self, settings: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.bootstrap());
        for (key, value) in settings {
            config.set(*key, *value);
        }
        config
    }

    /// Makes a topic and waits until each of its partitions has a leader that answers.
    pub fn create_topic(&self, name: &str, partitions: i32, configs: &[(&str, &str)]) -> Result<(), Failure> {
        let admin: AdminClient<DefaultClientContext> = self.client(&[]).create()?;
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        for (key, value) in configs {
            topic = topic.set(key, value);
        }
        let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(20)));
        let made = poll_ready(admin.create_topics([&topic], &options))?;
        if let Some(Err((name, code))) = made.into_iter().next() {
            return Err(format!("topic {name} could not be made: {code}").into());
        }
        let consumer: BaseConsumer = self.client(&[]).create()?;
        let deadline = Instant::now() + Duration::from_secs(30);
        for partition in 0..partitions {
            while let Err(e) = consumer.fetch_watermarks(name, partition, Duration::from_secs(5)) {
                if Instant::now() > deadline {
                    return Err(format!("{name}-{partition} does not become usable: {e}").into());
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        Ok(())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if !self.stopped {
            let _ = self.kill();
            eprintln!("logs are kept in {}", self.directory.display());
        }
    }
}

/// Waits for one future on this thread: the admin client completes it from a thread of its own.
fn poll_ready<T, E: Into<Failure>>(future: impl Future<Output = Result<T, E>>) -> Result<T, Failure> {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::task::Waker::from(std::sync::Arc::new(Unpark(std::thread::current())));
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let std::task::Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result.map_err(Into::into);
        }
        if Instant::now() > deadline {
            return Err("the admin client did not answer within 60 s".into());
        }
        std::thread::park_timeout(Duration::from_millis(200));
    }
}
