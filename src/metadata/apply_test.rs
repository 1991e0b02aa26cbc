//! Applying records: what they make, and what is refused.

use crate::samples::*;
use crate::*;

#[test]
fn a_history_makes_the_image_it_tells() {
    let image = image_of(&history());
    assert_eq!(image.offset(), history().len() as i64 - 1);
    assert_eq!(image.cluster_id().unwrap().as_str(), "AAAAAAAAQACAAAAAAAAAAQ");
    assert_eq!(image.topics().map(|topic| &*topic.name).collect::<Vec<_>>(), ["orders", "payments.eu"]);
    assert_eq!(image.topics_from("p").map(|topic| topic.id).collect::<Vec<_>>(), [topic_id(1)]);
    assert_eq!(image.topic_named("payments.eu").unwrap().partition_count(), 3);
    assert_eq!(image.topic_deletions().map(|deletion| &*deletion.name).collect::<Vec<_>>(), ["going"]);
    assert_eq!(image.config(&ConfigResource::topic("orders"), "retention.ms"), Some("-1"));
    assert_eq!(image.config(&ConfigResource::topic("orders"), REMOTE_STORAGE_ENABLE), None);
    assert!(
        image.topic_named("orders").unwrap().tiered,
        "the bucket may hold segments from the time when it was allowed"
    );
    assert!(image.is_active(1) && image.broker(2).is_none());
    assert_eq!(image.features().collect::<Vec<_>>(), [("metadata.version", 30)]);
    assert_eq!(image.next_producer_id(), 1000);
    assert_eq!(image.configured(ConfigResourceKind::Broker).count(), 2);
    assert_eq!(image.acls().iter().map(|acl| acl.resource_name).collect::<Vec<_>>(), ["pay".into()]);
    assert_eq!(image.quotas().len(), 1);
    assert_eq!(image.quotas()[&user_quota()]["producer_byte_rate"], 1024.5);
    assert_eq!(image.scram_credential("alice", ScramMechanism::Sha256).unwrap().iterations, 4096);
    assert!(image.scram_credential("bob", ScramMechanism::Sha512).is_none());
}

#[test]
fn a_deleted_name_is_free_at_once_and_its_configuration_is_gone() {
    let mut records = create_topic(1, "a", 1);
    records.push(config(ConfigResource::topic("a"), "retention.ms", Some("5")));
    records.push(delete_topic(1, "a", 1));
    records.extend(create_topic(2, "a", 2));
    let image = image_of(&records);
    assert_eq!(image.topic_named("a").unwrap().id, topic_id(2));
    assert_eq!(image.configs(&ConfigResource::topic("a")), None);
    assert!(image.topic_deletion(topic_id(1)).is_some() && image.topic(topic_id(1)).is_none());
}

#[test]
fn names_that_differ_in_dots_and_underscores_only_collide_until_deleted() {
    let mut records = create_topic(1, "a.b_c", 1);
    let image = image_of(&records);
    assert_eq!(image.topic_colliding_with("a_b.c").map(|name| &**name), Some("a.b_c"));
    assert_eq!(image.topic_colliding_with("a.b_c"), None, "a topic does not collide with itself: it exists");
    assert_eq!(image.topic_colliding_with("a-b-c"), None);
    records.push(delete_topic(1, "a.b_c", 1));
    assert_eq!(image_of(&records).topic_colliding_with("a_b.c"), None);
}

#[test]
fn what_does_not_fit_is_refused_with_its_offset() {
    let base = image_of(&history());
    let next = base.offset() + 1;
    let misfits = [
        Record::ClusterCreated { cluster_id: "other".parse().unwrap() },
        Record::TopicCreated { topic_id: topic_id(9), name: "orders".into(), tiered: false },
        Record::TopicCreated { topic_id: topic_id(2), name: "fresh".into(), tiered: false },
        Record::TopicCreated { topic_id: topic_id(4), name: "fresh".into(), tiered: false },
        Record::TopicCreated { topic_id: topic_id(0), name: "fresh".into(), tiered: false },
        Record::PartitionCreated { topic_id: topic_id(2), partition: 5, state: partition(&[1]) },
        Record::PartitionCreated { topic_id: topic_id(2), partition: 1, state: partition(&[]) },
        Record::PartitionChanged { topic_id: topic_id(2), partition: 1, change: PartitionChange::default() },
        Record::PartitionChanged { topic_id: topic_id(2), partition: -1, change: PartitionChange::default() },
        Record::PartitionChanged {
            topic_id: topic_id(2),
            partition: 0,
            change: PartitionChange { leader: Some(Some(8)), ..PartitionChange::default() },
        },
        Record::BrokerChanged { broker: 1, epoch: 4, fenced: None, in_controlled_shutdown: None },
        Record::BrokerUnregistered { broker: 7, epoch: 4 },
        Record::BrokerRegistered(broker(1, 3)),
        Record::ProducerIdsAllocated { broker: 1, broker_epoch: 5, next: 1000 },
        Record::TopicDeletionFinished { topic_id: topic_id(3) },
        Record::AclCreated(acl(AclPatternType::Prefixed, "pay", AclPermission::Allow)),
        Record::AclCreated(acl(AclPatternType::Prefixed, "", AclPermission::Allow)),
        Record::AclRemoved(acl(AclPatternType::Prefixed, "pay", AclPermission::Deny)),
        Record::ScramCredentialRemoved { user: "bob".into(), mechanism: ScramMechanism::Sha512 },
        delete_topic(4, "going", 2),
        config(ConfigResource::topic("nowhere"), "retention.ms", Some("1")),
    ];
    for record in misfits {
        let error = base.clone().apply(next, &record).expect_err(&format!("{record:?}"));
        assert_eq!(error.offset, next);
    }
    let gap = base.clone().apply(next + 1, &config(ConfigResource::cluster_default(), "a", None));
    assert!(gap.unwrap_err().reason.contains("the record before it is at offset"));
}

#[test]
fn a_change_leaves_the_published_image_as_it_was() {
    let old = image_of(&history());
    let mut new = old.clone();
    let records = create_topic(50, "late", 40);
    for record in &records {
        new.apply(new.offset() + 1, record).unwrap();
    }
    assert!(old.topic_named("late").is_none());
    assert_eq!(new.topic_named("late").unwrap().partition_count(), 40);
    assert_eq!(old, image_of(&history()));
}
