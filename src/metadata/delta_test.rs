//! Deltas say what differs, whatever lies between the two images.

use crate::samples::*;
use crate::*;
use proptest::prelude::*;

fn after(image: &ClusterImage, records: &[Record]) -> ClusterImage {
    let mut image = image.clone();
    for record in records {
        image.apply(image.offset() + 1, record).unwrap();
    }
    image
}

#[test]
fn equal_images_have_an_empty_delta() {
    let image = image_of(&history());
    assert!(ImageDelta::between(&image, &image.clone()).is_empty());
    let twin = image_of(&history());
    assert!(ImageDelta::between(&image, &twin).is_empty(), "equal content counts, not identity");
}

#[test]
fn the_first_delta_of_a_start_names_everything() {
    let image = image_of(&history());
    let delta = ImageDelta::between(&ClusterImage::default(), &image);
    assert_eq!(delta.topics_created.len(), 2);
    assert_eq!(delta.deletions_started.len(), 1);
    assert_eq!(delta.brokers_changed, [1]);
    assert_eq!(delta.configs_changed.len(), 5);
    assert!(delta.cluster_created && delta.features_changed && delta.topics_deleted.is_empty());
    assert!(delta.acls_changed);
    assert_eq!(delta.quotas_changed, [user_quota()]);
    assert_eq!(delta.scram_changed, [("alice".into(), ScramMechanism::Sha256)]);
}

#[test]
fn each_change_is_named_where_it_happened() {
    let old = image_of(&history());
    let isr = PartitionChange { isr: Some([1].into()), ..PartitionChange::default() };
    let mut records = vec![
        Record::PartitionChanged { topic_id: topic_id(1), partition: 2, change: isr },
        Record::PartitionCreated { topic_id: topic_id(1), partition: 3, state: partition(&[1]) },
        config(ConfigResource::topic("orders"), "retention.ms", None),
        delete_topic(2, "orders", 1),
        Record::TopicDeletionFinished { topic_id: topic_id(4) },
        Record::BrokerChanged { broker: 1, epoch: 5, fenced: Some(true), in_controlled_shutdown: None },
        Record::QuotaSet { entity: user_quota(), key: "producer_byte_rate".into(), value: None },
        Record::ScramCredentialRemoved { user: "alice".into(), mechanism: ScramMechanism::Sha256 },
    ];
    records.extend(create_topic(60, "orders", 1));
    let new = after(&old, &records);
    let delta = ImageDelta::between(&old, &new);
    assert_eq!(delta.topics_changed.len(), 1);
    assert_eq!(delta.topics_changed[0].partitions, [2, 3]);
    assert_eq!(delta.topics_deleted.iter().map(|topic| topic.id).collect::<Vec<_>>(), [topic_id(2)]);
    assert_eq!(delta.topics_created.iter().map(|topic| topic.id).collect::<Vec<_>>(), [topic_id(60)]);
    assert_eq!(delta.deletions_started.len(), 1);
    assert_eq!(delta.deletions_finished, [topic_id(4)]);
    assert_eq!(delta.configs_changed, [ConfigResource::topic("orders")]);
    assert_eq!(delta.brokers_changed, [1]);
    assert!(!delta.features_changed && !delta.cluster_created && !delta.acls_changed);
    assert_eq!(delta.quotas_changed, [user_quota()]);
    assert_eq!(delta.scram_changed.len(), 1);
}

proptest! {
    /// Creations and deletions in any order, seen at once or in two steps, come to the same set of topics.
    #[test]
    fn a_subscriber_that_skips_images_ends_where_the_others_do(steps in proptest::collection::vec((0u128..12, any::<bool>()), 1..60), cut in 0usize..60) {
        let mut image = ClusterImage::default();
        let mut images = vec![image.clone()];
        for (turn, (n, create)) in steps.iter().enumerate() {
            let name = format!("t{n}");
            let records = match image.topic_named(&name) {
                None if *create => create_topic(1000 + turn as u128, &name, 2),
                Some(topic) if !create => vec![Record::TopicDeleted(TopicDeletion {
                    topic_id: topic.id, name: topic.name.clone(), partitions: 2, tiered: false,
                })],
                _ => continue,
            };
            image = after(&image, &records);
            images.push(image.clone());
        }
        let middle = &images[cut % images.len()];
        let mut live: std::collections::BTreeSet<_> = Default::default();
        for delta in [ImageDelta::between(&images[0], middle), ImageDelta::between(middle, &image)] {
            delta.topics_deleted.iter().for_each(|topic| prop_assert_removed(&mut live, topic.id));
            delta.topics_created.iter().for_each(|topic| assert!(live.insert(topic.id)));
        }
        prop_assert_eq!(live, image.topics().map(|topic| topic.id).collect());
    }
}

fn prop_assert_removed(live: &mut std::collections::BTreeSet<esker_model::TopicId>, id: esker_model::TopicId) {
    assert!(live.remove(&id), "{id} was deleted without ever having been created");
}
