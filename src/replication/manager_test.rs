//! A broker's partitions from outside: produce, fetch, list, delete, restart.

use crate::fetch::{FetchedRecords, Fetching};
use crate::partition::{Append, OffsetSpec};
use crate::state::{EpochFault, NotLeader};
use crate::testing::{SOON, World, batch, fetch, list, now_ms, topic_id, until};
use crate::{Absent, AckFault, Acks, AppendFault, DeleteFault, FetchFault, Isolation, ListFault, Unserved, done_now};
use esker_metadata::{PartitionChange, Record};
use std::time::Duration;

#[tokio::test]
async fn what_was_produced_is_fetched_from_the_file() {
    let mut world = World::new("").await;
    world.create("t", 2, &[]).await;
    let appended = world.append("t", 0, &batch(now_ms(), 3, 100));
    assert_eq!((appended.info.base_offset, appended.info.last_offset), (0, 2));
    assert_eq!(done_now(&[appended.ticket]), Some(vec![Ok(())]), "one replica: acknowledged at once");
    let Fetching::Now(answers) = world.manager.fetch(fetch(&[("t", 0, 0), ("t", 1, 0)])) else { panic!("not now") };
    let [Ok(first), Ok(second)] = &answers[..] else { panic!("{answers:?}") };
    assert!(matches!(first.records, FetchedRecords::File(_)));
    assert_eq!((first.high_watermark, first.last_stable, first.log_start), (3, 3, 0));
    assert!(second.records.is_empty() && second.high_watermark == 0);
    assert_eq!(world.read_all("t", 0, 1).await.len(), 3, "the whole batch that holds the offset");
}

#[tokio::test]
async fn a_fetch_waits_for_records_and_is_woken_by_them() {
    let mut world = World::new("").await;
    world.create("t", 2, &[]).await;
    let mut request = fetch(&[("t", 0, 0), ("t", 1, 0)]);
    request.max_wait = SOON;
    let Fetching::Later(answers) = world.manager.fetch(request) else { panic!("nothing is there") };
    let waiting = esker_env::spawn(answers);
    until("it waits", || world.manager.purgatory().held() == 2).await;
    world.append("t", 1, &batch(now_ms(), 1, 10));
    let answers = esker_env::timeout(Duration::from_secs(5), waiting).await.expect("it is woken").unwrap();
    assert!(answers[0].as_ref().unwrap().records.is_empty());
    assert_eq!(answers[1].as_ref().unwrap().high_watermark, 1);
    assert!(!answers[1].as_ref().unwrap().records.is_empty());
    assert_eq!(world.manager.purgatory().held(), 0, "nothing is left behind");
}

#[tokio::test]
async fn a_fetch_waits_for_its_least_bytes_or_its_deadline() {
    let mut world = World::new("").await;
    world.create("t", 1, &[]).await;
    world.append("t", 0, &batch(now_ms(), 1, 100));
    let one = batch(now_ms(), 1, 100).len();
    let mut request = fetch(&[("t", 0, 0)]);
    (request.max_wait, request.min_bytes) = (SOON, 3 * one);
    let waiting = match world.manager.fetch(request.clone()) {
        Fetching::Later(answers) => esker_env::spawn(answers),
        Fetching::Now(answers) => panic!("{answers:?} is too little"),
    };
    until("it waits", || world.manager.purgatory().held() == 1).await;
    world.append("t", 0, &batch(now_ms(), 1, 100));
    assert!(!waiting.is_finished());
    world.append("t", 0, &batch(now_ms(), 1, 100));
    let answers = esker_env::timeout(Duration::from_secs(5), waiting).await.expect("it is woken").unwrap();
    assert_eq!(answers[0].as_ref().unwrap().records.len(), 3 * one, "what came meanwhile is in it");
    (request.max_wait, request.min_bytes) = (Duration::from_millis(50), 4 * one);
    let answers = world.fetch(request).await;
    assert_eq!(answers[0].as_ref().unwrap().records.len(), 3 * one, "what is there at the deadline");
}

