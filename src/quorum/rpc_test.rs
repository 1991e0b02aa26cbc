//! Messages between members survive the way and refuse what is none.

use crate::rpc::*;
use crate::testing::entry;
use crate::types::*;
use bytes::Bytes;
use openraft::raft::{AppendEntriesRequest, VoteRequest};

fn samples() -> Vec<Request> {
    let vote = Vote { leader_id: openraft::LeaderId::new(3, 2), committed: true };
    let data = SnapshotData { next_offset: 12, state: Bytes::from_static(b"\x00state") };
    vec![
        Request::Append(AppendEntriesRequest {
            vote,
            prev_log_id: Some(log_id(1, 1, 4)),
            entries: vec![entry(5, "a"), entry(6, "b")],
            leader_commit: None,
        }),
        Request::Append(AppendEntriesRequest {
            vote,
            prev_log_id: None,
            entries: vec![],
            leader_commit: Some(log_id(1, 1, 4)),
        }),
        Request::Vote(VoteRequest { vote, last_log_id: Some(log_id(3, 2, 9)) }),
        Request::Snapshot { vote, meta: SnapshotMeta::default(), data },
    ]
}

#[test]
fn a_request_survives_the_way() {
    for request in samples() {
        let there = Request::decode(&request.encode().unwrap()).unwrap();
        assert_eq!(format!("{there:?}"), format!("{request:?}"));
    }
    let answer: u32 = decode_answer(&encode_answer(&Ok::<u32, String>(7)).unwrap()).unwrap();
    assert_eq!(answer, 7);
    let refused = encode_answer(&Err::<u32, _>("no".to_owned())).unwrap();
    assert_eq!(decode_answer::<u32>(&refused), Err(RpcError("no".to_owned())));
}

#[test]
fn bytes_that_are_no_request_are_refused() {
    let append = samples()[0].encode().unwrap();
    for len in 0..append.len() {
        let cut = append.slice(..len);
        if let Ok(Request::Append(whole)) = Request::decode(&cut) {
            assert!(whole.entries.len() < 2, "a cut between entries is a shorter request; cut at {len}");
        }
    }
    for bad in
        [&b""[..], b"\x02\x01\0\0\0\0", b"\x01\x09\0\0\0\x02{}", b"\x01\x01\xff\xff\xff\xff{}", b"\x01\x02\0\0\0\x02{}"]
    {
        assert!(Request::decode(&Bytes::from_static(bad)).is_err(), "{bad:?}");
    }
}
