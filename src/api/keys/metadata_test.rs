//! Metadata, answer by answer.

use crate::testing::{Fixture, broker, led_by, topic_id};
use esker_metadata::{Partition, PartitionChange, Record};
use esker_protocol::messages::metadata::{MetadataRequestTopic, MetadataResponseTopic};
use esker_protocol::messages::{MetadataRequest, MetadataResponse};

fn named(names: &[&str]) -> MetadataRequest {
    let topic = |name: &&str| MetadataRequestTopic { name: Some((*name).into()), ..Default::default() };
    MetadataRequest { topics: Some(names.iter().map(topic).collect()), ..Default::default() }
}

fn identified(ids: &[u128]) -> MetadataRequest {
    let topic = |id: &u128| MetadataRequestTopic { topic_id: topic_id(*id).0, name: None };
    MetadataRequest { topics: Some(ids.iter().map(topic).collect()), ..Default::default() }
}

fn rows(answer: &MetadataResponse) -> Vec<(&str, i16, usize)> {
    let row = |topic: &'_ MetadataResponseTopic| (topic.error_code, topic.partitions.len());
    answer.topics.iter().map(|it| (it.name.as_deref().unwrap_or("null"), row(it).0, row(it).1)).collect()
}

/// Topics `a` of two partitions and `b.x` of one.
fn with_topics() -> Fixture {
    with_topics_and("")
}

fn with_topics_and(properties: &str) -> Fixture {
    let mut fixture = Fixture::new(properties);
    fixture.create_topic(0xb, "b.x", 1);
    fixture.create_topic(0xa, "a", 2);
    fixture
}

#[test]
fn an_empty_list_means_all_in_version_0_and_none_later() {
    let mut broker = with_topics();
    assert_eq!(rows(&broker.ask(0, &named(&[]))), [("a", 0, 2), ("b.x", 0, 1)]);
    for version in 1..=13 {
        assert_eq!(rows(&broker.ask(version, &named(&[]))), []);
        let all = MetadataRequest { topics: None, ..Default::default() };
        assert_eq!(rows(&broker.ask(version, &all)), [("a", 0, 2), ("b.x", 0, 1)]);
    }
}

#[test]
fn a_topic_that_is_asked_for_twice_is_answered_once() {
    // Versions before 4 would create what is missing, in their own time.
    let mut broker = with_topics_and("auto.create.topics.enable=false\n");
    for version in 0..=13 {
        let answer = broker.ask(version, &named(&["a", "a", "missing", "bad name", "", "missing"]));
        assert_eq!(rows(&answer), [("a", 0, 2), ("missing", 3, 0), ("bad name", 17, 0), ("", 17, 0)]);
    }
}

#[test]
fn a_topic_is_described_in_full() {
    let mut broker = with_topics();
    let answer = broker.ask(13, &named(&["a"]));
    assert_eq!((answer.controller_id, answer.cluster_id.as_deref(), answer.error_code), (1, Some("test-cluster"), 0));
    let topic = &answer.topics[0];
    assert_eq!((topic.topic_id, topic.is_internal), (topic_id(0xa).0, false));
    let partition = &topic.partitions[1];
    assert_eq!((partition.partition_index, partition.leader_id, partition.leader_epoch), (1, 1, 0));
    assert_eq!(
        (&*partition.replica_nodes, &*partition.isr_nodes, &*partition.offline_replicas),
        (&[1][..], &[1][..], &[][..])
    );
}

#[test]
fn clients_are_told_the_addresses_of_the_listener_that_they_came_in_by() {
    let mut fixture = with_topics();
    let address = |answer: &MetadataResponse| (answer.brokers[0].host.to_string(), answer.brokers[0].port);
    assert_eq!(address(&fixture.ask(9, &named(&[]))), ("example.org".to_owned(), 19092));
    fixture.session = crate::Session::new("INTERNAL".into(), "10.0.0.7:1".parse().unwrap());
    assert_eq!(address(&fixture.ask(9, &named(&[]))), ("10.0.0.1".to_owned(), 9094));
    fixture.session = crate::Session::new("OTHER".into(), "10.0.0.7:1".parse().unwrap());
    let answer = fixture.ask(9, &named(&["a"]));
    assert_eq!((answer.brokers.len(), answer.controller_id), (0, -1));
}