#[tokio::test]
async fn bytes_of_many_partitions_stay_within_the_budget_but_for_one_batch() {
    let mut world = World::new("").await;
    world.create("t", 4, &[]).await;
    let one = batch(now_ms(), 1, 1000).len();
    (0..4).for_each(|number| world.fill("t", number, 10, 1000));
    let all = [("t", 0, 0), ("t", 1, 0), ("t", 2, 0), ("t", 3, 0)];
    let lens = |answers: Vec<crate::FetchAnswer>| -> Vec<usize> {
        answers.into_iter().map(|answer| answer.unwrap().records.len() / one).collect()
    };
    let mut request = fetch(&all);
    request.max_bytes = 15 * one;
    assert_eq!(lens(world.fetch(request.clone()).await), [10, 5, 0, 0]);
    request.partitions.iter_mut().for_each(|wanted| wanted.max_bytes = 4 * one);
    assert_eq!(lens(world.fetch(request.clone()).await), [4, 4, 4, 3]);
    request.max_bytes = 10;
    assert_eq!(lens(world.fetch(request.clone()).await), [1, 0, 0, 0], "one batch, for the first with records");
    request.partitions.iter_mut().for_each(|wanted| wanted.max_bytes = 10);
    request.partitions[0].offset = 10;
    request.max_bytes = 50 << 20;
    assert_eq!(lens(world.fetch(request).await), [0, 1, 0, 0], "once per request, not per partition");
}

#[tokio::test]
async fn offsets_are_out_of_range_only_when_they_are() {
    let mut world = World::new("").await;
    world.create("t", 1, &[]).await;
    world.fill("t", 0, 5, 10);
    assert_eq!(world.manager.delete_records(topic_id("t"), 0, Some(2), SOON).await, Ok(2));
    let answer = |offset| world.fetch(fetch(&[("t", 0, offset)]));
    let out = FetchFault::OutOfRange { log_start: 2, log_end: 5, high_watermark: 5 };
    assert_eq!(answer(1).await[0].as_ref().unwrap_err(), &out);
    assert_eq!(answer(6).await[0].as_ref().unwrap_err(), &out);
    assert!(answer(2).await[0].is_ok() && answer(5).await[0].is_ok());
    let delete = |offset| world.manager.delete_records(topic_id("t"), 0, offset, SOON);
    assert_eq!(delete(Some(6)).await, Err(DeleteFault::OutOfRange { offset: 6, high_watermark: 5 }));
    assert_eq!(delete(Some(-2)).await, Err(DeleteFault::OutOfRange { offset: -2, high_watermark: 5 }));
    assert_eq!(delete(Some(1)).await, Ok(2), "it never goes back");
    assert_eq!(delete(None).await, Ok(5));
}

#[tokio::test]
async fn records_of_a_compacted_topic_are_not_deleted() {
    let mut world = World::new("").await;
    world.create("t", 1, &[("cleanup.policy", "compact")]).await;
    assert_eq!(world.manager.delete_records(topic_id("t"), 0, None, SOON).await, Err(DeleteFault::Policy));
}

