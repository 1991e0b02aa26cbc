//! The bucket that a command looks at, and the cluster in it.

use super::Which;
use super::failure::Failure;
use esker_config::Startup;
use esker_env::Env;
use esker_model::ClusterId;
use esker_server::open_bucket;
use esker_tiering::bucket::{Bucket, BucketAccess, BucketCluster, BucketTopic};
use esker_tiering::cost::Prices;
use tokio::runtime::Handle;

/// See the module.
#[derive(Debug)]
pub struct Place {
    pub bucket: Bucket,
    pub env: Env,
    pub json: bool,
    /// What the provider asks, and in which currency.
    pub prices: Prices,
    pub currency: String,
    cluster: Option<ClusterId>,
}

/// Reads the configuration as the server does.
pub fn load(which: &Which, env: &Env) -> Result<Startup, Failure> {
    which.configured.resolve(env).map_err(|errors| Failure::Unanswered(errors.to_string()))
}

impl Place {
    /// Opens the bucket for reading.
    pub fn open(which: &Which, env: Env, runtime: Handle) -> Result<Self, Failure> {
        Self::open_for(which, BucketAccess::Read, env, runtime)
    }

    /// Opens the bucket.
    pub fn open_for(which: &Which, access: BucketAccess, env: Env, runtime: Handle) -> Result<Self, Failure> {
        let startup = load(which, &env)?;
        let cluster = match &which.cluster {
            Some(id) => Some(id.parse().map_err(|error| Failure::Unanswered(format!("--cluster: {error}")))?),
            None => None,
        };
        let opened = open_bucket(&startup, access, &env, runtime);
        let bucket = opened.map_err(|error| Failure::Unanswered(error.to_string()))?;
        let (Some(bucket), Some(tier)) = (bucket, &startup.broker.tier) else {
            return Err(Failure::Unanswered("esker.tier.url is not set: this broker has no tier".to_owned()));
        };
        let (prices, currency) = (esker_server::prices(&tier.prices), tier.prices.currency.clone());
        Ok(Self { bucket, env, json: which.json, prices, currency, cluster })
    }

    /// The cluster that was asked for; without a wish the only one.
    pub async fn cluster(&self) -> Result<BucketCluster, Failure> {
        let known = self.bucket.clusters().await?;
        match &self.cluster {
            Some(id) if known.contains(id) => Ok(self.bucket.cluster(id)),
            Some(id) => Err(Failure::Bad(format!("the bucket holds no cluster {id}{}", named(&known)))),
            None => match known.as_slice() {
                [only] => Ok(self.bucket.cluster(only)),
                [] => Err(Failure::Bad("the bucket holds no cluster".to_owned())),
                _ => Err(Failure::Unanswered(format!("--cluster says which one{}", named(&known)))),
            },
        }
    }

    /// The topic of a name or an id; one that is being deleted only where there is no other.
    pub async fn topic(&self, cluster: &BucketCluster, name: &str) -> Result<BucketTopic, Failure> {
        let is_it = |topic: &BucketTopic| topic.name.as_deref() == Some(name) || topic.id.to_string() == name;
        let mut found: Vec<BucketTopic> = cluster.topics().await?.into_iter().filter(is_it).collect();
        found.sort_by_key(|topic| topic.is_deleted);
        let living = found.iter().filter(|topic| !topic.is_deleted).count();
        if living > 1 {
            let ids: Vec<String> = found.iter().map(|topic| topic.id.to_string()).collect();
            let reason = format!("several topics are called {name}: name one by its id, {}", ids.join(" or "));
            return Err(Failure::Unanswered(reason));
        }
        let missing = || Failure::Bad(format!("cluster {} has no topic {name} in the bucket", cluster.id()));
        found.into_iter().next().ok_or_else(missing)
    }
}

fn named(clusters: &[ClusterId]) -> String {
    let names: Vec<&str> = clusters.iter().map(ClusterId::as_str).collect();
    if names.is_empty() { String::new() } else { format!("; there are {}", names.join(", ")) }
}
