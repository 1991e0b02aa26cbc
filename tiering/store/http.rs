//! The HTTP client for S3. It goes where it was sent and nowhere else: a redirection would carry requests, bodies and session tokens to
//! whatever host an answer names.

use object_store::client::{HttpClient, HttpConnector};
use object_store::{ClientOptions, Error};
use std::time::Duration;

pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(15);
/// Our own deadlines grow with the body; this one only catches what they do not.
pub(super) const TIMEOUT: Duration = Duration::from_secs(900);
pub(super) const IDLE_PER_HOST_MAX: usize = 64;

/// Makes such a client.
#[derive(Debug)]
pub(super) struct NoRedirects {
    pub(super) plain_http: bool,
}

impl HttpConnector for NoRedirects {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("esker/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .timeout(TIMEOUT)
            .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
            .http1_only()
            .https_only(!self.plain_http)
            .build();
        Ok(HttpClient::new(client.map_err(|error| Error::Generic { store: "HTTP client", source: Box::new(error) })?))
    }
}
