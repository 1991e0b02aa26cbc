//! The addresses that clients are told.

use super::facts::Facts;
use super::finding::{Finding, Verdict};
use esker_config::BrokerConfig;

/// Looks at every advertised address.
pub fn check(facts: &dyn Facts, broker: &BrokerConfig) -> Vec<Finding> {
    let listeners = broker.listeners.clients();
    listeners.filter_map(|listener| Some(advertised(facts, &listener.name, listener.advertised.as_ref()?))).collect()
}

fn advertised(facts: &dyn Facts, listener: &str, address: &esker_config::HostPort) -> Finding {
    let name = format!("advertised address of {listener}");
    let wanted =
        "a name or address that every client can resolve and reach: it is where they connect after the first question";
    let how = format!("advertised.listeners={listener}://HOST:{}", address.port);
    let (good, verdict, found) = match facts.resolve(&address.host) {
        Err(error) => (false, Verdict::Wrong, format!("{address}: this machine cannot resolve it: {error}")),
        Ok(found) if found.is_empty() => (false, Verdict::Wrong, format!("{address} stands for no address")),
        Ok(found) if found.iter().any(|ip| ip.is_unspecified()) => {
            (false, Verdict::Wrong, format!("{address} stands for no machine"))
        }
        Ok(found) if found.iter().all(|ip| ip.is_loopback()) => (
            false,
            Verdict::Advice,
            format!("{address} is this machine's own: clients on others will not find the broker"),
        ),
        Ok(found) => {
            let addresses: Vec<String> = found.iter().map(ToString::to_string).collect();
            (true, Verdict::Good, format!("{address}, {}", addresses.join(", ")))
        }
    };
    Finding::judged(&name, good, verdict, found, wanted).change(how)
}
