//! What the cluster knows of one broker.

use crate::DirectoryId;
use esker_model::{BrokerEpoch, BrokerId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// How a listener protects its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SecurityProtocol {
    /// Neither encrypted nor authenticated.
    Plaintext,
    /// TLS.
    Ssl,
    /// SASL without encryption.
    SaslPlaintext,
    /// SASL inside TLS.
    SaslSsl,
}

/// Where clients of one listener reach a broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The listener's name, upper case.
    pub listener: String,
    /// The advertised host name or address.
    pub host: String,
    /// The advertised port.
    pub port: u16,
    /// The listener's protocol.
    pub protocol: SecurityProtocol,
}

/// The levels of a feature that a broker can work with, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRange {
    /// Lowest level.
    pub min: i16,
    /// Highest level.
    pub max: i16,
}

/// One broker's registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broker {
    /// Its `node.id`.
    pub id: BrokerId,
    /// Identity of one run of the broker's process.
    pub incarnation: Uuid,
    /// Offset of the record that made this registration; grows with each one in the cluster.
    pub epoch: BrokerEpoch,
    /// Where it is reached, one endpoint for each listener name.
    pub endpoints: Vec<Endpoint>,
    /// Where it stands (`broker.rack`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack: Option<String>,
    /// Its log directories that are online.
    #[serde(default)]
    pub log_dirs: Vec<DirectoryId>,
    /// The features that it supports.
    #[serde(default)]
    pub features: BTreeMap<String, VersionRange>,
    /// A fenced broker leads nothing, is in no in-sync set and is not shown to clients.
    pub fenced: bool,
    /// Set from the wish to stop until the stop; such a broker is given no leadership.
    #[serde(default)]
    pub in_controlled_shutdown: bool,
}

impl Broker {
    /// Whether it may lead and be in sync: neither fenced nor stopping.
    pub fn is_active(&self) -> bool {
        !self.fenced && !self.in_controlled_shutdown
    }

    /// Where clients of the listener named `listener` reach it.
    pub fn endpoint(&self, listener: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.listener == listener)
    }
}
