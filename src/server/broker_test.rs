//! Whole brokers in a directory of their own, spoken to over sockets.

use crate::testing::{Client, World, http_get};
use crate::{Broker, Ended, IdentityError, StartError, Status, TierError};
use esker_env::{Clock, Disk, SystemClock, SystemDisk};
use std::time::Duration;

fn asked(broker: &Broker) -> Ended {
    broker.run_until(std::future::ready(()))
}

#[test]
fn a_broker_serves_stops_and_serves_again_as_the_same() {
    let world = World::new("").unwrap();
    let broker = world.start().unwrap();
    assert_eq!(*broker.status().borrow(), Status::Serving);
    assert_eq!(http_get(&broker, "/ready").unwrap(), (200, "serving\n".to_owned()));
    let mut client = Client::of(&broker).unwrap();
    client.create_topic("orders", 3, &[]).unwrap();
    let before = client.metadata(&["orders"]).unwrap();
    assert_eq!(before.topics[0].partitions.iter().map(|one| one.leader_id).collect::<Vec<_>>(), [1, 1, 1]);
    let cluster = broker.cluster_id().clone();
    let (_, text) = http_get(&broker, "/metrics").unwrap();
    assert!(text.contains("\nkafka_log_logmanager_partition_count 3\n"), "{text}");
    assert_eq!(asked(&broker), Ended::Asked);
    broker.stop();
    assert!(SystemDisk.stat(&world.log_dir().join(".kafka_cleanshutdown")).unwrap().is_some());

    let broker = world.start().unwrap();
    assert_eq!(*broker.cluster_id(), cluster);
    let after = Client::of(&broker).unwrap().metadata(&["orders"]).unwrap();
    assert_eq!(after.topics[0].topic_id, before.topics[0].topic_id);
    assert_eq!(after.topics[0].partitions.iter().map(|one| one.leader_id).collect::<Vec<_>>(), [1, 1, 1]);
    broker.stop();
}

#[test]
fn each_listener_tells_its_own_address() {
    let listeners = "listeners=PLAINTEXT://127.0.0.1:0,INSIDE://127.0.0.1:0,CONTROLLER://127.0.0.1:9093\n\
                     advertised.listeners=PLAINTEXT://example.org:19092,INSIDE://10.1.2.3:29092\n\
                     inter.broker.listener.name=INSIDE";
    let world = World::new(listeners).unwrap();
    let broker = world.start().unwrap();
    let names: Vec<_> = broker.addresses().iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["PLAINTEXT", "INSIDE"]);
    for ((_, address), (host, port)) in broker.addresses().iter().zip([("example.org", 19092), ("10.1.2.3", 29092)]) {
        let told = Client::connect(*address).unwrap().metadata(&[]).unwrap();
        assert_eq!((told.brokers[0].host.to_string(), told.brokers[0].port), (host.to_owned(), port));
    }
    broker.stop();
}

#[test]
fn a_port_that_the_system_chose_is_the_one_that_clients_are_told() {
    let world = World::new("").unwrap();
    let broker = world.start().unwrap();
    let (_, address) = broker.addresses()[0];
    let told = Client::of(&broker).unwrap().metadata(&[]).unwrap();
    assert_eq!(told.brokers[0].port, i32::from(address.port()));
    broker.stop();
}

#[test]
fn directories_belong_to_one_broker_and_one_cluster() {
    let mut world = World::new("").unwrap();
    let broker = world.start().unwrap();
    let error = world.start().unwrap_err();
    assert!(matches!(error, StartError::Quorum(esker_quorum::OpenError::InUse(_))), "{error}");
    broker.stop();
    let mut startup = world.startup();
    startup.cluster_id = Some("another".parse().unwrap());
    let error = Broker::start(startup, esker_env::Env::system()).unwrap_err();
    assert!(matches!(error, StartError::Identity(IdentityError::Wanted { .. })), "{error}");
    world.set("node.id=2\ncontroller.quorum.voters=2@127.0.0.1:9093");
    let error = world.start().unwrap_err();
    assert!(matches!(error, StartError::Identity(IdentityError::Node { found: 1, expected: 2, .. })), "{error}");
}

