//! Every declared figure is shown under its name, and the page that lists them is up to date.

use super::figure::Emit;
use super::reference::sections;
use super::testing::{metrics, sources};
use super::{Metrics, metrics_reference, tier};
use esker_tiering::{Operation, Reason, RequestCount, TierMetrics, TierState};
use std::collections::BTreeSet;

#[test]
fn the_committed_page_is_the_declared_one() {
    let committed = include_str!("../../../config/METRICS.md");
    assert!(
        committed == metrics_reference(),
        "config/METRICS.md has drifted from the declarations: run `make reference`"
    );
}

#[test]
fn names_are_unique_and_say_how_they_move() {
    let mut seen = BTreeSet::new();
    for figure in sections().into_iter().flat_map(|(_, figures)| figures) {
        assert!(seen.insert(figure.name), "{} is declared twice", figure.name);
        assert_eq!(figure.name.ends_with("_total"), figure.kind == "counter", "{}", figure.name);
        let known = ["kafka_", "esker_", "process_"].iter().any(|prefix| figure.name.starts_with(prefix));
        assert!(known, "{} begins with no known word", figure.name);
        assert!(figure.about.contains('?'), "{} answers no question", figure.name);
    }
}

#[tokio::test]
async fn figures_are_shown_under_their_declared_names() {
    let dir = tempfile::tempdir().unwrap();
    let text = metrics(&dir).text().unwrap();
    // What has labels appears with its first value.
    let quiet = ["errors_total", "totaltime_seconds"];
    for (title, figures) in sections() {
        for figure in figures.iter().filter(|_| !title.starts_with("The tier")) {
            let shown = text.contains(&format!("# HELP {} ", figure.name));
            assert!(
                shown || quiet.iter().any(|name| figure.name.ends_with(name)),
                "{} is missing:\n{text}",
                figure.name
            );
        }
    }
    assert!(text.contains("\nkafka_network_requestchannel_memory_limit_bytes 1048576\n"), "{text}");
    assert!(text.contains("\nprocess_start_time_seconds 1700000000\n"), "{text}");
    assert!(text.contains("\nkafka_server_fetchsessioncache_incrementalfetchsessionevictions_total 4\n"), "{text}");
    assert!(!text.contains("otel_"), "nothing stands behind or beside the names:\n{text}");
}

/// Names of metrics in a text, without what Prometheus puts behind those of histograms.
fn names_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
    let metrics = words.filter(|word| ["kafka_", "esker_", "process_"].iter().any(|prefix| word.starts_with(prefix)));
    metrics.collect()
}

#[test]
fn dashboards_alerts_and_docs_name_metrics_that_there_are() {
    let declared: BTreeSet<String> = sections()
        .into_iter()
        .flat_map(|(_, figures)| figures)
        .flat_map(|figure| match figure.kind {
            "histogram" => ["", "_bucket", "_sum", "_count"].map(|end| format!("{}{end}", figure.name)).to_vec(),
            _ => vec![figure.name.to_owned()],
        })
        .collect();
    let texts = [
        include_str!("../../../config/prometheus/esker-rules.yml"),
        include_str!("../../../config/grafana/dashboards/esker.json"),
        include_str!("../../../docs/metrics.md"),
        include_str!("../../../docs/os-tuning.md"),
        include_str!("../../../docs/tiering.md"),
        include_str!("../../../docs/tutorial.md"),
    ];
    for text in texts {
        let names = names_in(text);
        assert!(!names.is_empty());
        for name in names {
            assert!(declared.contains(name), "{name} is not declared");
        }
    }
}

#[tokio::test]
async fn a_figure_follows_what_it_counts() {
    let dir = tempfile::tempdir().unwrap();
    let sources = sources(&dir);
    let refused = std::sync::Arc::clone(&sources.connections);
    let metrics = Metrics::new(sources).unwrap();
    let line = |count: u64| format!("\nkafka_server_socketservermetrics_connection_refused_total {count}\n");
    assert!(metrics.text().unwrap().contains(&line(0)));
    refused.counters.refused.fetch_add(3, std::sync::atomic::Ordering::Relaxed);
    assert!(metrics.text().unwrap().contains(&line(3)));
}

#[test]
fn requests_to_the_store_are_told_by_operation_and_reason() {
    let row = RequestCount { operation: Operation::Get, reason: Reason::ColdRead, requests: 7, errors: 2, bytes: 99 };
    let tier_metrics = TierMetrics {
        state: TierState::Ready,
        breaker: esker_tiering::BreakerState::Closed,
        requests: vec![row],
        cache: Default::default(),
        meta_cache_bytes: 0,
        upload_bytes: 0,
        fetch_bytes: 0,
        segments_uploaded: 0,
        bytes_uploaded: 0,
        upload_errors: 0,
        objects_deleted: 0,
        versions_written: 0,
        cold_reads: 0,
        cold_bytes: 0,
        cold_errors: 0,
        cold_times: Default::default(),
        upload_times: Default::default(),
        scrubbed_objects: 0,
        scrubbed_bytes: 0,
        scrub_damaged: 0,
        scrub_healed: 0,
    };
    let figure = tier::FIGURES.iter().find(|figure| figure.name == "esker_tier_request_errors_total").unwrap();
    let mut seen = Vec::new();
    (figure.read)(
        &tier_metrics,
        &mut Emit::new(&mut |value, labels| {
            seen.push((value, labels.iter().map(|label| label.value.to_string()).collect::<Vec<_>>()));
        }),
    );
    assert_eq!(seen, [(2.0, vec!["get".to_owned(), "cold_read".to_owned()])]);
}
