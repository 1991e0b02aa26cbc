//! Records against bytes that Kafka 4.3.1 wrote, and there and back.

use crate::group::record::*;
use esker_model::TopicId;
use std::collections::BTreeMap;

fn id(n: u128) -> TopicId {
    TopicId(uuid::Uuid::from_u128(n))
}

fn record(fact: Fact) -> GroupRecord {
    GroupRecord { group: "g".into(), fact }
}

fn samples() -> Vec<GroupRecord> {
    let offset = CommittedOffset {
        offset: 42,
        leader_epoch: 3,
        metadata: "né".into(),
        committed_at: 1_700_000_000_000,
        expires_at: -1,
        topic_id: id(7),
    };
    let fact = |value| Fact::Offset { topic: "t".into(), partition: 5, value };
    let member = ClassicMemberValue {
        id: "m".into(),
        instance: Some("i".into()),
        client_id: "c".into(),
        client_host: "/h".into(),
        rebalance_timeout: 1,
        session_timeout: 2,
        subscription: ::bytes::Bytes::from_static(b"sub"),
        assignment: ::bytes::Bytes::new(),
    };
    let classic = ClassicValue {
        protocol_type: "consumer".into(),
        generation: 9,
        protocol: Some("range".into()),
        leader: Some("m".into()),
        state_since: 77,
        members: vec![member],
    };
    let says = MemberValue {
        instance: None,
        rack: Some("r".into()),
        client_id: "c".into(),
        client_host: "/h".into(),
        topics: ["a".into(), "b".into()].into(),
        regex: Some("x.*".into()),
        rebalance_timeout: 30,
        assignor: Some("uniform".into()),
        classic: Some(ClassicMetadata {
            session_timeout: 5,
            protocols: vec![("range".into(), ::bytes::Bytes::from_static(b"abc"))],
        }),
    };
    let epochs = BTreeMap::from([(id(1), BTreeMap::from([(0, 4), (2, 5)]))]);
    let current =
        CurrentValue { epoch: 5, previous_epoch: 4, state: 1, assigned: epochs.clone(), revoking: BTreeMap::new() };
    let regex = RegexValue { topics: ["a".into()].into(), version: 12, resolved_at: 13 };
    let facts = [
        fact(Some(offset.clone())),
        fact(Some(CommittedOffset { topic_id: TopicId::ZERO, ..offset.clone() })),
        // The version with an expiry knows neither epoch nor topic id.
        fact(Some(CommittedOffset { expires_at: 99, leader_epoch: -1, topic_id: TopicId::ZERO, ..offset })),
        fact(None),
        Fact::Classic(Some(classic)),
        Fact::Classic(Some(ClassicValue { state_since: 1, ..ClassicValue::default() })),
        Fact::Classic(None),
        Fact::Epoch(Some((3, 0))),
        Fact::Epoch(Some((3, u64::MAX))),
        Fact::Epoch(None),
        Fact::TopicsMetadata,
        Fact::Member("m".into(), Some(says.clone())),
        Fact::Member("m".into(), Some(MemberValue { classic: None, regex: None, ..says })),
        Fact::Member("m".into(), None),
        Fact::TargetEpoch(Some((4, 1000))),
        Fact::TargetEpoch(Some((4, 0))),
        Fact::TargetEpoch(None),
        Fact::Target("m".into(), Some(BTreeMap::from([(id(1), [0, 1].into())]))),
        Fact::Target("m".into(), None),
        Fact::Current("m".into(), Some(current)),
        Fact::Current("m".into(), None),
        Fact::Regex("x.*".into(), Some(regex)),
        Fact::Regex("x.*".into(), None),
    ];
    facts.into_iter().map(record).collect()
}

#[test]
fn every_record_reads_back_as_it_was_written() {
    for sample in samples() {
        let (key, value) = sample.encode();
        assert_eq!(GroupRecord::decode(&key, value.as_deref()), Ok(Some(sample.clone())), "{sample:?}");
    }
}

