//! Topics made and dropped around a run, over a connection of their own.

use crate::LoadError;
use crate::frames::{BatchShape, ProduceFrame};
use crate::messages::{create_topics_request, delete_topics_request, parse_produce_response, parse_topics_response};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(60);
const TOPIC_ALREADY_EXISTS: i16 = 36;
const ANSWER_LEN_MAX: usize = 16 << 20;

/// A topic to be made.
#[derive(Clone, Debug)]
pub struct NewTopics {
    /// Names.
    pub names: Vec<String>,
    /// Partitions of each.
    pub partitions: i32,
    /// Topic configs of each, as `key`, `value`.
    pub configs: Vec<(String, String)>,
}

/// Creates topics with one replica each; those that exist already stay as they are.
pub fn create_topics(address: SocketAddr, topics: &NewTopics) -> Result<(), LoadError> {
    let answer = ask(address, &create_topics_request(&topics.names, topics.partitions, &topics.configs))?;
    match parse_topics_response(&answer, true).ok_or(LoadError::Malformed("CreateTopics"))? {
        0 | TOPIC_ALREADY_EXISTS => Ok(()),
        code => Err(LoadError::Refused { request: "CreateTopics", code }),
    }
}

/// Deletes topics.
pub fn delete_topics(address: SocketAddr, names: &[String]) -> Result<(), LoadError> {
    let answer = ask(address, &delete_topics_request(names))?;
    match parse_topics_response(&answer, false).ok_or(LoadError::Malformed("DeleteTopics"))? {
        0 => Ok(()),
        code => Err(LoadError::Refused { request: "DeleteTopics", code }),
    }
}

/// Waits until a small record can be produced to every partition: a new topic's leaders take their time.
pub fn await_leaders(address: SocketAddr, topic: &str, partitions: i32) -> Result<(), LoadError> {
    let shape = BatchShape { batch_bytes: 0, record_bytes: 8 };
    let start = Instant::now();
    for partition in 0..partitions {
        let frame = ProduceFrame::new(9, 1, topic, partition, shape)?;
        loop {
            let answer = ask(address, &frame.bytes)?;
            let (_, code, _) = parse_produce_response(&answer).ok_or(LoadError::Malformed("Produce"))?;
            match code {
                0 => break,
                code if start.elapsed() > TIMEOUT => return Err(LoadError::Refused { request: "Produce", code }),
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
    Ok(())
}

/// Sends one frame and returns the answer without its length.
fn ask(address: SocketAddr, frame: &[u8]) -> Result<Vec<u8>, LoadError> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(frame)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let len = usize::try_from(i32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if len > ANSWER_LEN_MAX {
        return Err(LoadError::Malformed("an admin request"));
    }
    let mut answer = vec![0; len];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}
