//! The probe believes good stores, refuses bad ones, and waits for absent ones.

use crate::keys::Keys;
use crate::probe::{Probed, probe, remove};
use crate::store::faulty::{Fault, FaultyBackend};
use crate::store::s3_server::{BUCKET, S3Server};
use crate::store::{
    Backend, Body, ByteStream, FileBackend, Listed, MemoryBackend, Part, PutMode, Reason, Store, StoreError,
    StoreErrorKind, StoreLimits, open_s3,
};
use crate::tier_test_world::World;
use async_trait::async_trait;
use esker_env::{Env, Pool};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

async fn probed(backend: Arc<dyn Backend>) -> Probed {
    let limits = StoreLimits { retry_timeout: Duration::ZERO, ..StoreLimits::default() };
    let store = Store::new(backend, Env::system(), limits);
    let key = Keys::new(&"cluster".parse().unwrap()).probe(Env::system().random.uuid());
    let verdict = probe(&store, &key).await;
    remove(&store, key).await;
    assert_eq!(store.list(Reason::Probe, "cluster/", None, 9).await.unwrap_or_default(), [], "nothing is left behind");
    verdict
}

/// A store that takes `If-None-Match` for a remark.
#[derive(Debug)]
struct Overwriting(MemoryBackend);

#[async_trait]
impl Backend for Overwriting {
    async fn put(&self, key: &str, body: &Body, _mode: PutMode) -> Result<(), StoreError> {
        self.0.put(key, body, PutMode::Replace).await
    }
    async fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<ByteStream, StoreError> {
        self.0.get(key, range).await
    }
    async fn list(&self, prefix: &str, after: Option<&str>, count_max: usize) -> Result<Vec<Listed>, StoreError> {
        self.0.list(prefix, after, count_max).await
    }
    async fn list_dirs(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.0.list_dirs(prefix).await
    }
    async fn delete(&self, keys: &[String]) -> Result<(), StoreError> {
        self.0.delete(keys).await
    }
    async fn begin_multipart(&self, key: &str) -> Result<String, StoreError> {
        self.0.begin_multipart(key).await
    }
    async fn put_part(&self, key: &str, upload: &str, part: Part, body: &Body) -> Result<String, StoreError> {
        self.0.put_part(key, upload, part, body).await
    }
    async fn complete_multipart(&self, key: &str, upload: &str, parts: Vec<String>) -> Result<(), StoreError> {
        self.0.complete_multipart(key, upload, parts).await
    }
    async fn abort_multipart(&self, key: &str, upload: &str) -> Result<(), StoreError> {
        self.0.abort_multipart(key, upload).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_that_keep_their_word_are_good() {
    assert_eq!(probed(Arc::new(MemoryBackend::new(Env::system()))).await, Probed::Good);
    let dir = tempfile::tempdir().unwrap();
    let pool = Pool::new(tokio::runtime::Handle::current(), 4, 64);
    let file = FileBackend::open(dir.path().join("b"), Env::system(), pool).unwrap();
    assert_eq!(probed(Arc::new(file)).await, Probed::Good);
    let server = S3Server::start(true).await;
    let s3 = open_s3(&Env::system(), BUCKET, "p", &server.options()).unwrap();
    assert_eq!(probed(s3).await, Probed::Good);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_lets_everybody_win_is_refused() {
    assert!(matches!(probed(Arc::new(Overwriting(MemoryBackend::new(Env::system())))).await, Probed::Bad(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_that_checks_and_then_writes_is_found_out() {
    let server = S3Server::start(false).await;
    let s3 = open_s3(&Env::system(), BUCKET, "p", &server.options()).unwrap();
    // A race is lost by chance now and then; within a few rounds it shows.
    for _ in 0..20 {
        if let Probed::Bad(reason) = probed(Arc::clone(&s3)).await {
            assert!(reason.contains("succeeded"), "{reason}");
            return;
        }
    }
    panic!("an unlocked check-then-write store passed twenty probes");
}

#[tokio::test]
async fn an_absent_store_proves_nothing() {
    let backend = Arc::new(FaultyBackend::new(Arc::new(MemoryBackend::new(Env::system()))));
    backend.set_rule(|_| Fault::Fail(StoreErrorKind::Unreachable));
    assert!(matches!(probed(backend).await, Probed::Unclear(error) if error.kind.is_transient()));
    let backend = Arc::new(FaultyBackend::new(Arc::new(MemoryBackend::new(Env::system()))));
    backend.set_rule(|call| if call.operation == "create" { Fault::LoseAnswer } else { Fault::None });
    assert!(matches!(probed(backend).await, Probed::Unclear(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_deletions_holds_nothing_up_that_the_probe_has_proven() {
    let store = FaultyBackend::new(World::new().memory);
    store.set_rule(|call| if call.operation == "delete" { Fault::Hang } else { Fault::None });
    let world = World::with(|options| {
        options.request_timeout = Duration::from_secs(3600);
        options.retry_timeout = Duration::from_secs(3600);
    });
    let world = world.with_store(Arc::new(store));
    world.ready().await;
}
