//! A crash behind every append and every marker: what was decided is carried out, and nothing else.

use super::codec::{decode_key, decode_value};
use super::samples::{partitions, producer};
use super::state::{Outcome, TransactionVersion, TxnState};
use super::world::{Noted, World, request};
use crate::StateLog;
use crate::testing::MemoryLog;
use bytes::Bytes;
use esker_model::TopicPartition;
use esker_record::{Batches, Records};
use std::collections::{BTreeMap, BTreeSet};

/// A decision that a log holds: whose it is, and what it says.
type Decisions = BTreeMap<(String, i64, i16), (Outcome, BTreeSet<TopicPartition>)>;

fn decisions(batches: &[Bytes]) -> Decisions {
    let mut decisions = Decisions::new();
    for bytes in batches {
        let batch = Batches::new(bytes).next().unwrap().unwrap();
        for record in Records::new(batch.records(), batch.header.record_count) {
            let record = record.unwrap();
            let id = decode_key(record.key.unwrap()).unwrap().to_owned();
            let Some(data) = record.value.map(|value| decode_value(value).unwrap()) else { continue };
            if let Some(outcome) = data.state.decided() {
                let earlier = decisions.insert((id, data.producer_id, data.epoch), (outcome, data.partitions));
                assert!(earlier.is_none(), "one decision per epoch");
            }
        }
    }
    decisions
}

/// Two ids, commits and aborts, a fence, a time-out, an abort of nothing, a second producer.
async fn story(world: &World) {
    let coordinator = &world.coordinator;
    world.loaded().await;
    let mut first = world.init("a").await;
    let second = coordinator.init_producer("b", request(500)).await.unwrap();
    for (outcome, numbers) in [(Outcome::Commit, &[0, 1][..]), (Outcome::Abort, &[1, 2]), (Outcome::Commit, &[3])] {
        coordinator.add_partitions("a", first, &partitions(&numbers[..1]), TransactionVersion::V2).await.unwrap();
        coordinator.add_partitions("a", first, &partitions(numbers), TransactionVersion::V2).await.unwrap();
        first = coordinator.end("a", first, outcome, TransactionVersion::V2).await.unwrap();
        world.at_rest("a").await;
    }
    coordinator.add_partitions("b", second, &partitions(&[0, 3]), TransactionVersion::V2).await.unwrap();
    world.clock.advance(std::time::Duration::from_secs(1));
    coordinator.abort_late().await;
    world.at_rest("b").await;
    first = coordinator.end("a", first, Outcome::Abort, TransactionVersion::V2).await.unwrap();
    world.at_rest("a").await;
    coordinator.add_partitions("a", first, &partitions(&[0]), TransactionVersion::V2).await.unwrap();
    coordinator.init_producer("a", request(1000)).await.unwrap_err();
    world.at_rest("a").await;
    assert_eq!(world.init("a").await, producer(first.id, first.epoch + 2));
}

/// A broker that finds the log as far as `appended` and the markers in `noted`.
async fn restart(batches: &[Bytes], noted: Vec<Noted>) -> World {
    let log = MemoryLog::new(1);
    for batch in batches {
        log.append(0, 0, batch.clone()).unwrap();
    }
    log.lead(0, Some(1));
    let world = World::over(log, noted);
    world.loaded().await;
    for id in ["a", "b"] {
        if world.state(id).is_some() {
            world.at_rest(id).await;
        }
    }
    world
}

fn check(world: &World, decisions: &Decisions) {
    let noted = world.partitions.noted.lock();
    for (target, marker, _) in noted.iter() {
        let of = |id: &str| decisions.get(&(id.to_owned(), marker.producer.id, marker.producer.epoch));
        let (outcome, targets) = of("a").or_else(|| of("b")).expect("no marker without a decision");
        assert_eq!(marker.outcome, *outcome, "a decision is turned round");
        assert!(targets.contains(target));
    }
    for ((id, producer_id, epoch), (outcome, targets)) in decisions {
        for target in targets {
            let marked = noted.iter().any(|(at, marker, _)| {
                at == target && (marker.producer.id, marker.producer.epoch) == (*producer_id, *epoch)
            });
            assert!(marked, "{target} has no marker of {outcome:?} of {id} in epoch {epoch}");
        }
    }
    for id in ["a", "b"] {
        let decided = world.state(id).and_then(TxnState::decided);
        assert_eq!(decided, None, "{id} is left without its end");
    }
}

#[tokio::test]
async fn a_crash_behind_any_append_or_marker_loses_no_decision_and_makes_none_up() {
    let world = World::new();
    story(&world).await;
    let (batches, noted) = (world.log.batches(0), world.partitions.noted.lock().clone());
    assert!(batches.len() >= 20 && noted.len() >= 8);
    check(&world, &decisions(&batches));
    for appended in 0..=batches.len() {
        let written = |length: i64| usize::try_from(length).is_ok_and(|length| length <= appended);
        let seen: Vec<Noted> = noted.iter().filter(|(_, _, length)| written(*length)).cloned().collect();
        // The markers that follow the last append may have been written or not, from the first on.
        let last = seen.iter().filter(|(_, _, length)| usize::try_from(*length) == Ok(appended)).count();
        for lost in 0..=last {
            let again = restart(&batches[..appended], seen[..seen.len() - lost].to_vec()).await;
            check(&again, &decisions(&batches[..appended]));
            again.coordinator.close();
        }
    }
}

#[tokio::test]
async fn ids_go_on_after_a_crash_in_any_place() {
    let world = World::new();
    story(&world).await;
    let batches = world.log.batches(0);
    for appended in 0..=batches.len() {
        let again = restart(&batches[..appended], Vec::new()).await;
        let before = again.coordinator.describe("a").ok();
        let outcome = again.coordinator.init_producer("a", request(1000)).await;
        if before.as_ref().is_some_and(|data| data.state == TxnState::Ongoing) {
            outcome.unwrap_err();
            again.at_rest("a").await;
        } else {
            let epoch = before.as_ref().map_or(-1, |data| data.epoch);
            assert_eq!(outcome.unwrap().epoch, epoch + 1, "behind {appended} records");
        }
        let now = again.init("a").await;
        assert!(before.is_none_or(|data| now.id != data.producer_id || now.epoch > data.epoch));
        again.coordinator.close();
    }
}
