//! What consumers put into bytes that pass through.

use crate::group::embedded::{Subscription, read_assignment, read_subscription, read_version, write_assignment};
use crate::group::testing::subscription;

#[test]
fn a_subscription_is_read_in_every_version() {
    let bytes = subscription(&["a", "b"], &[("a", &[0, 2])]);
    let read = read_subscription(&bytes).unwrap();
    assert_eq!(read.topics.iter().map(|topic| &**topic).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(read.owned, vec![("a".into(), vec![0, 2])]);
    let mut newest = bytes.to_vec();
    newest[1] = 3;
    newest.extend([0, 0, 0, 9]); // generation
    newest.extend([0, 2, b'r', b'1']); // rack
    assert_eq!(read_subscription(&newest).unwrap().rack.as_deref(), Some("r1"));
    newest[1] = 200; // a version from the future
    newest.extend([1, 2, 3]);
    assert_eq!(read_subscription(&newest).unwrap().rack.as_deref(), Some("r1"));
    let mut oldest = bytes[..bytes.len() - 19].to_vec();
    oldest[1] = 0;
    let read = read_subscription(&oldest).unwrap();
    assert_eq!((read.topics.len(), read.owned.len()), (2, 0));
    assert!((0..bytes.len()).all(|cut| read_subscription(&bytes[..cut]).is_err()));
    assert!(read_subscription(&[0xff, 0xff, 0, 0, 0, 0]).is_err());
    let _default = Subscription::default();
}

#[test]
fn an_assignment_reads_back_as_it_was_written() {
    let partitions = vec![("a".into(), vec![1, 2]), ("b".into(), vec![])];
    let bytes = write_assignment(1, &partitions);
    assert_eq!(read_version(&bytes), Ok(1));
    let read = read_assignment(&bytes).unwrap();
    assert_eq!((read.partitions, read.has_user_data), (partitions, false));
    let mut with_data = bytes[..bytes.len() - 4].to_vec();
    with_data.extend([0, 0, 0, 1, 7]);
    assert!(read_assignment(&with_data).unwrap().has_user_data);
}
