//! The four requests that the generators and the skeleton speak: Produce 9 to 12 and Fetch 12 (both by topic name),
//! CreateTopics 4, DeleteTopics 3.

use crate::bytes::{Reader, Writer};
use std::ops::Range;

/// API key of Produce.
pub const PRODUCE: i16 = 0;
/// API key of Fetch.
pub const FETCH: i16 = 1;
/// Version of Fetch that is spoken.
pub const FETCH_VERSION: i16 = 12;
pub(crate) const CREATE_TOPICS: i16 = 19;
pub(crate) const DELETE_TOPICS: i16 = 20;

const CLIENT_ID: &str = "esker-benches";
pub(crate) const REQUEST_TIMEOUT_MS: i32 = 30_000;

/// Starts a frame; its length is filled in by [`finish`].
pub(crate) fn start(key: i16, version: i16, correlation: i32, flexible: bool) -> Writer {
    let mut out = Writer::default();
    out.i32(0);
    out.i16(key);
    out.i16(version);
    out.i32(correlation);
    out.string(CLIENT_ID);
    if flexible {
        out.no_tags();
    }
    out
}

/// Fills in the frame's length.
pub(crate) fn finish(out: Writer) -> Vec<u8> {
    let mut frame = out.0;
    let len = (frame.len() - 4) as i32;
    frame[..4].copy_from_slice(&len.to_be_bytes());
    frame
}

/// One batch for one partition as a whole frame, and where the batch lies in it.
pub fn produce_request(
    version: i16,
    correlation: i32,
    acks: i16,
    topic: &str,
    partition: i32,
    batch: &[u8],
) -> (Vec<u8>, Range<usize>) {
    let mut out = start(PRODUCE, version, correlation, true);
    out.uvarint(0); // no transaction
    out.i16(acks);
    out.i32(REQUEST_TIMEOUT_MS);
    out.compact_len(1);
    out.compact_string(topic.as_bytes());
    out.compact_len(1);
    out.i32(partition);
    out.compact_len(batch.len());
    let batch_at = out.0.len();
    out.0.extend_from_slice(batch);
    (0..3).for_each(|_| out.no_tags());
    (finish(out), batch_at..batch_at + batch.len())
}

/// What a Produce request holds for its first partition.
pub struct ProduceView<'a> {
    /// Required acknowledgements.
    pub acks: i16,
    /// Topic name.
    pub topic: &'a [u8],
    /// Partition.
    pub partition: i32,
    /// Length of the batch, which begins `batch_at` bytes into the frame.
    pub batch_len: usize,
    /// Where the batch begins.
    pub batch_at: usize,
}

/// Header of any request: key, version, correlation id, and the body.
pub struct RequestView<'a> {
    /// API key.
    pub key: i16,
    /// Version.
    pub version: i16,
    /// Correlation id.
    pub correlation: i32,
    body: Reader<'a>,
    frame_len: usize,
}

impl<'a> RequestView<'a> {
    /// Reads a flexible request's header; `frame` is without its length.
    pub fn parse(frame: &'a [u8]) -> Option<Self> {
        let mut body = Reader(frame);
        let (key, version, correlation) = (body.i16()?, body.i16()?, body.i32()?);
        body.string()?;
        body.skip_tags()?;
        Some(Self { key, version, correlation, body, frame_len: frame.len() })
    }

    /// Reads the body of a Produce request with one partition.
    pub fn produce(mut self) -> Option<ProduceView<'a>> {
        self.body.compact_bytes()?;
        let acks = self.body.i16()?;
        self.body.i32()?;
        self.body.compact_len()?;
        let topic = self.body.compact_bytes()?;
        self.body.compact_len()?;
        let partition = self.body.i32()?;
        let batch_len = self.body.compact_len()?;
        let batch_at = self.frame_len - self.body.0.len();
        self.body.take(batch_len)?;
        Some(ProduceView { acks, topic, partition, batch_len, batch_at })
    }

    /// Reads the body of a Fetch request with one topic.
    pub fn fetch(mut self) -> Option<FetchView> {
        self.body.i32()?;
        let (max_wait_ms, min_bytes, max_bytes) = (self.body.i32()?, self.body.i32()?, self.body.i32()?);
        self.body.take(1 + 4 + 4)?;
        self.body.compact_len()?;
        let topic = self.body.compact_bytes()?.to_vec();
        let mut partitions = Vec::new();
        for _ in 0..self.body.compact_len()? {
            let partition = self.body.i32()?;
            self.body.i32()?;
            let offset = self.body.i64()?;
            self.body.i32()?;
            self.body.i64()?;
            let max_bytes = self.body.i32()?;
            self.body.skip_tags()?;
            partitions.push(FetchPartition { partition, offset, max_bytes });
        }
        Some(FetchView { correlation: self.correlation, max_wait_ms, min_bytes, max_bytes, topic, partitions })
    }
}

