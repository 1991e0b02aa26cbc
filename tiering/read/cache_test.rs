//! The chunk cache keeps what it is given, within its size, over a close.

use crate::object::CHUNK_LEN;
use crate::read::disk_room::DiskRoom;
use crate::read::{CacheSettings, ChunkId, LazyCache};
use bytes::Bytes;
use esker_env::sim::{SimDisk, World};
use esker_env::{Disk, Env, SystemDisk};
use tokio::runtime::Handle;
use uuid::Uuid;

fn id(chunk: u32) -> ChunkId {
    ChunkId { object: Uuid::from_u128(77), chunk }
}

fn chunk(number: u32) -> Bytes {
    Bytes::from(vec![number as u8; CHUNK_LEN as usize])
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_within_its_size() {
    let dir = tempfile::tempdir().unwrap();
    let settings = CacheSettings { dir: dir.path().into(), memory_bytes: 2 << 20, disk_bytes: 0, direct_io: false };
    let lazy = LazyCache::new(settings, Env::system(), Handle::current());
    assert!(lazy.opened().is_none(), "it costs nothing before it is used");
    let cache = lazy.get().await;
    for number in 0..100 {
        cache.insert(id(number), chunk(number), true);
        assert!(cache.usage().0 <= 2 << 20);
    }
    let kept = (0..100).filter(|number| cache.contains(id(*number))).count();
    assert!(kept >= 12, "{kept} of 16");
    assert_eq!(cache.get(id(99), true).await, Some(chunk(99)));
    cache.remove(id(99));
    assert_eq!(cache.get(id(99), true).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_disk_keeps_what_memory_lets_go_and_the_next_start_finds_it() {
    let dir = tempfile::tempdir().unwrap();
    let settings = || CacheSettings {
        dir: dir.path().join("cache"),
        memory_bytes: 1 << 20,
        disk_bytes: 64 << 20,
        direct_io: false,
    };
    let cache = LazyCache::new(settings(), Env::system(), Handle::current()).get().await;
    for number in 0..60 {
        cache.insert(id(number), chunk(number), true);
        esker_env::sleep(std::time::Duration::from_millis(5)).await;
    }
    cache.close().await;
    let again = LazyCache::new(settings(), Env::system(), Handle::current()).get().await;
    let mut kept = 0;
    for number in 0..60 {
        if let Some(bytes) = again.get(id(number), true).await {
            assert_eq!(bytes, chunk(number));
            kept += 1;
        }
    }
    assert!(kept >= 50, "{kept} of 60");
    again.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_cannot_be_used_means_memory_only() {
    let settings = CacheSettings {
        dir: "/proc/no-such-place/cache".into(),
        memory_bytes: 8 << 20,
        disk_bytes: 128 << 20,
        direct_io: false,
    };
    let cache = LazyCache::new(settings, Env::system(), Handle::current()).get().await;
    cache.insert(id(1), chunk(1), true);
    assert_eq!(cache.get(id(1), true).await, Some(chunk(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_deleted_underneath_costs_misses_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let settings = || CacheSettings {
        dir: dir.path().join("cache"),
        memory_bytes: 8 << 20,
        disk_bytes: 128 << 20,
        direct_io: false,
    };
    let cache = LazyCache::new(settings(), Env::system(), Handle::current()).get().await;
    land(&cache, 0..40).await;
    SystemDisk.remove_dir_all(&dir.path().join("cache")).unwrap();
    land(&cache, 40..80).await;
    for number in 0..80 {
        let found = cache.get(id(number), true).await;
        assert!(found.is_none_or(|bytes| bytes == chunk(number)), "chunk {number} is another's");
    }
    cache.insert(id(100), chunk(100), true);
    assert_eq!(cache.get(id(100), true).await, Some(chunk(100)), "memory goes on");
    cache.close().await;
    let again = LazyCache::new(settings(), Env::system(), Handle::current()).get().await;
    land(&again, 0..40).await;
    assert_eq!(again.get(id(39), true).await, Some(chunk(39)), "the next start has a disk again");
    again.close().await;
}

/// Chunks that land one after the other, as a reader's do.
async fn land(cache: &std::sync::Arc<dyn crate::read::ChunkCache>, chunks: std::ops::Range<u32>) {
    for number in chunks {
        cache.insert(id(number), chunk(number), true);
        // The disk's writer drops what comes faster than it writes.
        esker_env::sleep(std::time::Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_drives_out_nothing_and_what_is_fetched_again_stays() {
    let dir = tempfile::tempdir().unwrap();
    for disk_bytes in [0, 64 << 20] {
        let dir = dir.path().join(format!("cache-{disk_bytes}"));
        let settings = CacheSettings { dir, memory_bytes: 3 << 20, disk_bytes, direct_io: true };
        let cache = LazyCache::new(settings, Env::system(), Handle::current()).get().await;
        let fits = if disk_bytes == 0 { 2 } else { 380 };
        let held = || (0..fits).filter(|number| cache.contains(id(*number))).count() as u32;
        land(&cache, 0..fits).await;
        let before = held();
        assert!(before > fits / 2, "{before} of {fits} are held, disk {disk_bytes}");
        land(&cache, 1_000..1_300).await;
        let kept = held();
        assert!(kept >= before - fits / 5, "{kept} of {before} survive a scan of 300, disk {disk_bytes}");
        let scanned = (1_000..1_280).filter(|number| cache.contains(id(*number))).count() as u32;
        assert!(scanned <= 100, "{scanned} chunks of the scan are kept");
        land(&cache, 1_200..1_203).await;
        land(&cache, 2_000..2_020).await;
        assert!((1_200..1_203).all(|number| cache.contains(id(number))), "fetched twice, disk {disk_bytes}");
        cache.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_writing_and_nothing_else_until_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    // The room is the simulated disk's, the files are real.
    let disk = SimDisk::new();
    let env = Env { disk: std::sync::Arc::new(disk.clone()), ..Env::system() };
    let settings = || CacheSettings {
        dir: dir.path().join("cache"),
        memory_bytes: 1 << 20,
        disk_bytes: 64 << 20,
        direct_io: false,
    };
    disk.limit_space(Some(1 << 20));
    let cache = LazyCache::new(settings(), env.clone(), Handle::current()).get().await;
    land(&cache, 0..100).await;
    let (_, written, errors) = cache.usage();
    assert_eq!((written, errors), (0, 0), "nothing is written to a full disk");
    assert!(!cache.has_room(), "and whoever asks is told");
    assert_eq!(cache.get(id(99), true).await, Some(chunk(99)), "memory goes on");
    assert_eq!(cache.get(id(0), true).await, None, "and is all that there is");
    disk.limit_space(None);
    let mut next = 100;
    while cache.usage().1 == 0 {
        assert!(next < 4_000, "it never writes again");
        land(&cache, next..next + 20).await;
        next += 20;
    }
    assert!(cache.has_room());
    land(&cache, next..next + 40).await;
    cache.close().await;
    let again = LazyCache::new(settings(), env, Handle::current()).get().await;
    let mut kept = 0;
    for number in next..next + 40 {
        let found = again.get(id(number), true).await;
        assert!(found.as_ref().is_none_or(|bytes| *bytes == chunk(number)));
        kept += u32::from(found.is_some());
    }
    assert!(kept >= 20, "{kept} of 40 were written down and are found again");
    again.close().await;
}

#[test]
fn room_is_looked_at_once_a_second_and_must_be_twice_the_reserve_to_count_again() {
    let world = World::new(1);
    let room = DiskRoom::new("/cache".into(), 8 << 20, world.env());
    let set = |available: u64| {
        world.disk.limit_space(Some(available));
        world.clock.advance(std::time::Duration::from_secs(1));
    };
    assert!(room.is_there());
    set(9 << 20);
    assert!(room.is_there(), "more than a burst");
    world.disk.limit_space(Some(7 << 20));
    assert!(room.is_there(), "the last look counts for a second");
    set(7 << 20);
    assert!(!room.is_there());
    set(15 << 20);
    assert!(!room.is_there());
    assert_eq!(room.returns(), 0);
    set(17 << 20);
    assert!(room.is_there());
    assert_eq!(room.returns(), 1);
    world.disk.limit_space(Some(7 << 20));
    assert!(room.is_there_for((4 << 20) - 1), "less than half a burst since the last look");
    assert!(!room.is_there_for(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_start_knows_how_full_the_disk_is() {
    let dir = tempfile::tempdir().unwrap();
    let open = || {
        let settings =
            CacheSettings { dir: dir.path().into(), memory_bytes: 8 << 20, disk_bytes: 64 << 20, direct_io: true };
        LazyCache::new(settings, Env::system(), Handle::current())
    };
    let lazy = open();
    let cache = lazy.get().await;
    land(&cache, 0..160).await;
    lazy.close().await;
    let lazy = open();
    let cache = lazy.get().await;
    assert_eq!(cache.used(), 20 << 20, "room for more");
    drop((cache, lazy)); // as by kill -9: nobody wrote it down
    assert_eq!(open().get().await.used(), 64 << 20, "counts as full");
}
