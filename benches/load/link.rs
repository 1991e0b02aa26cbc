//! One non-blocking connection that carries length-prefixed frames.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// What is read at once while it is not known how long the next frame is.
const READ_LEN: usize = 64 * 1024;
/// Longer frames are a mistake.
const FRAME_LEN_MAX: usize = 256 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection and what has arrived on it.
pub struct Link {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// What has arrived and was not handed out is `buffer[from..to]`.
    from: usize,
    to: usize,
    ended: bool,
}

impl Link {
    /// Connects to a broker.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        Self::new(TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)?)
    }

    /// Takes over a connection.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, buffer: vec![0; READ_LEN], from: 0, to: 0, ended: false })
    }

    /// Whether the other side has closed and everything it sent was handed out.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Writes `bytes` from `at` on and moves `at`; `true` once all is written, `false` where the socket is full.
    pub fn write(&mut self, bytes: &[u8], at: &mut usize) -> io::Result<bool> {
        while *at < bytes.len() {
            match self.stream.write(&bytes[*at..]) {
                Ok(written) => *at += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// The next frame without its length, or `None` until more arrives.
    pub fn next_frame(&mut self) -> io::Result<Option<&mut [u8]>> {
        loop {
            let have = self.to - self.from;
            let frame_len = self.frame_len()?;
            if let Some(len) = frame_len
                && have >= 4 + len
            {
                let start = self.from + 4;
                self.from = start + len;
                return Ok(Some(&mut self.buffer[start..start + len]));
            }
            // The rest of a long frame is read exactly, so that nothing of it needs to be moved.
            let wanted = frame_len.map_or(READ_LEN, |len| 4 + len - have).max(READ_LEN - have.min(READ_LEN)).max(1);
            if !self.read(wanted)? {
                return Ok(None);
            }
        }
    }

    fn frame_len(&self) -> io::Result<Option<usize>> {
        let Some(length) = self.buffer[self.from..self.to].first_chunk() else { return Ok(None) };
        let len = usize::try_from(i32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if len > FRAME_LEN_MAX {
            return Err(io::Error::new(ErrorKind::InvalidData, format!("a frame of {len} bytes")));
        }
        Ok(Some(len))
    }

    /// Reads at most `wanted` bytes; `false` where nothing has arrived.
    fn read(&mut self, wanted: usize) -> io::Result<bool> {
        if self.to + wanted > self.buffer.len() {
            self.buffer.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
            if self.to + wanted > self.buffer.len() {
                self.buffer.resize(self.to + wanted, 0);
            }
        }
        loop {
            match self.stream.read(&mut self.buffer[self.to..self.to + wanted]) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(false);
                }
                Ok(read) => {
                    self.to += read;
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
