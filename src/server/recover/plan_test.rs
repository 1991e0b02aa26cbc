//! What is recovered, decided without a bucket: epochs rise, names are unique, deletions go on, ids are not given twice.

use super::plan::{Folder, Plan, plan};
use esker_metadata::{ClusterImage, ConfigResource, Partition, Record, TopicDeletion};
use esker_model::TopicId;
use esker_tiering::bucket::ChainState;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

fn id(number: u128) -> TopicId {
    TopicId(Uuid::from_u128(number))
}

fn state(replicas: &[i32], leader_epoch: i32) -> Partition {
    let replicas: Box<[i32]> = replicas.into();
    Partition {
        isr: replicas.clone(),
        leader: replicas.first().copied(),
        replicas,
        leader_epoch,
        partition_epoch: 9,
        ..Partition::default()
    }
}

fn chain(tiered_end: i64, leader_epoch: i32) -> ChainState {
    ChainState {
        log_start: 0,
        tiered_end,
        segments: 1,
        bytes: 100,
        max_timestamp: Some(7),
        leader_epoch,
        producer_snapshot: Default::default(),
        is_final: false,
    }
}

fn folder(number: u128, name: &str, chains: Vec<Result<Option<ChainState>, String>>) -> Folder {
    let partitions: BTreeMap<i32, _> = (0..).zip(chains).collect();
    let name: Option<Arc<str>> = (!name.is_empty()).then(|| name.into());
    Folder { id: id(number), name, created_ms: Some(number as i64), is_deleted: false, partitions, producer_id_max: -1 }
}

fn image(records: &[Record]) -> ClusterImage {
    let mut image = ClusterImage::default();
    let created = Record::ClusterCreated { cluster_id: "east".parse().unwrap() };
    for (offset, record) in (0..).zip([created].iter().chain(records)) {
        image.apply(offset, record).unwrap();
    }
    image
}

fn topic(number: u128, name: &str, states: &[Partition]) -> Vec<Record> {
    let created = Record::TopicCreated { topic_id: id(number), name: name.into(), tiered: true };
    let partitions = (0..).zip(states).map(|(partition, state)| Record::PartitionCreated {
        topic_id: id(number),
        partition,
        state: state.clone(),
    });
    std::iter::once(created).chain(partitions).collect()
}

fn applied(plan: &Plan) -> ClusterImage {
    let mut image = ClusterImage::default();
    for (offset, record) in (0..).zip(&plan.records) {
        image.apply(offset, record).unwrap();
    }
    image
}

#[test]
fn every_partition_is_led_by_this_broker_above_every_epoch_that_wrote() {
    let before = image(&topic(1, "orders", &[state(&[4, 5, 6], 3), state(&[5, 6, 4], 12)]));
    let folders = [folder(1, "orders", vec![Ok(Some(chain(50, 8))), Ok(Some(chain(60, 2)))])];
    let plan = plan(&before, &folders, 7).unwrap();
    let after = applied(&plan);
    let topic = after.topic_named("orders").unwrap();
    let epochs: Vec<i32> = topic.partitions.iter().map(|one| one.leader_epoch).collect();
    assert_eq!(epochs, [9, 13]);
    for partition in &topic.partitions {
        assert_eq!(
            (&*partition.replicas, &*partition.isr, partition.leader),
            ([7].as_slice(), [7].as_slice(), Some(7))
        );
        assert_eq!(partition.partition_epoch, 10);
    }
    assert_eq!(plan.report.topics[0].replicas_before, 3);
    assert_eq!(plan.report.topics[0].partitions[1].offsets, Some((0, 60)));
}

