//! Directories: placement, identity, locks, deletion, strays.

use super::{LogManager, ManagerConfig, ManagerError};
use crate::config::LogConfig;
use crate::testing::{Fixture, partition, read_all, small};
use esker_env::sim::World;
use esker_env::{Disk, Env};
use esker_model::{TopicId, TopicIdPartition, TopicPartition};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn open(world: &World, config: &ManagerConfig) -> Result<LogManager, ManagerError> {
    LogManager::open(&world.env(), config, &|_| Arc::new(small())).map(|(manager, _)| manager)
}

fn config(dirs: &[&str]) -> ManagerConfig {
    let dirs = dirs.iter().map(PathBuf::from).collect();
    ManagerConfig { sync_threads_per_dir: 0, ..ManagerConfig::new(dirs, "c1".parse().unwrap(), 1) }
}

#[test]
fn partitions_go_to_the_directory_with_the_fewest() {
    let dirs: Vec<PathBuf> = ["/a", "/b", "/c"].map(PathBuf::from).to_vec();
    let fixture = Fixture::start(World::new(1), Arc::new(small()), dirs);
    for n in 0..9 {
        fixture.log(n);
    }
    let count = |fixture: &Fixture, dir: &str| {
        fixture.manager.logs().iter().filter(|log| log.dir().path() == Path::new(dir)).count()
    };
    assert_eq!(["/a", "/b", "/c"].map(|dir| count(&fixture, dir)), [3, 3, 3]);
    let in_a: Vec<TopicPartition> = fixture
        .manager
        .logs()
        .iter()
        .filter(|log| log.path().starts_with("/a"))
        .map(|log| log.partition().clone())
        .collect();
    fixture.manager.delete(&in_a[..2], 0).unwrap();
    for n in 20..22 {
        assert!(fixture.log(n).path().starts_with("/a"));
    }
    let fixture = fixture.restart();
    assert_eq!((fixture.report.opened, fixture.report.clean.len()), (9, 3));
    assert_eq!(["/a", "/b", "/c"].map(|dir| count(&fixture, dir)), [3, 3, 3]);
}

#[test]
fn a_partition_is_created_once() {
    let fixture = Fixture::new(small());
    assert!(Arc::ptr_eq(&fixture.log(0), &fixture.log(0)));
    let other = TopicIdPartition { topic_id: TopicId(uuid::Uuid::from_u128(77)), ..partition(0) };
    let refused = fixture.manager.get_or_create(&other, Arc::new(small())).unwrap_err().to_string();
    assert!(refused.contains("another topic"), "{refused}");
    assert_eq!(fixture.log(0).topic_id(), Some(partition(0).topic_id));
    assert_eq!(fixture.crash().log(0).topic_id(), Some(partition(0).topic_id));
}

#[test]
fn a_deleted_partition_is_gone_at_once_and_its_name_is_free() {
    let fixture = Fixture::new(small());
    let log = fixture.log(0);
    for _ in 0..50 {
        fixture.append(&log, 1, 100);
    }
    log.flush().unwrap();
    log.advance_log_start(10).unwrap();
    fixture.manager.checkpoint();
    let slice = log.read(&crate::testing::whole(10)).unwrap().slice.unwrap();
    fixture.manager.delete(&[partition(0).topic_partition], 1000).unwrap();
    assert!(log.check().is_err() && slice.read().is_ok());
    let again = fixture.log(0);
    assert_eq!((again.log_start(), again.log_end()), (0, 0));
    fixture.append(&again, 1, 10);

    let fixture = fixture.crash();
    let again = fixture.log(0);
    assert_eq!(
        (again.log_start(), again.log_end(), fixture.report.broken.len()),
        (0, 1, 0),
        "nothing of the old one is believed"
    );
    assert_eq!(fixture.manager.remove_deleted(fixture.now_ms()), 1);
    let names: Vec<String> =
        fixture.world.disk.list(Path::new("/data")).unwrap().into_iter().map(|entry| entry.name).collect();
    assert!(names.iter().all(|name| !name.ends_with("-delete")), "{names:?}");
}

#[test]
fn strays_are_set_aside_and_kept() {
    let fixture = Fixture::new(small());
    fixture.append(&fixture.log(0), 1, 10);
    fixture.manager.set_aside(&[partition(0).topic_partition]).unwrap();
    let fixture = fixture.crash();
    assert_eq!(fixture.report.opened, 0);
    fixture.manager.remove_deleted(i64::MAX);
    let names: Vec<String> =
        fixture.world.disk.list(Path::new("/data")).unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names.iter().filter(|name| name.starts_with("t-0.") && name.ends_with("-stray")).count(), 1);
}

