//! A store that means harm: answers without an end, redirections, XML that refers to itself, keys that lead elsewhere.

use crate::options::TierOptions;
use crate::store::{
    Backend, CloudEnvironment, Reason, S3Options, Store, StoreErrorKind, StoreLimits, open_azure, open_google, open_s3,
};
use bytes::Bytes;
use esker_env::Env;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a server has seen and sent.
#[derive(Debug, Default)]
struct Seen {
    requests: AtomicUsize,
    sent: AtomicUsize,
}

impl Seen {
    /// Asserts that no more was taken than the sockets and one answer's bound hold.
    fn was_cut(&self, what: &str) {
        assert!(self.requests.load(Ordering::Relaxed) > 0, "{what}");
        assert!(self.sent.load(Ordering::Relaxed) < 64 << 20, "{what}: {self:?}");
    }
}

async fn answer(mut socket: TcpStream, head: String, endless: Vec<u8>, seen: Arc<Seen>) -> std::io::Result<()> {
    let mut request = [0; 16 << 10];
    if socket.read(&mut request).await? == 0 {
        return Ok(());
    }
    seen.requests.fetch_add(1, Ordering::Relaxed);
    socket.write_all(head.as_bytes()).await?;
    if endless.is_empty() {
        return socket.shutdown().await;
    }
    loop {
        socket.write_all(&endless).await?;
        seen.sent.fetch_add(endless.len(), Ordering::Relaxed);
    }
}

/// A server that gives every request the same answer: `head`, and then `endless` again and again.
async fn server(head: &str, endless: &[u8]) -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, seen) = (listener.local_addr().unwrap(), Arc::new(Seen::default()));
    let (head, endless, counted) = (head.to_owned(), endless.to_vec(), Arc::clone(&seen));
    esker_env::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (head, endless, seen) = (head.clone(), endless.clone(), Arc::clone(&counted));
            // Who breaks off is expected.
            esker_env::spawn(async move { drop(answer(socket, head, endless, seen).await) });
        }
    });
    (address, seen)
}

fn s3(address: SocketAddr) -> Arc<dyn Backend> {
    let environment = [
        ("AWS_ENDPOINT_URL", format!("http://{address}")),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_ACCESS_KEY_ID", "id".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ("AWS_SESSION_TOKEN", "session".to_owned()),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value));
    open_s3(&Env::system(), "bucket", "", &S3Options::default().with_environment(environment)).unwrap()
}

fn cloud(address: SocketAddr) -> CloudEnvironment {
    let environment = [
        ("STORAGE_EMULATOR_HOST", format!("http://{address}")),
        ("AZURE_STORAGE_ACCOUNT_NAME", "account".to_owned()),
        ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5".to_owned()),
        ("AZURE_ENDPOINT", format!("http://{address}")),
        ("AZURE_ALLOW_HTTP", "true".to_owned()),
    ];
    CloudEnvironment::new(environment.map(|(name, value)| (name.to_owned(), value)))
}

fn store_of(backend: Arc<dyn Backend>) -> Store {
    let limits = StoreLimits {
        retry_timeout: Duration::ZERO,
        request_timeout: TierOptions::new("").request_timeout,
        ..StoreLimits::default()
    };
    Store::new(backend, Env::system(), limits)
}

/// The same address as each kind of store.
fn stores(address: SocketAddr) -> [(&'static str, Store); 3] {
    let google = open_google("bucket", "", &cloud(address)).unwrap();
    let azure = open_azure("bucket", "", &cloud(address)).unwrap();
    [("s3", s3(address)), ("gs", google), ("az", azure)].map(|(name, backend)| (name, store_of(backend)))
}

fn store(address: SocketAddr) -> Store {
    store_of(s3(address))
}

fn chunk() -> Vec<u8> {
    [&b"10000\r\n"[..], &[b'x'; 0x10000], b"\r\n"].concat()
}

fn body() -> Vec<Bytes> {
    vec![Bytes::from_static(b"records")]
}

/// A whole answer with a page of a listing as S3 and Google give it.
fn listing(keys: &[&str], dirs: &[&str]) -> String {
    let key = |key: &&str| {
        let modified = "<LastModified>2015-10-21T07:28:00.000Z</LastModified>";
        format!("<Contents><Key>{key}</Key><Size>1</Size>{modified}</Contents>")
    };
    let dir = |dir: &&str| format!("<CommonPrefixes><Prefix>{dir}</Prefix></CommonPrefixes>");
    let items: String = keys.iter().map(key).chain(dirs.iter().map(dir)).collect();
    let xml = format!("<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>");
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{xml}", xml.len())
}

const CHUNKED: &str =
    "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\nETag: \"1\"\r\nTransfer-Encoding: chunked\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn h63_a_body_without_an_end_is_cut_where_it_is_longer_than_it_may_be() {
    let (address, seen) = server(&format!("HTTP/1.1 200 OK\r\n{CHUNKED}"), &chunk()).await;
    assert!(store(address).get_small(Reason::Manifest, "key", 100_000).await.is_err());
    seen.was_cut("a small object");
    let head = format!("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-99/1000\r\n{CHUNKED}");
    let (address, seen) = server(&head, &chunk()).await;
    assert!(store(address).get_range(Reason::ColdRead, "key", 0..100).await.is_err());
    seen.was_cut("a range");
}

#[tokio::test(flavor = "multi_thread")]
async fn h63_a_redirection_is_not_followed() {
    let (elsewhere, seen) = server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"").await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        // It says that it closes the connection: else the next request might be sent on one that is on its way out, and get lost.
        let location = format!("Location: http://{elsewhere}/stolen");
        let head = format!("HTTP/1.1 {status}\r\n{location}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        let (address, asked) = server(&head, b"").await;
        for (name, store) in stores(address) {
            assert!(store.get_small(Reason::Manifest, "key", 1000).await.is_err(), "{name}: {status}");
            assert!(store.put(Reason::Segment, "key", &body()).await.is_err(), "{name}: {status}");
            assert!(store.list(Reason::Manifest, "prefix/", None, 10).await.is_err(), "{name}: {status}");
        }
        assert_eq!(asked.requests.load(Ordering::Relaxed), 9, "{status}");
    }
    assert_eq!(seen.requests.load(Ordering::Relaxed), 0, "nothing went where the answers pointed");
}

