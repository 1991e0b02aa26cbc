//! The tier replaces a log for the leadership that asked for it, and for no other.

use crate::local_log::TieredLog;
use crate::testing::{World, batch, now_ms};
use esker_metadata::PartitionChange;
use esker_model::{BrokerId, EpochHistory};
use esker_tiering::{LocalLog, TieredEndState};

/// What the tier holds: less than the log.
fn at_two() -> TieredEndState {
    TieredEndState { tiered_end: 2, epochs: EpochHistory::default(), ..TieredEndState::default() }
}

async fn elect(world: &mut World, leader: BrokerId) {
    world.change("t", 0, PartitionChange { leader: Some(Some(leader)), ..PartitionChange::default() }).await;
}

#[tokio::test]
async fn whoever_leads_no_more_does_not_drop_what_the_next_leader_counts_on() {
    let mut world = World::new("").await;
    world.create_with("t", 1, &[], &[1, 2]).await;
    world.append("t", 0, &batch(now_ms(), 5, 100));
    let partition = world.partition("t", 0);
    let local = TieredLog::new(&partition);
    // Asked for while it led, done when it follows.
    let asked_in = partition.leader_epoch();
    elect(&mut world, 2).await;
    assert!(local.reset_to(asked_in, at_two()).is_err());
    assert!(local.reset_to(asked_in + 1, at_two()).is_err(), "it is another broker's epoch");
    assert_eq!(partition.log().log_end(), 5);
    // Elected once more: what the former leadership asked for is not what this one has found.
    elect(&mut world, 1).await;
    assert!(local.reset_to(asked_in, at_two()).is_err());
    assert_eq!(partition.log().log_end(), 5);
    local.reset_to(asked_in + 2, at_two()).unwrap();
    assert_eq!(partition.log().log_end(), 2);
}
