//! The figures as an `ExportMetricsServiceRequest`.

use super::wire::Message;
use prometheus::proto::{Metric, MetricFamily, MetricType};

/// Totals since the start, not since the last export.
const CUMULATIVE: u64 = 2;

/// When the figures were read, and since when counters count; nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) start: u64,
    pub(super) now: u64,
}

/// The request's bytes.
pub(super) fn encode(families: &[MetricFamily], resource: &[(String, String)], times: Times) -> Vec<u8> {
    let mut request = Message::default();
    request.inner(1, |of_resource| {
        of_resource.resource(1, resource);
        of_resource.inner(2, |of_scope| {
            of_scope.scope(1);
            families.iter().for_each(|family| of_scope.inner(2, |metric| write_family(metric, family, times)));
        });
    });
    request.into_bytes()
}

fn write_family(into: &mut Message, family: &MetricFamily, times: Times) {
    into.text(1, family.name());
    into.text(2, family.help());
    if family.name().contains("_seconds") {
        into.text(3, "s");
    } else if family.name().contains("bytes") {
        into.text(3, "By");
    }
    match family.get_field_type() {
        MetricType::COUNTER => into.inner(7, |sum| {
            family.get_metric().iter().for_each(|one| write_number(sum, one, one.get_counter().get_value(), times));
            sum.number(2, CUMULATIVE);
            sum.number(3, 1); // it only grows
        }),
        MetricType::HISTOGRAM => into.inner(9, |histogram| {
            family.get_metric().iter().for_each(|one| write_histogram(histogram, one, times));
            histogram.number(2, CUMULATIVE);
        }),
        _ => into.inner(5, |gauge| {
            family.get_metric().iter().for_each(|one| write_number(gauge, one, one.get_gauge().get_value(), times));
        }),
    }
}

fn write_number(into: &mut Message, one: &Metric, value: f64, times: Times) {
    into.inner(1, |point| {
        point.fixed(2, times.start);
        point.fixed(3, times.now);
        point.double(4, value);
        one.get_label().iter().for_each(|label| point.attribute(7, label.name(), label.value()));
    });
}

fn write_histogram(into: &mut Message, one: &Metric, times: Times) {
    let histogram = one.get_histogram();
    let buckets = histogram.get_bucket();
    let counts = buckets.iter().map(|bucket| bucket.cumulative_count()).chain([histogram.get_sample_count()]);
    // OTLP wants what lies between two bounds, the last count being that above all of them.
    let mut below = 0;
    let between = counts.map(move |count| count.saturating_sub(std::mem::replace(&mut below, count)));
    into.inner(1, |point| {
        point.fixed(2, times.start);
        point.fixed(3, times.now);
        point.fixed(4, histogram.get_sample_count());
        point.double(5, histogram.get_sample_sum());
        point.packed(6, between);
        point.packed(7, buckets.iter().map(|bucket| bucket.upper_bound().to_bits()));
        one.get_label().iter().for_each(|label| point.attribute(9, label.name(), label.value()));
    });
}
