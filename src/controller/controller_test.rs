//! The shell over a real quorum: what is answered has happened, conflicts are decided anew, waits end.

use crate::testing::*;
use crate::{ErrorKind, MorePartitions, NewTopic};
use bytes::Bytes;
use esker_env::Env;
use esker_env::sim::World;
use esker_metadata::{ConfigResource, Record};
use esker_quorum::{MetadataQuorum, Proposal};
use std::time::Duration;

fn topic(name: &str) -> NewTopic {
    NewTopic { partitions: 1, replication_factor: 1, ..NewTopic::named(name) }
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_live_through_their_whole_life_and_a_restart() {
    let world = World::new(1);
    let live = Live::with_broker(&world).await;
    let created = live.controller.create_topics(vec![topic("a"), topic("b b")], false, LONG).await;
    let id = created[0].as_ref().unwrap().id;
    assert_eq!(created[1].as_ref().unwrap_err().kind, ErrorKind::InvalidTopicName);
    assert_eq!(live.machine.watch().current().topic_named("a").unwrap().id, id, "seen as soon as it is answered");
    let more = MorePartitions { topic: "a".into(), count: 3, assignments: None };
    assert_eq!(live.controller.create_partitions(vec![more], false, LONG).await, [Ok(())]);
    live.quorum.shutdown().await;
    drop(live);

    let live = Live::start(&world, "").await;
    assert_eq!(live.controller.image().topic(id).unwrap().partition_count(), 3);
    assert_eq!(live.controller.delete_topics(vec![id], LONG).await, [Ok(())]);
    assert!(live.controller.image().topic(id).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_changes_nothing() {
    let live = Live::with_broker(&World::new(1)).await;
    let before = live.controller.image().offset();
    let answer = live.controller.create_topics(vec![topic("a")], true, LONG).await;
    assert_eq!(answer[0].as_ref().unwrap().partitions, 1);
    assert_eq!(live.controller.image().offset(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_made_anew_while_others_write_to_the_log() {
    let live = Live::with_broker(&World::new(1)).await;
    let quorum = live.quorum.clone();
    let writer = esker_env::spawn(async move {
        for n in 0..200 {
            let resource = ConfigResource::cluster_default();
            let record = Record::ConfigSet { resource, key: format!("k{n}"), value: Some("v".into()) };
            let records = vec![Bytes::from(record.encode())];
            quorum.propose(Proposal { expected: None, records }, LONG).await.unwrap();
        }
    });
    let creators: Vec<_> = (0..20)
        .map(|n| {
            let controller = live.controller.clone();
            esker_env::spawn(async move {
                let answer = controller.create_topics(vec![topic(&format!("t{n}")), topic("same")], false, LONG).await;
                assert!(answer[0].is_ok(), "{answer:?}");
                answer[1].is_ok()
            })
        })
        .collect();
    let mut won = 0;
    for creator in creators {
        won += usize::from(creator.await.unwrap());
    }
    writer.await.unwrap();
    assert_eq!((won, live.controller.image().topic_count()), (1, 21));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_waits_until_subscribers_have_applied_it() {
    let live = Live::with_broker(&World::new(1)).await;
    let subscription = live.machine.watch().subscribe("slow");
    let short = Duration::from_millis(200);
    let clock = Env::system().clock;
    let start = clock.now();
    let late = live.controller.create_topics(vec![topic("a")], false, short).await;
    assert!(clock.now().since(start) >= short / 4, "it was waited for, as long as the caller can be told in time");
    assert!(late[0].is_ok(), "what is committed is done: {late:?}");
    assert!(live.controller.image().topic_named("a").is_some());
    subscription.applied(live.controller.image().offset() + 100);
    assert!(live.controller.create_topics(vec![topic("b")], false, LONG).await[0].is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_time_means_that_nothing_is_done() {
    let live = Live::with_broker(&World::new(1)).await;
    let answer = live.controller.create_topics(vec![topic("a"), topic("b")], false, Duration::ZERO).await;
    assert!(answer.iter().all(|row| row.as_ref().unwrap_err().kind == ErrorKind::Timeout));
    assert_eq!(live.controller.image().topic_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_quorum_is_said_to_be_unavailable() {
    let live = Live::with_broker(&World::new(1)).await;
    live.quorum.shutdown().await;
    let answer = live.controller.create_topics(vec![topic("a")], false, LONG).await;
    assert_eq!(answer[0].as_ref().unwrap_err().kind, ErrorKind::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_with_more_partitions_than_one_proposal_holds_is_fenced_part_by_part() {
    let live = Live::with_broker(&World::new(1)).await;
    for name in ["a", "b"] {
        let wanted = NewTopic { partitions: 6000, ..topic(name) };
        assert!(live.controller.create_topics(vec![wanted], false, LONG).await[0].is_ok());
    }
    let epoch = live.controller.image().broker(1).unwrap().epoch;
    live.controller.set_broker_state(1, epoch, Some(true), None, LONG).await.unwrap();
    let image = live.controller.image();
    assert!(image.broker(1).unwrap().fenced);
    assert!(image.topics().all(|topic| topic.partitions.iter().all(|state| state.leader.is_none())));
    live.controller.set_broker_state(1, epoch, Some(false), None, LONG).await.unwrap();
    let image = live.controller.image();
    assert!(image.topics().all(|topic| topic.partitions.iter().all(|state| state.leader == Some(1))));
}
