//! Request frames out of a stream of bytes: four bytes of length, then as many bytes as they say.

use crate::budget::{Charge, FREE, RequestMemory};
use bytes::{Bytes, BytesMut};
use std::io;
use tokio::net::TcpStream;

const PREFIX: usize = 4;

/// A request frame without its length prefix, and the memory that it accounts for.
#[derive(Debug)]
pub struct Frame {
    /// The bytes behind the length prefix.
    pub bytes: Bytes,
    /// Given back when the request has been answered.
    pub charge: Charge,
}

/// A length that no request can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLength(pub i32);

/// The bytes of one connection that are not yet a whole frame.
#[derive(Debug)]
pub struct FrameReader {
    buffer: BytesMut,
    charge: Charge,
    len_max: usize,
}

impl FrameReader {
    /// A reader that refuses frames longer than `len_max` bytes (`socket.request.max.bytes`).
    pub fn new(len_max: usize) -> Self {
        Self { buffer: BytesMut::new(), charge: Charge::default(), len_max }
    }

    /// Whether a frame has begun to arrive.
    pub fn is_mid_frame(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Length of the frame that is arriving, where its prefix is complete.
    pub fn frame_len(&self) -> Result<Option<usize>, BadLength> {
        let Some(prefix) = self.buffer.first_chunk::<PREFIX>() else { return Ok(None) };
        let len = i32::from_be_bytes(*prefix);
        match usize::try_from(len) {
            Ok(known) if known > 0 && known <= self.len_max => Ok(Some(known)),
            _ => Err(BadLength(len)),
        }
    }

    /// The next frame as it lies in the buffer, where it has arrived whole.
    pub fn peek(&self) -> Result<Option<&[u8]>, BadLength> {
        let Some(len) = self.frame_len()? else { return Ok(None) };
        Ok(self.buffer.get(PREFIX..PREFIX + len))
    }

    /// Takes the next frame out; `None` where it has not arrived whole.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, BadLength> {
        let Some(len) = self.peek()?.map(<[u8]>::len) else { return Ok(None) };
        let mut bytes = self.buffer.split_to(PREFIX + len);
        let charge = std::mem::take(&mut self.charge);
        Ok(Some(Frame { bytes: bytes.split_off(PREFIX).freeze(), charge }))
    }

    /// Gives the buffer's memory back; only between frames.
    pub fn release(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
    }

    /// Makes room for the next read, which may wait for other connections to give memory back.
    ///
    /// # Errors
    /// The length prefix is impossible.
    pub async fn make_room(&mut self, memory: &RequestMemory) -> Result<(), BadLength> {
        let Some(len) = self.frame_len()? else {
            self.buffer.reserve(FREE);
            return Ok(());
        };
        while self.charge.allowance(len) < len && self.buffer.len() >= PREFIX + self.charge.allowance(len) {
            self.charge.grow(memory, len).await;
        }
        // Reserved at once, so that the frame is never moved; memory that nothing is written to costs nothing.
        self.buffer.reserve((PREFIX + len).saturating_sub(self.buffer.len()));
        Ok(())
    }

    /// Reads what has arrived, up to what the frame's charge allows. Zero means that the peer has finished sending.
    pub fn read(&mut self, stream: &TcpStream) -> io::Result<usize> {
        let allowed = match self.frame_len() {
            Ok(Some(len)) => (PREFIX + self.charge.allowance(len)).saturating_sub(self.buffer.len()),
            _ => FREE,
        };
        stream.try_read_buf(&mut bytes::BufMut::limit(&mut self.buffer, allowed))
    }
}
