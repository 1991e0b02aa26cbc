//! Settings follow the image, and are laid over one another only when they changed.

use crate::samples::*;
use crate::*;
use esker_config::{BrokerValues, RawConfig, Value};
use std::sync::Arc;
use std::time::Duration;

fn statics() -> BrokerValues {
    RawConfig::from_text(&format!("{}\nlog.retention.hours=1\n", esker_config::EMBEDDED))
        .unwrap()
        .resolve("host")
        .unwrap()
        .values
}

struct Cluster {
    publisher: ImagePublisher,
    image: ClusterImage,
}

impl Cluster {
    fn new() -> (Self, ConfigStore) {
        let publisher = ImagePublisher::default();
        let store = ConfigStore::new(statics(), 1, publisher.watch());
        let mut cluster = Self { publisher, image: ClusterImage::default() };
        create_topic(1, "t", 1).iter().for_each(|record| cluster.apply(record));
        (cluster, store)
    }

    fn apply(&mut self, record: &Record) {
        self.image.apply(self.image.offset() + 1, record).unwrap();
        self.publisher.publish(Arc::new(self.image.clone()));
    }

    fn set(&mut self, resource: ConfigResource, key: &str, value: Option<&str>) {
        self.apply(&config(resource, key, value));
    }
}

#[test]
fn a_brokers_own_setting_wins_over_the_clusters_and_that_over_the_file() {
    let (mut cluster, store) = Cluster::new();
    let retention = |store: &ConfigStore| store.topic_settings(&store.watch().current(), "t").retention;
    assert_eq!(retention(&store), Some(Duration::from_secs(3600)));
    cluster.set(ConfigResource::cluster_default(), "log.retention.ms", Some("7000"));
    assert_eq!(retention(&store), Some(Duration::from_secs(7)));
    cluster.set(ConfigResource::broker(1), "log.retention.ms", Some("5000"));
    assert_eq!(retention(&store), Some(Duration::from_secs(5)));
    cluster.set(ConfigResource::broker(2), "log.retention.ms", Some("1000"));
    assert_eq!(retention(&store), Some(Duration::from_secs(5)), "another broker's settings are not ours");
    cluster.set(ConfigResource::broker(1), "log.retention.ms", None);
    cluster.set(ConfigResource::cluster_default(), "log.retention.ms", None);
    assert_eq!(retention(&store), Some(Duration::from_secs(3600)));
}

#[test]
fn a_topics_override_is_read_from_the_image_that_is_given() {
    let (mut cluster, store) = Cluster::new();
    let before = store.watch().current();
    cluster.set(ConfigResource::topic("t"), "max.message.bytes", Some("77"));
    let after = store.watch().current();
    assert_eq!(store.topic_settings(&after, "t").message_bytes_max, 77);
    assert_ne!(store.topic_settings(&before, "t").message_bytes_max, 77);
    assert_ne!(store.topic_settings(&after, "other").message_bytes_max, 77);
}

#[test]
fn layers_are_laid_anew_only_when_a_broker_setting_changed() {
    let (mut cluster, store) = Cluster::new();
    let first = store.current();
    cluster.set(ConfigResource::topic("t"), "max.message.bytes", Some("77"));
    assert!(Arc::ptr_eq(&first, &store.current()));
    cluster.set(ConfigResource::cluster_default(), "message.max.bytes", Some("88"));
    let second = store.current();
    assert_eq!(second.get("message.max.bytes"), Value::Int(88));
    assert!(Arc::ptr_eq(&second, &store.current()));
}
