//! Google's and Azure's stores: what the environment must say, and the whole set of operations where it names a store to test with.

use crate::store::cloud::{CloudEnvironment, open_azure, open_google};
use crate::store::s3_test::conformance;
use crate::store::{Backend, PutMode, StoreErrorKind};
use bytes::Bytes;
use futures::TryStreamExt;
use std::sync::Arc;

fn environment(variables: &[(&str, &str)]) -> CloudEnvironment {
    CloudEnvironment::new(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

fn refusal(opened: Result<Arc<dyn Backend>, crate::store::StoreError>) -> String {
    let error = opened.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Rejected);
    error.detail
}

#[test]
fn plain_http_must_be_asked_for() {
    let google = environment(&[("GOOGLE_BASE_URL", "http://10.0.0.1:1"), ("GOOGLE_SKIP_SIGNATURE", "true")]);
    assert!(refusal(open_google("bucket", "", &google)).contains("GOOGLE_ALLOW_HTTP"));
    let allowed =
        [("GOOGLE_BASE_URL", "http://10.0.0.1:1"), ("GOOGLE_SKIP_SIGNATURE", "true"), ("GOOGLE_ALLOW_HTTP", "true")];
    assert!(open_google("bucket", "p", &environment(&allowed)).is_ok());
    let azure = [
        ("AZURE_STORAGE_ACCOUNT_NAME", "a"),
        ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5"),
        ("AZURE_ENDPOINT", "http://10.0.0.1:1"),
    ];
    assert!(refusal(open_azure("container", "", &environment(&azure))).contains("AZURE_ALLOW_HTTP"));
}

#[test]
fn an_account_that_is_missing_or_wrong_is_said_before_anything_is_sent() {
    assert!(refusal(open_azure("container", "", &environment(&[]))).to_lowercase().contains("account"));
    let wrong = [("AZURE_STORAGE_ACCOUNT_NAME", "a"), ("AZURE_STORAGE_ACCOUNT_KEY", "not base 64!")];
    assert!(!refusal(open_azure("container", "", &environment(&wrong))).is_empty());
    let nowhere = environment(&[("GOOGLE_SERVICE_ACCOUNT", "/no/such/file.json")]);
    assert!(refusal(open_google("bucket", "", &nowhere)).contains("/no/such/file.json"));
}

#[test]
fn values_of_the_environment_stay_out_of_logs() {
    let shown = format!("{:?}", environment(&[("AZURE_STORAGE_ACCOUNT_KEY", "hidden"), ("HOME", "/")]));
    assert!(shown.contains("AZURE_STORAGE_ACCOUNT_KEY") && !shown.contains("hidden") && !shown.contains("HOME"));
}

/// Run by the suite of stores, which starts one and names a bucket in it; without that there is nothing to ask.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a store: integration/stores/run"]
async fn a_store_that_is_named_does_all_that_the_tier_needs() {
    let url = std::env::var("ESKER_TEST_STORE").expect("ESKER_TEST_STORE names a bucket");
    let environment = CloudEnvironment::new(std::env::vars());
    let backend = match url.parse::<crate::TierUrl>().unwrap() {
        crate::TierUrl::Google { bucket, prefix } => open_google(&bucket, &prefix, &environment).unwrap(),
        crate::TierUrl::Azure { container, prefix } => open_azure(&container, &prefix, &environment).unwrap(),
        other => panic!("{other:?} is tested elsewhere"),
    };
    if std::env::var("ESKER_TEST_STORE_PARTS").as_deref() == Ok("no") {
        objects(&backend).await
    } else {
        conformance(backend).await
    }
}

async fn read(backend: &Arc<dyn Backend>, key: &str, range: Option<std::ops::Range<u64>>) -> Vec<u8> {
    let pieces: Vec<Bytes> = backend.get(key, range).await.unwrap().try_collect().await.unwrap();
    pieces.concat()
}

/// Whole objects: created once, read, listed, deleted.
async fn objects(backend: &Arc<dyn Backend>) {
    let body = vec![Bytes::from_static(b"hello "), Bytes::from_static(b"world")];
    backend.put("a/b/1", &body, PutMode::Create).await.unwrap();
    let again = backend.put("a/b/1", &vec![Bytes::from_static(b"x")], PutMode::Create).await;
    assert_eq!(again.unwrap_err().kind, StoreErrorKind::AlreadyExists);
    assert_eq!(read(backend, "a/b/1", None).await, b"hello world");
    assert_eq!(read(backend, "a/b/1", Some(6..11)).await, b"world");
    assert_eq!(backend.get("a/b/0", None).await.err().map(|error| error.kind), Some(StoreErrorKind::NotFound));
    backend.put("a/b/1", &vec![Bytes::from_static(b"new")], PutMode::Replace).await.unwrap();
    assert_eq!(read(backend, "a/b/1", None).await, b"new");

    for key in ["a/b/2", "a/b/10", "a/c/1", "a/b-x", "b/1"] {
        backend.put(key, &vec![Bytes::from_static(b"12345")], PutMode::Create).await.unwrap();
    }
    let keys = |listed: Vec<crate::store::Listed>| listed.into_iter().map(|object| object.key).collect::<Vec<_>>();
    assert_eq!(keys(backend.list("a/b/", None, 9).await.unwrap()), ["a/b/1", "a/b/10", "a/b/2"]);
    assert_eq!(keys(backend.list("a/b/", Some("a/b/1"), 9).await.unwrap()), ["a/b/10", "a/b/2"]);
    assert_eq!(keys(backend.list("a/b/", Some("a/b/1"), 1).await.unwrap()), ["a/b/10"]);
    assert_eq!(keys(backend.list("a/", None, 9).await.unwrap()), ["a/b-x", "a/b/1", "a/b/10", "a/b/2", "a/c/1"]);
    assert_eq!(keys(backend.list("a/", Some("a/b/2"), 9).await.unwrap()), ["a/c/1"]);
    assert_eq!(backend.list("none/", None, 9).await.unwrap(), []);
    let listed = backend.list("b/", None, 9).await.unwrap();
    assert_eq!(listed[0].len, 5);
    assert!(listed[0].modified_ms > 1_600_000_000_000);
    assert_eq!(backend.list_dirs("a/").await.unwrap(), ["b", "c"]);
    assert_eq!(backend.list_dirs("").await.unwrap(), ["a", "b"]);
    backend.delete(&["a/b/1".into(), "a/b/none".into()]).await.unwrap();
    assert_eq!(keys(backend.list("a/b/", None, 9).await.unwrap()), ["a/b/10", "a/b/2"]);
}
