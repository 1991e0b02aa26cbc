//! The tier's options, from the broker's keys.

use esker_config::{BrokerValues, S3Config, TierConfig, TierPrices, TierUrl, Value};
use esker_tiering::cost::Prices;
use esker_tiering::{CloudEnvironment, S3Options, TierOptions};
use std::path::Path;

/// Smallest share of `esker.tier.read.budget.bytes` for what is on its way, and for what waits to be sent.
const READ_SHARE_MIN: u64 = 16 << 20;
/// Requests to the store that are neither uploads nor cold reads: manifests, collection, the probe.
const OTHER_REQUESTS: usize = 32;

pub(super) fn url(url: &TierUrl) -> esker_tiering::TierUrl {
    match url {
        TierUrl::S3 { bucket, prefix } => esker_tiering::TierUrl::S3 { bucket: bucket.clone(), prefix: prefix.clone() },
        TierUrl::Google { bucket, prefix } => {
            esker_tiering::TierUrl::Google { bucket: bucket.clone(), prefix: prefix.clone() }
        }
        TierUrl::Azure { container, prefix } => {
            esker_tiering::TierUrl::Azure { container: container.clone(), prefix: prefix.clone() }
        }
        TierUrl::File { path } => esker_tiering::TierUrl::File(path.clone()),
        TierUrl::Memory => esker_tiering::TierUrl::Memory,
    }
}

/// The options of a tier whose own files lie in `data_dir`.
pub(super) fn options(tier: &TierConfig, values: &BrokerValues, data_dir: &Path) -> TierOptions {
    let limits = &tier.limits;
    let read_share = (limits.read_budget_bytes / 2).max(READ_SHARE_MIN);
    TierOptions {
        cache_memory_bytes: limits.cache_memory_bytes,
        // Without a directory of its own the cache is in memory only.
        cache_disk_bytes: if tier.cache_dir.is_some() { limits.cache_disk_bytes } else { 0 },
        cache_dir: tier.cache_dir.clone(),
        cache_direct_io: limits.cache_direct_io,
        upload_bytes_max: limits.upload_buffer_bytes,
        uploads_per_partition_max: limits.upload_parallelism,
        fetch_bytes_max: read_share,
        answer_bytes_max: read_share,
        read_ahead_bytes_max: limits.read_ahead_bytes_max,
        requests_max: limits.read_parallelism + limits.upload_parallelism + OTHER_REQUESTS,
        task_interval: limits.task_interval,
        scrub_interval: limits.scrub_interval,
        scrub_bytes_per_second: limits.scrub_bytes_per_second,
        copy_bytes_per_second: rate(values, "remote.log.manager.copy.max.bytes.per.second"),
        fetch_bytes_per_second: rate(values, "remote.log.manager.fetch.max.bytes.per.second"),
        s3: s3(&tier.s3),
        cloud: CloudEnvironment::new(std::env::vars()),
        ..TierOptions::new(data_dir)
    }
}

/// What the provider asks.
pub fn prices(prices: &TierPrices) -> Prices {
    Prices {
        storage_gib_month: prices.storage_gib_month,
        class_a_thousand: prices.class_a_thousand,
        class_b_thousand: prices.class_b_thousand,
        egress_gib: prices.egress_gib,
    }
}

/// A bound in bytes per second; none where the key's value is the largest that there is.
pub(super) fn rate(values: &BrokerValues, key: &str) -> u64 {
    match values.get(key) {
        Value::Long(rate) if rate < i64::MAX => u64::try_from(rate).unwrap_or(u64::MAX),
        _ => u64::MAX,
    }
}

/// What is not set comes from the usual `AWS_*` variables.
fn s3(config: &S3Config) -> S3Options {
    let options = S3Options {
        endpoint: config.endpoint.clone(),
        region: config.region.clone(),
        access_key: config.access_key_id.clone(),
        secret_key: config.secret_access_key.as_ref().map(|secret| secret.reveal().to_owned()),
        session_token: config.session_token.as_ref().map(|token| token.reveal().to_owned()),
        path_style: config.path_style,
        allow_http: config.allow_http,
        unsigned_payload: config.unsigned_payload,
        checksum: Some(config.checksum.clone()),
        ..S3Options::default()
    };
    options.with_environment(std::env::vars())
}