#[test]
fn directories_of_others_are_refused() {
    let world = World::new(1);
    drop(open(&world, &config(&["/a"])).unwrap());
    let other_cluster = ManagerConfig { cluster_id: "c2".parse().unwrap(), ..config(&["/a"]) };
    let error = open(&world, &other_cluster).unwrap_err().to_string();
    assert!(error.contains("c1") && error.contains("c2") && error.contains("/a"), "{error}");
    assert!(matches!(
        open(&world, &ManagerConfig { node_id: 2, ..config(&["/a"]) }),
        Err(ManagerError::Foreign { .. })
    ));
    assert!(matches!(open(&world, &config(&[])), Err(ManagerError::NoDirectories)));
    let held = open(&world, &config(&["/a"])).unwrap();
    assert!(matches!(open(&world, &config(&["/a"])), Err(ManagerError::InUse(_))));
    drop(held);
    open(&world, &config(&["/a"])).unwrap();
}

#[test]
fn copies_of_a_directory_and_of_a_partition_are_refused() {
    let world = World::new(1);
    drop(open(&world, &config(&["/a", "/b"])).unwrap());
    let meta = world.disk.read_small(Path::new("/a/meta.properties"), 999).unwrap();
    let own = world.disk.read_small(Path::new("/b/meta.properties"), 999).unwrap();
    world.disk.replace_small(Path::new("/b/meta.properties"), &meta).unwrap();
    assert!(matches!(open(&world, &config(&["/a", "/b"])), Err(ManagerError::SameId(..))));
    world.disk.replace_small(Path::new("/b/meta.properties"), &own).unwrap();
    world.disk.create_dir_all(Path::new("/a/t-0")).unwrap();
    world.disk.create_dir_all(Path::new("/b/t-0")).unwrap();
    assert!(matches!(open(&world, &config(&["/a", "/b"])), Err(ManagerError::Twice { .. })));
}

#[test]
fn directories_of_kafka_and_of_others_are_left_alone() {
    let world = World::new(1);
    for name in ["__cluster_metadata-0", "lost+found", "cache", "t-x"] {
        world.disk.create_dir_all(&Path::new("/a").join(name)).unwrap();
    }
    let manager = open(&world, &config(&["/a"])).unwrap();
    assert_eq!(manager.logs().len(), 0);
    assert!(world.disk.stat(Path::new("/a/__cluster_metadata-0")).unwrap().is_some());
}

#[test]
fn the_lock_of_a_killed_process_blocks_nothing() {
    let dir = tempfile::tempdir().unwrap();
    Env::system().disk.replace_small(&dir.path().join(".lock"), b"").unwrap();
    let config = ManagerConfig::new(vec![dir.path().to_owned()], "c".parse().unwrap(), 1);
    let (manager, _) = LogManager::open(&Env::system(), &config, &|_| Arc::new(LogConfig::default())).unwrap();
    let second = LogManager::open(&Env::system(), &config, &|_| Arc::new(LogConfig::default()));
    assert!(matches!(second, Err(ManagerError::InUse(_))));
    manager.shut_down(1);
}

#[test]
fn a_second_directory_works_while_the_first_is_offline() {
    let dirs: Vec<PathBuf> = ["/a", "/b"].map(PathBuf::from).to_vec();
    let fixture = Fixture::start(World::new(1), Arc::new(small()), dirs);
    let (one, other) = (fixture.log(0), fixture.log(1));
    let mut watch = fixture.manager.watch_offline_dirs();
    watch.mark_unchanged();
    one.dir().fail("pulled out");
    assert!(watch.has_changed().unwrap());
    assert_eq!(fixture.manager.offline_dirs().len(), 1);
    fixture.append(&other, 1, 10);
    assert_eq!(read_all(&other, 0).len(), 1);
    assert_eq!(fixture.log(5).dir().path(), other.dir().path(), "new partitions go where there is a working disk");
    fixture.manager.shut_down(1);
    assert!(fixture.world.disk.stat(&other.dir().path().join(".kafka_cleanshutdown")).unwrap().is_some());
    assert!(fixture.world.disk.stat(&one.dir().path().join(".kafka_cleanshutdown")).unwrap().is_none());
}
