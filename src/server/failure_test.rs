//! What a broker does when a part of it fails.

use crate::testing::{Client, World, http_get};
use crate::{Broker, Ended};
use esker_metadata::Broker as Registration;
use std::future::pending;
use std::sync::Arc;

/// The registration of the broker as the cluster has it.
fn registration(broker: &Broker) -> Arc<Registration> {
    Arc::clone(broker.parts.image.current().broker(1).unwrap())
}

/// Waits until the cluster has heard what `is_so` looks for.
fn wait_until(broker: &Broker, is_so: impl Fn(&Registration) -> bool) {
    wait_for(broker, || is_so(&registration(broker)));
}

fn wait_for(broker: &Broker, mut is_so: impl FnMut() -> bool) {
    let heard = async {
        while !is_so() {
            esker_env::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    assert_eq!(broker.run_until(heard), Ended::Asked);
}

#[test]
fn a_broker_without_a_log_directory_ends_and_says_why() {
    let world = World::new("").unwrap();
    let broker = world.start().unwrap();
    broker.parts.logs.dirs()[0].fail("the test pulled the plug");
    let Ended::Failed(reason) = broker.run_until(pending()) else { panic!("it goes on") };
    assert!(reason.contains("all log directories are offline") && reason.contains("pulled the plug"), "{reason}");
    let (code, text) = http_get(&broker, "/health").unwrap();
    assert!(code == 503 && text.contains("pulled the plug"), "{code} {text}");
    broker.stop();
}

#[test]
fn a_broker_with_one_of_two_directories_goes_on_and_announces_the_other() {
    let mut world = World::new("").unwrap();
    let (first, second) = (world.path().join("first"), world.path().join("second"));
    let metadata = world.path().join("metadata");
    world.set(&format!("log.dirs={},{}\nmetadata.log.dir={}", first.display(), second.display(), metadata.display()));
    let broker = world.start().unwrap();
    assert_eq!(registration(&broker).log_dirs.len(), 2);
    let left = broker.parts.logs.dirs()[1].id();
    broker.parts.logs.dirs()[0].fail("the test pulled one plug");
    wait_until(&broker, |registration| registration.log_dirs == [left]);
    let mut client = Client::of(&broker).unwrap();
    client.create_topic("orders", 1, &[]).unwrap();
    assert_eq!(client.produce("orders", 0, b"there").unwrap(), 0);
    assert_eq!(http_get(&broker, "/ready").unwrap().0, 200);
    broker.stop();
}

#[test]
fn a_broker_that_serves_does_not_stay_fenced() {
    let world = World::new("").unwrap();
    let broker = world.start().unwrap();
    let mut client = Client::of(&broker).unwrap();
    client.create_topic("orders", 1, &[]).unwrap();
    let fenced = async { broker.parts.presence.leave().await };
    assert_eq!(broker.run_until(fenced), Ended::Asked);
    wait_until(&broker, |registration| !registration.fenced);
    // Its partitions have a leader again a moment later.
    wait_for(&broker, || client.produce("orders", 0, b"there").is_ok_and(|offset| offset == 0));
    broker.stop();
}
