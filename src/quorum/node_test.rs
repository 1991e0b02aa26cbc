//! One voter, from outside: propose, read, restart, fail.

use crate::testing::*;
use crate::*;
use bytes::Bytes;
use esker_env::Env;
use esker_env::sim::World;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const DIR: &str = "/data/esker-metadata";

fn dir() -> &'static Path {
    Path::new(DIR)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_voter_leads_at_once_and_its_offsets_count_records_only() {
    let env = World::new(1).env();
    let started = Env::system().clock.now();
    let (node, ledger) = start(&env, dir()).await.unwrap();
    let took = Env::system().clock.now().since(started);
    assert!(took < Duration::from_millis(1000), "an election timeout must not be waited for: {took:?}");
    assert!(node.was_fresh());
    let leadership = node.leader().wait_for(|now| now.leader == Some(1)).await.unwrap().clone();
    assert!(leadership.term > 0);
    assert_eq!(node.members(), [voter(1)]);
    assert_eq!(node.propose(records(&["a", "b"]), LONG).await, Ok(0));
    assert_eq!(node.propose(records(&[]), LONG).await, Ok(2), "a barrier takes up no offset");
    assert_eq!(node.propose(records(&["c"]), LONG).await, Ok(2));
    assert_eq!((ledger.texts(), node.committed_end()), (vec!["a".into(), "b".into(), "c".into()], 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_decided_on_an_older_state_is_refused_as_a_whole() {
    let (node, ledger) = start(&World::new(1).env(), dir()).await.unwrap();
    let decided_at = |expected, text| Proposal { expected: Some(expected), ..records(&[text]) };
    assert_eq!(node.propose(decided_at(0, "a"), LONG).await, Ok(0));
    let late = node.propose(decided_at(0, "b"), LONG).await;
    assert_eq!(late, Err(ProposeError::Conflict { expected: 0, next: 1 }));
    // Many at once: exactly one of those that expect the same offset gets it, and a reader sees only that.
    let all: Vec<_> = (0..40)
        .map(|n| {
            let node = Arc::clone(&node);
            let proposal = decided_at(1, Box::leak(format!("r{n}").into_boxed_str()));
            esker_env::spawn(async move { node.propose(proposal, LONG).await.is_ok() })
        })
        .collect();
    let mut won = 0;
    for one in all {
        won += usize::from(one.await.unwrap());
    }
    assert_eq!((won, ledger.texts().len()), (1, 2));
    let mut cursor = node.committed_from(1);
    assert_eq!(cursor.next().await.unwrap().records, [ledger.records.lock()[1].clone()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_is_there_after_a_restart_in_order() {
    let env = World::new(1).env();
    for round in 0..4 {
        let (node, ledger) = start(&env, dir()).await.unwrap();
        assert_eq!(node.was_fresh(), round == 0);
        assert_eq!(ledger.texts().len(), round * 10);
        for n in 0..10 {
            let offset = node.propose(records(&[&format!("{round}-{n}")]), LONG).await.unwrap();
            assert_eq!(offset, (round * 10 + n) as i64);
        }
        node.shutdown().await;
    }
    let (_node, ledger) = start(&env, dir()).await.unwrap();
    let expected: Vec<String> = (0..4).flat_map(|round| (0..10).map(move |n| format!("{round}-{n}"))).collect();
    assert_eq!(ledger.texts(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn proposals_that_wait_at_the_same_moment_share_a_sync() {
    let world = World::new(1);
    let (node, ledger) = start(&world.env(), dir()).await.unwrap();
    let before = world.disk.sync_count();
    let all: Vec<_> = (0..400)
        .map(|n| {
            let node = Arc::clone(&node);
            esker_env::spawn(async move { node.propose(records(&[&format!("{n}")]), LONG).await.unwrap() })
        })
        .collect();
    let mut offsets = Vec::new();
    for one in all {
        offsets.push(one.await.unwrap());
    }
    offsets.sort_unstable();
    assert_eq!(offsets, (0..400).collect::<Vec<_>>());
    assert_eq!(ledger.records.lock().len(), 400);
    let syncs = world.disk.sync_count() - before;
    assert!(syncs < 200, "{syncs} syncs for 400 concurrent proposals");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_reads_from_any_offset_and_waits_at_the_end() {
    let (node, _) = start(&World::new(1).env(), dir()).await.unwrap();
    node.propose(records(&["0", "1", "2"]), LONG).await.unwrap();
    node.propose(records(&["3"]), LONG).await.unwrap();
    let mut cursor = node.committed_from(1);
    let first = cursor.next().await.unwrap();
    assert_eq!((first.base_offset, first.records.len()), (1, 2));
    assert_eq!(cursor.next().await.unwrap().records, [Bytes::from_static(b"3")]);
    assert!(esker_env::timeout(Duration::from_millis(30), cursor.next()).await.is_none(), "nothing more is committed");
    let (read, _) = tokio::join!(cursor.next(), node.propose(records(&["4"]), LONG));
    assert_eq!(read.unwrap(), CommittedBatch { base_offset: 4, records: vec![Bytes::from_static(b"4")] });
}

fn small() -> Options {
    let tuning = Tuning { segment_bytes: 500, snapshot_log_bytes: 2000, entries_kept: 3, ..Tuning::default() };
    Options { tuning, ..options(dir()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_keep_the_log_short_and_a_restart_begins_with_one() {
    let world = World::new(1);
    let env = world.env();
    let node = QuorumNode::start(&env, small(), Arc::new(Ledger::default()), Arc::new(NoPeers)).await.unwrap();
    for n in 0..200 {
        node.propose(records(&[&format!("record number {n}")]), LONG).await.unwrap();
    }
    let files = || env.disk.list(dir()).unwrap();
    let short = async {
        while files().len() > 14 || !files().iter().any(|file| file.name.ends_with(".snapshot")) {
            esker_env::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(esker_env::timeout(LONG, short).await.is_some(), "{:?}", files());
    let behind = node.committed_from(0).next().await.unwrap_err();
    assert!(matches!(behind, CursorError::InSnapshot { wanted: 0, .. }), "{behind}");
    let handed = node.snapshot().await.unwrap();
    assert_eq!(handed.next_offset, 200);
    assert_eq!(serde_json::from_slice::<Vec<Bytes>>(&handed.state).unwrap().len(), 200);
    node.shutdown().await;
    drop(node);
    let ledger = Arc::new(Ledger::default());
    let node = QuorumNode::start(&env, small(), ledger.clone(), Arc::new(NoPeers)).await.unwrap();
    assert_eq!((ledger.texts().len(), node.committed_end()), (200, 200));
    assert_eq!(ledger.texts()[199], "record number 199");
    assert_eq!(node.propose(records(&["next"]), LONG).await, Ok(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_stops_the_node_and_a_restart_recovers_what_was_acknowledged() {
    let world = World::new(1);
    let (node, _) = start(&world.env(), dir()).await.unwrap();
    node.propose(records(&["kept"]), LONG).await.unwrap();
    world.disk.fail_sync(1);
    let failed = node.propose(records(&["lost"]), LONG).await.unwrap_err();
    assert!(matches!(failed, ProposeError::Unavailable(_)), "{failed}");
    let reason = esker_env::timeout(LONG, node.failed()).await.expect("the failure must be told");
    assert!(!reason.is_empty());
    assert!(matches!(node.propose(records(&["later"]), LONG).await, Err(ProposeError::Unavailable(_))));
    node.shutdown().await;
    let (_node, ledger) = start(&world.env(), dir()).await.unwrap();
    assert_eq!(ledger.texts()[0], "kept");
    assert!(!ledger.texts().contains(&"later".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_proposals_and_recovers_by_itself() {
    let world = World::new(1);
    let (node, _) = start(&world.env(), dir()).await.unwrap();
    world.disk.limit_space(Some(1 << 20));
    let refused = node.propose(records(&["x"]), LONG).await;
    assert!(matches!(refused, Err(ProposeError::DiskFull { .. })), "{refused:?}");
    world.disk.limit_space(None);
    assert_eq!(node.propose(records(&["x"]), LONG).await, Ok(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_a_proposal_is_refused_and_the_largest_is_taken() {
    let (node, _) = start(&World::new(1).env(), dir()).await.unwrap();
    let of = |bytes: usize| Proposal { expected: None, records: vec![Bytes::from(vec![7; bytes])] };
    assert!(matches!(node.propose(of((16 << 20) + 1), LONG).await, Err(ProposeError::TooLarge { .. })));
    assert_eq!(node.propose(of(16 << 20), LONG).await, Ok(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_mean_nothing_here_stop_the_start_with_the_machines_words() {
    let env = World::new(1).env();
    let (node, _) = start(&env, dir()).await.unwrap();
    node.propose(records(&["a"]), LONG).await.unwrap();
    node.propose(records(&["from the future"]), LONG).await.unwrap();
    node.shutdown().await;
    drop(node);
    let old = Ledger { refuses: Some(Bytes::from_static(b"from the future")), ..Ledger::default() };
    let error = QuorumNode::start(&env, options(dir()), Arc::new(old), Arc::new(NoPeers)).await.err().unwrap();
    assert!(error.to_string().contains("the record at offset 1 was written by a newer version"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_is_kept_out_until_the_first_has_stopped() {
    let env = World::new(1).env();
    let (node, _) = start(&env, dir()).await.unwrap();
    assert!(matches!(start(&env, dir()).await, Err(OpenError::InUse(_))));
    node.shutdown().await;
    assert!(matches!(node.propose(records(&["x"]), LONG).await, Err(ProposeError::Unavailable(_))));
    start(&env, dir()).await.unwrap();
}

#[tokio::test]
async fn whoever_has_no_peers_reaches_nobody() {
    let error = NoPeers.call(&voter(7), Bytes::new(), LONG).await.unwrap_err();
    assert!(error.to_string().contains("controller 7 at \"node-7:9093\" is unreachable"), "{error}");
}