#[tokio::test]
async fn epochs_of_clients_are_checked_before_leadership() {
    let mut world = World::new("").await;
    world.create("t", 1, &[]).await;
    world.change("t", 0, PartitionChange { leader: Some(Some(1)), ..PartitionChange::default() }).await;
    assert_eq!(world.partition("t", 0).leader_epoch(), 1);
    let asked = |epoch| {
        let mut request = fetch(&[("t", 0, 0)]);
        request.partitions[0].current_leader_epoch = Some(epoch);
        world.fetch(request)
    };
    assert!(asked(1).await[0].is_ok());
    let fenced = EpochFault::Fenced { asked: 0, current: 1 };
    assert_eq!(asked(0).await[0].as_ref().unwrap_err(), &FetchFault::Epoch(fenced));
    let unknown = EpochFault::Unknown { asked: 2, current: 1 };
    assert_eq!(asked(2).await[0].as_ref().unwrap_err(), &FetchFault::Epoch(unknown));
    let listed = crate::ListOffset { current_leader_epoch: Some(0), ..list("t", OffsetSpec::Latest) };
    let found = world.manager.list_offset(listed, None).await;
    assert_eq!(found, Err(ListFault::Unserved(Unserved::Epoch(fenced))));
    assert!(world.manager.end_offset_for_epoch(topic_id("t"), 0, Some(2), 0).is_err());
    world.append("t", 0, &batch(now_ms(), 4, 10));
    assert_eq!(world.manager.end_offset_for_epoch(topic_id("t"), 0, Some(1), 1), Ok((1, 4)));
    let how = Append { leader_epoch: Some(0), ..Append::client(Acks::Leader) };
    let refused = world.partition("t", 0).append(&batch(now_ms(), 1, 10), &how);
    assert!(matches!(refused, Err(AppendFault::Epoch(fault)) if fault == fenced));
}

#[tokio::test]
async fn a_reader_with_another_history_is_told_where_it_parted() {
    let mut world = World::new("").await;
    world.create("t", 1, &[]).await;
    world.append("t", 0, &batch(now_ms(), 5, 10));
    world.change("t", 0, PartitionChange { leader: Some(Some(1)), ..PartitionChange::default() }).await;
    world.append("t", 0, &batch(now_ms(), 5, 10));
    let asked = |offset, epoch| {
        let mut request = fetch(&[("t", 0, offset)]);
        request.partitions[0].last_fetched_epoch = Some(epoch);
        world.fetch(request)
    };
    let parted = asked(7, 0).await.remove(0).unwrap();
    assert_eq!((parted.diverging, parted.records.len()), (Some((0, 5)), 0));
    assert_eq!(asked(5, 0).await[0].as_ref().unwrap().diverging, None);
    assert_eq!(asked(7, 1).await[0].as_ref().unwrap().diverging, None);
    assert!(matches!(asked(7, 3).await[0], Err(FetchFault::OutOfRange { .. })), "an epoch that was never heard of");
}

#[tokio::test]
async fn a_change_of_leader_wakes_who_waits_with_the_news() {
    let mut world = World::new("").await;
    world.create_with("t", 1, &[], &[1, 2]).await;
    let mut request = fetch(&[("t", 0, 0)]);
    request.max_wait = SOON;
    let Fetching::Later(answers) = world.manager.fetch(request) else { panic!("nothing is there") };
    let fetching = esker_env::spawn(answers);
    let appended = world.append("t", 0, &batch(now_ms(), 1, 10));
    assert_eq!(appended.ticket.poll_now(), None, "2 has not fetched");
    let producing = esker_env::spawn(world.manager.acknowledged(vec![appended.ticket], SOON));
    until("both wait", || world.manager.purgatory().held() == 2).await;
    world.change("t", 0, PartitionChange { leader: Some(Some(2)), ..PartitionChange::default() }).await;
    let not_leader = NotLeader { leader: Some(2), epoch: 1 };
    let limit = Duration::from_secs(5);
    let fetched = esker_env::timeout(limit, fetching).await.expect("it is woken").unwrap();
    assert_eq!(fetched[0].as_ref().unwrap_err(), &FetchFault::NotLeader(not_leader));
    let produced = esker_env::timeout(limit, producing).await.expect("it is woken").unwrap();
    assert_eq!(produced, [Err(AckFault::NotLeader(not_leader))]);
    let refused = world.partition("t", 0).append(&batch(now_ms(), 1, 10), &Append::client(Acks::Leader));
    assert!(matches!(refused, Err(AppendFault::NotLeader(fault)) if fault == not_leader));
}

