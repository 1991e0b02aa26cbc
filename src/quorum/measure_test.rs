//! What the quorum costs on this machine's disk. Run with `cargo test --release -p esker-quorum -- --ignored --nocapture`.

use crate::testing::*;
use crate::*;
use bytes::Bytes;
use esker_env::{Env, OpenMode};
use std::io::IoSlice;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The disk's own rate: one write of 300 bytes and one sync after the other.
fn syncs_per_second(env: &Env, dir: &Path) -> f64 {
    let file = env.disk.open(&dir.join("syncs"), OpenMode::CreateNew).unwrap();
    let start = env.clock.now();
    for n in 0..500 {
        file.write_all_at(&[IoSlice::new(&[7; 300])], n * 300).unwrap();
        file.sync_data().unwrap();
    }
    500.0 / env.clock.now().since(start).as_secs_f64()
}

/// Proposals of 300 bytes from so many tasks for two seconds; per second.
async fn proposals_per_second(env: &Env, node: &Arc<QuorumNode>, tasks: usize) -> f64 {
    let start = env.clock.now();
    let one = |clock: Arc<dyn esker_env::Clock>, node: Arc<QuorumNode>| async move {
        let mut done = 0;
        while clock.now().since(start) < Duration::from_secs(2) {
            let proposal = Proposal { expected: None, records: vec![Bytes::from_static(&[7; 300])] };
            node.propose(proposal, LONG).await.unwrap();
            done += 1;
        }
        done
    };
    let running: Vec<_> = (0..tasks).map(|_| esker_env::spawn(one(env.clock.clone(), Arc::clone(node)))).collect();
    let mut done = 0;
    for task in running {
        done += task.await.unwrap();
    }
    f64::from(done) / env.clock.now().since(start).as_secs_f64()
}

/// User and system time of this process, in clock ticks of 10 ms.
fn cpu_ticks() -> u64 {
    let own = std::process::id().to_string();
    let output = std::process::Command::new("cat").arg(format!("/proc/{own}/stat")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().unwrap())
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn proposals_restart_and_idling() {
    let (env, root) = (Env::system(), tempfile::tempdir().unwrap());
    let disk = syncs_per_second(&env, root.path());
    println!("the disk syncs {disk:.0} times a second");
    let dir = root.path().join(DIRECTORY);
    let start_time = env.clock.now();
    let (node, _) = start(&env, &dir).await.unwrap();
    println!("a new quorum leads after {:?}", env.clock.now().since(start_time));
    for tasks in [1, 16, 256] {
        let rate = proposals_per_second(&env, &node, tasks).await;
        println!("{tasks} proposers: {rate:.0} proposals/s, {:.2} per sync of the disk", rate / disk);
    }
    let ticks = cpu_ticks();
    esker_env::sleep(Duration::from_secs(5)).await;
    println!("idle: {} ms of CPU in 5 s", (cpu_ticks() - ticks) * 10);
    node.shutdown().await;
    drop(node);

    let dir = root.path().join("restart");
    let tuning = Tuning { snapshot_log_bytes: u64::MAX, ..Tuning::default() };
    let options = Options { tuning, ..options(&dir) };
    let node = QuorumNode::start(&env, options.clone(), Arc::new(Ledger::default()), Arc::new(NoPeers)).await.unwrap();
    let entries: Vec<_> = (0..100u32).map(|_| {
        let node = Arc::clone(&node);
        esker_env::spawn(async move {
            for _ in 0..1000 {
                node.propose(records(&["a record of the size that a partition's creation takes, give or take, in JSON ............"]), LONG).await.unwrap();
            }
        })
    }).collect();
    for task in entries {
        task.await.unwrap();
    }
    node.shutdown().await;
    drop(node);
    let ledger = Arc::new(Ledger::default());
    let start_time = env.clock.now();
    let node = QuorumNode::start(&env, options, ledger.clone(), Arc::new(NoPeers)).await.unwrap();
    let took = env.clock.now().since(start_time);
    println!("restart with {} records, no snapshot: {took:?}", ledger.records.lock().len());
    assert_eq!(ledger.records.lock().len(), 100_000);
    drop(node);
}
