//! One voter becomes three by membership changes alone; three survive the loss of one.

use crate::testing::*;
use crate::*;
use async_trait::async_trait;
use bytes::Bytes;
use esker_env::sim::World;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Carries requests between the nodes of one process; a node that is not there is unreachable.
#[derive(Clone, Default)]
struct Wires(Arc<Mutex<HashMap<i32, Weak<QuorumNode>>>>);

#[async_trait]
impl Transport for Wires {
    async fn call(&self, peer: &Member, request: Bytes, limit: Duration) -> Result<Bytes, PeerUnreachable> {
        let unreachable =
            |reason: &str| PeerUnreachable { id: peer.id, address: peer.address.clone(), reason: reason.into() };
        let there = self.0.lock().get(&peer.id).and_then(Weak::upgrade).ok_or_else(|| unreachable("nobody there"))?;
        let answer = esker_env::timeout(limit, there.answer(request)).await.ok_or_else(|| unreachable("no answer"))?;
        answer.map_err(|error| unreachable(&error.to_string()))
    }
}

struct Fleet {
    wires: Wires,
    worlds: HashMap<i32, World>,
}

impl Fleet {
    fn new() -> Self {
        Self { wires: Wires::default(), worlds: (1..=3).map(|id| (id, World::new(id as u64))).collect() }
    }

    async fn start(&self, id: i32, voters: Vec<Member>) -> (Arc<QuorumNode>, Arc<Ledger>) {
        let ledger = Arc::new(Ledger::default());
        let tuning = Tuning {
            heartbeat: Duration::from_millis(50),
            election: (Duration::from_millis(300), Duration::from_millis(600)),
            segment_bytes: 500,
            snapshot_log_bytes: 1500,
            entries_kept: 2,
        };
        let options = Options { node_id: id, dir: Path::new("/m").to_owned(), voters, tuning };
        let node = QuorumNode::start(&self.worlds[&id].env(), options, ledger.clone(), Arc::new(self.wires.clone()))
            .await
            .unwrap();
        self.wires.0.lock().insert(id, Arc::downgrade(&node));
        (node, ledger)
    }
}

async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            esker_env::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(esker_env::timeout(LONG, wait).await.is_some(), "{what} did not happen");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_voter_becomes_three_and_three_survive_the_loss_of_the_leader() {
    let fleet = Fleet::new();
    let (one, ledger_one) = fleet.start(1, vec![voter(1)]).await;
    for n in 0..60 {
        one.propose(records(&[&format!("alone {n}")]), LONG).await.unwrap();
    }
    // By now the log begins with a snapshot: the newcomers are sent that.
    let (two, ledger_two) = fleet.start(2, vec![]).await;
    let (three, ledger_three) = fleet.start(3, vec![]).await;
    one.add_learner(voter(2)).await.unwrap();
    one.add_learner(voter(3)).await.unwrap();
    one.change_voters(&[1, 2, 3]).await.unwrap();
    assert_eq!(one.members(), [voter(1), voter(2), voter(3)]);
    one.propose(records(&["together"]), LONG).await.unwrap();
    eventually("replication", || ledger_two.texts().len() == 61 && ledger_three.texts().len() == 61).await;
    assert_eq!(ledger_two.texts(), ledger_one.texts());

    let elsewhere = two.propose(records(&["x"]), LONG).await;
    assert_eq!(elsewhere, Err(ProposeError::NotLeader { leader: Some(1) }));
    let mut cursor = two.committed_from(60);
    assert_eq!(cursor.next().await.unwrap().records, [Bytes::from_static(b"together")], "followers serve readers too");

    one.shutdown().await;
    drop(one);
    let leads = |node: &QuorumNode| node.leader().borrow().leader.filter(|leader| *leader != 1);
    eventually("an election", || leads(&two).is_some() && leads(&two) == leads(&three)).await;
    let leader = if leads(&two) == Some(2) { &two } else { &three };
    let offset = leader.propose(records(&["without the first"]), LONG).await.unwrap();
    assert_eq!(offset, 61);
    let (one, ledger_one) = fleet.start(1, vec![voter(1)]).await;
    eventually("the first one's return", || ledger_one.texts().len() == 62).await;
    assert_eq!(ledger_one.texts(), ledger_two.texts());
    assert_eq!(one.members().len(), 3, "the membership is in its log, not in its options");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_majority_nothing_is_committed_and_the_wait_ends() {
    let fleet = Fleet::new();
    let (one, _) = fleet.start(1, vec![voter(1)]).await;
    let (two, _) = fleet.start(2, vec![]).await;
    one.add_learner(voter(2)).await.unwrap();
    one.change_voters(&[1, 2]).await.unwrap();
    two.shutdown().await;
    fleet.wires.0.lock().remove(&2);
    drop(two);
    let waited = one.propose(records(&["x"]), Duration::from_millis(200)).await;
    assert!(matches!(waited, Err(ProposeError::Timeout | ProposeError::NotLeader { .. })), "{waited:?}");
}
