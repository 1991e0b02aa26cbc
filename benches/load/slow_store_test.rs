//! The slow store says what S3 says, counts it, and takes its time.

use crate::slow_store::{Slowness, serve};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Sends requests on one connection and returns all answers as they came.
fn talk(store: SocketAddr, requests: &[&str]) -> String {
    let mut stream = TcpStream::connect(store).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    requests.iter().for_each(|request| stream.write_all(request.as_bytes()).unwrap());
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn store(first_byte: Duration) -> SocketAddr {
    let slowness = Slowness { first_byte, bytes_per_second: 1 << 20 };
    serve("127.0.0.1:0".parse().unwrap(), slowness).unwrap()
}

fn put(key: &str, body: &str, more: &str) -> String {
    format!("PUT /b/{key} HTTP/1.1\r\ncontent-length: {}\r\n{more}\r\n{body}", body.len())
}

#[test]
fn objects_are_created_once_read_in_ranges_listed_and_deleted() {
    let store = store(Duration::ZERO);
    let create = put("a/1", "hello world", "If-None-Match: *\r\n");
    let text = talk(store, &[&create, &create, "GET /b/a/1 HTTP/1.1\r\nRange: bytes=6-10\r\n\r\n"]);
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("HTTP/1.1 412"), "{text}");
    assert!(text.contains("content-range: bytes 6-10/11") && text.ends_with("\r\n\r\nworld"), "{text}");
    talk(store, &[&put("a/2", "x", ""), &put("c", "y", "")]);
    let text = talk(store, &["GET /b?list-type=2&prefix=a%2F&start-after=a%2F1 HTTP/1.1\r\n\r\n"]);
    assert!(
        text.contains("<Key>a/2</Key><Size>1</Size>") && !text.contains("a/1") && !text.contains("<Key>c<"),
        "{text}"
    );
    let text = talk(store, &["GET /b?list-type=2&prefix=&delimiter=%2F HTTP/1.1\r\n\r\n"]);
    assert!(text.contains("<CommonPrefixes><Prefix>a/</Prefix>") && text.contains("<Key>c</Key>"), "{text}");
    let body = "<Delete><Object><Key>a/1</Key></Object></Delete>";
    let delete = format!("POST /b?delete HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let text = talk(store, &[&delete, "GET /b/a/1 HTTP/1.1\r\n\r\n"]);
    assert!(text.contains("HTTP/1.1 404") && text.contains("<Deleted><Key>a/1</Key></Deleted>"), "{text}");
    let counts = talk(store, &["GET /-/counts HTTP/1.1\r\n\r\n"]);
    for line in ["create 2\n", "put 2\n", "get 2\n", "list 2\n", "delete 1\n"] {
        assert!(counts.contains(line), "{counts}");
    }
}

#[test]
fn answers_begin_late_and_bodies_come_slowly() {
    let store = store(Duration::from_millis(30));
    talk(store, &[&put("k", &"x".repeat(256 << 10), "")]);
    let begun = Instant::now();
    let text = talk(store, &["GET /b/k HTTP/1.1\r\n\r\n"]);
    // A quarter of a second of body; it may take longer, and never less.
    assert!(text.len() > 256 << 10 && begun.elapsed() >= Duration::from_millis(280), "{:?}", begun.elapsed());
}
