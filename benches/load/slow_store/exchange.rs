//! One HTTP/1.1 request and its answer.

use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer heads are a mistake.
const HEAD_LEN_MAX: usize = 64 << 10;
const BODY_LEN_MAX: usize = 1 << 30;
const STEP: usize = 128 << 10;

/// A request, decoded.
#[derive(Debug, Default)]
pub struct Request {
    pub method: String,
    /// Without the query, percent signs resolved.
    pub path: String,
    pub query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

fn malformed() -> io::Error {
    io::Error::from(ErrorKind::InvalidData)
}

/// Resolves percent signs.
fn plain(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).and_then(|code| u8::from_str_radix(code, 16).ok());
        match (bytes[at], code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl Request {
    /// The next request; `None` where the connection ended.
    pub fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace();
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return Err(malformed()) };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let query = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let mut request = Self {
            method: method.to_owned(),
            path: plain(path),
            query: query.map(|(name, value)| (plain(name), plain(value))).collect(),
            ..Self::default()
        };
        let mut head_len = line.len();
        loop {
            let mut line = String::new();
            head_len += reader.read_line(&mut line)?;
            if head_len > HEAD_LEN_MAX {
                return Err(malformed());
            }
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let len = request.header("content-length").map_or(Ok(0), str::parse).map_err(|_| malformed())?;
        if len > BODY_LEN_MAX {
            return Err(malformed());
        }
        request.body = Vec::with_capacity(len);
        if reader.take(len as u64).read_to_end(&mut request.body)? < len {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(Some(request))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What it is counted as.
    pub fn kind(&self) -> &'static str {
        match self.method.as_str() {
            "GET" if self.asked("list-type").is_some() => "list",
            "GET" => "get",
            "HEAD" => "head",
            "PUT" if self.asked("partNumber").is_some() => "put_part",
            "PUT" if self.header("if-none-match").is_some() => "create",
            "PUT" => "put",
            "POST" if self.asked("delete").is_some() => "delete",
            "POST" => "multipart",
            "DELETE" => "delete",
            _ => "other",
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    /// The object's bytes and the part of them that is sent.
    pub body: Body,
    is_head: bool,
}

/// A part of bytes that are shared.
#[derive(Debug)]
pub struct Body {
    bytes: Arc<Vec<u8>>,
    from: usize,
    to: usize,
}

impl Body {
    pub fn new(bytes: Arc<Vec<u8>>, from: usize, to: usize) -> Self {
        Self { bytes, from, to }
    }

    pub fn len(&self) -> usize {
        self.to - self.from
    }
}

impl Answer {
    pub fn text(status: u16, text: String) -> Self {
        let to = text.len();
        Self::bytes(status, Body::new(Arc::new(text.into_bytes()), 0, to))
    }

    pub fn bytes(status: u16, body: Body) -> Self {
        Self { status, headers: Vec::new(), body, is_head: false }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn head(self, is_head: bool) -> Self {
        Self { is_head, ..self }
    }

    /// Writes it, its body with `bytes_per_second` where that is bounded.
    pub fn write(&self, mut stream: &TcpStream, bytes_per_second: Option<u64>) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} .\r\ncontent-length: {}\r\n", self.status, self.body.len());
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += "\r\n";
        stream.write_all(head.as_bytes())?;
        if self.is_head {
            return Ok(());
        }
        let begun = Instant::now();
        let mut sent = 0;
        for piece in self.body.bytes[self.body.from..self.body.to].chunks(STEP) {
            stream.write_all(piece)?;
            sent += piece.len();
            if let Some(speed) = bytes_per_second {
                // Against the clock from the beginning, so that late timers do not add up.
                let due = begun + Duration::from_secs_f64(sent as f64 / speed as f64);
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
            }
        }
        Ok(())
    }
}
