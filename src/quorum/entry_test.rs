//! Entries as bytes, and bytes that are no entries.

use crate::entry::*;
use crate::types::*;
use bytes::Bytes;
use std::collections::BTreeMap;

fn samples() -> Vec<Entry> {
    let proposals = vec![
        StoredProposal { expected: Some(0), records: vec![Bytes::from_static(b"one"), Bytes::new()] },
        StoredProposal { expected: None, records: vec![] },
        StoredProposal { expected: Some(i64::MAX), records: vec![Bytes::from(vec![7; 5000])] },
    ];
    let nodes: BTreeMap<u64, openraft::BasicNode> =
        [(1, openraft::BasicNode::new("a:1")), (2, openraft::BasicNode::new("b:2"))].into();
    let membership = Membership::new(vec![[1].into(), [1, 2].into()], nodes);
    vec![
        Entry { log_id: log_id(0, 0, 0), payload: Payload::Blank },
        Entry { log_id: log_id(3, 2, u64::MAX - 1), payload: Payload::Normal(Batch { proposals }) },
        Entry { log_id: log_id(3, 2, 9), payload: Payload::Normal(Batch::default()) },
        Entry { log_id: log_id(4, 1, 10), payload: Payload::Membership(membership) },
    ]
}

fn encoded(entry: &Entry) -> Bytes {
    let mut bytes = Vec::new();
    encode_entry(entry, &mut bytes);
    bytes.into()
}

#[test]
fn what_is_written_is_read() {
    for entry in samples() {
        let bytes = encoded(&entry);
        assert_eq!(decode_entry(&bytes).unwrap(), entry);
        assert_eq!(entry_id(&bytes).unwrap(), entry.log_id);
    }
}

#[test]
fn the_bytes_of_an_entry_are_a_promise() {
    let proposals = vec![StoredProposal { expected: Some(5), records: vec![Bytes::from_static(b"ab")] }];
    let entry = Entry { log_id: log_id(2, 3, 4), payload: Payload::Normal(Batch { proposals }) };
    let expected = [
        &[1][..],
        &2u64.to_be_bytes(),
        &3u64.to_be_bytes(),
        &4u64.to_be_bytes(),
        &1u32.to_be_bytes(),
        &5i64.to_be_bytes(),
        &1u32.to_be_bytes(),
        &2u32.to_be_bytes(),
        b"ab",
    ]
    .concat();
    assert_eq!(encoded(&entry), expected);
}

#[test]
fn bytes_that_are_no_entry_are_refused_without_taking_memory_for_what_they_claim() {
    for entry in samples() {
        let bytes = encoded(&entry);
        for len in 0..bytes.len().min(200) {
            assert!(decode_entry(&bytes.slice(..len)).is_err(), "{len} bytes of {entry:?}");
        }
        let mut longer = bytes.to_vec();
        longer.push(0);
        assert!(decode_entry(&longer.into()).is_err());
    }
    let mut lie = encoded(&samples()[2]).to_vec();
    lie[25..29].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(decode_entry(&lie.into()).unwrap_err().to_string().contains("count exceeds"));
    let mut newer = encoded(&samples()[0]).to_vec();
    newer[0] = 9;
    assert!(decode_entry(&newer.into()).unwrap_err().to_string().contains("newer version"));
}
