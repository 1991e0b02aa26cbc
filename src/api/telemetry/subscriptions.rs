//! The client metrics subscriptions of the cluster, and what they ask of one client together.

use esker_config::{ClientMetricsSubscription, ClientTrait, ConfigMap};
use esker_metadata::{ClusterImage, ConfigResourceKind};
use esker_record::crc32c;

/// Time between two pushes of a client that nothing asks for more often.
const INTERVAL_MS_DEFAULT: i32 = 300_000;
/// Stands for all metrics.
const ALL: &str = "*";

/// What a client is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Tells this set of wishes to this client from every other.
    pub subscription: i32,
    /// Time between two pushes, in milliseconds.
    pub interval_ms: i32,
    /// Prefixes of names.
    pub metrics: Vec<String>,
}

/// All subscriptions, as of an image.
#[derive(Debug)]
pub(super) struct Subscriptions {
    /// Grows with every change of a subscription.
    version: u64,
    offset: i64,
    sources: Vec<(String, ConfigMap)>,
    all: Vec<ClientMetricsSubscription>,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self { version: 0, offset: i64::MIN, sources: Vec::new(), all: Vec::new() }
    }
}

impl Subscriptions {
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The subscriptions of `image`, where it is a newer one.
    pub fn newer(&self, image: &ClusterImage) -> Option<Self> {
        if image.offset() <= self.offset {
            return None;
        }
        let configured = image.configured(ConfigResourceKind::ClientMetrics).filter(|(_, configs)| !configs.is_empty());
        let sources: Vec<_> = configured.map(|(resource, configs)| (resource.name.clone(), configs.clone())).collect();
        let version = self.version + u64::from(sources != self.sources);
        let all = sources.iter().filter_map(|(_, configs)| ClientMetricsSubscription::of(configs)).collect();
        Some(Self { version, offset: image.offset(), sources, all })
    }

    /// What the client with this id is asked for by all subscriptions that match it.
    pub fn wanted<'a>(&self, instance: u128, trait_of: impl Fn(ClientTrait) -> Option<&'a str>) -> Wanted {
        let mut interval_ms = INTERVAL_MS_DEFAULT;
        let mut metrics: Vec<&str> = Vec::new();
        for subscription in self.all.iter().filter(|subscription| subscription.matches(&trait_of)) {
            interval_ms = interval_ms.min(subscription.interval_ms);
            metrics.extend(subscription.metrics.iter().map(String::as_str));
        }
        if metrics.contains(&ALL) {
            metrics = vec![ALL];
        }
        let metrics = in_java_order(metrics);
        let subscription = subscription_id(&metrics, interval_ms, instance);
        Wanted { subscription, interval_ms, metrics: metrics.into_iter().map(str::to_owned).collect() }
    }
}

/// As Kafka computes it, so that it is the same on every broker.
fn subscription_id(metrics: &[&str], interval_ms: i32, instance: u128) -> i32 {
    let text = format!("[{}]{interval_ms}", metrics.join(", "));
    (crc32c(text.as_bytes()) ^ java_hash_of_id(instance)).cast_signed()
}

fn java_hash_of_id(id: u128) -> u32 {
    let halves = (id >> 64) ^ id;
    #[allow(clippy::cast_possible_truncation)] // the lower 64 bits are meant, and then each of their halves
    let folded = halves as u64;
    #[allow(clippy::cast_possible_truncation)]
    let (upper, lower) = ((folded >> 32) as u32, folded as u32);
    upper ^ lower
}

/// Without duplicates, in the order in which Java's `HashSet` lists them: it goes into the subscription's id.
fn in_java_order(texts: Vec<&str>) -> Vec<&str> {
    let mut distinct: Vec<&str> = Vec::new();
    for text in texts {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    // A table of sixteen doubles when it is three quarters full.
    let mut buckets = 16;
    while distinct.len() * 4 > buckets * 3 {
        buckets *= 2;
    }
    distinct.sort_by_key(|text| {
        let hash = text.encode_utf16().fold(0u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
        (hash ^ (hash >> 16)) as usize & (buckets - 1)
    });
    distinct
}
