//! AWS credentials: the provider chain of aws-config behind a cache of our own.
//!
//! object_store asks for credentials with every request and aws-config's providers do not cache, so without this each request
//! would call the provider. Here one call serves all requests until shortly before the expiry; then one call in the background
//! renews, and what was valid is used until it expires.

use async_trait::async_trait;
use aws_credential_types::provider::ProvideCredentials;
use esker_env::{Env, Instant};
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use parking_lot::Mutex;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// How long before the expiry a renewal begins, and how much of it is drawn by lot so that brokers spread.
const RENEW_AHEAD: Duration = Duration::from_secs(300);
const RENEW_JITTER_MS: u64 = 60_000;
/// Credentials without an expiry are asked for again this often: somebody may have changed a file.
const RENEW_TIMELESS: Duration = Duration::from_secs(900);
/// Pause after a failed renewal.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// A provider that does not answer for so long has failed.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// There are no credentials: none were found, or they expired and could not be renewed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no AWS credentials: {0}")]
pub(crate) struct NoCredentials(String);

#[cfg(test)]
impl NoCredentials {
    pub(crate) fn test(why: &str) -> Self {
        Self(why.to_owned())
    }
}

/// What a provider answers.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) credential: AwsCredential,
    /// Milliseconds since the Unix epoch; `None` for no end.
    pub(crate) expires_ms: Option<i64>,
}

/// Who knows credentials.
#[async_trait]
pub(crate) trait CredentialSource: Debug + Send + Sync + 'static {
    async fn fetch(&self) -> Result<Fetched, NoCredentials>;
}

/// aws-config's default chain: environment, profiles, SSO, credential processes, web identity, container, instance.
#[derive(Debug, Default)]
pub(crate) struct AwsConfigSource {
    chain: tokio::sync::OnceCell<Option<aws_credential_types::provider::SharedCredentialsProvider>>,
}

#[async_trait]
impl CredentialSource for AwsConfigSource {
    async fn fetch(&self) -> Result<Fetched, NoCredentials> {
        let load = || async {
            let config = aws_config::defaults(aws_config::BehaviorVersion::latest()).load().await;
            config.credentials_provider()
        };
        let chain = self.chain.get_or_init(load).await;
        let chain = chain.as_ref().ok_or_else(|| NoCredentials("the default chain is empty".into()))?;
        let found = chain.provide_credentials().await.map_err(|error| {
            let cause = std::error::Error::source(&error).map(|source| format!(": {source}"));
            NoCredentials(format!("{error}{}", cause.unwrap_or_default()))
        })?;
        let expires = found.expiry().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        Ok(Fetched {
            credential: AwsCredential {
                key_id: found.access_key_id().to_owned(),
                secret_key: found.secret_access_key().to_owned(),
                token: found.session_token().map(str::to_owned),
            },
            expires_ms: expires.and_then(|since| i64::try_from(since.as_millis()).ok()),
        })
    }
}

#[derive(Debug)]
struct Cached {
    credential: Arc<AwsCredential>,
    /// Judged by elapsed time, so that a jump of the wall clock neither expires nor prolongs anything.
    expires: Option<Instant>,
    renew_at: Instant,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct CachingCredentials {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    env: Env,
    source: Box<dyn CredentialSource>,
    cached: Mutex<Option<Cached>>,
    /// Held by the one that asks the provider.
    asking: tokio::sync::Mutex<()>,
}

impl CachingCredentials {
    pub(crate) fn new(env: Env, source: Box<dyn CredentialSource>) -> Self {
        Self { inner: Arc::new(Inner { env, source, cached: Mutex::default(), asking: tokio::sync::Mutex::default() }) }
    }

    pub(crate) async fn get(&self) -> Result<Arc<AwsCredential>, NoCredentials> {
        if let Some((credential, renew)) = self.inner.valid() {
            if renew {
                Inner::renew_in_background(&self.inner);
            }
            return Ok(credential);
        }
        let _asking = self.inner.asking.lock().await;
        match self.inner.valid() {
            Some((credential, _)) => Ok(credential), // whoever asked before us found it
            None => self.inner.ask().await,
        }
    }
}

impl Inner {
    /// What is cached and not expired, and whether it is time to renew it.
    fn valid(&self) -> Option<(Arc<AwsCredential>, bool)> {
        let now = self.env.clock.now();
        let cached = self.cached.lock();
        let cached = cached.as_ref().filter(|cached| cached.expires.is_none_or(|at| now < at))?;
        Some((Arc::clone(&cached.credential), now >= cached.renew_at))
    }

    fn renew_in_background(inner: &Arc<Inner>) {
        let inner = Arc::clone(inner);
        esker_env::spawn(async move {
            let Ok(_asking) = inner.asking.try_lock() else { return };
            let is_due = inner.valid().is_none_or(|(_, renew)| renew);
            if is_due && let Err(error) = inner.ask().await {
                tracing::warn!(%error, "renewing the AWS credentials failed; the present ones are used until they expire");
                let later = inner.env.clock.now() + RETRY_AFTER;
                if let Some(cached) = inner.cached.lock().as_mut() {
                    cached.renew_at = later;
                }
            }
        });
    }

    async fn ask(&self) -> Result<Arc<AwsCredential>, NoCredentials> {
        let answer = esker_env::timeout(ANSWER_MAX, self.source.fetch()).await;
        let fetched = answer.ok_or_else(|| NoCredentials("the provider does not answer".into()))??;
        let now = self.env.clock.now();
        let lifetime = fetched
            .expires_ms
            .map(|at| Duration::from_millis(u64::try_from(at.saturating_sub(self.env.clock.wall_ms())).unwrap_or(0)));
        let jitter = Duration::from_millis(self.env.random.below(RENEW_JITTER_MS));
        let renew_in = match lifetime {
            // Of a short life the first half is used before it is renewed.
            Some(lifetime) => lifetime.saturating_sub(RENEW_AHEAD + jitter).max(lifetime / 2),
            None => RENEW_TIMELESS + jitter,
        };
        let credential = Arc::new(fetched.credential);
        let cached = Cached {
            credential: Arc::clone(&credential),
            expires: lifetime.map(|lifetime| now + lifetime),
            renew_at: now + renew_in,
        };
        *self.cached.lock() = Some(cached);
        Ok(credential)
    }
}

#[async_trait]
impl CredentialProvider for CachingCredentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let found = self.get().await;
        found.map_err(|error| object_store::Error::Generic { store: "S3", source: Box::new(error) })
    }
}