#[tokio::test(flavor = "multi_thread")]
async fn h63_a_listing_that_refers_to_itself_is_an_error() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">\
        <!ENTITY file SYSTEM \"file:///etc/passwd\">]>\
        <ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>&b;&file;</Key><Size>1</Size>\
        <LastModified>2015-10-21T07:28:00.000Z</LastModified></Contents></ListBucketResult>";
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{bomb}", bomb.len());
    let (address, seen) = server(&head, b"").await;
    let listed = store(address).list(Reason::Manifest, "prefix/", None, 10).await;
    assert!(listed.is_err(), "{listed:?}");
    assert_eq!(seen.requests.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn h64_an_answer_that_is_kept_in_memory_is_cut_at_the_longest_honest_one() {
    // Without an end, or with one that no memory reaches and that must not be reserved.
    let announced = "Content-Length: 9000000000000000000\r\n\r\n";
    for (rest, endless) in [(CHUNKED, chunk()), (announced, vec![b'x'; 0x10000])] {
        let (address, seen) = server(&format!("HTTP/1.1 200 OK\r\n{rest}"), &endless).await;
        for (name, store) in stores(address) {
            let error = store.list(Reason::Manifest, "prefix/", None, 10).await.unwrap_err();
            assert!(error.detail.contains("bytes that one may have"), "{name}: {error}");
            assert!(store.list_dirs(Reason::Cluster, "prefix/").await.is_err(), "{name}");
        }
        assert_eq!(seen.requests.load(Ordering::Relaxed), 6);
        assert!(seen.sent.load(Ordering::Relaxed) < 6 * (64 << 20), "{seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h64_what_a_store_says_of_an_error_is_cut_too() {
    for status in ["403 Forbidden", "404 Not Found", "500 Internal Server Error", "503 Slow Down"] {
        let (address, seen) = server(&format!("HTTP/1.1 {status}\r\n{CHUNKED}"), &chunk()).await;
        for (name, store) in stores(address) {
            assert!(store.get_small(Reason::Manifest, "key", 1000).await.is_err(), "{name}: {status}");
            assert!(store.put(Reason::Segment, "key", &body()).await.is_err(), "{name}: {status}");
        }
        assert!(seen.sent.load(Ordering::Relaxed) < 6 * (64 << 20), "{status}: {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h64_headers_that_are_huge_many_or_without_an_end_are_refused() {
    let one_line = ("HTTP/1.1 200 OK\r\nX-Endless: ", vec![b'a'; 0x10000]);
    let many_lines = ("HTTP/1.1 200 OK\r\n", b"X-Line: 1\r\n".repeat(1000));
    let one_huge = ("HTTP/1.1 200 OK\r\n", [&b"X-Huge: "[..], &[b'a'; 1 << 20], b"\r\n"].concat());
    for (head, endless) in [one_line, many_lines, one_huge] {
        let (address, seen) = server(head, &endless).await;
        for (name, store) in stores(address) {
            let error = store.get_small(Reason::Manifest, "key", 1000).await.unwrap_err();
            assert_eq!(error.kind, StoreErrorKind::Unknown, "{name}: {error}");
            assert!(error.detail.contains("too large"), "{name}: {error}");
            assert!(store.list(Reason::Manifest, "prefix/", None, 10).await.is_err(), "{name}");
            assert!(store.put(Reason::Segment, "key", &body()).await.is_err(), "{name}");
        }
        seen.was_cut(head);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h64_a_listing_names_nothing_outside_of_what_was_asked_for() {
    let outside =
        ["prefix/../../etc/passwd", "../prefix/1", "/etc/passwd", "prefix/./1", "prefix//1", "prefixed/1", "1"];
    for key in outside {
        let (address, _) = server(&listing(&["prefix/0", key], &[]), b"").await;
        let error = store(address).list(Reason::Manifest, "prefix/", None, 10).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Damaged, "{key}: {error}");
        let (address, _) = server(&listing(&[], &["prefix/0/", &format!("{key}/")]), b"").await;
        let error = store(address).list_dirs(Reason::Cluster, "prefix/").await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Damaged, "{key}: {error}");
    }
    let (address, _) = server(&listing(&["prefix/", "prefix/0", "prefix/1"], &["prefix/a/", "prefix/b/"]), b"").await;
    let store = store(address);
    let keys = store.list(Reason::Manifest, "prefix/", None, 10).await.unwrap();
    assert_eq!(keys.iter().map(|listed| listed.key.as_str()).collect::<Vec<_>>(), ["prefix/0", "prefix/1"]);
    assert_eq!(store.list_dirs(Reason::Cluster, "prefix/").await.unwrap(), ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn h64_a_listing_that_does_not_get_further_is_refused() {
    let keys: Vec<_> = (0..1000).map(|at| format!("prefix/{at:04}")).collect();
    let keys: Vec<_> = keys.iter().map(String::as_str).collect();
    let (address, seen) = server(&listing(&keys, &[]), b"").await;
    let error = store(address).list_last(Reason::Manifest, "prefix/", None).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Damaged, "{error}");
    assert_eq!(seen.requests.load(Ordering::Relaxed), 2);
}