/// A Fetch request of one topic.
pub struct FetchView {
    /// Correlation id.
    pub correlation: i32,
    /// How long to wait for `min_bytes`, in milliseconds.
    pub max_wait_ms: i32,
    /// Bytes that are worth an answer.
    pub min_bytes: i32,
    /// Most bytes of the answer.
    pub max_bytes: i32,
    /// Topic name.
    pub topic: Vec<u8>,
    /// What is asked of each partition.
    pub partitions: Vec<FetchPartition>,
}

/// One partition of a Fetch request.
#[derive(Clone, Copy, Debug)]
pub struct FetchPartition {
    /// Partition.
    pub partition: i32,
    /// First offset wanted.
    pub offset: i64,
    /// Most bytes.
    pub max_bytes: i32,
}

/// Appends the answer to a Produce request with one partition.
pub fn write_produce_response(out: &mut Vec<u8>, correlation: i32, topic: &[u8], partition: i32, code: i16, base: i64) {
    let mut frame = Writer::default();
    frame.i32(0);
    frame.i32(correlation);
    frame.no_tags();
    frame.compact_len(1);
    frame.compact_string(topic);
    frame.compact_len(1);
    frame.i32(partition);
    frame.i16(code);
    frame.i64(base);
    frame.i64(-1);
    frame.i64(0);
    frame.compact_len(0);
    frame.uvarint(0);
    frame.no_tags();
    frame.no_tags();
    frame.i32(0);
    frame.no_tags();
    out.extend_from_slice(&finish(frame));
}

/// Correlation id, error code and base offset of the answer to a Produce request with one partition.
pub fn parse_produce_response(frame: &[u8]) -> Option<(i32, i16, i64)> {
    let mut body = Reader(frame);
    let correlation = body.i32()?;
    body.skip_tags()?;
    body.compact_len()?;
    body.compact_bytes()?;
    body.compact_len()?;
    body.i32()?;
    Some((correlation, body.i16()?, body.i64()?))
}

/// What a consumer asks for beside its partitions.
#[derive(Clone, Copy, Debug)]
pub struct FetchSettings {
    /// How long the broker may wait, in milliseconds.
    pub max_wait_ms: i32,
    /// Most bytes of an answer.
    pub max_bytes: i32,
}

/// A Fetch request outside of any session, as a whole frame.
pub fn fetch_request(correlation: i32, settings: FetchSettings, topic: &str, partitions: &[FetchPartition]) -> Vec<u8> {
    let mut out = start(FETCH, FETCH_VERSION, correlation, true);
    out.i32(-1); // a consumer, not a replica
    out.i32(settings.max_wait_ms);
    out.i32(1); // one byte is worth an answer
    out.i32(settings.max_bytes);
    out.i8(0); // read uncommitted
    out.i32(0); // no session
    out.i32(-1);
    out.compact_len(1);
    out.compact_string(topic.as_bytes());
    out.compact_len(partitions.len());
    for partition in partitions {
        out.i32(partition.partition);
        out.i32(-1); // leader epoch unknown
        out.i64(partition.offset);
        out.i32(-1); // last fetched epoch unknown
        out.i64(-1);
        out.i32(partition.max_bytes);
        out.no_tags();
    }
    out.no_tags();
    out.compact_len(0); // nothing to forget
    out.compact_len(0); // no rack
    out.no_tags();
    finish(out)
}

/// One partition of the answer to a Fetch request.
pub struct Fetched<'a> {
    /// Partition.
    pub partition: i32,
    /// Error code.
    pub code: i16,
    /// First offset that consumers do not see yet.
    pub high_watermark: i64,
    /// First offset that exists.
    pub log_start: i64,
    /// Record batches, the last one possibly cut.
    pub records: &'a [u8],
}

