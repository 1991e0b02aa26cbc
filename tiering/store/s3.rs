//! S3 and what speaks like it: options, the usual `AWS_*` environment, client settings.

use crate::store::cloud::{client_options, no_retries};
use crate::store::credentials::{AwsConfigSource, CachingCredentials};
use crate::store::http::Connector;
use crate::store::remote::RemoteBackend;
use crate::store::{Backend, StoreError, StoreErrorKind};
use esker_env::Env;
use object_store::aws::{AmazonS3Builder, Checksum};
use std::sync::Arc;

/// `esker.tier.s3.*`; what is `None` comes from the environment, then from defaults.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct S3Options {
    /// URL of the service; none means AWS itself.
    pub endpoint: Option<String>,
    /// Region; `us-east-1` where nobody says another.
    pub region: Option<String>,
    /// Static access key; together with the secret it switches the provider chain off.
    pub access_key: Option<String>,
    /// Its secret.
    pub secret_key: Option<String>,
    /// A session token that belongs to the two.
    pub session_token: Option<String>,
    /// Bucket in the path instead of the host; on where an endpoint is given.
    pub path_style: Option<bool>,
    /// Whether `http://` endpoints are allowed.
    pub allow_http: Option<bool>,
    /// Whether bodies go without a signature of their own; on for https.
    pub unsigned_payload: Option<bool>,
    /// Additional checksum: `crc64nvme`, `sha256` or `none`; `crc64nvme` where payloads are unsigned.
    pub checksum: Option<String>,
    /// Whether requests are sent without any signature.
    pub skip_signature: Option<bool>,
    /// Whether objects are deleted one by one: some stores do not know bulk deletion.
    pub disable_bulk_delete: Option<bool>,
}

impl std::fmt::Debug for S3Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Keys and tokens stay out of logs.
        f.debug_struct("S3Options")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("has_static_keys", &self.access_key.is_some())
            .finish_non_exhaustive()
    }
}

impl S3Options {
    /// Fills what is not set from the usual environment variables.
    pub fn with_environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let known: std::collections::HashMap<String, String> =
            variables.into_iter().filter(|(name, value)| name.starts_with("AWS_") && !value.is_empty()).collect();
        let get = |names: &[&str]| names.iter().find_map(|name| known.get(*name).cloned());
        let flag = |names: &[&str]| {
            get(names).map(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "1" | "yes"))
        };
        let ignore = flag(&["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]).unwrap_or(false);
        if !ignore {
            self.endpoint = self.endpoint.or_else(|| get(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]));
        }
        self.region = self.region.or_else(|| get(&["AWS_REGION", "AWS_DEFAULT_REGION"]));
        if self.access_key.is_none() {
            self.access_key = get(&["AWS_ACCESS_KEY_ID"]);
            self.secret_key = self.secret_key.or_else(|| get(&["AWS_SECRET_ACCESS_KEY"]));
            self.session_token = self.session_token.or_else(|| get(&["AWS_SESSION_TOKEN"]));
        }
        self.allow_http = self.allow_http.or_else(|| flag(&["AWS_ALLOW_HTTP"]));
        self.skip_signature = self.skip_signature.or_else(|| flag(&["AWS_SKIP_SIGNATURE"]));
        let virtual_hosted = flag(&["AWS_VIRTUAL_HOSTED_STYLE_REQUEST"]);
        self.path_style = self.path_style.or_else(|| virtual_hosted.map(|on| !on));
        self
    }

    fn is_plain_http(&self) -> bool {
        self.endpoint.as_ref().is_some_and(|endpoint| endpoint.to_ascii_lowercase().starts_with("http://"))
    }

    fn checksum(&self, unsigned: bool) -> Result<Option<Checksum>, String> {
        match self.checksum.as_deref() {
            None if unsigned => Ok(Some(Checksum::CRC64NVME)),
            None | Some("none") => Ok(None),
            Some("crc64nvme") => Ok(Some(Checksum::CRC64NVME)),
            Some("sha256") => Ok(Some(Checksum::SHA256)),
            Some(other) => Err(format!("{other:?} is not a checksum: crc64nvme, sha256 and none are")),
        }
    }

    fn builder(&self, env: &Env, bucket: &str) -> Result<AmazonS3Builder, String> {
        let plain_http = self.is_plain_http();
        if plain_http && self.allow_http != Some(true) {
            return Err("the endpoint is plain http: set AWS_ALLOW_HTTP=true to allow that".into());
        }
        let unsigned = self.unsigned_payload.unwrap_or(!plain_http);
        let path_style = self.path_style.unwrap_or(self.endpoint.is_some());
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(self.region.as_deref().unwrap_or("us-east-1"))
            .with_allow_http(plain_http)
            .with_virtual_hosted_style_request(!path_style)
            .with_unsigned_payload(unsigned)
            .with_client_options(client_options(plain_http))
            .with_http_connector(Connector)
            .with_retry(no_retries())
            .with_disable_bulk_delete(self.disable_bulk_delete.unwrap_or(false))
            .with_skip_signature(self.skip_signature.unwrap_or(false));
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        if let Some(checksum) = self.checksum(unsigned)? {
            builder = builder.with_checksum_algorithm(checksum);
        }
        Ok(match (&self.access_key, &self.secret_key) {
            (Some(key), Some(secret)) => {
                let builder = builder.with_access_key_id(key).with_secret_access_key(secret);
                self.session_token.iter().fold(builder, |builder, token| builder.with_token(token))
            }
            (None, None) => {
                let source = Box::new(AwsConfigSource::default());
                builder.with_credentials(Arc::new(CachingCredentials::new(env.clone(), source)))
            }
            _ => return Err("an access key needs its secret, and a secret its key".into()),
        })
    }
}

/// Opens a bucket. Nothing is sent yet; errors are those of the options.
pub(crate) fn open_s3(
    env: &Env,
    bucket: &str,
    prefix: &str,
    options: &S3Options,
) -> Result<Arc<dyn Backend>, StoreError> {
    let rejected = |detail: String| StoreError::new(StoreErrorKind::Rejected, "open", bucket, detail);
    let builder = options.builder(env, bucket).map_err(rejected)?;
    let store = builder.build().map_err(|error| rejected(error.to_string()))?;
    Ok(Arc::new(RemoteBackend::new(store, prefix)))
}
