//! Google Cloud Storage and Azure Blob Storage: set up by the usual `GOOGLE_*` and `AZURE_*` environment.

use crate::store::http::{self, Connector};
use crate::store::remote::RemoteBackend;
use crate::store::{Backend, StoreError, StoreErrorKind};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder};
use object_store::{BackoffConfig, ClientOptions, RetryConfig, StaticCredentialProvider};
use std::sync::Arc;
use std::time::Duration;

/// Where Google's own clients, too, are told that an emulator answers: host:port, or a URL.
const STORAGE_EMULATOR_HOST: &str = "STORAGE_EMULATOR_HOST";
/// What Azure's hosts say of their managed identity.
const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";

/// The part of an environment that speaks of Google Cloud Storage and of Azure: accounts, keys, endpoints.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CloudEnvironment(Vec<(String, String)>);

impl std::fmt::Debug for CloudEnvironment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be keys and stay out of logs.
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl CloudEnvironment {
    /// Picks the variables that count.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let counts = |name: &str| {
            let others = [STORAGE_EMULATOR_HOST, IDENTITY_ENDPOINT, "SERVICE_ACCOUNT"];
            name.starts_with("GOOGLE_") || name.starts_with("AZURE_") || others.contains(&name)
        };
        let variables = variables.into_iter().filter(|(name, value)| counts(name) && !value.is_empty());
        Self(variables.collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "1" | "yes"))
    }

    fn beginning_with<'a>(&'a self, start: &'a str) -> impl Iterator<Item = (String, &'a str)> {
        let known = self.0.iter().filter(move |(name, _)| name.starts_with(start));
        known.map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()))
    }

    fn google(&self, bucket: &str) -> Result<GoogleCloudStorageBuilder, String> {
        let mut builder = GoogleCloudStorageBuilder::new();
        for (name, value) in self.beginning_with("GOOGLE_") {
            if let Ok(key) = name.parse() {
                builder = builder.with_config(key, value);
            }
        }
        if let Some(path) = self.get("SERVICE_ACCOUNT") {
            builder = builder.with_service_account_path(path);
        }
        let emulator = self.get(STORAGE_EMULATOR_HOST).map(|host| {
            let host = host.trim_end_matches('/');
            if host.contains("://") { host.to_owned() } else { format!("http://{host}") }
        });
        let plain_http = match (&emulator, self.get("GOOGLE_BASE_URL")) {
            (Some(_), _) => true,
            (None, Some(url)) => is_plain_http(url),
            (None, None) => false,
        };
        if plain_http && emulator.is_none() && !self.is_on("GOOGLE_ALLOW_HTTP") {
            return Err("GOOGLE_BASE_URL is plain http: set GOOGLE_ALLOW_HTTP=true to allow that".into());
        }
        if let Some(url) = &emulator {
            builder = builder.with_base_url(url).with_skip_signature(true);
        }
        if emulator.is_some() || self.is_on("GOOGLE_SKIP_SIGNATURE") {
            // The crate asks for a token with every upload, signed or not.
            let nobody = GcpCredential { bearer: String::new() };
            builder = builder.with_credentials(Arc::new(StaticCredentialProvider::new(nobody)));
        }
        let builder = builder.with_bucket_name(bucket).with_client_options(client_options(plain_http));
        Ok(builder.with_http_connector(Connector).with_retry(no_retries()))
    }

    fn azure(&self, container: &str) -> Result<MicrosoftAzureBuilder, String> {
        let mut builder = MicrosoftAzureBuilder::new();
        for (name, value) in self.beginning_with("AZURE_") {
            if let Ok(key) = name.parse() {
                builder = builder.with_config(key, value);
            }
        }
        if let Some(url) = self.get(IDENTITY_ENDPOINT) {
            builder = builder.with_msi_endpoint(url);
        }
        let endpoint = self.get("AZURE_ENDPOINT").or_else(|| self.get("AZURE_STORAGE_ENDPOINT"));
        let plain_http = endpoint.is_some_and(is_plain_http);
        if plain_http && !self.is_on("AZURE_ALLOW_HTTP") {
            return Err("the endpoint is plain http: set AZURE_ALLOW_HTTP=true to allow that".into());
        }
        let options = client_options(plain_http);
        let builder = builder.with_container_name(container).with_client_options(options);
        Ok(builder.with_http_connector(Connector).with_retry(no_retries()))
    }
}

fn is_plain_http(url: &str) -> bool {
    url.to_ascii_lowercase().starts_with("http://")
}

/// Time-outs and connections of every remote store.
pub(super) fn client_options(plain_http: bool) -> ClientOptions {
    ClientOptions::new()
        .with_allow_http(plain_http)
        .with_connect_timeout(http::CONNECT_TIMEOUT)
        .with_read_timeout(http::READ_TIMEOUT)
        .with_timeout(http::TIMEOUT)
        .with_pool_max_idle_per_host(http::IDLE_PER_HOST_MAX)
}

/// The [`Store`](crate::store::Store) repeats and counts.
pub(super) fn no_retries() -> RetryConfig {
    RetryConfig { backoff: BackoffConfig::default(), max_retries: 0, retry_timeout: Duration::ZERO }
}

fn rejected(bucket: &str, detail: impl std::fmt::Display) -> StoreError {
    StoreError::new(StoreErrorKind::Rejected, "open", bucket, detail)
}

/// Opens a bucket of Google Cloud Storage. Nothing is sent yet.
pub(crate) fn open_google(
    bucket: &str,
    prefix: &str,
    environment: &CloudEnvironment,
) -> Result<Arc<dyn Backend>, StoreError> {
    let builder = environment.google(bucket).map_err(|what| rejected(bucket, what))?;
    let store = builder.build().map_err(|error| rejected(bucket, error))?;
    Ok(Arc::new(RemoteBackend::new(store, prefix)))
}

/// Opens a container of Azure Blob Storage. Nothing is sent yet.
pub(crate) fn open_azure(
    container: &str,
    prefix: &str,
    environment: &CloudEnvironment,
) -> Result<Arc<dyn Backend>, StoreError> {
    let builder = environment.azure(container).map_err(|what| rejected(container, what))?;
    let store = builder.build().map_err(|error| rejected(container, error))?;
    Ok(Arc::new(RemoteBackend::new(store, prefix)))
}
