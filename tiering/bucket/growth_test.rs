//! What a partition grows by is told by the timestamps of its objects, where they can be believed.

use crate::bucket::testing::open;
use crate::bucket::{Growth, Uploads};
use crate::cost::Usage;
use crate::testing::MemoryLog;
use crate::tier_test_world::{NEW, World, id, tiered_to, token};
use std::time::Duration;

const DAY_MS: i64 = 86_400_000;
const NOW_MS: i64 = 1_700_000_000_000;

/// One object of one record at each of these times, and what is then told of the last seven days.
async fn growth(times: &[i64]) -> Growth {
    let world = World::new();
    world.ready().await;
    world.tier.claim_generation(None).await.unwrap();
    let log = MemoryLog::new();
    for time in times {
        log.append(1, 0, *time, 1000);
        log.roll();
    }
    let partition = world.lead(&log, token(1), NEW);
    tiered_to(&partition, times.len() as i64).await;
    let found = open(&world).partition(id().topic_id, id().topic(), id().partition());
    found.growth(NOW_MS - 7 * DAY_MS, NOW_MS).await.unwrap().unwrap()
}

/// What was told of the uploads: hours, objects, requests.
fn told(growth: &Growth) -> Option<(u64, u64, u64)> {
    growth.uploads.map(|Uploads { period, objects, usage: Usage { class_a, class_b, egress_bytes }, .. }| {
        assert_eq!((class_b, egress_bytes), (0, 0));
        (period.as_secs() / 3600, objects, class_a)
    })
}

#[tokio::test]
async fn what_came_within_the_time_counts_and_what_is_older_does_not() {
    let days_ago = [30, 20, 6, 5, 1].map(|days| NOW_MS - days * DAY_MS);
    let growth = growth(&days_ago).await;
    assert_eq!(growth.objects, 5);
    assert_eq!(told(&growth), Some((7 * 24, 3, 6)));
    let uploads = growth.uploads.unwrap();
    assert_eq!(uploads.bytes, growth.bytes / 5 * 3);
}

#[tokio::test]
async fn where_nothing_is_older_the_first_object_is_the_beginning() {
    let hours_ago = [10, 6, 2].map(|hours| NOW_MS - hours * 3_600_000);
    assert_eq!(told(&growth(&hours_ago).await), Some((10, 2, 4)));
    assert_eq!(told(&growth(&[NOW_MS - 3_600_000]).await), Some((1, 0, 0)));
    assert_eq!(told(&growth(&[NOW_MS - 1000]).await), None, "a second tells nothing");
}

#[tokio::test]
async fn a_topic_that_rests_grows_by_nothing() {
    let growth = growth(&[NOW_MS - 30 * DAY_MS, NOW_MS - 20 * DAY_MS]).await;
    assert_eq!(told(&growth), Some((7 * 24, 0, 0)));
    assert_eq!(growth.uploads.unwrap().period, Duration::from_secs(7 * 86_400));
}

#[tokio::test]
async fn timestamps_that_cannot_be_tell_nothing() {
    let tomorrow = growth(&[NOW_MS - 30 * DAY_MS, NOW_MS - DAY_MS, NOW_MS + DAY_MS]).await;
    assert_eq!((tomorrow.objects, told(&tomorrow)), (3, None));
    let none = growth(&[-1, -1]).await;
    assert_eq!((none.objects, told(&none)), (2, None));
}
