//! A connection with one request at a time, for what clients do one after the other.

use crate::{LoadError, SILENCE_MAX};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Error codes that mean: come again.
const COME_AGAIN: [i16; 4] = [14, 15, 16, 51];
const PAUSE: Duration = Duration::from_millis(5);

/// A connection with one request at a time.
pub(crate) struct Blocking {
    stream: TcpStream,
    frame: Vec<u8>,
}

impl Blocking {
    pub fn connect(address: SocketAddr) -> Result<Self, LoadError> {
        let stream = TcpStream::connect_timeout(&address, SILENCE_MAX)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE_MAX))?;
        Ok(Self { stream, frame: Vec::new() })
    }

    /// Sends a request and reads its answer, without its length.
    pub fn ask(&mut self, request: &[u8]) -> Result<&[u8], LoadError> {
        self.stream.write_all(request)?;
        let mut len = [0; 4];
        self.stream.read_exact(&mut len)?;
        let len = usize::try_from(i32::from_be_bytes(len)).map_err(|_| LoadError::Malformed("a frame"))?;
        self.frame.resize(len, 0);
        self.stream.read_exact(&mut self.frame)?;
        Ok(&self.frame)
    }

    /// Asks until the broker does not ask to come again.
    pub fn insist<T>(
        &mut self,
        name: &'static str,
        request: &[u8],
        parse: impl Fn(&[u8]) -> Option<(i16, T)>,
    ) -> Result<T, LoadError> {
        let began = Instant::now();
        loop {
            let (code, answer) = parse(self.ask(request)?).ok_or(LoadError::Malformed(name))?;
            match code {
                0 => return Ok(answer),
                code if COME_AGAIN.contains(&code) && began.elapsed() < SILENCE_MAX => std::thread::sleep(PAUSE),
                code => return Err(LoadError::Refused { request: name, code }),
            }
        }
    }
}
