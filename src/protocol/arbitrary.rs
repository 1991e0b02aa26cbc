//! Random messages, for tests and fuzzing: whatever is read from [`RandomSource`] is a valid value of its version.
//! Floating-point fields may be not-a-number, which does not equal itself.

use crate::wire::decode::{Decode, Source};
use crate::{DecodeError, StrBytes};
use bytes::Bytes;

/// A small generator of numbers that anybody could guess (SplitMix64): equal seeds give equal values.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next_u64() % bound as u64) as usize
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// Random values of one version.
#[derive(Clone, Debug)]
pub struct RandomSource {
    rng: Rng,
    version: i16,
    flexible: bool,
}

impl RandomSource {
    /// Values of a version that is flexible or not.
    pub fn new(seed: u64, version: i16, flexible: bool) -> Self {
        Self { rng: Rng::new(seed), version, flexible }
    }
}

const LETTERS: [&str; 8] = ["a", "Z", "0", "-", "ä", "水", "🐸", "\0"];

impl Source for RandomSource {
    fn version(&self) -> i16 {
        self.version
    }

    fn is_flexible(&self) -> bool {
        self.flexible
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        Ok(match self.rng.below(6) {
            0 | 1 => [0; N],
            2 => [0xff; N],
            _ => std::array::from_fn(|_| self.rng.next_u64() as u8),
        })
    }

    fn string(&mut self, nullable: bool, _compact: bool) -> Result<Option<StrBytes>, DecodeError> {
        if nullable && self.rng.one_in(4) {
            return Ok(None);
        }
        let text: String = (0..self.rng.below(6)).map(|_| LETTERS[self.rng.below(LETTERS.len())]).collect();
        Ok(Some(StrBytes::from(text)))
    }

    fn bytes(&mut self, nullable: bool) -> Result<Option<Bytes>, DecodeError> {
        if nullable && self.rng.one_in(4) {
            return Ok(None);
        }
        Ok(Some((0..self.rng.below(20)).map(|_| self.rng.next_u64() as u8).collect()))
    }

    fn count<T: Decode>(&mut self, nullable: bool) -> Result<Option<usize>, DecodeError> {
        let is_null = nullable && self.rng.one_in(4);
        Ok((!is_null).then(|| self.rng.below(4)))
    }

    fn is_present(&mut self) -> Result<bool, DecodeError> {
        Ok(!self.rng.one_in(3))
    }

    fn tags(
        &mut self,
        tags: &[u32],
        mut known: impl FnMut(&mut Self, u32) -> Result<bool, DecodeError>,
    ) -> Result<(), DecodeError> {
        for &tag in tags {
            if self.flexible && self.rng.one_in(2) {
                known(self, tag)?;
            }
        }
        Ok(())
    }
}
