//! Which addresses the broker listens on and which it tells clients, by Kafka's rules.

use crate::endpoint::{Endpoint, parse_endpoint};
use crate::values::BrokerValues;
use crate::{HostPort, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{Ipv4Addr, Ipv6Addr};

/// How a listener's bytes are protected, by Kafka's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are Kafka's and say all
pub enum SecurityProtocol {
    Plaintext,
    Ssl,
    SaslPlaintext,
    SaslSsl,
}

impl SecurityProtocol {
    /// Kafka's name.
    pub fn name(self) -> &'static str {
        match self {
            SecurityProtocol::Plaintext => "PLAINTEXT",
            SecurityProtocol::Ssl => "SSL",
            SecurityProtocol::SaslPlaintext => "SASL_PLAINTEXT",
            SecurityProtocol::SaslSsl => "SASL_SSL",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        use SecurityProtocol::{Plaintext, SaslPlaintext, SaslSsl, Ssl};
        [Plaintext, Ssl, SaslPlaintext, SaslSsl].into_iter().find(|protocol| protocol.name().eq_ignore_ascii_case(name))
    }
}

/// One listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Its name, in upper case.
    pub name: String,
    /// How its bytes are protected.
    pub protocol: SecurityProtocol,
    /// The address to bind; `None` for all interfaces.
    pub host: Option<String>,
    /// The port to bind; 0 lets the system choose.
    pub port: u16,
    /// Whether controllers are served here, and no clients.
    pub controller: bool,
    /// What others are told: clients for a client listener, nodes for a controller listener. `None` for a client
    /// listener that `advertised.listeners` leaves out. A port of 0 stands for the one that the system chose.
    pub advertised: Option<HostPort>,
    /// Most connections at once, by `listener.name.<name>.max.connections`.
    pub connections_max: Option<usize>,
    /// Most new connections a second, by `listener.name.<name>.max.connection.creation.rate`.
    pub connection_rate_max: Option<usize>,
}

/// The listeners of a broker; the names differ and at least one serves clients and has an advertised address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listeners {
    /// All of them, in the order of `listeners`.
    pub all: Vec<Listener>,
    /// Name of the listener through which brokers reach one another.
    pub inter_broker: String,
}

impl Listeners {
    /// The listeners that serve clients.
    pub fn clients(&self) -> impl Iterator<Item = &Listener> {
        self.all.iter().filter(|listener| !listener.controller)
    }

    /// The listeners that serve controllers.
    pub fn controllers(&self) -> impl Iterator<Item = &Listener> {
        self.all.iter().filter(|listener| listener.controller)
    }
}

