//! Another implementation of the same messages, as a second opinion on every byte.
//!
//! What we write, it reads to the last byte and writes again; then the bytes are equal, so what it writes we read as the same value
//! ([`round_trip_test`](crate::round_trip_test) reads them). It follows Kafka 4.1: keys and versions that came later are not compared, and
//! [`is_known_difference`] lists, with the reason, what it gets differently.

use crate::arbitrary::RandomSource;
use crate::messages::{AnyRequest, AnyResponse};
use crate::{ApiKey, EncodeError};
use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey as OracleKey, RequestKind, ResponseKind};

const SEEDS: u64 = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Request,
    Response,
}
use Direction::{Request, Response};

/// Keys and versions that both sides have.
fn shared() -> impl Iterator<Item = (ApiKey, OracleKey, i16)> {
    ApiKey::all().filter_map(|key| Some((key, OracleKey::try_from(key.number()).ok()?))).flat_map(|(key, oracle)| {
        let theirs = oracle.valid_versions();
        let both = key.versions().iter().filter(move |version| (theirs.min..=theirs.max).contains(version));
        both.map(move |version| (key, oracle, version))
    })
}

/// Its table of keys has these versions, and its requests refuse them as unsupported; their responses are compared.
fn is_known_difference(direction: Direction, key: ApiKey, version: i16) -> bool {
    matches!(
        (direction, key, version),
        (Request, ApiKey::OffsetCommit, 10) | (Request, ApiKey::OffsetFetch, 10) | (Request, ApiKey::InitProducerId, 6)
    )
}

/// What it makes of our bytes, or why it cannot.
fn opinion(direction: Direction, key: OracleKey, version: i16, ours: &Bytes) -> Result<BytesMut, String> {
    let (mut rest, mut theirs) = (ours.clone(), BytesMut::new());
    let error = |error: &dyn std::fmt::Display| format!("{error:#}");
    match direction {
        Request => RequestKind::decode(key, &mut rest, version)
            .map_err(|e| error(&e))?
            .encode(&mut theirs, version)
            .map_err(|e| error(&e))?,
        Response => ResponseKind::decode(key, &mut rest, version)
            .map_err(|e| error(&e))?
            .encode(&mut theirs, version)
            .map_err(|e| error(&e))?,
    }
    if rest.is_empty() { Ok(theirs) } else { Err(format!("{} bytes left", rest.len())) }
}

fn random(direction: Direction, key: ApiKey, version: i16, seed: u64) -> Result<(Bytes, String), EncodeError> {
    let mut source = RandomSource::new(seed, version, key.flexible_since().is_some_and(|since| version >= since));
    let mut bytes = BytesMut::new();
    let shown = match direction {
        Request => {
            let request = AnyRequest::read(key, &mut source).unwrap();
            request.encode(version, &mut bytes)?;
            format!("{request:?}")
        }
        Response => {
            let response = AnyResponse::read(key, &mut source).unwrap();
            response.encode(version, &mut bytes)?;
            format!("{response:?}")
        }
    };
    Ok((bytes.freeze(), shown))
}

#[test]
fn another_implementation_reads_and_writes_the_same_bytes() {
    let mut compared = 0;
    let mut faults = vec![];
    for (key, oracle, version) in shared() {
        for direction in [Request, Response] {
            compared += 1;
            let fault = (0..SEEDS).find_map(|seed| {
                let (ours, shown) = random(direction, key, version, seed).unwrap();
                match opinion(direction, oracle, version, &ours) {
                    Ok(theirs) if theirs == ours => None,
                    Ok(theirs) => Some(format!("{theirs:02x?} is not {ours:02x?}, {shown}")),
                    Err(error) => Some(format!("{error} in {ours:02x?}, {shown}")),
                }
            });
            match (fault, is_known_difference(direction, key, version)) {
                (Some(fault), false) => faults.push(format!("{key} {direction:?} v{version}: {fault}")),
                (None, true) => faults.push(format!("{key} {direction:?} v{version} is listed, and does not differ")),
                _ => {}
            }
        }
    }
    assert!(faults.is_empty(), "{} of {compared} differ:\n{}", faults.len(), faults.join("\n"));
    assert!(compared > 500, "{compared}");
}
