//! What becomes of a request: an answer now, an answer later, silence, or the end of the connection.

use bytes::Bytes;
use esker_env::DiskFile;
use futures::future::BoxFuture;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A range of a file that is sent without passing through memory of ours.
#[derive(Clone, Debug)]
pub struct FileRange {
    /// The file; it stays readable while this handle lives, deleted or not.
    pub file: Arc<dyn DiskFile>,
    /// First byte.
    pub position: u64,
    /// Number of bytes.
    pub len: u64,
}

/// A part of an answer, in the order in which it leaves.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Bytes in memory.
    Bytes(Bytes),
    /// Bytes of a segment.
    File(FileRange),
}

impl Piece {
    /// Length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::File(range) => range.len,
        }
    }

    /// Whether nothing is to be sent.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A whole response frame, its length prefix included.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The frame, in parts.
    pub pieces: Vec<Piece>,
    /// How long no further request of this connection is read (KIP-219); zero for none.
    pub mute: Duration,
}

impl Response {
    /// A frame that lies in memory as a whole.
    pub fn of(frame: Bytes) -> Self {
        Self { pieces: vec![Piece::Bytes(frame)], mute: Duration::ZERO }
    }

    /// Length of the frame in bytes.
    pub fn len(&self) -> u64 {
        self.pieces.iter().map(Piece::len).sum()
    }

    /// Whether nothing is to be sent.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
}

/// What the connection does with a request it has handed over.
pub enum Reply {
    /// Send this.
    Now(Response),
    /// Send what the future yields; `None` closes the connection.
    Later(BoxFuture<'static, Option<Response>>),
    /// Send nothing: the client asked for no answer (`acks=0`).
    Silent,
    /// Close the connection without an answer: the request cannot be understood or must not be answered.
    Close,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reply::Now(response) => f.debug_tuple("Now").field(response).finish(),
            Reply::Later(_) => f.write_str("Later"),
            Reply::Silent => f.write_str("Silent"),
            Reply::Close => f.write_str("Close"),
        }
    }
}
