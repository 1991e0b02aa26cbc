//! Publication: an offset counts as applied when every subscriber says so.

use crate::samples::*;
use crate::*;
use std::sync::Arc;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(30);
const LONG: Duration = Duration::from_secs(10);

fn image_at(len: usize) -> Arc<ClusterImage> {
    Arc::new(image_of(&history()[..len]))
}

#[tokio::test]
async fn without_subscribers_published_is_applied() {
    let publisher = ImagePublisher::default();
    let watch = publisher.watch();
    assert!(!watch.is_applied(0));
    publisher.publish(image_at(3));
    watch.applied(2, SOON).await.unwrap();
    assert_eq!(watch.current().offset(), 2);
    let late = watch.published(3, SOON).await.unwrap_err();
    assert_eq!((late.offset, late.waiting_for.len()), (3, 0));
}

#[tokio::test]
async fn an_offset_is_applied_only_when_the_last_subscriber_has_said_so() {
    let publisher = ImagePublisher::default();
    let watch = publisher.watch();
    let mut logs = watch.subscribe("logs");
    let mut tier = watch.subscribe("tier");
    publisher.publish(image_at(5));
    for one in [&mut logs, &mut tier] {
        assert_eq!(one.next().await.new.offset(), 4);
    }
    logs.applied(4);
    let error = watch.applied(4, SOON).await.unwrap_err();
    assert_eq!(error.waiting_for, [Arc::from("tier")]);
    let waiting = esker_env::spawn({
        let watch = watch.clone();
        async move { watch.applied(4, LONG).await }
    });
    tier.applied(4);
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_subscriber_that_leaves_holds_nobody_up() {
    let publisher = ImagePublisher::default();
    let watch = publisher.watch();
    let stuck = watch.subscribe("stuck");
    publisher.publish(image_at(2));
    assert!(watch.applied(1, SOON).await.is_err());
    drop(stuck);
    watch.applied(1, SOON).await.unwrap();
}

#[tokio::test]
async fn a_slow_subscriber_is_given_one_change_for_all_that_it_missed() {
    let publisher = ImagePublisher::default();
    let mut subscription = publisher.watch().subscribe("slow");
    for len in 1..=history().len() {
        publisher.publish(image_at(len));
    }
    let change = subscription.next().await;
    assert_eq!((change.old.offset(), change.new.offset()), (-1, history().len() as i64 - 1));
    assert_eq!(change.delta.topics_created.len(), 2);
    let nothing_more = esker_env::timeout(SOON, subscription.next()).await;
    assert!(nothing_more.is_none());
}

#[tokio::test]
async fn a_late_subscriber_begins_with_the_whole_image() {
    let publisher = ImagePublisher::default();
    publisher.publish(image_at(history().len()));
    let watch = publisher.watch();
    let mut late = watch.subscribe("late");
    assert!(!watch.is_applied(0), "a call must not be answered before the newcomer has caught up");
    let change = late.next().await;
    assert_eq!(change.delta.topics_created.len(), 2);
    late.applied(change.new.offset());
    assert!(watch.is_applied(change.new.offset()));
}

#[test]
#[should_panic(expected = "must not replace")]
fn an_older_image_is_never_published() {
    let publisher = ImagePublisher::default();
    publisher.publish(image_at(3));
    publisher.publish(image_at(2));
}
