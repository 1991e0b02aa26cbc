//! ListOffsets for the local log start offset (timestamp -4, KIP-405), which librdkafka cannot ask: version 8, by hand.

use crate::Failure;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const LIST_OFFSETS: i16 = 2;
const VERSION: i16 = 8;
const EARLIEST_LOCAL: i64 = -4;

fn request(topic: &str, partition: i32) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(LIST_OFFSETS.to_be_bytes());
    body.extend(VERSION.to_be_bytes());
    body.extend(1i32.to_be_bytes()); // correlation id
    body.extend((-1i16).to_be_bytes()); // no client id
    body.push(0); // tagged fields of the header
    body.extend((-1i32).to_be_bytes()); // replica id of a consumer
    body.push(0); // read uncommitted
    body.push(2); // one topic
    body.push(topic.len() as u8 + 1);
    body.extend(topic.as_bytes());
    body.push(2); // one partition
    body.extend(partition.to_be_bytes());
    body.extend((-1i32).to_be_bytes()); // any leader epoch
    body.extend(EARLIEST_LOCAL.to_be_bytes());
    body.extend([0, 0, 0]); // tagged fields of partition, topic and request
    let mut frame = (body.len() as i32).to_be_bytes().to_vec();
    frame.extend(body);
    frame
}

/// The offset in a response: correlation id, tags, throttle time, one topic, one partition {index, error, timestamp, offset, ...}.
fn offset_in(response: &[u8], topic: &str) -> Result<i64, Failure> {
    let partition = response.get(4 + 1 + 4 + 1 + 1 + topic.len() + 1..).ok_or("short response")?;
    let error = i16::from_be_bytes(partition.get(4..6).ok_or("short response")?.try_into()?);
    if error != 0 {
        return Err(format!("ListOffsets answered error {error}").into());
    }
    Ok(i64::from_be_bytes(partition.get(14..22).ok_or("short response")?.try_into()?))
}

/// The first offset on the broker's local disk.
pub fn local_start(bootstrap: &str, topic: &str, partition: i32) -> Result<i64, Failure> {
    let mut stream = TcpStream::connect(bootstrap)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(&request(topic, partition))?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut response = vec![0; u32::from_be_bytes(length).min(1 << 16) as usize];
    stream.read_exact(&mut response)?;
    offset_in(&response, topic)
}