/// Reads the answer to a Fetch request and calls `each` for every partition; returns the correlation id and the error
/// code of the whole.
pub fn parse_fetch_response<'a>(frame: &'a [u8], mut each: impl FnMut(Fetched<'a>)) -> Option<(i32, i16)> {
    let mut body = Reader(frame);
    let correlation = body.i32()?;
    body.skip_tags()?;
    body.i32()?;
    let code = body.i16()?;
    body.i32()?;
    for _ in 0..body.compact_len()? {
        body.compact_bytes()?;
        for _ in 0..body.compact_len()? {
            each(parse_fetched(&mut body)?);
        }
        body.skip_tags()?;
    }
    Some((correlation, code))
}

fn parse_fetched<'a>(body: &mut Reader<'a>) -> Option<Fetched<'a>> {
    let (partition, code, high_watermark) = (body.i32()?, body.i16()?, body.i64()?);
    body.i64()?;
    let log_start = body.i64()?;
    for _ in 0..body.compact_len()? {
        body.take(16)?;
        body.skip_tags()?;
    }
    body.i32()?;
    let records = body.compact_bytes()?;
    body.skip_tags()?;
    Some(Fetched { partition, code, high_watermark, log_start, records })
}

/// One partition of an answer that is still to be written; its records are sent from the file.
pub struct FetchAnswer {
    /// Partition.
    pub partition: i32,
    /// Error code.
    pub code: i16,
    /// End of the log.
    pub high_watermark: i64,
    /// Start of the log.
    pub log_start: i64,
    /// Bytes of records that follow the partition's head.
    pub records_len: usize,
}

/// The parts of an answer between which each partition's records go: one more than there are partitions.
pub fn fetch_response_parts(correlation: i32, topic: &[u8], answers: &[FetchAnswer]) -> Vec<Vec<u8>> {
    let mut parts = Vec::with_capacity(answers.len() + 1);
    let mut part = Writer::default();
    part.i32(0);
    part.i32(correlation);
    part.no_tags();
    part.i32(0);
    part.i16(0);
    part.i32(0);
    part.compact_len(1);
    part.compact_string(topic);
    part.compact_len(answers.len());
    for answer in answers {
        part.i32(answer.partition);
        part.i16(answer.code);
        part.i64(answer.high_watermark);
        part.i64(answer.high_watermark);
        part.i64(answer.log_start);
        part.uvarint(0);
        part.i32(-1);
        part.compact_len(answer.records_len);
        parts.push(std::mem::take(&mut part).0);
        part.no_tags();
    }
    part.no_tags();
    part.no_tags();
    parts.push(part.0);
    let records: usize = answers.iter().map(|answer| answer.records_len).sum();
    let len = parts.iter().map(Vec::len).sum::<usize>() + records - 4;
    parts[0][..4].copy_from_slice(&(len as i32).to_be_bytes());
    parts
}

/// A CreateTopics request with replication factor 1.
pub fn create_topics_request(names: &[String], partitions: i32, configs: &[(String, String)]) -> Vec<u8> {
    let mut out = start(CREATE_TOPICS, 4, 0, false);
    out.i32(names.len() as i32);
    for name in names {
        out.string(name);
        out.i32(partitions);
        out.i16(1);
        out.i32(0);
        out.i32(configs.len() as i32);
        for (key, value) in configs {
            out.string(key);
            out.string(value);
        }
    }
    out.i32(REQUEST_TIMEOUT_MS);
    out.i8(0);
    finish(out)
}

/// A DeleteTopics request.
pub fn delete_topics_request(names: &[String]) -> Vec<u8> {
    let mut out = start(DELETE_TOPICS, 3, 0, false);
    out.i32(names.len() as i32);
    names.iter().for_each(|name| out.string(name));
    out.i32(REQUEST_TIMEOUT_MS);
    finish(out)
}

/// The first error code in the answer to a CreateTopics (`with_message`) or DeleteTopics request; 0 for none.
pub(crate) fn parse_topics_response(frame: &[u8], with_message: bool) -> Option<i16> {
    let mut body = Reader(frame);
    body.i32()?;
    body.i32()?;
    let mut first = 0;
    for _ in 0..body.i32()? {
        body.string()?;
        let code = body.i16()?;
        if with_message {
            body.string()?;
        }
        first = if first == 0 { code } else { first };
    }
    Some(first)
}