#[test]
fn a_leader_without_the_clients_listener_has_an_error_that_depends_on_the_version() {
    let mut fixture = with_topics();
    fixture.session = crate::Session::new("OTHER".into(), "10.0.0.7:1".parse().unwrap());
    for (version, code) in [(1, 5), (5, 5), (6, 72), (13, 72)] {
        let answer = fixture.ask(version, &named(&["b.x"]));
        let partition = &answer.topics[0].partitions[0];
        assert_eq!((partition.error_code, partition.leader_id), (code, -1), "version {version}");
    }
    // Version 0 also leaves out replicas that cannot be reached.
    let answer = fixture.ask(0, &named(&["b.x"]));
    let partition = &answer.topics[0].partitions[0];
    assert_eq!((partition.error_code, partition.replica_nodes.len(), partition.isr_nodes.len()), (5, 0, 0));
}

#[test]
fn a_partition_without_a_leader_and_replicas_that_are_away_are_shown_as_such() {
    let mut fixture = with_topics();
    let mut fenced = broker(2);
    fenced.fenced = true;
    fixture.apply(Record::BrokerRegistered(fenced));
    let state = Partition { isr: [1].into(), ..led_by(1, &[1, 2, 3]) };
    fixture.apply(Record::PartitionCreated { topic_id: topic_id(0xb), partition: 1, state });
    let change = PartitionChange { leader: Some(None), ..PartitionChange::default() };
    fixture.apply(Record::PartitionChanged { topic_id: topic_id(0xb), partition: 0, change });

    let answer = fixture.ask(13, &named(&["b.x"]));
    let [offline, partly] = &answer.topics[0].partitions[..] else { panic!("{answer:?}") };
    assert_eq!((offline.error_code, offline.leader_id, offline.leader_epoch), (5, -1, 1));
    assert_eq!(
        (partly.error_code, &*partly.replica_nodes, &*partly.offline_replicas),
        (0, &[1, 2, 3][..], &[2, 3][..])
    );
    assert_eq!(
        answer.brokers.iter().map(|broker| broker.node_id).collect::<Vec<_>>(),
        [1],
        "fenced brokers are not shown"
    );
    let old = fixture.ask(0, &named(&["b.x"]));
    let partition = &old.topics[0].partitions[1];
    assert_eq!((partition.error_code, &*partition.replica_nodes), (9, &[1, 2][..]));
}

#[test]
fn topics_are_found_by_id_from_version_12_on_and_names_then_count_for_nothing() {
    let mut broker = with_topics();
    for version in [12, 13] {
        let answer = broker.ask(version, &identified(&[0xb, 5, 5]));
        assert_eq!(rows(&answer), [("b.x", 0, 1), ("null", 100, 0)]);
        assert_eq!(answer.topics[1].topic_id, topic_id(5).0);
        let mut mixed = identified(&[0xb]);
        mixed.topics.as_mut().unwrap().extend(named(&["a"]).topics.unwrap());
        assert_eq!(rows(&broker.ask(version, &mixed)), [("b.x", 0, 1)]);
    }
}

#[test]
fn a_question_by_id_is_invalid_before_version_12_and_one_by_nothing_in_any() {
    let mut broker = with_topics();
    for version in [10, 11] {
        let answer = broker.ask(version, &identified(&[0xb]));
        assert_eq!(rows(&answer), [("", 42, 0)]);
        assert_eq!((answer.brokers.len(), answer.controller_id, answer.cluster_id), (0, -1, None));
        assert_eq!(answer.topics[0].topic_id, topic_id(0xb).0);
    }
    for version in 10..=13 {
        let answer = broker.ask(version, &identified(&[0]));
        assert_eq!(rows(&answer), [("", 42, 0)]);
        assert_eq!(answer.error_code, if version >= 13 { 42 } else { 0 });
    }
}

