//! The listeners at work: every connection gets what all of them share.

use crate::RequestMemory;
use crate::connection::ConnectionContext;
use crate::listener::{Accepting, ConnectionRegistry, serve};
use crate::sockets::Bound;
use esker_api::{Api, Session};
use esker_config::BrokerConfig;
use esker_env::{Env, Pool, TaskHandle};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// What all connections share.
pub(crate) struct Front {
    pub(crate) env: Env,
    pub(crate) config: Arc<BrokerConfig>,
    pub(crate) api: Api,
    pub(crate) connections: Arc<ConnectionRegistry>,
    pub(crate) memory: RequestMemory,
    pub(crate) disk_pool: Pool,
}

/// Begins to accept on every socket; one task for each, which ends with the broker.
pub(crate) fn serve_all(sockets: Vec<Bound>, front: &Front, stop: &watch::Receiver<bool>) -> Vec<TaskHandle<()>> {
    let api = Arc::new(front.api.clone());
    let start = |bound: Bound| {
        let context = ConnectionContext {
            env: front.env.clone(),
            disk_pool: front.disk_pool.clone(),
            memory: front.memory.clone(),
            frame_len_max: front.config.network.request_bytes_max,
            // Zero stands for never.
            idle_max: front.config.network.idle_max.unwrap_or(Duration::ZERO),
            stopping: stop.clone(),
        };
        let name = Arc::clone(&bound.name);
        let session = move |peer| Session::new(Arc::clone(&name), peer);
        let accepting = Accepting {
            registry: Arc::clone(&front.connections),
            connections_max: bound.connections_max,
            rate_max: bound.rate_max,
        };
        esker_env::spawn(serve(bound.socket, Arc::clone(&api), accepting, context, session))
    };
    sockets.into_iter().map(start).collect()
}
