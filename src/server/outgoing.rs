//! The answers of one connection on their way out: memory by vectored writes, segments by `sendfile`.

use bytes::Buf;
use esker_api::{FileRange, Piece};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// Most slices that one vectored write takes.
const SLICES_MAX: usize = 64;
/// Most bytes that one `sendfile` takes, so that one connection does not hold its thread for long.
const SENDFILE_MAX: u64 = 512 << 10;

/// What stopped a flush.
#[derive(Debug)]
pub enum Flush {
    /// Everything has been handed to the kernel.
    Done,
    /// The socket takes no more at the moment.
    Blocked,
    /// The next bytes are not in the page cache: read this range on the disk pool, then flush again.
    Cold(FileRange),
}

/// Pieces not yet handed to the kernel.
#[derive(Debug, Default)]
pub struct Outgoing {
    pieces: VecDeque<Piece>,
    bytes: u64,
    /// Bytes of the front file range known to be in the page cache.
    warm: u64,
}

impl Outgoing {
    /// Queues a frame's parts.
    pub fn push(&mut self, pieces: Vec<Piece>) {
        for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            self.bytes += piece.len();
            self.pieces.push_back(piece);
        }
    }

    /// Bytes that wait.
    pub fn len(&self) -> u64 {
        self.bytes
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The front range has been read by the disk pool: its next bytes are sent whether or not they stayed cached.
    pub fn warmed(&mut self, bytes: u64) {
        self.warm = bytes;
    }

    /// Hands as much as possible to the kernel without waiting.
    pub fn flush(&mut self, stream: &TcpStream) -> io::Result<Flush> {
        while let Some(front) = self.pieces.front() {
            let sent = match front {
                Piece::Bytes(_) => self.send_memory(stream),
                Piece::File(range) => match cold_part(range, self.warm) {
                    Some(cold) => return Ok(Flush::Cold(cold)),
                    None => send_file(stream, range),
                },
            };
            match sent {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(sent) => self.advance(sent),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Flush::Blocked),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Flush::Done)
    }

    fn send_memory(&self, stream: &TcpStream) -> io::Result<u64> {
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let memory = self.pieces.iter().map_while(|piece| match piece {
            Piece::Bytes(bytes) => Some(bytes),
            Piece::File(_) => None,
        });
        let mut count = 0;
        for (slice, bytes) in slices.iter_mut().zip(memory) {
            *slice = IoSlice::new(bytes);
            count += 1;
        }
        stream.try_write_vectored(&slices[..count]).map(|sent| sent as u64)
    }

    fn advance(&mut self, mut sent: u64) {
        self.bytes -= sent;
        while sent > 0 {
            let Some(front) = self.pieces.front_mut() else { return };
            let step = front.len().min(sent);
            match front {
                Piece::Bytes(bytes) => bytes.advance(step as usize), // at most the slice's own length
                Piece::File(range) => {
                    range.position += step;
                    range.len -= step;
                    self.warm = self.warm.saturating_sub(step);
                }
            }
            sent -= step;
            if front.is_empty() {
                self.pieces.pop_front();
                self.warm = 0;
            }
        }
    }
}

/// The part of the next send that would have to come from the disk, if there is one.
///
/// Looking at the first and the last byte finds every cold range but one with a hole in its middle; there the send
/// waits for the disk once.
fn cold_part(range: &FileRange, warm: u64) -> Option<FileRange> {
    let len = range.len.min(SENDFILE_MAX);
    if len <= warm {
        return None;
    }
    let cached = |position| range.file.read_cached_at(&mut [0], position).is_ok_and(|read| read == 1);
    let whole = cached(range.position) && cached(range.position + len - 1);
    (!whole).then(|| FileRange { file: range.file.clone(), position: range.position, len })
}

fn send_file(stream: &TcpStream, range: &FileRange) -> io::Result<u64> {
    let len = range.len.min(SENDFILE_MAX) as usize;
    let Some(source) = range.file.fd() else {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "a simulated file has no descriptor to send from"));
    };
    stream.try_io(Interest::WRITABLE, || sendfile(stream.as_fd(), source, range.position, len))
}

fn sendfile(socket: BorrowedFd<'_>, file: BorrowedFd<'_>, mut position: u64, len: usize) -> io::Result<u64> {
    match rustix::fs::sendfile(socket, file, Some(&mut position), len) {
        // The file ends before the range does: the bytes promised in the frame cannot follow.
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(sent) => Ok(sent as u64),
        Err(error) => Err(error.into()),
    }
}
