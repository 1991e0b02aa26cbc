//! Records through whole brokers: acknowledged, kept, tiered, read back.

#![allow(clippy::disallowed_methods)] // a test may look at the clock and sleep

use crate::testing::{Client, World, http_get};
use esker_env::{Disk, SystemDisk};
use esker_protocol::messages::metadata::MetadataRequest;
use std::time::{Duration, Instant};

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_was_written_is_read_before_and_after_a_restart() {
    let world = World::new("").unwrap();
    let broker = world.start().unwrap();
    let mut client = Client::of(&broker).unwrap();
    client.create_topic("orders", 3, &[]).unwrap();
    for n in 0..9 {
        assert_eq!(client.produce("orders", n % 3, format!("value {n}").as_bytes()).unwrap(), i64::from(n / 3));
    }
    let (_, text) = http_get(&broker, "/metrics").unwrap();
    assert!(text.contains("\nkafka_server_brokertopicmetrics_messagesin_total 9\n"), "{text}");
    broker.stop();
    let broker = world.start().unwrap();
    let mut client = Client::of(&broker).unwrap();
    assert_eq!(client.fetch_all("orders", 1, 0).unwrap(), [&b"value 1"[..], b"value 4", b"value 7"]);
    assert_eq!(client.produce("orders", 1, b"more").unwrap(), 3);
    broker.stop();
}

#[test]
fn what_was_acknowledged_survives_a_broker_that_is_not_stopped() {
    let world = World::new("").unwrap();
    let broker = world.start().unwrap();
    let mut client = Client::of(&broker).unwrap();
    client.create_topic("orders", 1, &[]).unwrap();
    for n in 0..20 {
        client.produce("orders", 0, format!("{n}").as_bytes()).unwrap();
    }
    drop(broker);
    assert!(SystemDisk.stat(&world.log_dir().join(".kafka_cleanshutdown")).unwrap().is_none());
    let broker = world.start().unwrap();
    let values = Client::of(&broker).unwrap().fetch_all("orders", 0, 0).unwrap();
    assert_eq!(values, (0..20).map(|n| format!("{n}").into_bytes()).collect::<Vec<_>>());
    broker.stop();
}

#[test]
fn a_stop_answers_who_waits_and_then_closes() {
    let world = World::new("").unwrap();
    let broker = world.start().unwrap();
    Client::of(&broker).unwrap().create_topic("orders", 1, &[]).unwrap();
    let mut waiting = Client::of(&broker).unwrap();
    waiting.send_fetch("orders", 0, 0, 1_000).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| waiting.fetched().unwrap().error_code);
        broker.stop();
        assert_eq!(answer.join().unwrap(), 0);
    });
    assert!(waiting.ask(12, &MetadataRequest::default()).is_err(), "the connection is closed");
}

fn local_bytes(world: &World, partition: &str) -> u64 {
    let entries = SystemDisk.list(&world.log_dir().join(partition)).unwrap();
    entries.iter().filter(|entry| entry.name.ends_with(".log")).map(|entry| entry.len).sum()
}

#[test]
fn history_leaves_the_local_disk_and_is_read_back_byte_for_byte() {
    let mut world = World::new("").unwrap();
    let bucket = world.bucket().display().to_string();
    world.set(&format!("esker.tier.url=file:{bucket}\nesker.tier.topics.default=true"));
    let broker = world.start().unwrap();
    let mut client = Client::of(&broker).unwrap();
    let small = [("segment.bytes", "1048576"), ("local.retention.bytes", "1048576"), ("retention.ms", "-1")];
    client.create_topic("history", 1, &small).unwrap();
    let values: Vec<Vec<u8>> =
        (0..32).map(|n| (0..256 << 10).map(|at: u32| (at.wrapping_mul(n + 7) >> 3) as u8).collect()).collect();
    for (at, value) in values.iter().enumerate() {
        assert_eq!(client.produce("history", 0, value).unwrap(), at as i64);
    }
    wait_until("the local log is short", || local_bytes(&world, "history-0") <= 3 << 20);
    assert!(client.fetch_all("history", 0, 0).unwrap() == values, "what was written is read");
    let (_, text) = http_get(&broker, "/metrics").unwrap();
    assert!(text.contains("\nesker_tier_ready 1\n"), "{text}");
    let figure = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap();
        line.parse::<u64>().unwrap()
    };
    let remote = figure("kafka_server_brokertopicmetrics_remotelogsizebytes");
    let lag = figure("kafka_server_brokertopicmetrics_remotecopylagbytes");
    assert!(remote > 6 << 20 && lag > 0 && lag < 2 << 20, "{remote} bytes are there and {lag} are not");
    assert_eq!(figure("kafka_server_replicamanager_leadercount"), 1);
    broker.stop();
    let broker = world.start().unwrap();
    let again = Client::of(&broker).unwrap().fetch_all("history", 0, 0).unwrap();
    assert!(again == values, "and after a restart");
    broker.stop();
}
