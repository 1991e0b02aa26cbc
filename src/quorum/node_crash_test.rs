//! Power cuts in the life of a whole node: nothing that was acknowledged is lost, and every start succeeds.

use crate::testing::*;
use crate::*;
use esker_env::sim::World;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;

const DIR: &str = "/data/esker-metadata";

fn small() -> Options {
    let tuning = Tuning { segment_bytes: 400, snapshot_log_bytes: 900, entries_kept: 2, ..Tuning::default() };
    Options { tuning, ..options(Path::new(DIR)) }
}

/// Proposes from several tasks at once, through two lives of the node; what was acknowledged, and after how many operations.
fn live(world: &World) -> Vec<(usize, String)> {
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for life in 0..2 {
        run(async {
            let ledger = Arc::new(Ledger::default());
            let node = QuorumNode::start(&world.env(), small(), ledger, Arc::new(NoPeers)).await.unwrap();
            let writers = (0..4).map(|writer| {
                let (node, acknowledged, disk) = (Arc::clone(&node), Arc::clone(&acknowledged), world.disk.clone());
                esker_env::spawn(async move {
                    for n in 0..8 {
                        let text = format!("life {life} writer {writer} record {n}");
                        node.propose(records(&[&text]), LONG).await.unwrap();
                        acknowledged.lock().push((disk.op_count(), text));
                    }
                })
            });
            for writer in writers.collect::<Vec<_>>() {
                writer.await.unwrap();
            }
            if life == 0 {
                node.shutdown().await;
            }
        });
    }
    Arc::into_inner(acknowledged).unwrap().into_inner()
}

#[test]
fn no_power_cut_loses_an_acknowledged_proposal() {
    let world = World::recording(5);
    let acknowledged = live(&world);
    assert_eq!(acknowledged.len(), 64);
    let mut tried = 0;
    // Every moment is visited, a sample of the states at each: thousands of starts would take minutes.
    for image in world.disk.crash_images(9, 6).step_by(5) {
        tried += 1;
        let (ops, story) = (image.ops, image.story);
        run(async {
            let ledger = Arc::new(Ledger::default());
            let env = World::with_disk(image.disk, 1).env();
            let node = QuorumNode::start(&env, small(), ledger.clone(), Arc::new(NoPeers)).await;
            let node = node.unwrap_or_else(|error| panic!("after {ops} operations, {story}: {error}"));
            let texts = ledger.texts();
            for (at, text) in &acknowledged {
                let count = texts.iter().filter(|known| *known == text).count();
                assert!(count <= 1, "{text:?} is there {count} times after {ops} operations, {story}");
                assert!(
                    count == 1 || *at > ops,
                    "{text:?} was acknowledged at {at} and is lost after {ops} operations, {story}"
                );
            }
            assert_eq!(node.propose(records(&["alive"]), LONG).await, Ok(texts.len() as i64));
        });
    }
    assert!(tried > 100, "only {tried} crash images were tried");
}
