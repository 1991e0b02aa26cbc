//! How far to read ahead of whom. A reader that continues where it ended is sequential; with every such read its window doubles.
//!
//! Windows are measured along the reader's stream: what it was given, and how far ahead of that has been asked for.

use esker_model::Offset;
use parking_lot::Mutex;

/// Sequential readers of one partition that are remembered.
const STREAMS_MAX: usize = 8;
/// The least that is read ahead of a sequential reader: its first answers may be short.
const WINDOW_MIN: u64 = 2 << 20;

#[derive(Clone, Copy, Debug)]
struct Stream {
    /// Where it goes on if it is sequential.
    next: Offset,
    window: u64,
    /// Bytes given to it since it began.
    given: u64,
    /// Bytes asked for, from the same beginning; never behind `given`.
    asked: u64,
    /// Where the asking goes on.
    frontier: Offset,
    /// Names it while it moves.
    id: u64,
    /// Somebody is asking on its behalf.
    asking: bool,
}

/// What to ask for ahead of a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ahead {
    /// On whose behalf.
    pub(crate) stream: u64,
    /// From the record at this offset on ...
    pub(crate) from: Offset,
    /// ... so many bytes.
    pub(crate) bytes: u64,
}

#[derive(Debug, Default)]
struct Streams {
    /// Least recently used first.
    known: Vec<Stream>,
    ids: u64,
}

/// The sequential readers of one partition. Takes memory only once somebody reads.
#[derive(Debug, Default)]
pub(crate) struct ReadAheads(Mutex<Streams>);

impl ReadAheads {
    /// A reader was given `bytes` from `offset` to `next`. What to ask for ahead of it now, in requests of about `request_bytes`;
    /// `None` while it is not sequential or enough is asked for. Whoever gets an answer calls [`ReadAheads::asked`].
    pub(crate) fn note(
        &self,
        offset: Offset,
        next: Offset,
        bytes: u64,
        window_max: u64,
        request_bytes: u64,
    ) -> Option<Ahead> {
        let mut streams = self.0.lock();
        let Some(at) = streams.known.iter().position(|stream| stream.next == offset) else {
            if streams.known.len() >= STREAMS_MAX {
                streams.known.remove(0);
            }
            streams.ids += 1;
            let id = streams.ids;
            streams.known.push(Stream { next, window: 0, given: 0, asked: 0, frontier: next, id, asking: false });
            return None;
        };
        let mut stream = streams.known.remove(at);
        stream.next = next;
        stream.given += bytes;
        stream.window = stream.window.saturating_mul(2).max(bytes.saturating_mul(2)).max(WINDOW_MIN).min(window_max);
        if stream.given > stream.asked || stream.frontier < next {
            (stream.asked, stream.frontier) = (stream.given, next);
        }
        let wanted = (stream.given + stream.window).saturating_sub(stream.asked);
        let is_worth_it = wanted > 0 && wanted >= request_bytes.min(stream.window / 2) && !stream.asking;
        stream.asking |= is_worth_it;
        streams.known.push(stream);
        is_worth_it.then_some(Ahead { stream: stream.id, from: stream.frontier, bytes: wanted })
    }

    /// Whether a reader that asks at `offset` goes on where one ended.
    pub(crate) fn follows(&self, offset: Offset) -> bool {
        self.0.lock().known.iter().any(|stream| stream.next == offset)
    }

    /// `bytes` more were asked for on behalf of a reader; the asking goes on at `frontier`.
    pub(crate) fn asked(&self, stream: u64, bytes: u64, frontier: Offset) {
        let mut streams = self.0.lock();
        if let Some(stream) = streams.known.iter_mut().find(|known| known.id == stream) {
            stream.asked += bytes;
            stream.frontier = stream.frontier.max(frontier);
            stream.asking = false;
        }
    }
}
