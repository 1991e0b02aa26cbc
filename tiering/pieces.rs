//! Memory for bytes that come and go, those of uploads and those of cold reads: used again, because of fresh memory every page costs a fault
//! and a zeroing, a tenth of what a whole upload costs.

use parking_lot::Mutex;
use std::sync::Arc;

/// Bytes of a piece that is kept. What has another length, the end of a segment, is not.
pub(crate) const PIECE_LEN: usize = 1 << 20;

/// Pieces that are lent out, and some of those that came back: never more than were lent at once, and none once nobody has any.
#[derive(Debug)]
pub(crate) struct Pieces {
    spare_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lent: usize,
    spare: Vec<Box<[u8]>>,
}

impl Pieces {
    /// Keeps at most so many for later.
    pub(crate) fn new(spare_max: usize) -> Arc<Self> {
        Arc::new(Self { spare_max, state: Mutex::default() })
    }

    /// A piece of `len` bytes; what is in it is left over from before.
    pub(crate) fn lend(self: &Arc<Self>, len: usize) -> Piece {
        let kept = {
            let mut state = self.state.lock();
            state.lent += 1;
            if len == PIECE_LEN { state.spare.pop() } else { None }
        };
        let bytes = kept.unwrap_or_else(|| vec![0; len].into_boxed_slice());
        Piece { bytes, home: Arc::clone(self) }
    }

    fn take_back(&self, bytes: Box<[u8]>) {
        let mut state = self.state.lock();
        state.lent -= 1;
        if state.lent == 0 {
            state.spare = Vec::new();
        } else if bytes.len() == PIECE_LEN && state.spare.len() < self.spare_max {
            state.spare.push(bytes);
        }
    }

    /// How many are kept for later.
    #[cfg(test)]
    pub(crate) fn spare(&self) -> usize {
        self.state.lock().spare.len()
    }
}

/// Bytes that go back to where they came from.
#[derive(Debug)]
pub(crate) struct Piece {
    bytes: Box<[u8]>,
    home: Arc<Pieces>,
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.home.take_back(std::mem::take(&mut self.bytes));
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl AsMut<[u8]> for Piece {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}
