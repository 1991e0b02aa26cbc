//! Topics go on paper: plain ones at once, tiered ones with a job that outlives them.

use crate::testing::*;
use crate::{ErrorKind, delete_topics};
use esker_metadata::{ConfigResource, REMOTE_STORAGE_ENABLE};

#[test]
fn a_plain_topic_leaves_nothing_behind() {
    let mut paper = Paper::new(&[1], "");
    paper.topic(1, "a", state(&[1], &[1]));
    let decision = delete_topics::decide(paper.cluster(), &[topic_id(1)]).unwrap();
    assert_eq!(paper.take(decision), [Ok(())]);
    assert!(paper.image.topic_named("a").is_none());
    assert_eq!(paper.image.topic_deletions().count(), 0);
}

#[test]
fn a_tiered_topic_stays_as_a_job_until_nothing_is_left() {
    let mut paper = Paper::new(&[1], "esker.tier.url=file:///bucket\n");
    paper.topic(1, "a", state(&[1], &[1]));
    paper.set(ConfigResource::topic("a"), REMOTE_STORAGE_ENABLE, "true");
    paper.set(ConfigResource::topic("a"), REMOTE_STORAGE_ENABLE, "false");
    let decision = delete_topics::decide(paper.cluster(), &[topic_id(1)]).unwrap();
    paper.take(decision);
    let job = paper.image.topic_deletion(topic_id(1)).unwrap();
    assert_eq!((&*job.name, job.partitions, job.tiered), ("a", 1, true), "what was tiered once is in the bucket still");
    assert!(paper.create(crate::NewTopic::named("a")).is_ok(), "the name is free");
    let finished = delete_topics::finish(paper.cluster(), topic_id(1));
    paper.take(finished);
    assert!(paper.image.topic_deletion(topic_id(1)).is_none());
    assert!(delete_topics::finish(paper.cluster(), topic_id(1)).records.is_empty(), "once is enough");
}

#[test]
fn each_topic_is_deleted_by_itself_and_only_once() {
    let mut paper = Paper::new(&[1], "");
    paper.topic(1, "a", state(&[1], &[1]));
    let decision = delete_topics::decide(paper.cluster(), &[topic_id(9), topic_id(1), topic_id(1)]).unwrap();
    let kinds: Vec<_> = decision.answer.iter().map(|row| row.as_ref().err().map(|error| error.kind)).collect();
    assert_eq!(kinds, [Some(ErrorKind::TopicIdUnknown), None, Some(ErrorKind::TopicIdUnknown)]);
    assert_eq!(decision.answer[0].as_ref().unwrap_err().to_string(), "This server does not host this topic ID.");
    paper.take(decision);
}
