//! Addresses as configuration writes them: `NAME://host:port`, `host:port`, `id@host:port`.

use std::fmt;

/// A host and a port. The host is a name or an address, an IPv6 one without brackets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// Name or address; never empty.
    pub host: String,
    /// TCP port; 0 lets the system choose.
    pub port: u16,
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A listener's address as `listeners` and `advertised.listeners` write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The listener's name, in upper case.
    pub listener: String,
    /// Name or address; `None` where the text leaves it open.
    pub host: Option<String>,
    /// TCP port; 0 lets the system choose.
    pub port: u16,
}

/// A voter of the metadata quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// Its `node.id`.
    pub id: i32,
    /// Where its controller listener is.
    pub address: HostPort,
}

/// Reads `NAME://host:port`. The host may be empty, or an IPv6 address in brackets.
pub fn parse_endpoint(text: &str) -> Result<Endpoint, String> {
    let failed = || format!("Unable to parse {} to a broker endpoint", crate::value::shorten(text));
    let (name, address) = text.rsplit_once("://").ok_or_else(failed)?;
    let (host, port) = split_host_port(address).ok_or_else(failed)?;
    if name.is_empty() {
        return Err(failed());
    }
    let port = port.parse::<u16>().map_err(|_| failed())?;
    let host = (!host.is_empty()).then(|| host.to_owned());
    Ok(Endpoint { listener: name.to_uppercase(), host, port })
}

/// Reads `id@host:port`.
pub(crate) fn parse_voter(text: &str) -> Result<Voter, String> {
    const FORM: &str = "Each entry should be in the form `{id}@{host}:{port}`.";
    let (id, address) = text
        .split_once('@')
        .ok_or_else(|| format!("Invalid configuration value for controller.quorum.voters. {FORM}"))?;
    let id = id
        .parse::<i32>()
        .map_err(|_| format!("Failed to parse voter ID as integer from {}", crate::value::shorten(id)))?;
    let address = parse_host_port(address).ok_or_else(|| {
        let entry = crate::value::shorten(text);
        format!("Failed to parse host name from entry {entry} for the configuration controller.quorum.voters. {FORM}")
    })?;
    Ok(Voter { id, address })
}

/// Reads `host:port` of `controller.quorum.bootstrap.servers`.
pub(crate) fn parse_server(text: &str) -> Result<HostPort, String> {
    parse_host_port(text).ok_or_else(|| {
        let entry = crate::value::shorten(text);
        format!(
            "Failed to parse host name from {entry} for the configuration controller.quorum.bootstrap.servers. Each \
             entry should be in the form \"{{host}}:{{port}}\""
        )
    })
}

/// Reads `host:port`, the host being neither empty nor left open.
pub fn parse_host_port(text: &str) -> Option<HostPort> {
    let (host, port) = split_host_port(text)?;
    if host.is_empty() {
        return None;
    }
    Some(HostPort { host: host.to_owned(), port: port.parse().ok()? })
}

/// Splits at the last colon and takes the brackets off an IPv6 address.
fn split_host_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    let bare = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None => host,
    };
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-%._:".contains(&byte);
    (bare.bytes().all(known) && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
        .then_some((bare, port))
}
