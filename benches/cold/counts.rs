//! The slow store's counts, read over HTTP.

use esker_benches::LoadError;
use esker_benches::slow_store::COUNTS_PATH;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// No write for so long: the broker has uploaded what it has.
const QUIET: Duration = Duration::from_secs(3);

/// Counts by name.
pub struct Counts(BTreeMap<String, u64>);

impl Counts {
    pub fn read(store: SocketAddr) -> Result<Self, LoadError> {
        let mut stream = TcpStream::connect(store)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(format!("GET {COUNTS_PATH} HTTP/1.1\r\n\r\n").as_bytes())?;
        stream.shutdown(std::net::Shutdown::Write)?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let body = text.split_once("\r\n\r\n").ok_or(LoadError::Malformed("counts"))?.1;
        let pairs = body.lines().filter_map(|line| line.split_once(' '));
        Ok(Self(pairs.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()))
    }

    /// Waits until `sent_bytes` were sent and nothing was written for a while; the counts of the last write, and when it was.
    pub fn settled(store: SocketAddr, sent_bytes: u64, limit: Duration) -> Result<(Self, Instant), LoadError> {
        let begun = Instant::now();
        let (mut counts, mut since) = (Self::read(store)?, Instant::now());
        while since.elapsed() < QUIET || counts.get("sent_bytes") < sent_bytes {
            if begun.elapsed() > limit {
                let sent = counts.get("sent_bytes");
                return Err(LoadError::Settings(format!(
                    "{sent} of {sent_bytes} bytes were sent to the store in {limit:?}"
                )));
            }
            std::thread::sleep(Duration::from_millis(200));
            let now = Self::read(store)?;
            if now.get("sent_bytes") != counts.get("sent_bytes") {
                (counts, since) = (now, Instant::now());
            }
        }
        Ok((counts, since))
    }

    pub fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// What was added since `earlier`.
    pub fn since(&self, earlier: &Self) -> Self {
        Self(self.0.iter().map(|(name, value)| (name.clone(), value.saturating_sub(earlier.get(name)))).collect())
    }
}
