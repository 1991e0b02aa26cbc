//! The binary as a shell sees it: exit codes, what is said about a wrong configuration, signals.

#![allow(clippy::disallowed_methods, clippy::unwrap_used)] // a test may look at the clock, sleep, write files and fail

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_esker");
/// How long a broker may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Ends what a failing test leaves behind.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The built-in configuration on free ports, in a directory of its own.
fn server(dir: &Path, http: u16) -> Command {
    let (port, controller) = (free_port(), free_port());
    let mut command = Command::new(BINARY);
    command.current_dir(dir).env_remove("RUST_LOG").stderr(Stdio::piped()).arg("server");
    for setting in [
        format!("listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}"),
        format!("esker.http.listener=127.0.0.1:{http}"),
    ] {
        command.args(["--override", &setting]);
    }
    command
}

/// Starts a broker and waits until it is ready.
fn start(dir: &Path) -> Running {
    start_with(dir, &[])
}

/// The same, with more settings.
fn start_with(dir: &Path, settings: &[String]) -> Running {
    let http = free_port();
    let mut command = server(dir, http);
    for setting in settings {
        command.args(["--override", setting]);
    }
    let mut child = Running(command.spawn().unwrap());
    let began = Instant::now();
    while !is_ready(http) {
        assert!(began.elapsed() < PATIENCE, "the broker did not get ready");
        assert!(child.0.try_wait().unwrap().is_none(), "the broker has ended: {}", said(&mut child.0));
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn is_ready(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.write_all(b"GET /ready HTTP/1.0\r\n\r\n");
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).is_ok_and(|_| line.contains(" 200 "))
}

fn said(child: &mut Child) -> String {
    let mut text = String::new();
    if let Some(stderr) = &mut child.stderr {
        let _ = stderr.read_to_string(&mut text);
    }
    text
}

fn signal(child: &Running, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), child.0.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Waits for the end; the exit code and what was said.
fn ended(mut child: Running) -> (Option<i32>, String) {
    let began = Instant::now();
    while child.0.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < PATIENCE, "the broker did not stop");
        std::thread::sleep(Duration::from_millis(20));
    }
    let code = child.0.wait().unwrap().code();
    (code, said(&mut child.0))
}

#[test]
fn the_built_in_configuration_serves_and_both_signals_stop_it_cleanly() {
    let dir = TempDir::new().unwrap();
    for name in ["TERM", "INT"] {
        let broker = start(dir.path());
        signal(&broker, name);
        let (code, text) = ended(broker);
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("listening") && text.contains("stopped"), "{text}");
        assert!(dir.path().join("esker-data/log/.kafka_cleanshutdown").exists(), "{text}");
    }
}

/// A frame, with its length before it.
fn frame(key: i16, version: i16, body: &[u8]) -> Vec<u8> {
    let head = [&key.to_be_bytes()[..], &version.to_be_bytes(), &[0, 0, 0, 7], &[0xff, 0xff]].concat();
    let length = i32::try_from(head.len() + body.len()).unwrap();
    [&length.to_be_bytes()[..], &head, body].concat()
}

/// Asks for records that do not come, for a minute.
fn long_poll(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    // Metadata 4 of one topic, which is created by the way; then Fetch 4 of its first partition.
    stream.write_all(&frame(3, 4, &[0, 0, 0, 1, 0, 1, b't', 1])).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
    stream.read_exact(&mut answer).unwrap();
    // The answer is that the topic is coming.
    std::thread::sleep(Duration::from_millis(500));
    let mut fetch = (-1i32).to_be_bytes().to_vec();
    for number in [60_000i32, 1, 1 << 20] {
        fetch.extend(number.to_be_bytes());
    }
    fetch.extend([0, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 0]);
    fetch.extend(0i64.to_be_bytes());
    fetch.extend((1i32 << 20).to_be_bytes());
    stream.write_all(&frame(1, 4, &fetch)).unwrap();
    stream
}

#[test]
fn a_second_signal_does_not_wait_for_anybody() {
    let dir = TempDir::new().unwrap();
    let port = free_port();
    let broker = start_with(dir.path(), &[format!("listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:1")]);
    let _waiting = long_poll(&format!("127.0.0.1:{port}"));
    std::thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    signal(&broker, "TERM");
    std::thread::sleep(Duration::from_millis(300));
    signal(&broker, "TERM");
    let (code, text) = ended(broker);
    assert_eq!(code, Some(143), "{text}");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(!dir.path().join("esker-data/log/.kafka_cleanshutdown").exists(), "the next start recovers");
}

