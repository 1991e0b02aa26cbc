//! The HTTP client for remote stores. It goes where it was sent and nowhere else: a redirection would carry requests, bodies and session
//! tokens to whatever host an answer names. And it holds no more of an answer than an honest one has: object_store collects every body but
//! an object's, and reserves what its header announces.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use object_store::{ClientConfigKey, ClientOptions, Error};
use std::time::Duration;

pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(15);
/// Our own deadlines grow with the body; this one only catches what they do not.
pub(super) const TIMEOUT: Duration = Duration::from_secs(900);
pub(super) const IDLE_PER_HOST_MAX: usize = 64;
/// Longest body that is collected. The longest honest one is a page of a listing: 5,000 keys (Azure's) of 1 KiB, and what is said of each.
const COLLECTED_MAX: usize = 16 << 20;

/// Goes with a request whose body is passed on as it arrives, and is bounded by who takes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Streamed;

/// An answer that is longer than an honest one.
#[derive(Debug, thiserror::Error)]
#[error("the answer has more than the {COLLECTED_MAX} bytes that one may have")]
struct TooLong;

/// Makes such a client.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        // Hosts ask for their own credentials over plain HTTP, whatever the store speaks.
        let allows_http = options.get_config_value(&ClientConfigKey::AllowHttp).as_deref() == Some("true");
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("esker/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .timeout(TIMEOUT)
            .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
            .http1_only()
            .https_only(!allows_http)
            .build();
        let client = client.map_err(|error| Error::Generic { store: "HTTP client", source: Box::new(error) })?;
        Ok(HttpClient::new(Bounded(client)))
    }
}

#[derive(Debug)]
struct Bounded(reqwest::Client);

#[async_trait]
impl HttpService for Bounded {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let is_streamed = request.extensions().get::<Streamed>().is_some();
        let response = HttpService::call(&self.0, request).await?;
        if is_streamed && response.status().is_success() {
            return Ok(response);
        }
        let (head, body) = response.into_parts();
        let collected = collect(body).await?;
        Ok(HttpResponse::from_parts(head, HttpResponseBody::from(collected)))
    }
}

/// Takes a body as far as it may go. What a header announces reserves nothing.
async fn collect(body: HttpResponseBody) -> Result<Bytes, HttpError> {
    let mut pieces = body.bytes_stream();
    let mut whole = BytesMut::new();
    while let Some(piece) = pieces.next().await.transpose()? {
        if whole.len() + piece.len() > COLLECTED_MAX {
            return Err(HttpError::new(HttpErrorKind::Decode, TooLong));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}
