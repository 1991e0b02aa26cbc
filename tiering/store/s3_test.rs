//! S3 through object_store: options, the whole set of operations against a server in this process, the environment.

use crate::store::s3_server::{BUCKET, S3Server};
use crate::store::{Backend, Listed, Part, PutMode, S3Options, StoreErrorKind, open_s3};
use bytes::Bytes;
use esker_env::Env;
use futures::TryStreamExt;
use std::sync::Arc;

async fn read(backend: &Arc<dyn Backend>, key: &str, range: Option<std::ops::Range<u64>>) -> Vec<u8> {
    let pieces: Vec<Bytes> = backend.get(key, range).await.unwrap().try_collect().await.unwrap();
    pieces.concat()
}

/// What every backend must do; the file and memory stores run it too.
pub(crate) async fn conformance(backend: Arc<dyn Backend>) {
    whole_objects(&backend).await;
    parts(&backend).await;
}

fn keys(listed: Vec<Listed>) -> Vec<String> {
    listed.into_iter().map(|object| object.key).collect()
}

/// Whole objects: created once, replaced, read, listed, deleted.
pub(crate) async fn whole_objects(backend: &Arc<dyn Backend>) {
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

/// Objects that are uploaded in parts: there at the end only, and deleted as any other.
async fn parts(backend: &Arc<dyn Backend>) {
    let part_len = 5 << 20;
    let first: Vec<u8> = (0..part_len).map(|at| (at % 251) as u8).collect();
    let upload = backend.begin_multipart("big/1").await.unwrap();
    let body = vec![Bytes::from(first.clone())];
    let one = backend.put_part("big/1", &upload, Part { number: 0, position: 0 }, &body).await.unwrap();
    let (tail, place) = (vec![Bytes::from_static(b"tail")], Part { number: 1, position: part_len });
    backend.put_part("big/1", &upload, place, &tail).await.unwrap();
    let two = backend.put_part("big/1", &upload, place, &tail).await.unwrap();
    assert_eq!(backend.list("big/", None, 9).await.unwrap(), [], "nothing appears before the end");
    backend.complete_multipart("big/1", &upload, vec![one, two]).await.unwrap();
    assert_eq!(
        read(backend, "big/1", Some(part_len - 2..part_len + 4)).await,
        [&first[first.len() - 2..], b"tail"].concat()
    );
    let upload = backend.begin_multipart("big/2").await.unwrap();
    backend.abort_multipart("big/2", &upload).await.unwrap();
    assert_eq!(keys(backend.list("big/", None, 9).await.unwrap()), ["big/1"]);

    backend.delete(&["a/b/2".into(), "a/b/none".into(), "big/1".into()]).await.unwrap();
    assert_eq!(keys(backend.list("a/b/", None, 9).await.unwrap()), ["a/b/10"]);
    assert_eq!(backend.list("big/", None, 9).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_s3_bucket_with_nothing_but_the_usual_environment_does_all_that_the_tier_needs() {
    let server = S3Server::start(true).await;
    let backend = open_s3(&Env::system(), BUCKET, "some/prefix", &server.options()).unwrap();
    conformance(backend).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn checksums_and_unsigned_payloads_can_be_chosen() {
    let server = S3Server::start(true).await;
    for (unsigned, checksum) in [(true, "crc64nvme"), (true, "none"), (false, "sha256")] {
        let options =
            S3Options { unsigned_payload: Some(unsigned), checksum: Some(checksum.into()), ..server.options() };
        let backend = open_s3(&Env::system(), BUCKET, &format!("{unsigned}-{checksum}"), &options).unwrap();
        backend.put("k/1", &vec![Bytes::from_static(b"v")], PutMode::Create).await.unwrap();
        assert_eq!(read(&backend, "k/1", None).await, b"v");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_are_denied_and_a_closed_port_is_unreachable() {
    let server = S3Server::start(true).await;
    let options = S3Options { secret_key: Some("wrong".into()), ..server.options() };
    let backend = open_s3(&Env::system(), BUCKET, "", &options).unwrap();
    let body = vec![Bytes::from_static(b"v")];
    assert_eq!(backend.put("k/1", &body, PutMode::Create).await.unwrap_err().kind, StoreErrorKind::Denied);
    assert_eq!(backend.list("k/", None, 10).await.unwrap_err().kind, StoreErrorKind::Denied);
    assert_eq!(backend.list_dirs("k/").await.unwrap_err().kind, StoreErrorKind::Denied);
    let options = S3Options { endpoint: Some("http://127.0.0.1:9".into()), ..server.options() };
    let backend = open_s3(&Env::system(), BUCKET, "", &options).unwrap();
    assert_eq!(backend.put("k/1", &body, PutMode::Create).await.unwrap_err().kind, StoreErrorKind::Unreachable);
}

#[test]
fn options_win_over_the_environment_and_half_a_key_pair_is_refused() {
    let environment = || {
        [("AWS_ENDPOINT_URL", "http://env:1"), ("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "k"), ("HOME", "/")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let options = S3Options { endpoint: Some("https://mine".into()), ..S3Options::default() };
    let options = options.with_environment(environment());
    assert_eq!(options.endpoint.as_deref(), Some("https://mine"));
    assert_eq!(options.region.as_deref(), Some("eu-west-1"));
    assert!(open_s3(&Env::system(), "bucket", "", &options).unwrap_err().detail.contains("secret"));
    let plain = S3Options::default().with_environment(environment());
    assert!(open_s3(&Env::system(), "bucket", "", &plain).unwrap_err().detail.contains("AWS_ALLOW_HTTP"));
    let shown = format!("{:?}", S3Options { secret_key: Some("hidden".into()), ..S3Options::default() });
    assert!(!shown.contains("hidden"));
}
