//! The same batches are found however the chunks cut them.

use crate::read::cursor::Step;
use crate::read::{BatchCursor, Window};
use crate::testing::run;
use bytes::Bytes;

#[test]
fn batches_are_found_across_chunk_borders_of_any_length() {
    let bytes = Bytes::from(run(10, 20, 3, 0, 100));
    for chunk_len in [1, 7, 61, 100, 161, 1000, 10_000] {
        let mut window = Window::at(0);
        let mut cursor = BatchCursor { position: 0, log_len: bytes.len() as u64 };
        let mut chunks = bytes.chunks(chunk_len);
        let mut offsets = Vec::new();
        loop {
            match cursor.peek(&window) {
                Step::Batch(header, end) if end <= window.end() => {
                    let at = cursor.position as usize;
                    assert_eq!(window.joined(cursor.position, end), bytes.slice(at..end as usize));
                    offsets.push(header.base_offset);
                    cursor.position = end;
                }
                Step::Batch(..) | Step::NeedsUpTo(_) => window.push(Bytes::copy_from_slice(chunks.next().unwrap())),
                Step::End => break,
                Step::Damaged(what) => panic!("{what}"),
            }
        }
        assert_eq!(offsets, (0..20).map(|at| 10 + at * 3).collect::<Vec<_>>());
    }
}

#[test]
fn what_is_no_batch_is_damage_and_not_a_loop() {
    let mut window = Window::at(0);
    window.push(Bytes::from(vec![0; 200]));
    let cursor = BatchCursor { position: 0, log_len: 200 };
    assert!(matches!(cursor.peek(&window), Step::Damaged(_)));
    let mut bytes = run(0, 1, 1, 0, 10);
    bytes[8..12].copy_from_slice(&i32::MAX.to_be_bytes());
    let mut window = Window::at(0);
    window.push(Bytes::from(bytes));
    assert!(matches!(BatchCursor { position: 0, log_len: 71 }.peek(&window), Step::Damaged(_)));
    assert!(matches!(BatchCursor { position: 30, log_len: 71 }.peek(&window), Step::Damaged(_)));
}
