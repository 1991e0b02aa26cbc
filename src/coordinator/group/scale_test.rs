//! What an offset costs. Memory and time of a million of them over the wire: `groups fill` and `groups loaded` of the benches.

use crate::group::request::*;
use crate::group::testing::Rig;

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