#[tokio::test]
async fn absent_partitions_are_told_apart() {
    let mut world = World::new("").await;
    world.create_with("elsewhere", 1, &[], &[2]).await;
    let unknown = world.manager.partition(topic_id("nothing"), 0).unwrap_err();
    assert_eq!(unknown, Absent::Unknown);
    let elsewhere = world.manager.partition(topic_id("elsewhere"), 0).unwrap_err();
    assert_eq!(elsewhere, Absent::NotLeader(NotLeader { leader: Some(2), epoch: 0 }));
    assert_eq!(world.manager.partition(topic_id("elsewhere"), 1).unwrap_err(), Absent::Unknown);
    let answers = world.fetch(fetch(&[("nothing", 0, 0), ("elsewhere", 0, 0)])).await;
    assert_eq!(answers[0].as_ref().unwrap_err(), &FetchFault::Absent(Absent::Unknown));
}

#[tokio::test]
async fn offsets_are_listed_by_place_and_by_time() {
    let mut world = World::new("").await;
    world.create("t", 1, &[]).await;
    let start = now_ms() - 100_000;
    for at in 0..5 {
        world.append("t", 0, &batch(start + 1000 * at, 2, 10));
    }
    let found = |offset, timestamp| (offset, timestamp, Some(0));
    let listed = async |what| {
        world.list("t", what).await.unwrap().map(|found| (found.offset, found.timestamp, found.leader_epoch))
    };
    assert_eq!(listed(OffsetSpec::Earliest).await, Some(found(0, -1)));
    assert_eq!(listed(OffsetSpec::EarliestLocal).await, Some(found(0, -1)));
    assert_eq!(listed(OffsetSpec::Latest).await, Some(found(10, -1)));
    assert_eq!(listed(OffsetSpec::MaxTimestamp).await, Some(found(9, start + 4001)));
    assert_eq!(listed(OffsetSpec::At(start + 2001)).await, Some(found(5, start + 2001)));
    assert_eq!(listed(OffsetSpec::At(start + 2002)).await, Some(found(6, start + 3000)));
    assert_eq!(listed(OffsetSpec::At(start + 9000)).await, None);
    assert_eq!(listed(OffsetSpec::LatestTiered).await, None);
    assert_eq!(listed(OffsetSpec::EarliestPendingUpload).await, None);
}

#[tokio::test]
async fn a_log_is_kept_across_a_clean_stop_and_across_a_crash() {
    let mut world = World::new("").await;
    world.create("t", 1, &[]).await;
    world.fill("t", 0, 7, 50);
    let before = world.read_all("t", 0, 0).await;
    let world = world.restart().await;
    assert_eq!(world.read_all("t", 0, 0).await, before);
    world.fill("t", 0, 3, 50);
    let before = world.read_all("t", 0, 0).await;
    let world = world.crash().await;
    assert_eq!(world.read_all("t", 0, 0).await, before);
    assert_eq!(world.append("t", 0, &batch(now_ms(), 1, 10)).info.base_offset, 10);
}

#[tokio::test]
async fn a_deleted_topic_is_gone_for_all_and_its_files_too() {
    let mut world = World::new("").await;
    world.create("t", 1, &[("file.delete.delay.ms", "0")]).await;
    world.fill("t", 0, 3, 50);
    let partition = world.partition("t", 0);
    let path = partition.log().path().to_owned();
    let mut request = fetch(&[("t", 0, 3)]);
    request.max_wait = SOON;
    let Fetching::Later(answers) = world.manager.fetch(request) else { panic!("nothing is there") };
    let fetching = esker_env::spawn(answers);
    until("it waits", || world.manager.purgatory().held() == 1).await;
    world.delete("t", 1, false).await;
    let fetched = esker_env::timeout(Duration::from_secs(5), fetching).await.expect("it is woken").unwrap();
    assert_eq!(fetched[0].as_ref().unwrap_err(), &FetchFault::Gone);
    assert!(matches!(partition.append(&batch(now_ms(), 1, 10), &Append::client(Acks::All)), Err(AppendFault::Gone)));
    assert_eq!(world.manager.partition(topic_id("t"), 0).unwrap_err(), Absent::Unknown);
    assert!(!path.exists());
    until("the cluster is told", || *world.finished.lock() == [topic_id("t")]).await;
}