#[test]
fn a_topic_that_came_after_the_snapshot_is_made_of_its_folder_with_a_careful_configuration() {
    let folders = [folder(2, "late", vec![Ok(None), Ok(Some(chain(5, 0)))])];
    let plan = plan(&image(&[]), &folders, 1).unwrap();
    let after = applied(&plan);
    assert_eq!(after.topic_named("late").unwrap().partition_count(), 2);
    let resource = ConfigResource::topic("late");
    assert_eq!(after.config(&resource, "retention.ms"), Some("-1"));
    assert_eq!(after.config(&resource, "remote.storage.enable"), Some("true"));
    assert!(!plan.report.topics[0].from_snapshot);
}

#[test]
fn of_two_folders_with_one_name_the_younger_is_the_topic_and_the_other_is_reported() {
    let older = folder(2, "twice", vec![Ok(Some(chain(5, 0)))]);
    let younger = folder(3, "twice", vec![Ok(Some(chain(6, 0)))]);
    let nameless = folder(4, "", vec![Ok(Some(chain(7, 0)))]);
    let plan = plan(&image(&[]), &[older, younger, nameless], 1).unwrap();
    assert_eq!(applied(&plan).topic_named("twice").unwrap().id, id(3));
    let lost: Vec<TopicId> = plan.report.lost.iter().map(|topic| topic.id).collect();
    assert_eq!(lost.len(), 2);
    assert!(lost.contains(&id(2)) && lost.contains(&id(4)));
}

#[test]
fn a_deletion_that_was_decided_goes_on_and_its_name_is_free() {
    let mut records = topic(1, "old", &[state(&[1], 0)]);
    records.extend(topic(5, "ended", &[state(&[1], 0)]));
    records.push(Record::ConfigSet {
        resource: ConfigResource::topic("old"),
        key: "retention.ms".into(),
        value: Some("5".into()),
    });
    records.push(Record::TopicDeleted(TopicDeletion {
        topic_id: id(9),
        name: "before".into(),
        partitions: 1,
        tiered: true,
    }));
    let marked = Folder { is_deleted: true, ..folder(1, "old", vec![Ok(None)]) };
    let ended = folder(5, "ended", vec![Ok(Some(ChainState { is_final: true, ..chain(5, 0) }))]);
    let again = folder(6, "old", vec![Ok(Some(chain(3, 0)))]);
    let unknown = Folder { is_deleted: true, ..folder(7, "", vec![Ok(None)]) };
    let plan = plan(&image(&records), &[marked, ended, again, unknown], 1).unwrap();
    let after = applied(&plan);
    assert_eq!(after.topic_named("old").unwrap().id, id(6));
    assert!(after.topic_named("ended").is_none());
    for number in [1, 5, 7, 9] {
        assert!(after.topic_deletion(id(number)).is_some(), "the deletion of {number}");
    }
    assert_eq!(after.config(&ConfigResource::topic("old"), "retention.ms"), Some("-1"), "not the old topic's");
}

#[test]
fn producer_ids_begin_far_above_those_in_snapshot_and_trailers() {
    let mut records = topic(1, "orders", &[state(&[1], 0)]);
    records.push(Record::ProducerIdsAllocated { broker: 1, broker_epoch: 1, next: 5_000 });
    let with_ids = Folder { producer_id_max: 77_000, ..folder(1, "orders", vec![Ok(Some(chain(5, 0)))]) };
    let plan = plan(&image(&records), &[with_ids], 1).unwrap();
    assert_eq!(plan.report.next_producer_id, 77_001 + 1_000_000);
    assert_eq!(applied(&plan).next_producer_id(), plan.report.next_producer_id);
}

#[test]
fn a_damaged_chain_is_reported_and_its_topic_keeps_all_its_partitions() {
    let before = image(&topic(1, "orders", &[state(&[1], 0), state(&[1], 0)]));
    let folders = [folder(1, "orders", vec![Err("it has rotted".to_owned()), Ok(Some(chain(5, 4)))])];
    let plan = plan(&before, &folders, 1).unwrap();
    assert_eq!(applied(&plan).topic_named("orders").unwrap().partition_count(), 2);
    assert_eq!(plan.report.topics[0].partitions[0].damage.as_deref(), Some("it has rotted"));
}
