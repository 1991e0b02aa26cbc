//! Bounds on the tier's bandwidth follow the cluster's configuration while the broker runs.

use super::options::rate;
use esker_metadata::{ConfigResourceKind, ConfigStore};
use esker_tiering::Tier;
use std::sync::Arc;

/// Puts each change into effect. Never ends by itself.
pub(crate) async fn follow_rates(tier: Tier, configs: Arc<ConfigStore>) {
    let mut images = configs.watch().subscribe("bandwidth of the tier");
    loop {
        let change = images.next().await;
        if change.delta.configs_changed.iter().any(|resource| resource.kind == ConfigResourceKind::Broker) {
            let values = configs.at(&change.new);
            tier.set_copy_rate(rate(&values, "remote.log.manager.copy.max.bytes.per.second"));
            tier.set_fetch_rate(rate(&values, "remote.log.manager.fetch.max.bytes.per.second"));
        }
        images.applied(change.new.offset());
    }
}