#[tokio::test]
async fn configurations_apply_at_once() {
    let mut world = World::new("").await;
    world.create("t", 1, &[]).await;
    let refuses = |world: &World| {
        let appended = world.partition("t", 0).append(&batch(now_ms(), 1, 2000), &Append::client(Acks::All));
        appended.is_err()
    };
    assert!(!refuses(&world));
    world.set("t", "max.message.bytes", Some("1000"));
    world.publish().await;
    assert!(refuses(&world));
    world.set("t", "max.message.bytes", None);
    world.publish().await;
    assert!(!refuses(&world));
    let resource = esker_metadata::ConfigResource::cluster_default();
    world.apply(Record::ConfigSet { resource, key: "message.max.bytes".into(), value: Some("900".into()) });
    world.publish().await;
    assert!(refuses(&world), "the broker's default is the topic's");
}

#[tokio::test]
async fn logs_that_the_cluster_does_not_know_are_set_aside_and_not_deleted() {
    let mut world = World::new("").await;
    world.create("known", 1, &[]).await;
    world.create("unknown", 1, &[]).await;
    let image_without = {
        let mut other = World::new("").await;
        other.create("known", 1, &[]).await;
        other.image.clone()
    };
    let path = world.partition("unknown", 0).log().path().to_owned();
    world.image = image_without;
    let world = world.crash().await;
    assert!(!path.exists());
    let dir = path.parent().unwrap();
    let listed = esker_env::Env::system().disk.list(dir).unwrap();
    let names: Vec<String> = listed.into_iter().map(|entry| entry.name).collect();
    assert!(names.iter().any(|name| name.starts_with("unknown-0.") && name.ends_with("-stray")), "{names:?}");
    assert!(world.manager.partition(topic_id("known"), 0).is_ok());
}

#[tokio::test]
async fn directories_tell_what_is_in_them() {
    let mut world = World::with_dirs("", 2).await;
    world.create("t", 4, &[]).await;
    world.fill("t", 0, 3, 100);
    let views = world.manager.log_dirs();
    let counts: Vec<usize> = views.iter().map(|view| view.partitions.len()).collect();
    assert_eq!(counts, [2, 2], "new partitions go where the fewest are");
    assert!(views.iter().all(|view| view.error.is_none() && view.total_bytes > 0 && view.usable_bytes > 0));
    let all: Vec<_> = views.iter().flat_map(|view| &view.partitions).collect();
    let first = all.iter().find(|view| view.topic_partition.partition == 0).unwrap();
    assert_eq!(first.size, 3 * batch(now_ms(), 1, 100).len() as u64);
    assert!(all.iter().all(|view| view.lag == 0 && !view.is_future));
}

#[tokio::test]
async fn a_failed_directory_takes_its_partitions_with_it_and_no_others() {
    let mut world = World::with_dirs("", 2).await;
    world.create("t", 2, &[]).await;
    let (one, other) = (world.partition("t", 0), world.partition("t", 1));
    assert_ne!(one.log().dir().path(), other.log().dir().path());
    let mut request = fetch(&[("t", 0, 0)]);
    request.max_wait = SOON;
    let Fetching::Later(answers) = world.manager.fetch(request) else { panic!("nothing is there") };
    let fetching = esker_env::spawn(answers);
    until("it waits", || world.manager.purgatory().held() == 1).await;
    one.log().dir().fail("a test says so");
    let fetched = esker_env::timeout(Duration::from_secs(5), fetching).await.expect("it is woken").unwrap();
    assert!(matches!(fetched[0], Err(FetchFault::Storage(_))));
    assert!(matches!(one.append(&batch(now_ms(), 1, 10), &Append::client(Acks::All)), Err(AppendFault::Log(_))));
    assert!(matches!(world.list("t", OffsetSpec::Latest).await, Err(ListFault::Storage(_))));
    other.append(&batch(now_ms(), 1, 10), &Append::client(Acks::All)).unwrap();
    let errors: Vec<bool> = world.manager.log_dirs().iter().map(|view| view.error.is_some()).collect();
    assert_eq!(errors.iter().filter(|error| **error).count(), 1);
}

