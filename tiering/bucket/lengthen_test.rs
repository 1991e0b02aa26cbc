//! A history that was made longer is one: a leader takes over and goes on, and every offset is found.

use crate::bucket::testing::open;
use crate::bucket::{BucketPartition, Lengthened};
use crate::testing::MemoryLog;
use crate::tier_test_world::{NEW, UNSURE, World, id, tiered_to, token};
use uuid::Uuid;

fn found(world: &World) -> BucketPartition {
    open(world).partition(id().topic_id, id().topic(), id().partition())
}

async fn lengthen(world: &World, count: u64) -> Lengthened {
    let mut names = 0;
    let fresh = || {
        names += 1;
        Uuid::from_u128((u128::from(count) << 64) + names)
    };
    found(world).lengthen(count, fresh).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_goes_on_from_a_history_that_was_made_longer() {
    let world = World::new();
    world.ready().await;
    world.tier.claim_generation(None).await.unwrap();
    let log = MemoryLog::new();
    for records in [1, 5_000, 1] {
        log.append(records, 0, 1_000_000, 1_000);
        log.roll();
    }
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, 5_002).await;
    drop(partition);
    let Lengthened { entries, pages, .. } = lengthen(&world, 3_000).await;
    assert_eq!((entries, pages), (3_000, 2));
    let Lengthened { entries, pages, .. } = lengthen(&world, 9_000).await;
    assert!((3_001..=5_002).contains(&entries), "{entries}: as many as there are offsets for");
    assert!(pages >= 2, "{pages}");
    let world = world.restart();
    world.ready().await;
    log.append(1, 0, 2_000_000, 1_000);
    log.roll();
    let partition = world.lead(&log, token(2), UNSURE);
    tiered_to(&partition, 5_003).await;
    let found = found(&world);
    let root = found.expect_newest().await.unwrap();
    let sealed: u64 = root.pages.iter().map(|page| page.entries).sum();
    assert_eq!(sealed + root.entries.len() as u64, entries + 1);
    for offset in 0..5_003 {
        let entry = found.chain.entry_at(&root, offset).await.unwrap().unwrap();
        assert!((entry.base..entry.next).contains(&offset), "{offset}");
    }
}