/// A fault, with the key that is to blame.
pub(crate) type Fault = (&'static str, String);

fn fault<T>(key: &'static str, text: impl Into<String>) -> Result<T, Fault> {
    Err((key, text.into()))
}

fn list(values: &BrokerValues, key: &str) -> Vec<String> {
    match values.get(key) {
        Value::List(entries) => entries,
        _ => Vec::new(),
    }
}

/// Works the listeners out. An address without a host is advertised as `hostname`.
pub(crate) fn resolve_listeners(values: &BrokerValues, hostname: &str) -> Result<Listeners, Fault> {
    let controllers: BTreeSet<String> =
        list(values, "controller.listener.names").iter().map(|name| name.to_uppercase()).collect();
    let protocols = protocols(values, &controllers)?;
    let bound = endpoints(values, "listeners", &protocols)?;
    check_ports(&list(values, "listeners"), &bound)?;
    let given = match values.get("advertised.listeners") {
        Value::List(_) => Some(endpoints(values, "advertised.listeners", &protocols)?),
        _ => None,
    };
    let advertised = advertised(&bound, given.as_deref(), &controllers, hostname);
    let all: Vec<Listener> = bound
        .iter()
        .map(|endpoint| Listener {
            name: endpoint.listener.clone(),
            protocol: protocols[&endpoint.listener],
            host: endpoint.host.clone(),
            port: endpoint.port,
            controller: controllers.contains(&endpoint.listener),
            advertised: advertised.get(&endpoint.listener).cloned(),
            connections_max: listener_number(values, &endpoint.listener, "max.connections"),
            connection_rate_max: listener_number(values, &endpoint.listener, "max.connection.creation.rate"),
        })
        .collect();
    check_controllers(&all, &controllers)?;
    check_advertised(&all, given.as_deref(), &controllers)?;
    let inter_broker = inter_broker(values, &all, &protocols)?;
    Ok(Listeners { all, inter_broker })
}

/// A number that is set for one listener alone.
fn listener_number(values: &BrokerValues, listener: &str, key: &str) -> Option<usize> {
    let name = format!("listener.name.{}.{key}", listener.to_lowercase());
    values.effective.get(&name)?;
    usize::try_from(values.get(&name).as_i64()?).ok()
}

/// The protocol of each listener name. Where the map is not set, controllers' names mean PLAINTEXT, unless some listener
/// is named after another protocol.
fn protocols(
    values: &BrokerValues,
    controllers: &BTreeSet<String>,
) -> Result<HashMap<String, SecurityProtocol>, Fault> {
    const KEY: &str = "listener.security.protocol.map";
    let mut map = HashMap::new();
    let Value::Text(text) = values.get(KEY) else { return Ok(map) };
    for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let Some((name, protocol)) = entry.split_once(':') else {
            return fault(KEY, format!("{entry:?} is not of the form NAME:PROTOCOL"));
        };
        let Some(protocol) = SecurityProtocol::from_name(protocol.trim()) else {
            return fault(KEY, format!("Invalid security protocol `{}` defined in {KEY}", protocol.trim()));
        };
        map.insert(name.trim().to_uppercase(), protocol);
    }
    let secured = |entry: &String| {
        let name = entry.split_once("://").map_or("", |(name, _)| name);
        SecurityProtocol::from_name(name).is_some_and(|protocol| protocol != SecurityProtocol::Plaintext)
    };
    if !values.effective.contains_key(KEY) && !list(values, "listeners").iter().any(secured) {
        for name in controllers {
            map.entry(name.clone()).or_insert(SecurityProtocol::Plaintext);
        }
    }
    Ok(map)
}

fn endpoints(
    values: &BrokerValues,
    key: &'static str,
    protocols: &HashMap<String, SecurityProtocol>,
) -> Result<Vec<Endpoint>, Fault> {
    let texts = list(values, key);
    let failed = |why: String| (key, format!("Error creating broker listeners from '[{}]': {why}", texts.join(", ")));
    let mut endpoints = Vec::with_capacity(texts.len());
    let mut names = BTreeSet::new();
    for text in &texts {
        let endpoint = parse_endpoint(text).map_err(failed)?;
        if !protocols.contains_key(&endpoint.listener) {
            return Err(failed(format!("No security protocol defined for listener {}", endpoint.listener)));
        }
        if !names.insert(endpoint.listener.clone()) {
            let texts = texts.join(", ");
            return Err(failed(format!("Each listener must have a different name, listeners: [{texts}]")));
        }
        endpoints.push(endpoint);
    }
    Ok(endpoints)
}

/// Ports differ, except that one IPv4 and one IPv6 address may share a port.
fn check_ports(texts: &[String], endpoints: &[Endpoint]) -> Result<(), Fault> {
    let mut by_port: BTreeMap<u16, Vec<Option<bool>>> = BTreeMap::new();
    for endpoint in endpoints.iter().filter(|endpoint| endpoint.port != 0) {
        let host = endpoint.host.as_deref().unwrap_or("");
        let is_v6 = match (host.parse::<Ipv4Addr>(), host.parse::<Ipv6Addr>()) {
            (Ok(_), _) => Some(false),
            (_, Ok(_)) => Some(true),
            _ => None,
        };
        by_port.entry(endpoint.port).or_default().push(is_v6);
    }
    let clash = by_port.iter().find(|(_, families)| match families.as_slice() {
        [_] => false,
        [Some(one), Some(other)] => one == other,
        _ => true,
    });
    match clash {
        None => Ok(()),
        Some((port, _)) => fault(
            "listeners",
            format!(
                "Each listener must have a different port unless one has an IPv4 address and the other an IPv6 \
                 address, listeners: [{}], port: {port}",
                texts.join(", ")
            ),
        ),
    }
}

