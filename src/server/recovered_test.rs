//! After an unclean election the controller hears of it when a leader has recovered, so that the next start is one like any other.

use crate::testing::{Client, World};
use crate::{Broker, Ended};
use esker_env::{Disk, SystemDisk};
use esker_metadata::LeaderRecovery;
use std::time::Duration;

/// How many partitions have not recovered, of how many.
fn recovering(broker: &Broker) -> (usize, usize) {
    let image = broker.parts.image.current();
    let all: Vec<_> = image.topics().flat_map(|topic| topic.partitions.iter().map(|state| state.recovery)).collect();
    (all.iter().filter(|state| **state == LeaderRecovery::Recovering).count(), all.len())
}

#[test]
fn leaders_that_serve_after_an_unclean_election_have_recovered() {
    let mut world = World::new("").unwrap();
    world.set(&format!("esker.tier.url=file:{}", world.bucket().display()));
    let broker = world.start().unwrap();
    let mut client = Client::of(&broker).unwrap();
    client.create_topic("tiered", 3, &[("remote.storage.enable", "true")]).unwrap();
    client.create_topic("plain", 2, &[]).unwrap();
    assert_eq!(recovering(&broker), (0, 5));
    broker.stop();
    // What a broker that was killed does not leave behind.
    SystemDisk.remove_file(&world.log_dir().join(".kafka_cleanshutdown")).unwrap();

    let broker = world.start().unwrap();
    let all_have = async {
        for _ in 0..1200 {
            if recovering(&broker) == (0, 5) {
                return;
            }
            esker_env::sleep(Duration::from_millis(50)).await;
        }
    };
    assert_eq!(broker.run_until(all_have), Ended::Asked);
    assert_eq!(recovering(&broker), (0, 5), "after a minute");
    broker.stop();
}
