//! A directory as a store: creates race, temporary files are cleaned, the conformance suite holds.

use crate::store::s3_test::conformance;
use crate::store::{Backend, FileBackend, MemoryBackend, PutMode};
use bytes::Bytes;
use esker_env::{Env, Pool};
use std::sync::Arc;

fn open(dir: &std::path::Path) -> Arc<dyn Backend> {
    let pool = Pool::new(tokio::runtime::Handle::current(), 4, 64);
    Arc::new(FileBackend::open(dir.join("bucket"), Env::system(), pool).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_does_all_that_the_tier_needs() {
    let dir = tempfile::tempdir().unwrap();
    conformance(open(dir.path())).await;
    let left = Env::system().disk.list(&dir.path().join("bucket/.tmp")).unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_does_all_that_the_tier_needs() {
    conformance(Arc::new(MemoryBackend::new(Env::system()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_concurrent_creates_exactly_one_succeeds() {
    let dir = tempfile::tempdir().unwrap();
    let backend = open(dir.path());
    for round in 0..20 {
        let creates = (0..16u8).map(|who| {
            let backend = Arc::clone(&backend);
            async move { backend.put(&format!("r/{round}"), &vec![Bytes::from(vec![who; 100])], PutMode::Create).await }
        });
        let won = futures::future::join_all(creates).await.into_iter().filter(Result::is_ok).count();
        assert_eq!(won, 1);
    }
}