/// What is advertised under each name: what `advertised.listeners` says, else what is bound.
fn advertised(
    bound: &[Endpoint],
    given: Option<&[Endpoint]>,
    controllers: &BTreeSet<String>,
    hostname: &str,
) -> HashMap<String, HostPort> {
    let address = |endpoint: &Endpoint| {
        let host = endpoint.host.clone().unwrap_or_else(|| hostname.to_owned());
        (endpoint.listener.clone(), HostPort { host, port: endpoint.port })
    };
    let mut map: HashMap<String, HostPort> = given.unwrap_or(bound).iter().map(address).collect();
    // Controllers are reached where they listen even when only the clients' addresses are spelled out.
    for endpoint in bound.iter().filter(|endpoint| controllers.contains(&endpoint.listener)) {
        let (name, address) = address(endpoint);
        map.entry(name).or_insert(address);
    }
    map
}

fn check_controllers(all: &[Listener], controllers: &BTreeSet<String>) -> Result<(), Fault> {
    const KEY: &str = "controller.listener.names";
    if !all.iter().any(|listener| listener.controller) {
        return fault(
            KEY,
            format!(
                "{KEY} must contain at least one value appearing in the 'listeners' configuration when running the \
                 KRaft controller role"
            ),
        );
    }
    if !controllers.iter().all(|name| all.iter().any(|listener| listener.name == *name)) {
        return fault(
            KEY,
            format!(
                "{KEY} must only contain values appearing in the 'listeners' configuration when running the KRaft \
                 controller role"
            ),
        );
    }
    Ok(())
}

fn names(listeners: impl Iterator<Item = String>) -> String {
    listeners.collect::<Vec<_>>().join(",")
}

fn check_advertised(all: &[Listener], given: Option<&[Endpoint]>, controllers: &BTreeSet<String>) -> Result<(), Fault> {
    const KEY: &str = "advertised.listeners";
    let stray = |endpoint: &&Endpoint| !all.iter().any(|listener| listener.name == endpoint.listener);
    if given.into_iter().flatten().any(|endpoint| stray(&endpoint)) {
        let clients = given.into_iter().flatten().filter(|endpoint| !controllers.contains(&endpoint.listener));
        return fault(
            KEY,
            format!(
                "{KEY} listener names must be equal to or a subset of the ones defined in listeners. Found {}. The \
                 valid options based on the current configuration are {}",
                names(clients.map(|endpoint| endpoint.listener.clone())),
                names(all.iter().map(|listener| listener.name.clone()))
            ),
        );
    }
    if !all.iter().any(|listener| !listener.controller && listener.advertised.is_some()) {
        let text = "There must be at least one broker advertised listener. Perhaps all listeners appear in \
                    controller.listener.names?";
        return fault(if given.is_some() { KEY } else { "listeners" }, text);
    }
    let unroutable =
        |listener: &Listener| listener.advertised.as_ref().is_some_and(|address| address.host == "0.0.0.0");
    if all.iter().any(unroutable) {
        return fault(
            if given.is_some() { KEY } else { "listeners" },
            format!("{KEY} cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address."),
        );
    }
    Ok(())
}

fn inter_broker(
    values: &BrokerValues,
    all: &[Listener],
    protocols: &HashMap<String, SecurityProtocol>,
) -> Result<String, Fault> {
    const NAME: &str = "inter.broker.listener.name";
    const PROTOCOL: &str = "security.inter.broker.protocol";
    let name = match (values.get(NAME), values.get(PROTOCOL)) {
        (Value::Text(_), _) if values.effective.contains_key(PROTOCOL) => {
            return fault(NAME, format!("Only one of {NAME} and {PROTOCOL} should be set."));
        }
        (Value::Text(name), _) => name.to_uppercase(),
        (_, Value::Text(protocol)) => protocol,
        _ => SecurityProtocol::Plaintext.name().to_owned(),
    };
    if !protocols.contains_key(&name) {
        return fault(
            NAME,
            format!("Listener with name {name} defined in {NAME} not found in listener.security.protocol.map."),
        );
    }
    let valid = || all.iter().filter(|listener| !listener.controller && listener.advertised.is_some());
    if !valid().any(|listener| listener.name == name) {
        return fault(
            NAME,
            format!(
                "{NAME} must be a listener name defined in advertised.listeners. The valid options based on currently \
                 configured listeners are {}",
                names(valid().map(|listener| listener.name.clone()))
            ),
        );
    }
    Ok(name)
}
