//! Unpredictable bytes: identifiers, jitter, attempt ids.

use std::fmt::Debug;
use uuid::Uuid;

/// Where a room draws randomness from.
pub trait Random: Send + Sync + Debug + 'static {
    /// Fills `bytes` with unpredictable values.
    fn fill(&self, bytes: &mut [u8]);

    /// A uniformly drawn number.
    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A number in `0..bound`; zero where `bound` is zero. The bias is below 2^-32 for bounds that fit in 32 bits.
    fn below(&self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next_u64() % bound }
    }

    /// A random (version 4) UUID.
    fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// The kernel's entropy.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // The kernel fails this call only before its pool is seeded at boot or where the call is
        // forbidden outright; continuing with predictable identifiers would be worse than stopping.
        getrandom::fill(bytes).expect("the kernel's random source must be readable");
    }
}
