//! Inspecting a batch that passes allocates nothing once a thread has warmed up.

use esker_record::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes on to the system's allocator with the arguments as they came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps to the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps to the contract of `dealloc`, and `alloc` took the memory from the same allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_batch_that_passes_costs_no_allocation() {
    let limits = Limits {
        batch_bytes_max: 2 << 20,
        decompressed_bytes_max: 32 << 20,
        keys_required: true,
        zstd_allowed: true,
        timestamps: TimestampLimits::around(0, 1000, 1000),
        depth: Depth::Records,
    };
    let batches = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd].map(|codec| {
        let mut builder = BatchBuilder::new(codec);
        let headers = [("name", Some(&b"value"[..]))];
        for at in 0..1000u32 {
            let value = at.to_be_bytes().repeat(250);
            let record =
                NewRecord { timestamp: i64::from(at), key: Some(b"key"), value: Some(&value), headers: &headers };
            builder.append(&record).unwrap();
        }
        builder.build().unwrap()
    });
    let warm = batches.iter().all(|batch| inspect(batch, &limits).is_ok());
    assert!(warm);
    for batch in &batches {
        let before = COUNT.load(Ordering::Relaxed);
        let seen = inspect(batch, &limits);
        let after = COUNT.load(Ordering::Relaxed);
        assert_eq!(after - before, 0, "{:?}", seen.unwrap().codec);
    }
}
