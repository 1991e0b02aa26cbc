//! The latency histogram of each key, from buckets that are counted already.
//!
//! OpenTelemetry has no instrument for buckets that somebody else counts, so this one figure speaks to Prometheus itself.

use super::figure::Described;
use esker_api::{ApiMetrics, KeyMetrics};
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Histogram, LabelPair, Metric, MetricFamily, MetricType};
use std::collections::HashMap;
use std::sync::Arc;

const NAME: &str = "kafka_network_requestmetrics_totaltime_seconds";
const ABOUT: &str = "How long did requests take from their arrival to their answer's hand-over, by key?";

/// What the reference says about it.
pub(crate) const DESCRIBED: Described = Described { name: NAME, kind: "histogram", about: ABOUT };

/// Gives the histograms out.
pub(crate) struct Latency {
    api: Arc<ApiMetrics>,
    desc: Desc,
}

impl Latency {
    /// The histograms of `api`.
    pub(crate) fn new(api: Arc<ApiMetrics>) -> Result<Self, prometheus::Error> {
        let desc = Desc::new(NAME.to_owned(), ABOUT.to_owned(), vec!["request".to_owned()], HashMap::new())?;
        Ok(Self { api, desc })
    }
}

impl Collector for Latency {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut family = MetricFamily::default();
        family.set_name(NAME.to_owned());
        family.set_help(ABOUT.to_owned());
        family.set_field_type(MetricType::HISTOGRAM);
        // A key that was never asked for has nothing to show yet.
        let asked = self.api.keys().filter(|(_, figures)| figures.requests() > 0);
        family.set_metric(asked.map(|(key, figures)| metric(key.name(), figures)).collect());
        if family.get_metric().is_empty() { Vec::new() } else { vec![family] }
    }
}

fn metric(key: &str, figures: &KeyMetrics) -> Metric {
    let mut label = LabelPair::default();
    label.set_name("request".to_owned());
    label.set_value(key.to_owned());
    let mut histogram = Histogram::default();
    let mut count = 0;
    let mut buckets = Vec::new();
    for (bound, requests) in figures.latency() {
        count += requests;
        // The open bucket at the end is the count itself.
        if let Some(bound) = bound {
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(bound.as_secs_f64());
            bucket.set_cumulative_count(count);
            buckets.push(bucket);
        }
    }
    histogram.set_bucket(buckets);
    histogram.set_sample_count(count);
    histogram.set_sample_sum(figures.total_time().as_secs_f64());
    let mut metric = Metric::from_label(vec![label]);
    metric.set_histogram(histogram);
    metric
}
