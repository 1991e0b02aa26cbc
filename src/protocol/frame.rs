//! Frames: the length before every message and the headers behind it, for both ends of a connection.
//!
//! ```text
//! | length i32 | header | message |          the length counts what follows it
//!
//! request header    v1  | key i16 | version i16 | correlation id i32 | client id, classic nullable string |
//!                   v2  the same, and tagged fields
//! response header   v0  | correlation id i32 |
//!                   v1  the same, and tagged fields
//! ```

use crate::messages::{AnyRequest, ApiVersionsRequest, ApiVersionsResponse, RequestHeader, ResponseHeader};
use crate::wire::decode::Decode;
use crate::{ApiKey, Countable, DecodeError, Decoder, EncodeError, Message, Request, Response, StrBytes};
use bytes::{Bytes, BytesMut};

/// Bytes of the length before a frame.
pub const LENGTH_BYTES: usize = 4;

/// The error code of a response that says "I do not have this version".
pub const UNSUPPORTED_VERSION: i16 = 35;

/// A length that no frame may have. The connection is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Below zero.
    #[error("frame length {0} is negative")]
    Negative(i32),
    /// Zero: not even a header.
    #[error("frame is empty")]
    Empty,
    /// Beyond what this connection may send.
    #[error("frame of {len} bytes exceeds the {max} allowed")]
    TooLarge {
        /// Length announced, in bytes.
        len: usize,
        /// Length allowed, in bytes.
        max: usize,
    },
}

/// The length of the frame that follows these four bytes. Ask before reserving anything.
///
/// # Errors
/// A length that is not positive or exceeds `max`.
pub fn frame_len(prefix: [u8; LENGTH_BYTES], max: usize) -> Result<usize, FrameError> {
    let len = i32::from_be_bytes(prefix);
    match usize::try_from(len) {
        Err(_) => Err(FrameError::Negative(len)),
        Ok(0) => Err(FrameError::Empty),
        Ok(len) if len > max => Err(FrameError::TooLarge { len, max }),
        Ok(len) => Ok(len),
    }
}

/// Who asks for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHead {
    /// What is asked.
    pub key: ApiKey,
    /// In which version; one of the key's stable versions.
    pub version: i16,
    /// Number that the response repeats.
    pub correlation_id: i32,
    /// Name that the client gives itself.
    pub client_id: Option<StrBytes>,
}

/// Why a request cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// The bytes are no header. The connection is to be closed.
    #[error("malformed request header: {0}")]
    Malformed(#[from] DecodeError),
    /// A key that does not exist. The connection is to be closed.
    #[error("unknown api key {0}")]
    UnknownKey(i16),
    /// A version that the key does not have, or that may still change. The connection is to be closed.
    #[error("{key} has no version {version}")]
    UnsupportedVersion {
        /// The key.
        key: ApiKey,
        /// The version asked for.
        version: i16,
    },
    /// An ApiVersions request from the future. It is answered, in version 0 and with [`UNSUPPORTED_VERSION`] (KIP-511).
    #[error("ApiVersions has no version {version}")]
    UnsupportedApiVersions {
        /// Number that the response repeats.
        correlation_id: i32,
        /// The version asked for.
        version: i16,
    },
}

/// A request whose header was read and whose body was not.
#[derive(Clone, Debug)]
pub struct IncomingRequest {
    /// Its header.
    pub head: RequestHead,
    /// Its body; [`Decoder::with_budget`] changes what it may decode to.
    pub body: Decoder,
}

impl IncomingRequest {
    /// Reads the header of a frame, which comes without its length.
    ///
    /// # Errors
    /// What is wrong with it; only [`HeadError::UnsupportedApiVersions`] may be answered.
    pub fn read(frame: Bytes) -> Result<Self, HeadError> {
        let mut body = Decoder::new(frame);
        // Key, version and correlation id are the same in every version of the header.
        let mut start = body.clone();
        let (number, version, correlation_id) =
            (i16::read(&mut start)?, i16::read(&mut start)?, i32::read(&mut start)?);
        let key = ApiKey::from_number(number).ok_or(HeadError::UnknownKey(number))?;
        if !key.stable_versions().contains(version) {
            return Err(match key {
                ApiKey::ApiVersions => HeadError::UnsupportedApiVersions { correlation_id, version },
                _ => HeadError::UnsupportedVersion { key, version },
            });
        }
        let header = RequestHeader::decode_from(&mut body, key.request_header_version(version))?;
        Ok(Self { head: RequestHead { key, version, correlation_id, client_id: header.client_id }, body })
    }