#[test]
fn wrong_settings_are_told_with_their_place_and_what_is_allowed() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("wrong.properties");
    fs::write(&file, "process.roles=broker,controller\nnode.id=1\nnum.partitions=many\nlog.dirs=x\n").unwrap();
    let output = Command::new(BINARY).args(["server", "--config"]).arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    let line = text.lines().find(|line| line.contains("num.partitions")).unwrap_or_else(|| panic!("{text}"));
    assert!(line.starts_with(&format!("{}:3: num.partitions: ", file.display())), "{line}");
    assert!(line.contains("(allowed: "), "{line}");
    assert!(!dir.path().join("x").exists(), "nothing was begun");
}

#[test]
fn a_file_that_is_not_there_and_an_override_without_a_value_are_faults() {
    for arguments in [["--config", "/does/not/exist.properties"], ["--override", "num.partitions"]] {
        let output = Command::new(BINARY).arg("server").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn unknown_keys_are_warned_about_and_the_environment_counts() {
    let dir = TempDir::new().unwrap();
    let http = free_port();
    let mut command = server(dir.path(), http);
    command.args(["--override", "no.such.key=7"]).env("KAFKA_LOG_DIRS", dir.path().join("elsewhere"));
    command.env("KAFKA_HEAP_OPTS", "-Xmx1G");
    let broker = Running(command.spawn().unwrap());
    let began = Instant::now();
    while !is_ready(http) {
        assert!(began.elapsed() < PATIENCE, "the broker did not get ready");
        std::thread::sleep(Duration::from_millis(20));
    }
    signal(&broker, "TERM");
    let (code, text) = ended(broker);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("--override: no.such.key is unknown and has no effect"), "{text}");
    assert!(!text.contains("heap"), "{text}");
    assert!(dir.path().join("elsewhere/meta.properties").exists());
}

#[test]
fn dump_log_shows_what_a_broker_wrote() {
    let dir = TempDir::new().unwrap();
    let broker = start(dir.path());
    let log = dir.path().join("esker-data/log");
    let output = Command::new(BINARY).arg("dump-log").arg(log.join("meta.properties")).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stdout).unwrap().contains("nodeId: 1 "));
    let output = Command::new(BINARY).arg("dump-log").arg(log.join("nothing.log")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    signal(&broker, "TERM");
    assert_eq!(ended(broker).0, Some(0));
}

/// What a command prints, and its exit code.
fn run(dir: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(BINARY).current_dir(dir).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
}

#[test]
fn doctor_says_what_was_found_what_is_wanted_and_how_to_change_it() {
    let dir = TempDir::new().unwrap();
    // What this machine is set to is not the test's to say; an address that nobody can resolve is wrong anywhere.
    let wrong = ["--override", "advertised.listeners=PLAINTEXT://no-such-host.invalid:9092"];
    let (code, text) = run(dir.path(), &[&["doctor", "--offline"], wrong.as_slice()].concat());
    assert_eq!(code, Some(1), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("WRONG   advertised address of PLAINTEXT: ")).unwrap();
    assert!(lines[at + 1].starts_with("        wanted: ") && lines[at + 2].contains("advertised.listeners="), "{text}");
    let (_, json) = run(dir.path(), &["doctor", "--json"]);
    for name in
        ["vm.max_map_count", "open files", "vm.swappiness", "vm.overcommit_memory", "bucket: delete objects", "clock"]
    {
        assert!(json.contains(&format!("\"name\":\"{name}\"")), "{name} in {json}");
    }
    assert!(json.contains("\"found\":\"./esker-data/bucket allows it\""), "{json}");
    assert_eq!(run(dir.path(), &["doctor", "--override", "num.partitions=many"]).0, Some(2));
}

#[test]
fn tier_tools_tell_by_their_exit_code_what_a_bucket_holds() {
    let dir = TempDir::new().unwrap();
    let (code, text) = run(dir.path(), &["tier", "ls"]);
    assert_eq!(code, Some(2), "there is no bucket: {text}");
    assert!(!dir.path().join("esker-data").exists(), "and none was made");
    let broker = start(dir.path());
    let (code, text) = run(dir.path(), &["tier", "ls", "--clusters"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("CLUSTER") && text.lines().count() == 2, "{text}");
    assert_eq!(run(dir.path(), &["tier", "cat", "nothing"]).0, Some(1));
    assert_eq!(run(dir.path(), &["tier", "ls", "--cluster", "another"]).0, Some(1));
    signal(&broker, "TERM");
    assert_eq!(ended(broker).0, Some(0));
    let (code, text) = run(dir.path(), &["tier", "verify", "--quiet"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(run(dir.path(), &["tier", "ls", "--override", "esker.tier.url="]).0, Some(2));
}
