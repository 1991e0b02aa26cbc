//! The small property files are those of a Kafka broker's directory.

use crate::properties::*;
use esker_env::Disk;
use esker_env::sim::SimDisk;
use esker_model::TopicId;
use std::path::Path;
use uuid::Uuid;

const DIR: &str = "/";

fn put(disk: &SimDisk, name: &str, text: &str) {
    disk.replace_small(&Path::new(DIR).join(name), text.as_bytes()).unwrap();
}

#[test]
fn the_meta_properties_of_a_kafka_broker_are_understood() {
    let disk = SimDisk::new();
    assert_eq!(read_meta(&disk, Path::new(DIR)).unwrap(), None);
    put(
        &disk,
        META_PROPERTIES,
        "#\n#Sat Nov 21 05:32:19 UTC 2026\nnode.id=1\ndirectory.id=tYdRhbO6SxOYwoP3yplTdw\nversion=1\ncluster.id=AAAAAAAAQACAAAAAAAAAAQ\n",
    );
    let meta = read_meta(&disk, Path::new(DIR)).unwrap().unwrap();
    assert_eq!((meta.cluster_id.as_str(), meta.node_id), ("AAAAAAAAQACAAAAAAAAAAQ", 1));
    assert_eq!(TopicId(meta.directory_id.unwrap()).to_string(), "tYdRhbO6SxOYwoP3yplTdw");
}

#[test]
fn meta_properties_survive_the_round_trip() {
    let disk = SimDisk::new();
    for directory_id in [None, Some(Uuid::from_u128(77))] {
        let meta = MetaProperties { cluster_id: "abc-1".parse().unwrap(), node_id: 5, directory_id };
        write_meta(&disk, Path::new(DIR), &meta).unwrap();
        assert_eq!(read_meta(&disk, Path::new(DIR)).unwrap(), Some(meta));
    }
}

#[test]
fn meta_properties_that_lack_something_name_it() {
    let disk = SimDisk::new();
    for (text, reason) in [
        ("version=0\ncluster.id=a\nbroker.id=1\n", "version \"0\""),
        ("version=1\nnode.id=1\n", "lacks cluster.id"),
        ("version=1\ncluster.id=a/b\nnode.id=1\n", "cluster.id"),
        ("version=1\ncluster.id=a\nnode.id=one\n", "\"one\""),
        ("", "lacks version"),
    ] {
        put(&disk, META_PROPERTIES, text);
        let error = read_meta(&disk, Path::new(DIR)).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains(META_PROPERTIES), "{error}");
    }
}

#[test]
fn partition_metadata_is_byte_equal_to_kafkas() {
    let disk = SimDisk::new();
    assert_eq!(read_topic_id(&disk, Path::new(DIR)).unwrap(), None);
    let id = "tYdRhbO6SxOYwoP3yplTdw".parse().unwrap();
    write_topic_id(&disk, Path::new(DIR), id).unwrap();
    let bytes = disk.read_small(Path::new("/partition.metadata"), 100).unwrap();
    assert_eq!(bytes, b"version: 0\ntopic_id: tYdRhbO6SxOYwoP3yplTdw");
    assert_eq!(read_topic_id(&disk, Path::new(DIR)).unwrap(), Some(id));
    put(&disk, PARTITION_METADATA, "");
    assert!(read_topic_id(&disk, Path::new(DIR)).unwrap_err().to_string().contains("lacks version"));
}

#[test]
fn the_mark_of_a_clean_stop_is_seen_once() {
    let disk = SimDisk::new();
    assert_eq!(take_clean_shutdown(&disk, Path::new(DIR)).unwrap(), None);
    mark_clean_shutdown(&disk, Path::new(DIR), 11).unwrap();
    assert_eq!(disk.read_small(Path::new("/.kafka_cleanshutdown"), 99).unwrap(), br#"{"version":0,"brokerEpoch":11}"#);
    assert_eq!(take_clean_shutdown(&disk, Path::new(DIR)).unwrap(), Some(11));
    assert_eq!(take_clean_shutdown(&disk, Path::new(DIR)).unwrap(), None);
    put(&disk, CLEAN_SHUTDOWN, "");
    assert_eq!(take_clean_shutdown(&disk, Path::new(DIR)).unwrap(), Some(-1), "an empty mark is a mark");
}
