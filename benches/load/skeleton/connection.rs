//! A connection of the skeleton and what is still to be sent on it: bytes, and ranges of files for `sendfile`.

use super::store::Store;
use crate::link::Link;
use rustix::io::Errno;
use std::collections::VecDeque;
use std::io;

enum Out {
    Bytes { bytes: Vec<u8>, written: usize },
    File { partition: i32, position: u64, len: usize },
}

pub(super) struct Connection {
    pub link: Link,
    out: VecDeque<Out>,
}

impl Connection {
    pub fn new(link: Link) -> Self {
        Self { link, out: VecDeque::new() }
    }

    /// Where the next bytes of an answer go; answers of one round leave in one write.
    pub fn bytes_out(&mut self) -> &mut Vec<u8> {
        if !matches!(self.out.back(), Some(Out::Bytes { .. })) {
            self.out.push_back(Out::Bytes { bytes: Vec::new(), written: 0 });
        }
        match self.out.back_mut() {
            Some(Out::Bytes { bytes, .. }) => bytes,
            _ => unreachable!("bytes were just put there"),
        }
    }

    /// Lets a range of a partition's file follow.
    pub fn file_out(&mut self, partition: i32, position: u64, len: usize) {
        self.out.push_back(Out::File { partition, position, len });
    }

    /// Sends as much as the socket takes.
    pub fn flush(&mut self, store: &Store) -> io::Result<()> {
        while let Some(front) = self.out.front_mut() {
            let done = match front {
                Out::Bytes { bytes, written } => self.link.write(bytes, written)?,
                Out::File { partition, position, len } => {
                    let file = store.file(*partition).ok_or(io::ErrorKind::NotFound)?;
                    send_range(&self.link, file, position, len)?
                }
            };
            if !done {
                return Ok(());
            }
            self.out.pop_front();
        }
        Ok(())
    }
}

/// Sends a file's range and moves its ends; `true` once all is sent.
fn send_range(link: &Link, file: &std::fs::File, position: &mut u64, len: &mut usize) -> io::Result<bool> {
    while *len > 0 {
        match rustix::fs::sendfile(link, file, Some(position), *len) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(sent) => *len -= sent,
            Err(Errno::AGAIN) => return Ok(false),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}
