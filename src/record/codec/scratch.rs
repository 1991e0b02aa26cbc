//! Buffers and contexts that a thread keeps from one batch to the next.

use std::cell::RefCell;
use zstd_safe::{CCtx, DCtx};

/// What a thread keeps is at most this of each kind; anything that one batch made larger is given back at once.
const KEPT_BYTES_MAX: usize = 4 * 1024 * 1024;

#[derive(Default)]
pub(super) struct Scratch {
    /// Holds the present piece of decompressed bytes.
    pub buffer: Vec<u8>,
    pub inflate: Option<flate2::Decompress>,
    pub snappy: snap::raw::Decoder,
    pub zstd_reader: Option<DCtx<'static>>,
    pub zstd_writer: Option<CCtx<'static>>,
}

impl Scratch {
    fn trim(&mut self) {
        if self.buffer.capacity() > KEPT_BYTES_MAX {
            self.buffer = Vec::new();
        }
        self.zstd_reader.take_if(|context| context.sizeof() > KEPT_BYTES_MAX);
        self.zstd_writer.take_if(|context| context.sizeof() > KEPT_BYTES_MAX);
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Lends the thread's scratch; a call inside of another gets a fresh one.
pub(super) fn with<R>(work: impl FnOnce(&mut Scratch) -> R) -> R {
    SCRATCH.with(|kept| match kept.try_borrow_mut() {
        Ok(mut scratch) => {
            let result = work(&mut scratch);
            scratch.trim();
            result
        }
        Err(_) => work(&mut Scratch::default()),
    })
}
