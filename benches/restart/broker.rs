//! The broker under test: started, stopped and killed as often as one likes over one directory.

use esker_benches::LoadError;
use esker_benches::offsets::{LATEST, offsets};
use esker_benches::usage::cpu_seconds;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START_MAX: Duration = Duration::from_secs(120);
const STOP_MAX: Duration = Duration::from_secs(120);
const REST_MAX: Duration = Duration::from_secs(600);
/// Share of a core below which a broker rests.
const REST_SHARE: f64 = 0.05;

/// A broker that is not running, or is.
pub struct Broker {
    command: String,
    output: PathBuf,
    pub address: SocketAddr,
    child: Option<Child>,
}

fn wrong(text: String) -> LoadError {
    LoadError::Settings(text)
}

impl Broker {
    /// `{port}` and `{dir}` of the command are filled in here.
    pub fn new(command: &str, directory: &std::path::Path) -> Result<Self, LoadError> {
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let path = directory.to_string_lossy();
        let command = command.replace("{port}", &address.port().to_string()).replace("{dir}", &path);
        Ok(Self { command, output: directory.join("output"), address, child: None })
    }

    pub fn pid(&self) -> Result<u32, LoadError> {
        self.child.as_ref().map(Child::id).ok_or_else(|| wrong("the broker is not running".into()))
    }

    /// Starts it and returns when. The shell only splits the words: `exec` makes the broker its process.
    pub fn start(&mut self) -> Result<Instant, LoadError> {
        let log = File::create(&self.output)?;
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("exec {}", self.command)).stdin(Stdio::null());
        let began = Instant::now();
        self.child = Some(command.stderr(log.try_clone()?).stdout(log).spawn()?);
        Ok(began)
    }

    /// Waits until every partition of the topic answers.
    pub fn await_served(&mut self, topic: &str, partitions: i32, since: Instant) -> Result<Duration, LoadError> {
        loop {
            let answer = offsets(self.address, topic, partitions, LATEST);
            if answer.is_ok() {
                return Ok(since.elapsed());
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().transpose()).transpose()?;
            if ended.is_some() || since.elapsed() > START_MAX {
                return Err(wrong(format!("the broker does not serve: {answer:?}; {}", self.last_lines())));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn last_lines(&self) -> String {
        let output = std::fs::read_to_string(&self.output).unwrap_or_default();
        let lines: Vec<&str> = output.lines().rev().take(10).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Seconds from its first line to the one that ends like this, or goes on with figures.
    pub fn seconds_until(&self, said: &str) -> Option<f64> {
        let output = std::fs::read_to_string(&self.output).ok()?;
        let line = output.lines().find(|line| line.contains(said))?;
        Some(seconds_of_day(line)? - seconds_of_day(output.lines().next()?)?)
    }

    /// Waits until it does nothing any more; the CPU seconds that it has used since its start.
    pub fn await_rest(&self) -> Result<f64, LoadError> {
        let (pid, began) = (self.pid()?, Instant::now());
        let (mut before, mut calm) = (cpu_seconds(pid)?, 0);
        while calm < 3 {
            std::thread::sleep(Duration::from_secs(1));
            let now = cpu_seconds(pid)?;
            calm = if now - before < REST_SHARE { calm + 1 } else { 0 };
            before = now;
            if began.elapsed() > REST_MAX {
                return Err(wrong("the broker does not come to rest".into()));
            }
        }
        Ok(before)
    }

    /// Stops it as an operator does.
    pub fn stop(&mut self) -> Result<(), LoadError> {
        self.end(Signal::TERM)
    }

    /// Kills it.
    pub fn kill(&mut self) -> Result<(), LoadError> {
        self.end(Signal::KILL)
    }

    fn end(&mut self, signal: Signal) -> Result<(), LoadError> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        if let Some(pid) = Pid::from_raw(child.id() as i32) {
            kill_process(pid, signal).map_err(std::io::Error::from)?;
        }
        let began = Instant::now();
        while began.elapsed() < STOP_MAX {
            if child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill()?;
        child.wait()?;
        Err(wrong(format!("the broker did not stop within {STOP_MAX:?}")))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.end(Signal::KILL);
    }
}

/// Of a log line that begins with a time, colours around it or not.
fn seconds_of_day(line: &str) -> Option<f64> {
    let time = line.split_once('T')?.1.split_once('Z')?.0;
    time.split(':').try_fold(0.0, |seconds, part| Some(seconds * 60.0 + part.parse::<f64>().ok()?))
}
