//! The 16 bytes that stand for a key while a log is compacted.
//!
//! Two keys with one hash would be one key, and the older record would be lost. So the hash is SipHash with 128 bits under a secret drawn
//! for each cleaning: nobody can choose keys that meet, and by chance they never do. One compression round and three final ones, as
//! hash tables use it; the tests check the same code with the two and four of the published vectors.

/// A hash of 128 bits, never zero: zero marks an empty slot.
pub(crate) type Hash128 = [u64; 2];

/// The secret of one cleaning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyHash {
    k0: u64,
    k1: u64,
}

impl KeyHash {
    pub(crate) fn new(k0: u64, k1: u64) -> Self {
        Self { k0, k1 }
    }

    /// The hash of a record's key.
    pub(crate) fn of(&self, key: &[u8]) -> Hash128 {
        match siphash_128::<1, 3>(self.k0, self.k1, key) {
            [0, 0] => [0, 1],
            hash => hash,
        }
    }
}

/// SipHash-`C`-`D` with 128 bits of output.
pub(super) fn siphash_128<const C: usize, const D: usize>(k0: u64, k1: u64, bytes: &[u8]) -> Hash128 {
    let mut state = State([
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    ]);
    let (words, rest) = bytes.as_chunks();
    for word in words {
        state.absorb::<C>(u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    state.absorb::<C>(u64::from_le_bytes(last) | (bytes.len() as u64) << 56);
    state.0[2] ^= 0xee;
    let first = state.finish::<D>();
    state.0[1] ^= 0xdd;
    [first, state.finish::<D>()]
}

struct State([u64; 4]);

impl State {
    #[inline]
    fn absorb<const C: usize>(&mut self, word: u64) {
        self.0[3] ^= word;
        for _ in 0..C {
            self.round();
        }
        self.0[0] ^= word;
    }

    fn finish<const D: usize>(&mut self) -> u64 {
        for _ in 0..D {
            self.round();
        }
        self.0[0] ^ self.0[1] ^ self.0[2] ^ self.0[3]
    }

    #[inline]
    fn round(&mut self) {
        let [a, b, c, d] = &mut self.0;
        *a = a.wrapping_add(*b);
        *c = c.wrapping_add(*d);
        *b = b.rotate_left(13) ^ *a;
        *d = d.rotate_left(16) ^ *c;
        *a = a.rotate_left(32);
        *c = c.wrapping_add(*b);
        *a = a.wrapping_add(*d);
        *b = b.rotate_left(17) ^ *c;
        *d = d.rotate_left(21) ^ *a;
        *c = c.rotate_left(32);
    }
}
