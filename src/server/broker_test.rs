//! Whole brokers in a directory of their own, spoken to over sockets.

#![allow(clippy::disallowed_methods)] // a test may look at the clock and sleep

use crate::testing::{Client, World, http_get};
use crate::{Broker, Ended, IdentityError, StartError, Status, TierError};
use bytes::Bytes;
use esker_env::{Disk, SystemDisk};
use esker_protocol::StrBytes;
use esker_protocol::messages::create_topics::{CreatableTopic, CreatableTopicConfig, CreateTopicsRequest};
use esker_protocol::messages::fetch::{FetchPartition, FetchRequest, FetchTopic};
use esker_protocol::messages::metadata::{MetadataRequest, MetadataRequestTopic, MetadataResponse};
use esker_protocol::messages::produce::{PartitionProduceData, ProduceRequest, TopicProduceData};
use esker_record::{BatchBuilder, Batches, Codec, NewRecord, Records};
use std::time::{Duration, Instant};

const METADATA: i16 = 12;
const CREATE_TOPICS: i16 = 7;
const PRODUCE: i16 = 9;
const FETCH: i16 = 12;

fn create_topic(client: &mut Client, name: &str, partitions: i32, configs: &[(&str, &str)]) {
    let config = |(name, value): &(&str, &str)| CreatableTopicConfig {
        name: StrBytes::from((*name).to_owned()),
        value: Some(StrBytes::from((*value).to_owned())),
    };
    let topic = CreatableTopic {
        name: StrBytes::from(name.to_owned()),
        num_partitions: partitions,
        replication_factor: 1,
        configs: configs.iter().map(config).collect(),
        ..CreatableTopic::default()
    };
    let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: 10_000, ..CreateTopicsRequest::default() };
    let answer = client.ask(CREATE_TOPICS, &request).unwrap();
    assert_eq!(answer.topics[0].error_code, 0, "{:?}", answer.topics[0].error_message);
}

fn batch(value: &[u8]) -> Bytes {
    let mut batch = BatchBuilder::new(Codec::None);
    let record = NewRecord { timestamp: 1_700_000_000_000, value: Some(value), ..NewRecord::default() };
    batch.append(&record).unwrap();
    Bytes::from(batch.build().unwrap())
}

/// Appends one record with `acks=all`; its offset.
fn produce(client: &mut Client, topic: &str, partition: i32, value: &[u8]) -> i64 {
    let data = PartitionProduceData { index: partition, records: Some(batch(value)) };
    let topic = TopicProduceData {
        name: StrBytes::from(topic.to_owned()),
        partition_data: vec![data],
        ..TopicProduceData::default()
    };
    let request = ProduceRequest { acks: -1, timeout_ms: 10_000, topic_data: vec![topic], ..ProduceRequest::default() };
    let answer = client.ask(PRODUCE, &request).unwrap();
    let partition = &answer.responses[0].partition_responses[0];
    assert_eq!(partition.error_code, 0, "{:?}", partition.error_message);
    partition.base_offset
}

fn fetch_request(topic: &str, partition: i32, offset: i64, max_wait_ms: i32) -> FetchRequest {
    let partition = FetchPartition {
        partition,
        current_leader_epoch: -1,
        fetch_offset: offset,
        last_fetched_epoch: -1,
        log_start_offset: -1,
        partition_max_bytes: 1 << 20,
        ..FetchPartition::default()
    };
    let topic =
        FetchTopic { topic: StrBytes::from(topic.to_owned()), partitions: vec![partition], ..FetchTopic::default() };
    FetchRequest {
        replica_id: -1,
        max_wait_ms,
        min_bytes: 1,
        max_bytes: 1 << 20,
        session_epoch: -1,
        topics: vec![topic],
        ..FetchRequest::default()
    }
}

/// Values of all records of a partition from `offset` on.
fn fetch_all(client: &mut Client, topic: &str, partition: i32, mut offset: i64) -> Vec<Vec<u8>> {
    let began = Instant::now();
    let mut values = Vec::new();
    loop {
        assert!(began.elapsed() < Duration::from_secs(30), "{} records of {topic}-{partition} came", values.len());
        let answer = client.ask(FETCH, &fetch_request(topic, partition, offset, 500)).unwrap();
        let data = &answer.responses[0].partitions[0];
        // A retriable answer while a store or a leader is not ready yet.
        if data.error_code != 0 {
            continue;
        }
        for batch in Batches::new(data.records.as_deref().unwrap_or_default()).map_while(Result::ok) {
            assert!(batch.crc_matches());
            for record in Records::new(batch.records(), batch.header.record_count).map(Result::unwrap) {
                if batch.header.base_offset + i64::from(record.offset_delta) >= offset {
                    values.push(record.value.unwrap().to_vec());
                }
            }
            offset = batch.header.next_offset();
        }
        if offset >= data.high_watermark {
            return values;
        }
    }
}

