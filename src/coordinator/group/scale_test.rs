//! What offsets cost. `cargo test --release -p esker-coordinator -- --ignored --nocapture scale` measures a million of them.

use crate::group::request::*;
use crate::group::testing::Rig;
use esker_env::{Env, ProcessUsage};

const PARTITIONS: i32 = 100;

/// Commits `offsets` offsets, a hundred at a time, ten topics for each group.
fn fill(rig: &mut Rig, offsets: usize) {
    for n in 0..offsets / PARTITIONS as usize {
        let partition = |partition| CommitPartition {
            partition,
            offset: 1_000_000,
            leader_epoch: 3,
            metadata: Some(Box::from("")),
        };
        let topic = CommitTopic {
            name: format!("a-topic-with-a-name-{}", n % 10).into(),
            partitions: (0..PARTITIONS).map(partition).collect(),
            ..CommitTopic::default()
        };
        let request = CommitRequest {
            group: format!("a-group-with-a-name-{}", n / 10).into(),
            generation: -1,
            retention_ms: -1,
            topics: vec![topic],
            ..CommitRequest::default()
        };
        rig.commit(&request).unwrap();
    }
}

#[test]
fn an_offset_is_accounted_for_with_less_than_a_kibibyte() {
    let mut rig = Rig::with_memory("", 1 << 30);
    fill(&mut rig, 20_000);
    let used = rig.world.budget.used() / 20_000;
    assert!((64..1024).contains(&used), "{used} bytes an offset");
    let before = rig.world.budget.used();
    rig.reload(None);
    assert_eq!(rig.world.budget.used(), before, "what is loaded is accounted for as what was committed");
}

#[test]
#[ignore = "a measurement"]
fn scale_of_a_million_offsets() {
    const OFFSETS: usize = 1_000_000;
    let clock = Env::system().clock;
    let mut rig = Rig::with_memory("", 4 << 30);
    let began = clock.now();
    fill(&mut rig, OFFSETS);
    let committed = clock.now().since(began);
    let resident = || ProcessUsage::now().resident_bytes;
    let before = resident();
    let mut second = Rig::with_memory("", 4 << 30);
    second.log = rig.log.clone();
    let began = clock.now();
    second.load_own_log();
    let loaded = clock.now().since(began);
    let after = resident();
    println!(
        "{OFFSETS} offsets: committed in {committed:?} by {PARTITIONS}, loaded in {loaded:?}, {} bytes of memory each, {} accounted",
        (after - before) / OFFSETS as u64,
        second.world.budget.used() / OFFSETS,
    );
    assert!(loaded.as_secs() < 2 || cfg!(debug_assertions));
    assert!((after - before) / OFFSETS as u64 <= 1024);

    let mut one = CommitRequest { group: "g".into(), generation: -1, retention_ms: -1, ..CommitRequest::default() };
    let partition = CommitPartition { partition: 0, offset: 1, leader_epoch: 0, metadata: None };
    one.topics = vec![CommitTopic { name: "t".into(), partitions: vec![partition], ..CommitTopic::default() }];
    let began = clock.now();
    for n in 0..100_000 {
        one.topics[0].partitions[0].offset = n;
        second.commit(&one).unwrap();
    }
    println!("{:.0} commits of one offset a second", 100_000.0 / clock.now().since(began).as_secs_f64());
}
