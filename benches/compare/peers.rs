//! The brokers under comparison: attached to, or started here and stopped at the end.

use esker_benches::LoadError;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const START_MAX: Duration = Duration::from_secs(60);
const STOP_MAX: Duration = Duration::from_secs(15);

/// One broker.
pub struct Peer {
    pub name: String,
    pub address: SocketAddr,
    pub pid: u32,
    /// The skeleton has every topic and knows no admin request.
    pub is_skeleton: bool,
    /// Stops the broker and removes its data when dropped.
    _started: Option<Started>,
}

struct Started {
    child: Child,
    /// Removed after the child was stopped.
    _data: TempDir,
}

fn wrong(text: String) -> LoadError {
    LoadError::Settings(text)
}

impl Peer {
    /// A broker that is running: `NAME=ADDRESS,PID`.
    pub fn attach(text: &str) -> Result<Self, LoadError> {
        let parts = text.split_once('=').and_then(|(name, rest)| Some((name, rest.split_once(',')?)));
        let parsed = parts.and_then(|(name, (address, pid))| Some((name, address.parse().ok()?, pid.parse().ok()?)));
        let (name, address, pid) = parsed.ok_or_else(|| wrong(format!("{text:?} is not NAME=ADDRESS,PID")))?;
        Ok(Self { name: name.into(), address, pid, is_skeleton: false, _started: None })
    }

    /// A broker to be started: `NAME=COMMAND`.
    pub fn start(text: &str, directory: &Path) -> Result<Self, LoadError> {
        let (name, command) = text.split_once('=').ok_or_else(|| wrong(format!("{text:?} is not NAME=COMMAND")))?;
        let data = TempDir::new_in(directory)?;
        let address = free_address()?;
        let path = data.path().to_string_lossy();
        let command = command.replace("{port}", &address.port().to_string()).replace("{dir}", &path);
        let log = File::create(data.path().join("output"))?;
        // The shell only splits the words: `exec` makes the broker its process.
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(format!("exec {command}"))
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .spawn()?;
        if !await_port(address, &mut child)? {
            let output = std::fs::read_to_string(data.path().join("output")).unwrap_or_default();
            let _ = child.kill();
            let _ = child.wait();
            return Err(wrong(format!("{name} did not start: {output}")));
        }
        let pid = child.id();
        Ok(Self { name: name.into(), address, pid, is_skeleton: false, _started: Some(Started { child, _data: data }) })
    }

    /// A skeleton of its own for one scenario: the binary beside this one.
    pub fn skeleton(directory: &Path, options: &str) -> Result<Self, LoadError> {
        let binary = std::env::current_exe()?.with_file_name("skeleton");
        let command = format!("skeleton={} --listen 127.0.0.1:{{port}} --dir {{dir}} {options}", binary.display());
        Ok(Self { is_skeleton: true, ..Self::start(&command, directory)? })
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(pid) = Pid::from_raw(self.child.id() as i32) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let start = Instant::now();
        while start.elapsed() < STOP_MAX {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> Result<SocketAddr, LoadError> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

/// Whether the broker takes connections in time.
fn await_port(address: SocketAddr, child: &mut Child) -> Result<bool, LoadError> {
    let start = Instant::now();
    while start.elapsed() < START_MAX && child.try_wait()?.is_none() {
        if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(false)
}
