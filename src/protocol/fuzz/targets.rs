//! What must hold for any bytes: nothing panics, and what is read can be written and read again.

use bytes::{Bytes, BytesMut};
use esker_protocol::frame::{IncomingRequest, LENGTH_BYTES, frame_len, read_api_versions_response};
use esker_protocol::messages::{
    AnyRequest, AnyResponse, ConsumerProtocolAssignment, ConsumerProtocolSubscription, RequestHeader, ResponseHeader,
};
use esker_protocol::wire::decode::Decode;
use esker_protocol::{ApiKey, DecodeError, EncodeError, Message};

/// What is fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A frame with its length, as it comes from a socket.
    Frame,
    /// Version, then a header or what consumers say to each other.
    Header,
    /// Key, version, then the body of a request.
    Request,
    /// Key, version, then the body of a response.
    Response,
}

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is a message.
    Read,
    /// It is none, and was refused with a reason.
    Refused,
}

impl Target {
    /// Every target.
    pub const ALL: [Target; 4] = [Target::Frame, Target::Header, Target::Request, Target::Response];

    /// Feeds an input.
    ///
    /// # Panics
    /// When something does not hold that should: that is a finding.
    pub fn feed(self, input: &[u8]) -> Outcome {
        let read = match self {
            Target::Frame => frame(input),
            Target::Header => headers(input),
            Target::Request => request(input),
            Target::Response => response(input),
        };
        if read { Outcome::Read } else { Outcome::Refused }
    }
}

fn frame(input: &[u8]) -> bool {
    let Some((prefix, frame)) = input.split_first_chunk::<LENGTH_BYTES>() else { return false };
    let Ok(len) = frame_len(*prefix, 1 << 20) else { return false };
    let Some(frame) = frame.get(..len) else { return false };
    let Ok(incoming) = IncomingRequest::read(Bytes::copy_from_slice(frame)) else { return false };
    incoming.decode_any().is_ok()
}

fn headers(input: &[u8]) -> bool {
    let Some((&version, body)) = input.split_first() else { return false };
    let (version, body) = (i16::from(version) - 1, Bytes::copy_from_slice(body));
    let _ = IncomingRequest::read(body.clone());
    let _ = read_api_versions_response(body.clone(), version);
    // Each of them, whatever the others make of it.
    [
        message::<RequestHeader>(&body, version),
        message::<ResponseHeader>(&body, version),
        message::<ConsumerProtocolSubscription>(&body, version),
        message::<ConsumerProtocolAssignment>(&body, version),
    ]
    .contains(&true)
}

fn message<M: Message + Decode>(body: &Bytes, version: i16) -> bool {
    holds(
        body,
        |bytes| M::decode(bytes, version),
        |message| message.encoded_size(version),
        |message, out| message.encode(version, out),
    )
}

/// Key, version and body of an input.
fn keyed(input: &[u8]) -> Option<(ApiKey, i16, Bytes)> {
    let (&[key, version], body) = input.split_first_chunk::<2>()?;
    Some((ApiKey::from_number(key.into())?, version.into(), Bytes::copy_from_slice(body)))
}

fn request(input: &[u8]) -> bool {
    let Some((key, version, body)) = keyed(input) else { return false };
    holds(
        &body,
        |bytes| AnyRequest::decode(key, version, bytes),
        |message| message.encoded_size(version),
        |message, out| message.encode(version, out),
    )
}

fn response(input: &[u8]) -> bool {
    let Some((key, version, body)) = keyed(input) else { return false };
    holds(
        &body,
        |bytes| AnyResponse::decode(key, version, bytes),
        |message| message.encoded_size(version),
        |message, out| message.encode(version, out),
    )
}

/// Whatever is read can be written, in the size that was computed, and read and written once more to the same bytes. (The input
/// itself may differ from them: it may hold tagged fields that nobody knows, or known ones that say their default.)
fn holds<M>(
    input: &Bytes,
    decode: impl Fn(Bytes) -> Result<M, DecodeError>,
    encoded_size: impl Fn(&M) -> Result<usize, EncodeError>,
    encode: impl Fn(&M, &mut BytesMut) -> Result<(), EncodeError>,
) -> bool {
    let Ok(first) = decode(input.clone()) else { return false };
    let written = |message: &M| {
        let mut out = BytesMut::new();
        encode(message, &mut out).expect("what was read can be written");
        assert_eq!(Ok(out.len()), encoded_size(message), "the size is exact");
        out.freeze()
    };
    let bytes = written(&first);
    let second = decode(bytes.clone()).expect("what was written can be read");
    assert_eq!(written(&second), bytes, "and means the same");
    true
}
