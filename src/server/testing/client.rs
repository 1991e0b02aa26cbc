//! A connection that speaks Kafka's protocol and waits.

use super::ANSWER_MAX;
use crate::Broker;
use bytes::Bytes;
use esker_protocol::frame::{read_response, request_frame};
use esker_protocol::wire::decode::Decode;
use esker_protocol::{Request, StrBytes};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Longest frame that a test's client takes.
const FRAME_LEN_MAX: usize = 256 << 20;

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
