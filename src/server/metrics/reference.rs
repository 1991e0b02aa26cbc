//! The list of all figures, as a page.

use super::figure::{Described, describe};
use super::{
    backlog, cleaner, cluster, connections, cost, groups, latency, logs, process, replicas, requests, runtime,
    sessions, telemetry, tier, traffic, transactions,
};
use std::fmt::Write;

/// Every figure, by the section that it stands in.
pub(super) fn sections() -> [(&'static str, Vec<Described>); 11] {
    let mut of_requests: Vec<Described> = describe(requests::FIGURES).collect();
    of_requests.extend(latency::OF_REQUESTS);
    of_requests.extend(describe(sessions::FIGURES));
    let mut of_tier: Vec<Described> = describe(tier::FIGURES).collect();
    of_tier.extend(latency::OF_TIER);
    of_tier.extend(describe(backlog::FIGURES));
    of_tier.extend(describe(cost::FIGURES));
    let of_coordinators = describe(groups::FIGURES).chain(describe(transactions::FIGURES));
    let of_process = describe(process::FIGURES).chain(describe(runtime::FIGURES));
    [
        ("Requests", of_requests),
        ("Connections", describe(connections::FIGURES).collect()),
        ("Partitions", describe(replicas::FIGURES).collect()),
        ("Traffic", describe(traffic::FIGURES).collect()),
        ("Local logs", describe(logs::FIGURES).collect()),
        ("Compaction (unless log.cleaner.enable is off)", describe(cleaner::FIGURES).collect()),
        (
            "Metrics of clients (only where esker.client.telemetry.enable is true; their values are shown at /client-metrics)",
            describe(telemetry::FIGURES).collect(),
        ),
        ("The tier (only where esker.tier.url is set)", of_tier),
        ("Groups and transactions", of_coordinators.collect()),
        ("The cluster", describe(cluster::FIGURES).collect()),
        ("The process", of_process.collect()),
    ]
}

/// The page `config/METRICS.md`.
pub fn metrics_reference() -> String {
    let mut page = String::from(
        "# Metrics\n\nWhat `/metrics` of `esker.http.listener` shows, in Prometheus' text format. Made from the declarations in the \
         code by `make reference`.\n",
    );
    for (title, figures) in sections() {
        // Writing to a String cannot fail.
        let _ = write!(page, "\n## {title}\n\n| name | kind | what it answers |\n|---|---|---|\n");
        for figure in figures {
            let _ = writeln!(page, "| `{}` | {} | {} |", figure.name, figure.kind, figure.about);
        }
    }
    page
}
