//! The limits of connections, from the configuration at the start and from each change of it.

use crate::limits::ConnectionLimits;
use crate::listener::ConnectionRegistry;
use crate::start_error::StartError;
use esker_config::BrokerConfig;
use esker_metadata::{ConfigResourceKind, ConfigStore};
use std::sync::Arc;

/// What the configuration says. Names of hosts are looked up.
pub(crate) async fn connection_limits(config: &BrokerConfig) -> Result<ConnectionLimits, StartError> {
    let network = &config.network;
    let mut limits = ConnectionLimits {
        total: network.connections_max,
        per_ip: network.connections_per_ip_max,
        rate: network.connection_rate_max,
        ..ConnectionLimits::default()
    };
    for one in &config.connections_per_ip {
        let found = tokio::net::lookup_host((one.host.as_str(), 0)).await;
        let found = found.map_err(|error| StartError::Host { host: one.host.clone(), error })?;
        limits.overrides.extend(found.map(|address| (address.ip().to_canonical(), one.connections_max)));
    }
    Ok(limits)
}

/// Puts each dynamic change into effect. Never ends by itself.
pub(crate) async fn follow_limits(connections: Arc<ConnectionRegistry>, configs: Arc<ConfigStore>) {
    let mut images = configs.watch().subscribe("limits of connections");
    loop {
        let change = images.next().await;
        if change.delta.configs_changed.iter().any(|resource| resource.kind == ConfigResourceKind::Broker) {
            let config = BrokerConfig::from_values(&configs.at(&change.new), &esker_env::hostname());
            match config {
                Ok(config) => match connection_limits(&config).await {
                    Ok(limits) => connections.set_limits(limits),
                    Err(error) => tracing::warn!(%error, "the limits of connections stay as they were"),
                },
                Err(error) => tracing::warn!(%error, "the changed configuration has no effect on connections"),
            }
        }
        images.applied(change.new.offset());
    }
}
