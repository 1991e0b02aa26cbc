//! What is run against each broker, always the same bytes.

use crate::peers::Peer;
use crate::report::{Round, Rounds};
use clap::ValueEnum;
use esker_benches::admin::{NewTopics, await_leaders, create_topics, delete_topics};
use esker_benches::fetch::FetchLoad;
use esker_benches::frames::BatchShape;
use esker_benches::measure::{Sample, Watch};
use esker_benches::open_loop::OpenLoop;
use esker_benches::produce::ProduceLoad;
use esker_benches::sync_probe::syncs_per_second;
use esker_benches::{Bound, LoadError, usage};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const PARTITIONS: i32 = 16;
const TOPIC_DELETION: Duration = Duration::from_secs(3);

/// A scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// 1 KiB records in 1 MB batches, 16 partitions, 4 connections, acks=all.
    HotProduce,
    /// One record of 128 bytes per request, 16 connections with 5 in flight.
    SmallRequests,
    /// The same backlog read again and again from the page cache, 4 consumers.
    HotConsume,
    /// 4 KB batches over 16 connections with 5 in flight, each durable before its acknowledgement.
    GroupCommit,
    /// 10,000 records of 1 KiB a second, open loop, to a producer and a consumer.
    Latency,
    /// Resident memory: idle, and per idle partition.
    Memory,
}

/// How often and how long.
pub struct Plan {
    pub rounds: usize,
    pub time: Duration,
    pub bytes: u64,
    pub directory: PathBuf,
    pub pin: bool,
    /// The skeleton overwrites files that it wrote beforehand, instead of appending to new ones.
    pub recycled: bool,
}

/// Runs one scenario: every broker once per round, in random order. One more round comes first and is not counted.
pub fn run(scenario: Scenario, plan: &Plan, peers: &[Peer]) -> Result<Rounds, LoadError> {
    let skeleton = Peer::skeleton(&plan.directory, &skeleton_options(scenario, plan))?;
    let mut all: Vec<&Peer> = std::iter::once(&skeleton).chain(peers).collect();
    for peer in &all {
        if plan.pin {
            usage::pin(peer.pid, 0)?;
        }
        prepare(scenario, plan, peer)?;
    }
    let mut rounds = Rounds::default();
    let mut state = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64 | 1;
    for round in 0..=plan.rounds {
        shuffle(&mut all, &mut state);
        let syncs = match scenario {
            Scenario::GroupCommit => Some(syncs_per_second(&plan.directory, 4096, Duration::from_secs(1))?),
            _ => None,
        };
        for peer in &all {
            let measured = run_once(scenario, plan, peer, round)?;
            if round > 0 {
                rounds.add(&peer.name, Round { syncs, ..measured });
            }
        }
    }
    for peer in peers {
        delete_topics(peer.address, &[topic(scenario)])?;
    }
    Ok(rounds)
}

fn topic(scenario: Scenario) -> String {
    format!("compare-{scenario:?}")
}

fn skeleton_options(scenario: Scenario, plan: &Plan) -> String {
    // A file starts over about as often as a broker's topic is made anew; where it is read meanwhile, not at all.
    let wrap = match scenario {
        Scenario::Latency => 8 << 30,
        _ => (2 * plan.bytes / PARTITIONS as u64).max(64 << 20),
    };
    let sync = if scenario == Scenario::GroupCommit { "--sync" } else { "" };
    let recycled = if plan.recycled && scenario != Scenario::Latency { "--recycled" } else { "" };
    format!("--partitions {PARTITIONS} --wrap-bytes {wrap} {sync} {recycled}")
}

fn prepare(scenario: Scenario, plan: &Plan, peer: &Peer) -> Result<(), LoadError> {
    make_topic(scenario, peer)?;
    if scenario == Scenario::HotConsume {
        let bound = Bound { time: Duration::from_secs(120), bytes: plan.bytes };
        produce(scenario, peer, 4, 5, BatchShape { batch_bytes: 1_000_000, record_bytes: 1024 }).run(bound)?;
    }
    Ok(())
}

fn make_topic(scenario: Scenario, peer: &Peer) -> Result<(), LoadError> {
    if peer.is_skeleton {
        return Ok(());
    }
    let mut configs = vec![("file.delete.delay.ms".to_owned(), "0".to_owned())];
    if scenario == Scenario::GroupCommit {
        configs.push(("flush.messages".to_owned(), "1".to_owned()));
    }
    let name = topic(scenario);
    create_topics(peer.address, &NewTopics { names: vec![name.clone()], partitions: PARTITIONS, configs })?;
    await_leaders(peer.address, &name, PARTITIONS)
}

fn produce(scenario: Scenario, peer: &Peer, connections: usize, in_flight: usize, shape: BatchShape) -> ProduceLoad {
    ProduceLoad {
        address: peer.address,
        topic: topic(scenario),
        partitions: PARTITIONS,
        connections,
        in_flight,
        acks: -1,
        version: 9,
        shape,
    }
}

fn run_once(scenario: Scenario, plan: &Plan, peer: &Peer, round: usize) -> Result<Round, LoadError> {
    if scenario == Scenario::HotProduce && round > 0 && !peer.is_skeleton {
        // A new log each time, so that all rounds append to empty files; the old one is gone by then.
        delete_topics(peer.address, &[topic(scenario)])?;
        std::thread::sleep(TOPIC_DELETION);
        make_topic(scenario, peer)?;
    }
    if scenario == Scenario::HotProduce {
        pre_touch(plan.bytes);
    }
    let bound = Bound { time: plan.time, bytes: plan.bytes };
    let watch = Watch::start(peer.pid)?;
    let sample: Sample = match scenario {
        Scenario::HotProduce => {
            produce(scenario, peer, 4, 5, BatchShape { batch_bytes: 1_000_000, record_bytes: 1024 }).run(bound)?.into()
        }
        Scenario::SmallRequests => {
            produce(scenario, peer, 16, 5, BatchShape { batch_bytes: 0, record_bytes: 128 }).run(bound)?.into()
        }
        Scenario::GroupCommit => {
            produce(scenario, peer, 16, 5, BatchShape { batch_bytes: 0, record_bytes: 4000 }).run(bound)?.into()
        }
        Scenario::HotConsume => fetch(scenario, peer).run(Bound { bytes: u64::MAX, ..bound })?.into(),
        Scenario::Latency | Scenario::Memory => open_loop(scenario, plan, peer).run()?.into(),
    };
    Ok(Round { sample, spent: watch.end()?, syncs: None })
}

fn fetch(scenario: Scenario, peer: &Peer) -> FetchLoad {
    FetchLoad {
        address: peer.address,
        topic: topic(scenario),
        partitions: PARTITIONS,
        from: 0,
        connections: 4,
        partition_max_bytes: 1 << 20,
        max_bytes: 50 << 20,
        verify: false,
    }
}

fn open_loop(scenario: Scenario, plan: &Plan, peer: &Peer) -> OpenLoop {
    OpenLoop {
        address: peer.address,
        topic: topic(scenario),
        rate: 10_000.0,
        record_bytes: 1024,
        acks: -1,
        time: plan.time,
        spin: false,
    }
}

/// Writes to memory that is then given back: a virtual machine's first touch of a page may cost more than all else.
fn pre_touch(bytes: u64) {
    let mut memory = vec![0u8; bytes as usize];
    memory.iter_mut().step_by(4096).for_each(|page| *page = 1);
    std::hint::black_box(&memory);
}

fn shuffle<T>(items: &mut [T], state: &mut u64) {
    for at in (1..items.len()).rev() {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(at, (*state >> 33) as usize % (at + 1));
    }
}
