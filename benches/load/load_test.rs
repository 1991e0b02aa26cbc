//! The generators against the skeleton, small.

use crate::fetch::FetchLoad;
use crate::frames::BatchShape;
use crate::open_loop::OpenLoop;
use crate::produce::ProduceLoad;
use crate::skeleton::{Settings, serve};
use crate::stats::Spread;
use crate::{Bound, LoadError, usage};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

/// A skeleton on a thread of this process, for as long as a small test takes.
fn skeleton(sync: bool, wrap_bytes: u64) -> SocketAddr {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings {
            listen: ([127, 0, 0, 1], 0).into(),
            directory: directory.path().into(),
            partitions: 4,
            wrap_bytes,
            recycled: false,
            sync,
            time: Duration::from_secs(30),
        };
        serve(&settings, |address| sender.send(address).unwrap()).unwrap();
    });
    receiver.recv().unwrap()
}

fn produce(address: SocketAddr, acks: i16, connections: usize, shape: BatchShape) -> ProduceLoad {
    ProduceLoad { address, topic: "t".into(), partitions: 4, connections, in_flight: 3, acks, version: 9, shape }
}

fn bytes(bytes: u64) -> Bound {
    Bound { time: Duration::from_secs(20), bytes }
}

const SMALL: BatchShape = BatchShape { batch_bytes: 0, record_bytes: 100 };
const LARGE: BatchShape = BatchShape { batch_bytes: 200_000, record_bytes: 1024 };

#[test]
fn what_is_produced_is_consumed_whole_and_verified() {
    let address = skeleton(false, 1 << 30);
    for (connections, shape) in [(2, LARGE), (6, SMALL)] {
        let produced = produce(address, -1, connections, shape).run(bytes(2_000_000)).unwrap();
        assert!(produced.bytes >= 2_000_000, "{produced:?}");
        assert_eq!(produced.records, produced.requests * shape.records() as u64);
        assert_eq!(produced.latency_ns.len(), produced.requests);
    }
    let fetch = FetchLoad {
        address,
        topic: "t".into(),
        partitions: 4,
        from: 0,
        connections: 2,
        partition_max_bytes: 300_000,
        max_bytes: 1 << 20,
        verify: true,
    };
    let fetched = fetch.run(bytes(20_000_000)).unwrap();
    assert!(fetched.bytes >= 20_000_000 && fetched.records > 0, "{fetched:?}");
}

#[test]
fn a_file_that_is_full_starts_over_and_consumers_follow() {
    let address = skeleton(true, 1_000_000);
    produce(address, 1, 2, LARGE).run(bytes(10_000_000)).unwrap();
    let fetch = FetchLoad {
        address,
        topic: "t".into(),
        partitions: 4,
        from: 0,
        connections: 4,
        partition_max_bytes: 1,
        max_bytes: 1,
        verify: true,
    };
    assert!(fetch.run(bytes(3_000_000)).unwrap().requests > 10);
}

#[test]
fn requests_without_acknowledgement_are_not_answered() {
    let address = skeleton(false, 1 << 30);
    let written = produce(address, 0, 2, LARGE).run(bytes(4_000_000)).unwrap();
    assert!(written.bytes >= 4_000_000);
    // The next connection's answers are its own.
    produce(address, 1, 1, SMALL).run(bytes(1_000)).unwrap();
}

#[test]
fn an_unknown_partition_ends_the_run_with_the_code() {
    let address = skeleton(false, 1 << 30);
    let load = ProduceLoad { partitions: 5, ..produce(address, -1, 1, SMALL) };
    let error = load.run(bytes(10_000)).unwrap_err();
    assert!(matches!(error, LoadError::Refused { request: "Produce", code: 3 }), "{error}");
}

#[test]
fn latencies_are_taken_from_every_record_that_was_due() {
    let load = OpenLoop {
        address: skeleton(false, 1 << 30),
        topic: "t".into(),
        rate: 500.0,
        record_bytes: 64,
        acks: -1,
        time: Duration::from_secs(1),
        spin: false,
    };
    let latencies = load.run().unwrap();
    assert_eq!((latencies.sent, latencies.produce_ns.len(), latencies.end_to_end_ns.len()), (500, 500, 500));
    assert!(latencies.end_to_end_ns.max() < 60_000_000_000);
}

#[test]
fn this_process_has_used_cpu_and_memory() {
    let pid = std::process::id();
    let memory = usage::memory(pid).unwrap();
    assert!(memory.resident >= memory.anonymous && memory.peak >= memory.resident);
    assert!(usage::cpu_seconds(pid).unwrap() >= 0.0);
    assert!(usage::cpu_seconds(0).is_err());
}

#[test]
fn spreads_have_median_smallest_and_largest() {
    assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), Spread { median: 2.0, min: 1.0, max: 3.0 });
    assert_eq!(Spread::of(&[4.0, 1.0, 2.0, 3.0]).median, 2.5);
    assert!(Spread::of(&[]).median.is_nan());
}