fn metadata(client: &mut Client, topics: &[&str]) -> MetadataResponse {
    let topic =
        |name: &&str| MetadataRequestTopic { name: Some(StrBytes::from((*name).to_owned())), ..Default::default() };
    let topics = Some(topics.iter().map(topic).collect());
    client.ask(METADATA, &MetadataRequest { topics, ..MetadataRequest::default() }).unwrap()
}

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
    create_topic(&mut client, "orders", 3, &[]);
    for n in 0..9 {
        assert_eq!(produce(&mut client, "orders", n % 3, format!("value {n}").as_bytes()), i64::from(n / 3));
    }
    let before = metadata(&mut client, &["orders"]);
    let cluster = broker.cluster_id().clone();
    let (_, text) = http_get(&broker, "/metrics").unwrap();
    assert!(text.contains("\nkafka_server_brokertopicmetrics_messagesin_total 9\n"), "{text}");
    assert_eq!(asked(&broker), Ended::Asked);
    broker.stop();
    assert!(SystemDisk.stat(&world.log_dir().join(".kafka_cleanshutdown")).unwrap().is_some());

    let broker = world.start().unwrap();
    assert_eq!(*broker.cluster_id(), cluster);
    let mut client = Client::of(&broker).unwrap();
    let after = metadata(&mut client, &["orders"]);
    assert_eq!(after.topics[0].topic_id, before.topics[0].topic_id);
    assert_eq!(fetch_all(&mut client, "orders", 1, 0), [&b"value 1"[..], b"value 4", b"value 7"]);
    assert_eq!(produce(&mut client, "orders", 1, b"more"), 3);
    broker.stop();
}

#[test]
fn what_was_acknowledged_survives_a_broker_that_is_not_stopped() {
    let world = World::new("").unwrap();
    let broker = world.start().unwrap();
    let mut client = Client::of(&broker).unwrap();
    create_topic(&mut client, "orders", 1, &[]);
    for n in 0..20 {
        produce(&mut client, "orders", 0, format!("{n}").as_bytes());
    }
    drop(broker);
    assert!(SystemDisk.stat(&world.log_dir().join(".kafka_cleanshutdown")).unwrap().is_none());
    let broker = world.start().unwrap();
    let values = fetch_all(&mut Client::of(&broker).unwrap(), "orders", 0, 0);
    assert_eq!(values, (0..20).map(|n| format!("{n}").into_bytes()).collect::<Vec<_>>());
    broker.stop();
}

#[test]
fn a_stop_answers_who_waits_and_then_closes() {
    let world = World::new("").unwrap();
    let broker = world.start().unwrap();
    let mut client = Client::of(&broker).unwrap();
    create_topic(&mut client, "orders", 1, &[]);
    let mut waiting = Client::of(&broker).unwrap();
    waiting.send(FETCH, &fetch_request("orders", 0, 0, 1_000)).unwrap();
    std::thread::scope(|scope| {
        let answer = scope.spawn(move || {
            let answer = waiting.answer::<FetchRequest>(FETCH).unwrap();
            (answer.responses[0].partitions[0].error_code, waiting)
        });
        std::thread::sleep(Duration::from_millis(200));
        broker.stop();
        let (code, mut waiting) = answer.join().unwrap();
        assert_eq!(code, 0);
        assert!(waiting.ask(METADATA, &MetadataRequest::default()).is_err(), "the connection is closed");
    });
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
        let told = metadata(&mut Client::connect(*address).unwrap(), &[]);
        assert_eq!((told.brokers[0].host.to_string(), told.brokers[0].port), (host.to_owned(), port));
    }
    broker.stop();
}

#[test]
fn a_port_that_the_system_chose_is_the_one_that_clients_are_told() {
    let world = World::new("").unwrap();
    let broker = world.start().unwrap();
    let (_, address) = broker.addresses()[0];
    let told = metadata(&mut Client::of(&broker).unwrap(), &[]);
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
    create_topic(&mut Client::of(&broker).unwrap(), "orders", 1, &[]);
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

/// Writes until the bucket holds segments and the local log is short; the values.
fn write_history(client: &mut Client, topic: &str, mebibytes: u32) -> Vec<Vec<u8>> {
    let values: Vec<Vec<u8>> = (0..mebibytes * 4)
        .map(|n| (0..256 << 10).map(|at: u32| (at.wrapping_mul(n + 7) >> 3) as u8).collect())
        .collect();
    for (at, value) in values.iter().enumerate() {
        assert_eq!(produce(client, topic, 0, value), at as i64);
    }
    values
}

fn local_bytes(world: &World, partition: &str) -> u64 {
    let entries = SystemDisk.list(&world.log_dir().join(partition)).unwrap();
    entries.iter().filter(|entry| entry.name.ends_with(".log")).map(|entry| entry.len).sum()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn tiered(world: &mut World) {
    let bucket = world.bucket().display().to_string();
    world.set(&format!("esker.tier.url=file:{bucket}\nesker.tier.topics.default=true"));
}

const SMALL_LOCAL: [(&str, &str); 3] =
    [("segment.bytes", "1048576"), ("local.retention.bytes", "1048576"), ("retention.ms", "-1")];

#[test]
fn history_leaves_the_local_disk_and_is_read_back_byte_for_byte() {
    let mut world = World::new("").unwrap();
    tiered(&mut world);
    let broker = world.start().unwrap();
    let mut client = Client::of(&broker).unwrap();
    create_topic(&mut client, "history", 1, &SMALL_LOCAL);
    let values = write_history(&mut client, "history", 8);
    wait_until("the local log is short", || local_bytes(&world, "history-0") <= 3 << 20);
    assert!(fetch_all(&mut client, "history", 0, 0) == values, "what was written is read");
    let (_, text) = http_get(&broker, "/metrics").unwrap();
    assert!(text.contains("\nesker_tier_ready 1\n"), "{text}");
    broker.stop();
    let broker = world.start().unwrap();
    assert!(fetch_all(&mut Client::of(&broker).unwrap(), "history", 0, 0) == values, "and after a restart");
    broker.stop();
}

#[test]
fn the_cluster_is_described_in_the_bucket() {
    let mut world = World::new("").unwrap();
    tiered(&mut world);
    let broker = world.start().unwrap();
    let cluster = broker.cluster_id().to_string();
    create_topic(&mut Client::of(&broker).unwrap(), "orders", 1, &[]);
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