    /// Reads the body as the request that the caller knows it to be by `head.key`. What lies behind it is overlooked, as by Kafka:
    /// librdkafka sends such bytes in Metadata and AlterUserScramCredentials.
    ///
    /// # Errors
    /// Whatever is wrong with the bytes.
    pub fn decode<R: Request + Decode>(mut self) -> Result<R, DecodeError> {
        assert_eq!(R::KEY, self.head.key, "the caller dispatches by key");
        R::decode_from(&mut self.body, self.head.version)
    }

    /// Reads the body as whatever request it is, and overlooks what lies behind it.
    ///
    /// # Errors
    /// Whatever is wrong with the bytes.
    pub fn decode_any(mut self) -> Result<AnyRequest, DecodeError> {
        AnyRequest::decode_from(self.head.key, self.head.version, &mut self.body)
    }
}

/// A whole response frame, length included, in one allocation.
///
/// # Errors
/// A field that the version cannot carry, or a frame beyond 2 GiB.
pub fn response_frame<R: Response>(correlation_id: i32, version: i16, response: &R) -> Result<BytesMut, EncodeError> {
    let header = ResponseHeader { correlation_id };
    frame(&header, R::KEY.response_header_version(version), response, version)
}

/// A whole request frame, length included, in one allocation.
///
/// # Errors
/// A field that the version cannot carry, or a frame beyond 2 GiB.
pub fn request_frame<R: Request>(
    correlation_id: i32,
    client_id: Option<StrBytes>,
    version: i16,
    request: &R,
) -> Result<BytesMut, EncodeError> {
    let (request_api_key, request_api_version) = (R::KEY.number(), version);
    let header = RequestHeader { request_api_key, request_api_version, correlation_id, client_id };
    frame(&header, R::KEY.request_header_version(version), request, version)
}

fn frame<H: Message, M: Message>(
    header: &H,
    header_version: i16,
    message: &M,
    version: i16,
) -> Result<BytesMut, EncodeError> {
    let len = header.encoded_size(header_version)?.saturating_add(message.encoded_size(version)?);
    let mut out = BytesMut::with_capacity(LENGTH_BYTES + len);
    out.extend_from_slice(&length_prefix(len)?);
    header.encode(header_version, &mut out)?;
    message.encode(version, &mut out)?;
    debug_assert_eq!(out.len(), LENGTH_BYTES + len, "the size that was computed is the size that was written");
    Ok(out)
}

/// The four bytes before a frame of `len` bytes.
pub(crate) fn length_prefix(len: usize) -> Result<[u8; LENGTH_BYTES], EncodeError> {
    match i32::try_from(len) {
        Ok(len) => Ok(len.to_be_bytes()),
        Err(_) => Err(EncodeError::TooLong { what: Countable::Frame, len }),
    }
}

/// Which request a response frame answers; look up its key and version before reading on.
///
/// # Errors
/// The frame is shorter than a header.
pub fn response_correlation_id(frame: &Bytes) -> Result<i32, DecodeError> {
    i32::read(&mut Decoder::new(frame.clone()))
}

/// Reads the response to a request `R` that was sent in `version`, from a frame without its length.
///
/// # Errors
/// Whatever is wrong with the bytes, bytes behind the response included.
pub fn read_response<R>(frame: Bytes, version: i16) -> Result<R::Response, DecodeError>
where
    R: Request,
    R::Response: Decode,
{
    let mut decoder = Decoder::new(frame);
    ResponseHeader::decode_from(&mut decoder, R::KEY.response_header_version(version))?;
    let response = R::Response::decode_from(&mut decoder, version)?;
    decoder.finish()?;
    Ok(response)
}

/// Reads the response to an ApiVersions request that was sent in `version`, or the answer in version 0 by which a broker
/// says that it does not have that version (KIP-511).
///
/// # Errors
/// Whatever is wrong with the bytes.
pub fn read_api_versions_response(frame: Bytes, version: i16) -> Result<ApiVersionsResponse, DecodeError> {
    // Every version begins with the error code, and the header has no tagged fields in any.
    let refused = frame.get(4..6).is_some_and(|code| code == UNSUPPORTED_VERSION.to_be_bytes());
    read_response::<ApiVersionsRequest>(frame, if refused { 0 } else { version })
}