#[test]
fn a_record_that_is_cut_short_is_refused_and_never_a_panic() {
    for sample in samples() {
        let (key, value) = sample.encode();
        for cut in 0..key.len() {
            assert!(GroupRecord::decode(&key[..cut], value.as_deref()).is_err(), "{sample:?} key {cut}");
        }
        let Some(value) = value else { continue };
        for cut in 0..value.len() {
            // A value may only be cut where what is left is one of a version with fewer fields, which none is.
            assert!(GroupRecord::decode(&key, Some(&value[..cut])).is_err(), "{sample:?} value {cut}");
        }
    }
}

#[test]
fn bytes_that_are_changed_are_read_or_refused_and_never_a_panic() {
    for sample in samples() {
        let (key, value) = sample.encode();
        let Some(value) = value else { continue };
        for at in 0..value.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut changed = value.clone();
                changed[at] ^= flip;
                let _either = GroupRecord::decode(&key, Some(&changed));
            }
        }
    }
}

#[test]
fn records_have_the_bytes_that_kafka_gives_them() {
    // Key of type 1: group "g", topic "t", partition 5. Value of version 4 with its tag.
    let (key, value) = samples()[0].encode();
    assert_eq!(key, [0, 1, 0, 1, b'g', 0, 1, b't', 0, 0, 0, 5]);
    let value = value.unwrap();
    assert_eq!(value[..2], [0, 4]);
    assert_eq!(value[2..10], 42_i64.to_be_bytes());
    assert_eq!(value[10..14], 3_i32.to_be_bytes());
    assert_eq!(value[14..18], [4, b'n', 0xc3, 0xa9]);
    assert_eq!(value[18..26], 1_700_000_000_000_i64.to_be_bytes());
    assert_eq!(value[26..29], [1, 0, 16]);
    assert_eq!(value[29..], *id(7).0.as_bytes());
    // An empty group: version 3, no protocol type, generation 0, no protocol, no leader, time, no members.
    let (key, value) = samples()[5].encode();
    assert_eq!(key, [0, 2, 0, 1, b'g']);
    let empty = [&[0, 3, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff][..], &1_i64.to_be_bytes(), &[0, 0, 0, 0]].concat();
    assert_eq!(value.unwrap(), empty);
}

#[test]
fn records_of_other_kinds_of_groups_are_passed_over() {
    for kind in [10_i16, 15, 17, 23, 300, -1] {
        let key = [&kind.to_be_bytes()[..], &[0, 1, b'g']].concat();
        assert_eq!(GroupRecord::decode(&key, Some(&[0, 0, 1])), Ok(None), "{kind}");
    }
    let (key, _) = record(Fact::TopicsMetadata).encode();
    assert_eq!(GroupRecord::decode(&key, Some(&[9, 9])), Ok(Some(record(Fact::TopicsMetadata))));
    let (key, _) = record(Fact::Epoch(None)).encode();
    assert_eq!(GroupRecord::decode(&key, Some(&[0, 1, 0])), Err(CodecError::Version(1)));
}

#[test]
fn partitions_without_epochs_of_their_own_are_as_old_as_their_member() {
    let (key, _) = record(Fact::Current("m".into(), None)).encode();
    // Version 0, epoch 6, previous 5, stable, one topic with partition 3 and no tag, nothing to give back, no tag.
    let mut value = vec![0, 0, 0, 0, 0, 6, 0, 0, 0, 5, 0, 2];
    value.extend(id(1).0.as_bytes());
    value.extend([2, 0, 0, 0, 3, 0, 1, 0]);
    let decoded = GroupRecord::decode(&key, Some(&value)).unwrap().unwrap();
    let Fact::Current(_, Some(current)) = decoded.fact else { panic!() };
    assert_eq!(current.assigned, BTreeMap::from([(id(1), BTreeMap::from([(3, 6)]))]));
}
