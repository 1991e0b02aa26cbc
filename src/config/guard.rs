//! Settings that would promise what this build does not do: each stops the start instead of being passed over.

use crate::error::ConfigError;
use crate::listeners::{Listeners, SecurityProtocol};
use crate::raw::RawConfig;
use crate::table;

/// The one authorizer whose rules are enforced, by the name of Kafka's class.
pub(crate) const STANDARD_AUTHORIZER: &str = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";

/// The sentence why a setting cannot be, if it cannot.
pub(crate) fn objection(name: &str, value: &str) -> Option<String> {
    let base = table::listener_key(name).unwrap_or(name);
    let value = value.trim();
    let unless_empty = |text: &str| (!value.is_empty()).then(|| text.to_owned());
    match base {
        "zookeeper.connect" => Some(
            "ZooKeeper is gone since Kafka 4.0; remove this and every zookeeper.* key, and set process.roles=\
             broker,controller, node.id, controller.listener.names=CONTROLLER, a CONTROLLER address in listeners, and \
             controller.quorum.voters=<node.id>@<host>:<port>"
                .to_owned(),
        ),
        "authorizer.class.name" if value == STANDARD_AUTHORIZER => None,
        "authorizer.class.name" => unless_empty(
            "this build knows no other authorizer than org.apache.kafka.metadata.authorizer.StandardAuthorizer, and will not serve without the one that is asked for",
        ),
        "ssl.client.auth" if matches!(value, "required" | "requested") => {
            Some("this build has no TLS and cannot ask clients for certificates; set none".to_owned())
        }
        "sasl.enabled.mechanisms" => {
            unless_empty("this build has no SASL and cannot authenticate clients; remove it or leave it empty")
        }
        "config.providers" => unless_empty("this build fetches no values from elsewhere; write the values themselves"),
        _ => None,
    }
}

/// Objections to single settings.
pub(crate) fn check_settings(raw: &RawConfig, errors: &mut Vec<ConfigError>) {
    for (name, setting) in raw.settings() {
        if let Some(text) = objection(name, &setting.value) {
            let origin = Some(setting.origin.clone());
            errors.push(ConfigError { origin, key: name.clone(), text, allowed: None });
        }
    }
}

/// The sentence why these listeners cannot be, if they cannot: one would have to protect what passes through it.
pub(crate) fn listener_objection(listeners: &Listeners) -> Option<String> {
    let secured = listeners.all.iter().find(|listener| listener.protocol != SecurityProtocol::Plaintext)?;
    Some(format!(
        "listener {} uses {}, which this build cannot serve; it will not serve PLAINTEXT instead",
        secured.name,
        secured.protocol.name()
    ))
}

/// Objections to listeners.
pub(crate) fn check_listeners(raw: &RawConfig, listeners: &Listeners, errors: &mut Vec<ConfigError>) {
    if let Some(text) = listener_objection(listeners) {
        let allowed = Some("listeners whose protocol is PLAINTEXT".to_owned());
        errors.push(ConfigError { origin: raw.origin("listeners"), key: "listeners".to_owned(), text, allowed });
    }
}
