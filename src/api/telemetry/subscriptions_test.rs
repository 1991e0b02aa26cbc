//! What subscriptions ask of a client together.

use super::Wanted;
use super::subscriptions::Subscriptions;
use esker_config::ClientTrait;
use esker_metadata::{ClusterImage, ConfigResource, ConfigResourceKind, Record};

/// Java's hash of this id is 3.
const CLIENT: u128 = (1 << 64) | 2;

fn set(name: &str, key: &str, value: Option<&str>) -> Record {
    let resource = ConfigResource { kind: ConfigResourceKind::ClientMetrics, name: name.into() };
    Record::ConfigSet { resource, key: key.into(), value: value.map(Into::into) }
}

/// `image` after more records.
fn after(image: &ClusterImage, records: &[Record]) -> ClusterImage {
    let mut image = image.clone();
    for record in records {
        image.apply(image.offset() + 1, record).unwrap();
    }
    image
}

fn wanted(image: &ClusterImage) -> Wanted {
    let subscriptions = Subscriptions::default().newer(image).unwrap();
    subscriptions.wanted(CLIENT, |which| (which == ClientTrait::ClientId).then_some("orders"))
}

/// As Java's own `CRC32C` and `HashSet` have it.
fn kafka_s(hash_of_wishes: i32, interval_ms: i32, metrics: &[&str]) -> Wanted {
    let metrics = metrics.iter().map(|name| (*name).to_owned()).collect();
    Wanted { subscription: hash_of_wishes ^ 3, interval_ms, metrics }
}

#[test]
fn a_client_that_nothing_matches_is_asked_for_nothing_every_five_minutes() {
    let records = [set("m", "match", Some("client_id=others")), set("m", "metrics", Some("*"))];
    let image = after(&ClusterImage::default(), &records);
    assert_eq!(wanted(&image), kafka_s(-725_132_322, 300_000, &[]));
}

#[test]
fn the_shortest_interval_and_every_metric_of_all_that_match_count() {
    let records = [
        set("a", "metrics", Some("x.,y.")),
        set("a", "interval.ms", Some("5000")),
        set("b", "metrics", Some("y.,z.")),
        set("c", "match", Some("client_id=others")),
        set("c", "interval.ms", Some("100")),
    ];
    let image = after(&ClusterImage::default(), &records);
    assert_eq!(wanted(&image), kafka_s(-717_047_351, 5_000, &["z.", "y.", "x."]));
    let image = after(&image, &[set("d", "metrics", Some("*"))]);
    assert_eq!(wanted(&image).metrics, ["*"], "all metrics hide the others");
}

#[test]
fn metrics_are_listed_in_the_order_of_java_s_sets() {
    let prefixes = "org.apache.kafka.producer.,org.apache.kafka.consumer.,a,b,org.apache.kafka.admin.";
    let image = after(&ClusterImage::default(), &[set("m", "metrics", Some(prefixes))]);
    let order = ["org.apache.kafka.producer.", "a", "org.apache.kafka.consumer.", "b", "org.apache.kafka.admin."];
    assert_eq!(wanted(&image), kafka_s(20_008_885, 300_000, &order));
}

#[test]
fn only_a_changed_subscription_makes_a_new_version() {
    let image = after(&ClusterImage::default(), &[set("a", "metrics", Some("x."))]);
    let first = Subscriptions::default().newer(&image).unwrap();
    assert!(first.newer(&image).is_none());
    let other = ConfigResource { kind: ConfigResourceKind::Group, name: "g".into() };
    let image = after(&image, &[Record::ConfigSet { resource: other, key: "k".into(), value: Some("v".into()) }]);
    let second = first.newer(&image).unwrap();
    assert_eq!(second.version(), first.version());
    let third = second.newer(&after(&image, &[set("a", "metrics", None)])).unwrap();
    assert_eq!(third.version(), first.version() + 1);
}
