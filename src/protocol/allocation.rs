//! Counts what a test allocates, so that "no memory is reserved" is something that can fail.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Bytes that this thread holds, and the most that it held since the last reset. Tests run on threads of their own.
    static HELD: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn note(freed: usize, taken: usize) {
    HELD.with(|held| {
        let (now, most) = held.get();
        let now = now.saturating_sub(freed) + taken;
        held.set((now, most.max(now)));
    });
}

// SAFETY: every call goes to the system's allocator with the arguments that came in; counting touches a `Cell` that needs
// neither allocation nor destruction.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(0, layout.size());
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(layout.size(), 0);
        // SAFETY: the caller keeps `dealloc`'s contract, and `pointer` came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Old and new exist at once while the bytes move.
        note(0, size);
        note(layout.size(), 0);
        // SAFETY: the caller keeps `realloc`'s contract, and `pointer` came from `System`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// What `work` answers, and the most bytes that this thread held at once meanwhile beyond what it held before.
pub fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.with(|held| {
        let (now, _) = held.get();
        held.set((now, now));
        now
    });
    let answer = work();
    let (_, most) = HELD.with(Cell::get);
    (answer, most - before)
}

#[test]
fn an_allocation_is_seen_and_so_is_the_old_half_of_a_growing_one() {
    let (_, peak) = peak_of(|| vec![0u8; 100_000].len());
    assert_eq!(peak, 100_000);
    let (_, peak) = peak_of(|| {
        let mut bytes: Vec<u8> = Vec::with_capacity(1000);
        bytes.reserve_exact(5000);
        bytes.capacity()
    });
    assert_eq!(peak, 6000);
}
