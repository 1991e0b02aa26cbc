//! The bucket of a configuration, for tools that need no broker.

use super::options;
use esker_config::Startup;
use esker_env::Env;
use esker_tiering::TierOpenError;
use esker_tiering::bucket::{Bucket, BucketAccess};
use tokio::runtime::Handle;

/// Opens the bucket that the configuration names; `None` where the tier is off.
pub fn open_bucket(
    startup: &Startup,
    access: BucketAccess,
    env: &Env,
    runtime: Handle,
) -> Result<Option<Bucket>, TierOpenError> {
    let Some(tier) = &startup.broker.tier else { return Ok(None) };
    let options = options::options(tier, &startup.values, &startup.broker.metadata_log_dir);
    Bucket::open(&options::url(&tier.url), access, &options, env.clone(), runtime).map(Some)
}
