//! The variables of OpenTelemetry's specification, as they are set and as they are not.

use super::settings::OtlpSettings;
use std::time::Duration;

fn settings(variables: &[(&str, &str)]) -> Result<Option<OtlpSettings>, String> {
    OtlpSettings::from_environment(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

#[test]
fn without_an_endpoint_nothing_is_exported() {
    assert_eq!(settings(&[("OTEL_SERVICE_NAME", "x"), ("HOME", "/")]), Ok(None));
    assert_eq!(settings(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]), Ok(None));
    let off = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"), ("OTEL_SDK_DISABLED", "true")];
    assert_eq!(settings(&off), Ok(None));
}

#[test]
fn an_endpoint_alone_exports_both_with_the_usual_values() {
    let found = settings(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/")]).unwrap().unwrap();
    assert_eq!(found.metrics_url.as_deref(), Some("http://collector:4318/v1/metrics"));
    assert_eq!(found.traces_url.as_deref(), Some("http://collector:4318/v1/traces"));
    assert_eq!((found.metric_interval, found.timeout), (Duration::from_secs(60), Duration::from_secs(10)));
    assert_eq!(found.sample_every, 1000);
    assert_eq!(found.resource, [("service.name".to_owned(), "esker".to_owned())]);
}

#[test]
fn each_variable_is_followed() {
    let found = settings(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://m/api"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer a=b, x-scope = 7"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "2500"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ("OTEL_RESOURCE_ATTRIBUTES", "zone=a,service.name=other"),
        ("OTEL_SERVICE_NAME", "east"),
    ]);
    let found = found.unwrap().unwrap();
    assert_eq!(found.metrics_url.as_deref(), Some("https://m/api"));
    assert_eq!(found.traces_url, None);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(found.headers, [pair("authorization", "Bearer a=b"), pair("x-scope", "7")]);
    assert_eq!((found.metric_interval, found.sample_every), (Duration::from_millis(2500), 4));
    assert_eq!(found.resource, [pair("service.name", "east"), pair("zone", "a")]);
}

#[test]
fn what_cannot_be_followed_is_said() {
    let with = |name, value| settings(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"), (name, value)]);
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "c:4318"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "novalue"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
    ] {
        assert!(with(name, value).is_err(), "{name}={value}");
    }
}
