//! The chunk cache keeps what it is given, within its size, over a close.

use crate::read::{CacheSettings, ChunkId, LazyCache};
use bytes::Bytes;
use esker_env::Env;
use tokio::runtime::Handle;
use uuid::Uuid;

fn id(chunk: u32) -> ChunkId {
    ChunkId { object: Uuid::from_u128(77), chunk }
}

fn chunk(number: u32) -> Bytes {
    Bytes::from(vec![number as u8; 1 << 20])
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_within_its_size() {
    let dir = tempfile::tempdir().unwrap();
    let settings = CacheSettings { dir: dir.path().into(), memory_bytes: 16 << 20, disk_bytes: 0, direct_io: false };
    let lazy = LazyCache::new(settings, Env::system(), Handle::current());
    assert!(lazy.opened().is_none(), "it costs nothing before it is used");
    let cache = lazy.get().await;
    for number in 0..100 {
        cache.insert(id(number), chunk(number));
        assert!(cache.usage().0 <= 16 << 20);
    }
    let kept = (0..100).filter(|number| cache.contains(id(*number))).count();
    assert!(kept >= 12, "{kept} of 16");
    assert_eq!(cache.get(id(99)).await, Some(chunk(99)));
    cache.remove(id(99));
    assert_eq!(cache.get(id(99)).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_disk_keeps_what_memory_lets_go_and_the_next_start_finds_it() {
    let dir = tempfile::tempdir().unwrap();
    let settings = || CacheSettings {
        dir: dir.path().join("cache"),
        memory_bytes: 8 << 20,
        disk_bytes: 128 << 20,
        direct_io: false,
    };
    let cache = LazyCache::new(settings(), Env::system(), Handle::current()).get().await;
    for number in 0..60 {
        cache.insert(id(number), chunk(number));
        esker_env::sleep(std::time::Duration::from_millis(5)).await;
    }
    cache.close().await;
    let again = LazyCache::new(settings(), Env::system(), Handle::current()).get().await;
    let mut kept = 0;
    for number in 0..60 {
        if let Some(bytes) = again.get(id(number)).await {
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
    cache.insert(id(1), chunk(1));
    assert_eq!(cache.get(id(1)).await, Some(chunk(1)));
}