#[test]
fn a_cluster_id_from_the_environment_names_a_new_cluster() {
    let world = World::new("").unwrap();
    let mut startup = world.startup();
    startup.cluster_id = Some("MkU3OEVBNTcwNTJENDM2Qk".parse().unwrap());
    let broker = Broker::start(startup, esker_env::Env::system()).unwrap();
    assert_eq!(broker.cluster_id().as_str(), "MkU3OEVBNTcwNTJENDM2Qk");
    broker.stop();
    let meta = SystemDisk.read_small(&world.log_dir().join("meta.properties"), 4096).unwrap();
    assert!(String::from_utf8(meta).unwrap().contains("cluster.id=MkU3OEVBNTcwNTJENDM2Qk\n"));
}

#[test]
fn partitions_whose_metadata_is_gone_are_not_served_as_something_new() {
    let world = World::new("").unwrap();
    let broker = world.start().unwrap();
    Client::of(&broker).unwrap().create_topic("orders", 1, &[]).unwrap();
    broker.stop();
    SystemDisk.remove_dir_all(&world.log_dir().join(esker_quorum::DIRECTORY)).unwrap();
    let error = world.start().unwrap_err();
    assert!(matches!(error, StartError::Identity(IdentityError::LostMetadata { .. })), "{error}");
}

#[test]
fn a_busy_port_stops_the_start() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut world = World::new(&format!("listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:9093")).unwrap();
    let error = world.start().unwrap_err();
    assert!(error.to_string().starts_with("listener PLAINTEXT cannot listen on 127.0.0.1:"), "{error}");
    world.set(&format!(
        "listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:9093\nesker.http.listener=127.0.0.1:{port}"
    ));
    assert!(matches!(world.start().unwrap_err(), StartError::Http(_)));
}

fn tiered(world: &mut World) {
    let bucket = world.bucket().display().to_string();
    world.set(&format!("esker.tier.url=file:{bucket}\nesker.tier.topics.default=true"));
}

#[test]
fn nobody_who_changes_the_cluster_waits_for_the_bucket() {
    let mut world = World::new("").unwrap();
    tiered(&mut world);
    let broker = world.start().unwrap();
    let mut client = Client::of(&broker).unwrap();
    let began = SystemClock.now();
    for n in 0..20 {
        client.create_topic(&format!("topic-{n}"), 1, &[]).unwrap();
    }
    // Snapshots gather for seconds.
    let took = SystemClock.now().since(began);
    assert!(took < Duration::from_secs(3), "{took:?}");
    broker.stop();
}

#[test]
fn the_cluster_is_described_in_the_bucket() {
    let mut world = World::new("").unwrap();
    tiered(&mut world);
    let broker = world.start().unwrap();
    let cluster = broker.cluster_id().to_string();
    Client::of(&broker).unwrap().create_topic("orders", 1, &[]).unwrap();
    // The last snapshot is written when the broker stops.
    broker.stop();
    let dir = world.bucket().join(&cluster).join("cluster");
    let newest = SystemDisk.list(&dir).unwrap().into_iter().map(|entry| entry.name).max().unwrap();
    let snapshot = SystemDisk.read_small(&dir.join(newest), 1 << 20).unwrap();
    let text = String::from_utf8_lossy(&snapshot);
    assert!(text.contains("\"name\":\"orders\"") && !text.contains("broker-registered"), "{text}");
}

#[test]
fn a_bucket_of_another_cluster_under_the_same_id_stops_the_start() {
    let mut world = World::new("").unwrap();
    tiered(&mut world);
    let broker = world.start().unwrap();
    let cluster = broker.cluster_id().clone();
    broker.stop();
    SystemDisk.remove_dir_all(&world.log_dir()).unwrap();
    let mut startup = world.startup();
    startup.cluster_id = Some(cluster.clone());
    let error = Broker::start(startup, esker_env::Env::system()).unwrap_err();
    assert!(matches!(error, StartError::Tier(TierError::Generation(_))), "{error}");
    assert!(error.to_string().contains(cluster.as_str()), "{error}");
}
