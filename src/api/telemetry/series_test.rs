//! What is kept of pushes, and how it is shown.

use super::otlp::{Meaning, Point};
use super::series::{Origin, Series};

const NOW: Meaning = Meaning::Now;
const GROWS: Meaning = Meaning::Change { monotonic: true };

fn origin(client_id: &str) -> Origin {
    Origin { instance: "i".into(), client_id: client_id.into(), software: "s".into(), version: "1".into() }
}

fn point<'a>(name: &'a str, labels: &[(&'a str, &'a str)], meaning: Meaning, value: f64) -> Point<'a> {
    let labels = labels.iter().map(|(name, value)| (*name, (*value).into())).collect();
    Point { name, labels, meaning, value }
}

#[test]
fn values_are_shown_with_their_labels_and_whose_they_are() {
    let mut series = Series::new(1_000);
    let labels = [("topic", "a\"b\\c\nd"), ("client_id", "somebody else"), ("no de", "1")];
    series.keep(1, &origin("mine"), &[point("org.kafka.x-avg", &labels, NOW, 1.5)]);
    assert_eq!(
        series.text(),
        "# TYPE org_kafka_x_avg gauge\norg_kafka_x_avg{client_id=\"mine\",client_instance_id=\"i\",\
         client_software_name=\"s\",client_software_version=\"1\",no_de=\"1\",topic=\"a\\\"b\\\\c\\nd\"} 1.5\n"
    );
}

#[test]
fn changes_are_added_up_and_all_else_is_replaced() {
    let mut series = Series::new(1_000);
    for value in [1.0, 2.0, 4.0] {
        let points = [
            point("now", &[], NOW, value),
            point("grows", &[], GROWS, value),
            point("total", &[], Meaning::Total { monotonic: true }, value),
        ];
        series.keep(1, &origin("c"), &points);
    }
    let text = series.text();
    let value_of = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().split_once("} ").unwrap().1;
    assert_eq!((value_of("now"), value_of("grows"), value_of("total")), ("4", "7", "4"));
    assert!(text.contains("# TYPE grows counter\n") && text.contains("# TYPE total counter\n"), "{text}");
}

#[test]
fn a_name_stands_once_with_all_of_its_values_whatever_other_names_begin_alike() {
    let mut series = Series::new(1_000);
    for client in [1, 2] {
        let origin = origin(&format!("client-{client}"));
        let odd = if client == 1 { NOW } else { GROWS };
        let points = [point("a", &[], NOW, 1.0), point("a.b", &[], NOW, 1.0), point("odd", &[], odd, f64::NAN)];
        series.keep(client, &origin, &points);
    }
    let text = series.text();
    let types: Vec<_> = text.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(types, ["# TYPE a_b gauge", "# TYPE a gauge", "# TYPE odd untyped"]);
    assert_eq!(text.lines().filter(|line| line.starts_with("a{")).count(), 2);
    assert!(text.contains("} NaN\n"));
    series.forget(1);
    assert_eq!(series.len(), 3);
    assert!(!series.text().contains("client-1"));
}

#[test]
fn what_goes_beyond_the_limits_is_dropped_and_counted() {
    let mut series = Series::new(100);
    let names: Vec<String> = (0..50).map(|at| format!("m{at}")).collect();
    let points: Vec<_> = names.iter().map(|name| point(name, &[], GROWS, 1.0)).collect();
    series.keep(1, &origin("c"), &points);
    assert_eq!((series.len(), series.dropped()), (10, 40), "one client has a tenth of all");
    series.keep(1, &origin("c"), &points[..10]);
    assert!(series.text().contains("m9{") && series.text().contains("} 2\n"), "what is kept goes on");
    for client in 2..20 {
        series.keep(client, &origin("c"), &points);
    }
    assert_eq!(series.len(), 100);
    let long = "x".repeat(2_000);
    series.forget(1);
    let dropped = series.dropped();
    series.keep(30, &origin("c"), &[point(&long, &[], NOW, 1.0), point("y", &[("l", &long)], NOW, 1.0)]);
    assert_eq!((series.len(), series.dropped()), (90, dropped + 2));
    series.keep(30, &origin(&long), &[point("z", &[], NOW, 1.0)]);
    assert_eq!(series.len(), 91, "the name of a client is shortened");
}
