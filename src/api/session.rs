//! What is kept about a client between its requests, and what a handler is told of one request.

use crate::telemetry::Telemetry;
use crate::turns::Turns;
use esker_env::Instant;
use esker_protocol::StrBytes;
use esker_protocol::frame::RequestHead;
use esker_security::Principal;
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};

/// Name and version of the software that a client says it is (KIP-511).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientSoftware {
    /// Its name, such as `apache-kafka-java`.
    pub name: StrBytes,
    /// Its version.
    pub version: StrBytes,
}

/// One connected client.
#[derive(Debug)]
pub struct Client {
    listener: Arc<str>,
    peer: SocketAddr,
    principal: Principal,
    software: Mutex<Option<ClientSoftware>>,
    /// The order of its writes.
    turns: Turns,
    /// The process whose metrics it pushed last, and who keeps them.
    telemetry: Mutex<Option<(Weak<Telemetry>, u128)>>,
}

impl Client {
    /// Name of the listener that it came in by, in upper case. It is told the addresses of that listener.
    pub fn listener(&self) -> &str {
        &self.listener
    }

    /// Its address.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Who it is.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The software that it says it is; `None` before it has.
    pub fn software(&self) -> Option<ClientSoftware> {
        self.software.lock().clone()
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    pub(crate) fn set_software(&self, software: ClientSoftware) {
        *self.software.lock() = Some(software);
    }

    /// Notes whose metrics are to be forgotten when the connection ends.
    pub(crate) fn set_telemetry(&self, telemetry: Weak<Telemetry>, instance: u128) {
        *self.telemetry.lock() = Some((telemetry, instance));
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let telemetry = self.telemetry.get_mut().take();
        if let Some((Some(telemetry), instance)) = telemetry.map(|(weak, instance)| (weak.upgrade(), instance)) {
            telemetry.leave(instance);
        }
    }
}

/// One connection's state: the server makes it when it accepts, and hands it over with every frame.
#[derive(Debug)]
pub struct Session {
    client: Arc<Client>,
}

impl Session {
    /// The state of a connection from `peer` that was accepted by `listener`, named in upper case.
    pub fn new(listener: Arc<str>, peer: SocketAddr) -> Self {
        let (principal, software) = (Principal::anonymous(), Mutex::new(None));
        let (turns, telemetry) = (Turns::default(), Mutex::default());
        Self { client: Arc::new(Client { listener, peer, principal, software, turns, telemetry }) }
    }

    /// Who is connected.
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }
}

/// One request apart from its body.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext {
    /// Key, version, correlation id and client id.
    pub head: RequestHead,
    /// Who asks.
    pub client: Arc<Client>,
    /// When the whole request had arrived.
    pub received: Instant,
    /// Length of its frame.
    pub bytes: usize,
}

impl RequestContext {
    /// What the client calls itself; a name that it does not give is an empty one.
    pub fn client_id(&self) -> &str {
        self.head.client_id.as_deref().unwrap_or_default()
    }

    /// The version of the request, and of its answer.
    pub fn version(&self) -> i16 {
        self.head.version
    }
}
