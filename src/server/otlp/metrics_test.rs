//! Figures as OTLP: kinds, labels, and a histogram's buckets taken apart.

use super::metrics::{Times, encode};
use crate::testing::protobuf::{Field, fields, find};
use prometheus::{HistogramOpts, HistogramVec, IntCounter, Opts, Registry};

fn registry() -> Registry {
    let registry = Registry::new();
    let counter = IntCounter::with_opts(Opts::new("esker_things_total", "How many?")).unwrap();
    counter.inc_by(5);
    let options = HistogramOpts::new("esker_wait_seconds", "How long?").buckets(vec![0.5, 1.0]);
    let histogram = HistogramVec::new(options, &["request"]).unwrap();
    [0.1, 0.2, 0.7, 9.0].iter().for_each(|seconds| histogram.with_label_values(&["Fetch"]).observe(*seconds));
    registry.register(Box::new(counter)).unwrap();
    registry.register(Box::new(histogram)).unwrap();
    registry
}

#[test]
fn a_counter_is_a_sum_and_a_histogram_has_what_lies_between_its_bounds() {
    let resource = [("service.name".to_owned(), "east".to_owned())];
    let body = encode(&registry().gather(), &resource, Times { start: 7, now: 9 });
    let of_resource = find(&fields(&body), 1)[0].bytes();
    let attribute = find(&fields(&find(&fields(&of_resource), 1)[0].bytes()), 1)[0].bytes();
    assert_eq!(find(&fields(&attribute), 1)[0].bytes(), b"service.name");
    let of_scope = find(&fields(&of_resource), 2)[0].bytes();
    let metrics: Vec<Vec<(u32, Field)>> = find(&fields(&of_scope), 2).iter().map(|one| fields(&one.bytes())).collect();
    let named = |name: &str| metrics.iter().find(|metric| find(metric, 1)[0].bytes() == name.as_bytes()).unwrap();

    let sum = fields(&find(named("esker_things_total"), 7)[0].bytes());
    assert_eq!((find(&sum, 2)[0].number(), find(&sum, 3)[0].number()), (2, 1), "cumulative, and it only grows");
    let point = fields(&find(&sum, 1)[0].bytes());
    assert_eq!((find(&point, 2)[0].number(), find(&point, 3)[0].number()), (7, 9));
    assert_eq!(f64::from_bits(find(&point, 4)[0].number()), 5.0);

    let histogram = fields(&find(named("esker_wait_seconds"), 9)[0].bytes());
    let point = fields(&find(&histogram, 1)[0].bytes());
    assert_eq!(find(&point, 4)[0].number(), 4);
    let packed = |field| {
        find(&point, field)[0]
            .bytes()
            .as_chunks::<8>()
            .0
            .iter()
            .map(|eight| u64::from_le_bytes(*eight))
            .collect::<Vec<_>>()
    };
    assert_eq!(packed(6), [2, 1, 1]);
    assert_eq!(packed(7).into_iter().map(f64::from_bits).collect::<Vec<_>>(), [0.5, 1.0]);
    let label = fields(&find(&point, 9)[0].bytes());
    assert_eq!(find(&label, 1)[0].bytes(), b"request");
}
