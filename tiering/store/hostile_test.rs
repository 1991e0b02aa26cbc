//! A store that means harm: bodies without an end, redirections, XML that refers to itself.

use crate::options::TierOptions;
use crate::store::{Reason, S3Options, Store, StoreLimits, open_s3};
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

async fn answer(mut socket: TcpStream, head: String, endless: bool, seen: Arc<Seen>) -> std::io::Result<()> {
    let mut request = [0; 16 << 10];
    if socket.read(&mut request).await? == 0 {
        return Ok(());
    }
    seen.requests.fetch_add(1, Ordering::Relaxed);
    socket.write_all(head.as_bytes()).await?;
    if !endless {
        return socket.shutdown().await;
    }
    let chunk = [&b"10000\r\n"[..], &[b'x'; 0x10000], b"\r\n"].concat();
    loop {
        socket.write_all(&chunk).await?;
        seen.sent.fetch_add(0x10000, Ordering::Relaxed);
    }
}

/// A server that gives every request the same answer.
async fn server(head: &str, endless: bool) -> (SocketAddr, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, seen) = (listener.local_addr().unwrap(), Arc::new(Seen::default()));
    let (head, counted) = (head.to_owned(), Arc::clone(&seen));
    esker_env::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (head, seen) = (head.clone(), Arc::clone(&counted));
            // Who breaks off is expected.
            esker_env::spawn(async move { drop(answer(socket, head, endless, seen).await) });
        }
    });
    (address, seen)
}

fn store(address: SocketAddr) -> Store {
    let environment = [
        ("AWS_ENDPOINT_URL", format!("http://{address}")),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_ACCESS_KEY_ID", "id".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ("AWS_SESSION_TOKEN", "session".to_owned()),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value));
    let env = Env::system();
    let backend = open_s3(&env, "bucket", "", &S3Options::default().with_environment(environment)).unwrap();
    let limits = StoreLimits {
        retry_timeout: Duration::ZERO,
        request_timeout: TierOptions::new("").request_timeout,
        ..StoreLimits::default()
    };
    Store::new(backend, env, limits)
}

const CHUNKED: &str =
    "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\nETag: \"1\"\r\nTransfer-Encoding: chunked\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn h63_a_body_without_an_end_is_cut_where_it_is_longer_than_it_may_be() {
    let (address, seen) = server(&format!("HTTP/1.1 200 OK\r\n{CHUNKED}"), true).await;
    assert!(store(address).get_small(Reason::Manifest, "key", 100_000).await.is_err());
    assert!(seen.requests.load(Ordering::Relaxed) > 0);
    assert!(seen.sent.load(Ordering::Relaxed) < 64 << 20, "{seen:?}: what the sockets hold, and no more");
    let head = format!("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-99/1000\r\n{CHUNKED}");
    let (address, seen) = server(&head, true).await;
    assert!(store(address).get_range(Reason::ColdRead, "key", 0..100).await.is_err());
    assert!(seen.sent.load(Ordering::Relaxed) < 64 << 20, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn h63_a_redirection_is_not_followed() {
    let (elsewhere, seen) = server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false).await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let head = format!("HTTP/1.1 {status}\r\nLocation: http://{elsewhere}/stolen\r\nContent-Length: 0\r\n\r\n");
        let (address, asked) = server(&head, false).await;
        let store = store(address);
        assert!(store.get_small(Reason::Manifest, "key", 1000).await.is_err(), "{status}");
        assert!(store.put(Reason::Segment, "key", &vec![bytes::Bytes::from_static(b"records")]).await.is_err());
        assert_eq!(asked.requests.load(Ordering::Relaxed), 2, "{status}");
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
    let (address, seen) = server(&head, false).await;
    let listed = store(address).list(Reason::Manifest, "prefix/", None, 10).await;
    assert!(listed.is_err(), "{listed:?}");
    assert_eq!(seen.requests.load(Ordering::Relaxed), 1);
}