#[test]
fn operations_are_answered_where_asked_for() {
    let mut broker = with_topics();
    let request = MetadataRequest { include_topic_authorized_operations: true, ..named(&["a", "missing"]) };
    let answer = broker.ask(13, &request);
    assert!(answer.topics.iter().all(|topic| topic.topic_authorized_operations == 3576));
    let request = MetadataRequest { include_cluster_authorized_operations: true, ..named(&["a"]) };
    let answer = broker.ask(8, &request);
    assert_eq!((answer.cluster_authorized_operations, answer.topics[0].topic_authorized_operations), (8096, i32::MIN));
    let unknown = MetadataRequest { include_topic_authorized_operations: true, ..identified(&[5]) };
    assert_eq!(broker.ask(12, &unknown).topics[0].topic_authorized_operations, i32::MIN);
}

#[test]
fn internal_topics_are_marked_even_where_they_are_missing() {
    let mut broker = with_topics();
    let answer =
        broker.ask(4, &named(&["__consumer_offsets", "__transaction_state", "__share_group_state", "a", "__other"]));
    let internal: Vec<bool> = answer.topics.iter().map(|topic| topic.is_internal).collect();
    let order: Vec<&str> = answer.topics.iter().filter_map(|topic| topic.name.as_deref()).collect();
    assert_eq!(order, ["a", "__consumer_offsets", "__transaction_state", "__share_group_state", "__other"]);
    assert_eq!(internal, [false, true, true, true, false]);
}

#[test]
fn a_topic_that_is_asked_for_is_unknown_at_first_and_then_there() {
    let mut broker = Fixture::new("num.partitions=3\n");
    let ask = MetadataRequest { allow_auto_topic_creation: true, ..named(&["new", "bad name", ""]) };
    assert_eq!(rows(&broker.ask(9, &ask)), [("new", 3, 0), ("bad name", 17, 0), ("", 17, 0)]);
    broker.wait_for(|image| image.topic_named("new").is_some());
    assert_eq!(rows(&broker.ask(9, &named(&["new"]))), [("new", 0, 3)]);
    assert_eq!(broker.image.topic_count(), 1);
}

#[test]
fn before_version_4_missing_topics_are_always_created() {
    let mut broker = Fixture::new("");
    assert_eq!(rows(&broker.ask(3, &named(&["new"]))), [("new", 3, 0)]);
    broker.wait_for(|image| image.topic_named("new").is_some());
}

#[test]
fn nothing_is_created_where_client_or_broker_do_not_want_it() {
    let mut broker = Fixture::new("");
    let ask = MetadataRequest { allow_auto_topic_creation: false, ..named(&["new"]) };
    assert_eq!(rows(&broker.ask(9, &ask)), [("new", 3, 0)]);
    let mut unwilling = Fixture::new("auto.create.topics.enable=false\n");
    assert_eq!(rows(&unwilling.ask(3, &named(&["new"]))), [("new", 3, 0)]);
    // What would have been started is done before this later change is.
    for broker in [&mut broker, &mut unwilling] {
        broker.create_topic(7, "later", 1);
        assert_eq!(broker.image.topic_count(), 1);
    }
}

#[test]
fn internal_topics_are_created_in_their_own_shape() {
    let mut broker = Fixture::new("offsets.topic.replication.factor=1\noffsets.topic.num.partitions=5\n");
    broker.ask(9, &named(&["__consumer_offsets"]));
    broker.wait_for(|image| image.topic_named("__consumer_offsets").is_some());
    let resource = esker_metadata::ConfigResource::topic("__consumer_offsets");
    assert_eq!(broker.image.config(&resource, "cleanup.policy"), Some("compact"));
    assert_eq!(broker.image.topic_named("__consumer_offsets").unwrap().partition_count(), 5);
}
