//! Valid inputs to start from: every message in every version.

use crate::Target;
use bytes::{BufMut, BytesMut};
use esker_protocol::arbitrary::RandomSource;
use esker_protocol::messages::{
    AnyRequest, AnyResponse, ConsumerProtocolAssignment, ConsumerProtocolSubscription, RequestHeader, ResponseHeader,
};
use esker_protocol::wire::decode::{Decode, Source};
use esker_protocol::{ApiKey, Message};

/// A valid message of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Request or response.
    pub target: Target,
    /// Its key.
    pub key: ApiKey,
    /// Its version.
    pub version: i16,
    /// Its body.
    pub body: Vec<u8>,
}

/// `count` random requests and responses of every key and version.
pub fn samples(seed: u64, count: u64) -> Vec<Sample> {
    let mut samples = vec![];
    for key in ApiKey::all() {
        for version in key.versions().iter() {
            let flexible = key.flexible_since().is_some_and(|since| version >= since);
            for at in 0..count {
                let mut source = RandomSource::new(seed.wrapping_add(at), version, flexible);
                for target in [Target::Request, Target::Response] {
                    let mut body = BytesMut::new();
                    let encoded = if target == Target::Request {
                        AnyRequest::read(key, &mut source).map(|message| message.encode(version, &mut body))
                    } else {
                        AnyResponse::read(key, &mut source).map(|message| message.encode(version, &mut body))
                    };
                    assert_eq!(encoded, Ok(Ok(())), "a random message is valid");
                    samples.push(Sample { target, key, version, body: body.to_vec() });
                }
            }
        }
    }
    samples
}

/// Inputs of every target that are valid as they are.
pub fn seeds(seed: u64, count: u64) -> Vec<(Target, Vec<u8>)> {
    let mut seeds = vec![];
    for sample in samples(seed, count) {
        // Keys and versions fit into a byte each; a test of the table would notice.
        let head = [sample.key.number() as u8, sample.version as u8];
        if sample.target == Target::Request {
            seeds.push((Target::Frame, framed(&sample)));
        }
        seeds.push((sample.target, [&head, &sample.body[..]].concat()));
    }
    for at in 0..count {
        let seed = seed.wrapping_add(at);
        headers::<RequestHeader>(&mut seeds, seed);
        headers::<ResponseHeader>(&mut seeds, seed);
        headers::<ConsumerProtocolSubscription>(&mut seeds, seed);
        headers::<ConsumerProtocolAssignment>(&mut seeds, seed);
    }
    seeds
}

/// A request behind its length and header.
fn framed(sample: &Sample) -> Vec<u8> {
    let header = RequestHeader {
        request_api_key: sample.key.number(),
        request_api_version: sample.version,
        correlation_id: 7,
        client_id: Some("fuzz".into()),
    };
    let mut frame = BytesMut::from(&[0; 4][..]);
    let encoded = header.encode(sample.key.request_header_version(sample.version), &mut frame);
    assert_eq!(encoded, Ok(()), "this header is valid");
    frame.put_slice(&sample.body);
    let len = frame.len() as u32 - 4;
    frame[..4].copy_from_slice(&len.to_be_bytes());
    frame.to_vec()
}

fn headers<M: Message + Decode>(seeds: &mut Vec<(Target, Vec<u8>)>, seed: u64) {
    for version in M::VERSIONS.iter() {
        let message: Result<M, _> = RandomSource::new(seed, version, M::is_flexible(version)).read();
        let mut body = BytesMut::new();
        let encoded = message.map(|message| message.encode(version, &mut body));
        assert_eq!(encoded, Ok(Ok(())), "a random message is valid");
        seeds.push((Target::Header, [&[version as u8 + 1], &body[..]].concat()));
    }
}
