//! The sockets of all client listeners, bound before anybody is told about them.

use crate::listener::{SocketOptions, bind};
use esker_config::{Listener, Listeners, NetworkConfig, SecurityProtocol};
use esker_metadata::Endpoint;
use std::io;
use std::sync::Arc;
use tokio::net::TcpListener;

/// A listener that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("listener {listener} cannot listen on {address}: {error}")]
pub struct BindError {
    listener: String,
    address: String,
    error: io::Error,
}

/// An open listener.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) name: Arc<str>,
    pub(crate) socket: TcpListener,
    /// Most connections at once.
    pub(crate) connections_max: usize,
    /// Most new connections a second.
    pub(crate) rate_max: usize,
    /// What clients are told; `None` where `advertised.listeners` leaves this listener out.
    pub(crate) endpoint: Option<Endpoint>,
}

/// Opens every client listener.
///
/// Controller listeners stay closed: the only voter of the quorum is this process, and nobody else has anything to ask there.
pub(crate) async fn open(listeners: &Listeners, network: &NetworkConfig) -> Result<Vec<Bound>, BindError> {
    for listener in listeners.controllers() {
        tracing::info!(
            listener = listener.name,
            "controller listener stays closed: the metadata quorum has no other member that could connect"
        );
    }
    let options = SocketOptions {
        backlog: network.backlog,
        send_buffer: network.send_buffer_bytes,
        receive_buffer: network.receive_buffer_bytes,
    };
    let mut bound = Vec::new();
    for listener in listeners.clients() {
        bound.push(open_one(listener, &options).await?);
    }
    Ok(bound)
}

async fn open_one(listener: &Listener, options: &SocketOptions) -> Result<Bound, BindError> {
    let host = listener.host.as_deref().unwrap_or("");
    let failed =
        |error| BindError { listener: listener.name.clone(), address: format!("{host}:{}", listener.port), error };
    let socket = bind(host, listener.port, options).await.map_err(failed)?;
    let port = socket.local_addr().map_err(failed)?.port();
    let endpoint = listener.advertised.as_ref().map(|advertised| Endpoint {
        listener: listener.name.clone(),
        host: advertised.host.clone(),
        port: if advertised.port == 0 { port } else { advertised.port },
        protocol: protocol(listener.protocol),
    });
    tracing::info!(listener = listener.name, host, port, "listening");
    Ok(Bound {
        name: listener.name.as_str().into(),
        socket,
        connections_max: listener.connections_max.unwrap_or(usize::MAX),
        rate_max: listener.connection_rate_max.unwrap_or(usize::MAX),
        endpoint,
    })
}

fn protocol(protocol: SecurityProtocol) -> esker_metadata::SecurityProtocol {
    match protocol {
        SecurityProtocol::Plaintext => esker_metadata::SecurityProtocol::Plaintext,
        SecurityProtocol::Ssl => esker_metadata::SecurityProtocol::Ssl,
        SecurityProtocol::SaslPlaintext => esker_metadata::SecurityProtocol::SaslPlaintext,
        SecurityProtocol::SaslSsl => esker_metadata::SecurityProtocol::SaslSsl,
    }
}
