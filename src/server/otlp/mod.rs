//! OTLP: the figures of `/metrics` and traces of some requests, sent to a collector where `OTEL_EXPORTER_OTLP_ENDPOINT` names one.
//!
//! One task sends both over HTTP in protobuf. What cannot be sent is dropped and counted in the log: a collector that is away costs the
//! broker nothing but the requests.

mod export;
#[cfg(test)]
mod export_test;
mod metrics;
#[cfg(test)]
mod metrics_test;
mod settings;
#[cfg(test)]
mod settings_test;
mod start;
mod traces;
mod wire;

pub(crate) use start::start;
