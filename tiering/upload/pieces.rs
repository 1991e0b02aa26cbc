//! Memory for the bytes of uploads, used again and again: of fresh memory every page costs a fault and a zeroing, a tenth of what a whole
//! upload costs.

use parking_lot::Mutex;
use std::sync::Arc;

/// Bytes of a piece that is kept. What is shorter, the end of a segment, is made as long as it is and not kept.
pub(crate) const PIECE_LEN: usize = 1 << 20;

/// Pieces that are lent out, and those that came back. Bounded by what is lent at once, and nothing is kept once nobody has any.
#[derive(Debug, Default)]
pub(crate) struct Pieces(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    lent: usize,
    spare: Vec<Box<[u8]>>,
}

impl Pieces {
    /// A piece of `len` bytes, at most [`PIECE_LEN`]; what is in it is left over from before.
    pub(crate) fn lend(self: &Arc<Self>, len: usize) -> Piece {
        assert!(len <= PIECE_LEN, "a piece has at most {PIECE_LEN} bytes");
        let kept = {
            let mut state = self.0.lock();
            state.lent += 1;
            if len == PIECE_LEN { state.spare.pop() } else { None }
        };
        let bytes = kept.unwrap_or_else(|| vec![0; len].into_boxed_slice());
        Piece { bytes, home: Arc::clone(self) }
    }

    fn take_back(&self, bytes: Box<[u8]>) {
        let mut state = self.0.lock();
        state.lent -= 1;
        if state.lent == 0 {
            state.spare = Vec::new();
        } else if bytes.len() == PIECE_LEN {
            state.spare.push(bytes);
        }
    }

    /// How many are kept for later.
    #[cfg(test)]
    pub(crate) fn spare(&self) -> usize {
        self.0.lock().spare.len()
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
