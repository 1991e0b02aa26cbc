//! Histograms from buckets that are counted already.
//!
//! OpenTelemetry has no instrument for buckets that somebody else counts, so these figures speak to Prometheus themselves.

use super::figure::Described;
use esker_api::ApiMetrics;
use esker_tiering::{Tier, TimesSeen};
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Histogram, LabelPair, Metric, MetricFamily, MetricType};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

const TOTAL_TIME: Described = described(
    "kafka_network_requestmetrics_totaltime_seconds",
    "How long did requests take from their arrival to their answer's hand-over, by key?",
);
const COLD_READS: Described = described(
    "esker_tier_cold_read_seconds",
    "How long did cold reads take from the question to the answer, failed ones included?",
);
const UPLOADS: Described =
    described("esker_tier_upload_seconds", "How long did uploads of a segment take that succeeded?");

/// What the reference says about those of requests.
pub(crate) const OF_REQUESTS: [Described; 1] = [TOTAL_TIME];
/// And about those of the tier.
pub(crate) const OF_TIER: [Described; 2] = [COLD_READS, UPLOADS];

const fn described(name: &'static str, about: &'static str) -> Described {
    Described { name, kind: "histogram", about }
}

/// One series: its label's value, where it has one; upper bounds with what lies between them; all times together.
pub(crate) struct Series {
    label: Option<(&'static str, &'static str)>,
    counts: Vec<(Option<Duration>, u64)>,
    total: Duration,
}

/// One histogram with all its series.
pub(crate) struct Latency {
    described: Described,
    desc: Desc,
    read: Box<dyn Fn() -> Vec<Series> + Send + Sync>,
}

impl Latency {
    /// The times of each key's requests.
    pub(crate) fn of_requests(api: Arc<ApiMetrics>) -> Result<Self, prometheus::Error> {
        Self::new(TOTAL_TIME, &["request"], move || {
            // A key that was never asked for has nothing to show yet.
            let asked = api.keys().filter(|(_, figures)| figures.requests() > 0);
            let series = asked.map(|(key, figures)| Series {
                label: Some(("request", key.name())),
                counts: figures.latency().collect(),
                total: figures.total_time(),
            });
            series.collect()
        })
    }

    /// The times of the tier.
    pub(crate) fn of_tier(tier: &Tier) -> Result<[Self; 2], prometheus::Error> {
        let (reads, uploads) = (tier.clone(), tier.clone());
        Ok([
            Self::new(COLD_READS, &[], move || vec![series(reads.metrics().cold_times)])?,
            Self::new(UPLOADS, &[], move || vec![series(uploads.metrics().upload_times)])?,
        ])
    }

    fn new(
        described: Described,
        labels: &[&str],
        read: impl Fn() -> Vec<Series> + Send + Sync + 'static,
    ) -> Result<Self, prometheus::Error> {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        let desc = Desc::new(described.name.to_owned(), described.about.to_owned(), labels, HashMap::new())?;
        Ok(Self { described, desc, read: Box::new(read) })
    }
}

fn series(seen: TimesSeen) -> Series {
    Series { label: None, counts: seen.buckets, total: seen.total }
}

impl Collector for Latency {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut family = MetricFamily::default();
        family.set_name(self.described.name.to_owned());
        family.set_help(self.described.about.to_owned());
        family.set_field_type(MetricType::HISTOGRAM);
        family.set_metric((self.read)().into_iter().map(metric).collect());
        if family.get_metric().is_empty() { Vec::new() } else { vec![family] }
    }
}

fn metric(series: Series) -> Metric {
    let labels = series.label.map(|(name, value)| {
        let mut label = LabelPair::default();
        label.set_name(name.to_owned());
        label.set_value(value.to_owned());
        label
    });
    let mut histogram = Histogram::default();
    let mut count = 0;
    let mut buckets = Vec::new();
    for (bound, between) in series.counts {
        count += between;
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
    histogram.set_sample_sum(series.total.as_secs_f64());
    let mut metric = Metric::from_label(labels.into_iter().collect());
    metric.set_histogram(histogram);
    metric
}
