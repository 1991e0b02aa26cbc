//! Readers keep what they took.

use crate::published::Published;

#[test]
fn a_reader_keeps_the_value_that_it_took() {
    let published = Published::new(vec![1]);
    let taken = published.load();
    published.store(vec![1, 2]);
    assert_eq!(*taken, [1]);
    assert_eq!(published.peek(Vec::len), 2);
    assert_eq!(*published.load(), [1, 2]);
}