#[tokio::test]
async fn read_committed_stops_at_open_transactions_and_names_aborted_ones() {
    use esker_record::{BatchBuilder, Codec, EndMarker, end_marker_batch};
    let mut world = World::new("").await;
    world.create("t", 1, &[]).await;
    let begin = |sequence| {
        let builder = BatchBuilder::new(Codec::None).producer(9, 0, sequence).transactional();
        crate::testing::build(builder, now_ms(), 2, 10)
    };
    world.append("t", 0, &batch(now_ms(), 2, 10));
    world.append("t", 0, &begin(0));
    let mut request = fetch(&[("t", 0, 0)]);
    request.isolation = Isolation::Committed;
    let open = world.fetch(request.clone()).await.remove(0).unwrap();
    assert_eq!((open.high_watermark, open.last_stable), (4, 2));
    assert_eq!(open.records.len(), batch(now_ms(), 2, 10).len());
    request.partitions[0].offset = 2;
    request.max_wait = SOON;
    let Fetching::Later(answers) = world.manager.fetch(request.clone()) else { panic!("it is undecided") };
    let waiting = esker_env::spawn(answers);
    until("it waits", || world.manager.purgatory().held() == 1).await;
    world.append("t", 0, &batch(now_ms(), 1, 10));
    assert!(!waiting.is_finished(), "the high watermark is not what it waits for");
    let marker = end_marker_batch(9, 0, EndMarker::Abort, 0, now_ms()).unwrap();
    let how = Append::coordinator(0);
    world.partition("t", 0).append(&marker, &how).unwrap();
    let fetched = esker_env::timeout(Duration::from_secs(5), waiting).await.expect("it is decided").unwrap();
    let fetched = fetched.into_iter().next().unwrap().unwrap();
    assert_eq!(fetched.last_stable, 6);
    let aborted: Vec<_> = fetched.aborted.iter().map(|txn| (txn.producer_id, txn.first_offset)).collect();
    assert_eq!(aborted, [(9, 2)]);
    request.partitions[0].offset = 6;
    request.max_wait = Duration::ZERO;
    assert!(world.fetch(request).await[0].as_ref().unwrap().aborted.is_empty());
}

#[tokio::test]
async fn while_the_broker_stops_its_partitions_are_somebody_elses() {
    let mut world = World::new("").await;
    world.create("t", 1, &[]).await;
    let mut request = fetch(&[("t", 0, 0)]);
    request.max_wait = SOON;
    let Fetching::Later(answers) = world.manager.fetch(request) else { panic!("nothing is there") };
    let waiting = esker_env::spawn(answers);
    until("it waits", || world.manager.purgatory().held() == 1).await;
    world.manager.shut_down().await;
    let nobody = NotLeader { leader: None, epoch: 0 };
    let answers = esker_env::timeout(Duration::from_secs(5), waiting).await.expect("it is woken").unwrap();
    assert_eq!(answers[0].as_ref().unwrap_err(), &FetchFault::NotLeader(nobody));
    let refused = world.partition("t", 0).append(&batch(now_ms(), 1, 10), &Append::client(Acks::All));
    assert!(matches!(refused, Err(AppendFault::NotLeader(fault)) if fault == nobody));
}
