//! A slow object store for benches: S3's few requests over real sockets, one thread a connection, with a time to the first byte and a speed
//! of each connection. It counts what it is asked. Objects lie in memory and vanish with it; signatures are not checked.

mod dates;
mod exchange;
mod objects;

use exchange::{Answer, Request};
use objects::Objects;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where the counts are read: one `name value` a line.
pub const COUNTS_PATH: &str = "/-/counts";

/// How slow the store is.
#[derive(Clone, Copy, Debug)]
pub struct Slowness {
    /// From the end of a request to the first byte of its answer.
    pub first_byte: Duration,
    /// Speed of each connection's bodies, both ways.
    pub bytes_per_second: u64,
}

/// What was asked, by name.
#[derive(Debug, Default)]
struct Counts(Mutex<BTreeMap<&'static str, u64>>);

impl Counts {
    fn add(&self, name: &'static str, by: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += by;
    }

    fn text(&self) -> String {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(name, value)| format!("{name} {value}\n")).collect()
    }
}

#[derive(Debug)]
struct Store {
    slowness: Slowness,
    objects: Objects,
    counts: Counts,
    /// Bodies of GETs on their way now.
    open: AtomicU64,
}

/// Serves until the process ends; the address comes back.
pub fn serve(listen: SocketAddr, slowness: Slowness) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(listen)?;
    let address = listener.local_addr()?;
    let store =
        Arc::new(Store { slowness, objects: Objects::default(), counts: Counts::default(), open: AtomicU64::new(0) });
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let store = Arc::clone(&store);
            std::thread::spawn(move || store.converse(stream));
        }
    });
    Ok(address)
}

impl Store {
    /// Answers one connection's requests until it ends or says something that is not understood.
    fn converse(&self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let Ok(mut reader) = stream.try_clone().map(std::io::BufReader::new) else { return };
        while let Ok(Some(mut request)) = Request::read(&mut reader) {
            let begun = Instant::now();
            if self.answer(&mut request, &stream, begun).is_err() {
                return;
            }
        }
    }

    fn answer(&self, request: &mut Request, stream: &TcpStream, begun: Instant) -> std::io::Result<()> {
        if request.path == COUNTS_PATH {
            return Answer::text(200, self.counts.text()).write(stream, None);
        }
        let kind = request.kind();
        self.counts.add(kind, 1);
        let body_len = request.body.len() as u64;
        let upload = Duration::from_secs_f64(body_len as f64 / self.slowness.bytes_per_second as f64);
        let answer = self.objects.answer(request);
        let first_byte = begun + self.slowness.first_byte + upload;
        std::thread::sleep(first_byte.saturating_duration_since(Instant::now()));
        let is_get = kind == "get";
        let open = if is_get { self.open.fetch_add(1, Ordering::Relaxed) + 1 } else { 0 };
        let written = answer.write(stream, Some(self.slowness.bytes_per_second));
        if is_get {
            self.open.fetch_sub(1, Ordering::Relaxed);
            self.counts.add("get_bytes", answer.body.len() as u64);
            self.counts.add("get_busy_us", begun.elapsed().as_micros() as u64);
            let peak = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner).get("get_open_peak").copied();
            self.counts.add("get_open_peak", open.saturating_sub(peak.unwrap_or(0)));
        } else {
            self.counts.add("sent_bytes", body_len);
        }
        written
    }
}
