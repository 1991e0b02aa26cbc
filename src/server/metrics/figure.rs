//! One figure of `/metrics`, declared as data: its name, the question that it answers, and how it is read.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};
use std::sync::Arc;

/// How a figure moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It only grows while the process lives.
    Counter,
    /// It goes up and down.
    Gauge,
}

impl Kind {
    /// Prometheus' word for it.
    fn name(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        }
    }
}

/// One figure, read from an `S`.
pub(crate) struct Figure<S: 'static> {
    /// Its name, as `/metrics` shows it. A promise: dashboards name it.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The question that it answers.
    pub(crate) about: &'static str,
    /// Reads it. Whatever is a label has few values, all of them ours.
    pub(crate) read: fn(&S, &mut Emit<'_>),
}

/// Takes the values of one figure.
pub(crate) struct Emit<'a>(&'a mut dyn FnMut(f64, &[KeyValue]));

impl<'a> Emit<'a> {
    /// Gives each value and its labels to `take`.
    #[cfg(test)]
    pub(crate) fn new(take: &'a mut dyn FnMut(f64, &[KeyValue])) -> Self {
        Self(take)
    }

    /// The figure's one value. Counts beyond 2^53 lose their last digits, which no dashboard shows.
    pub(crate) fn value(&mut self, value: u64) {
        (self.0)(value as f64, &[]);
    }

    /// The figure's one value, in fractions of its unit.
    pub(crate) fn fraction(&mut self, value: f64) {
        (self.0)(value, &[]);
    }

    /// One of several values.
    pub(crate) fn labelled(&mut self, value: f64, labels: &[(&'static str, String)]) {
        let labels: Vec<KeyValue> = labels.iter().map(|(name, value)| KeyValue::new(*name, value.clone())).collect();
        (self.0)(value, &labels);
    }
}

/// A figure without its source, for the reference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Described {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) about: &'static str,
}

/// What the reference says about `figures`.
pub(crate) fn describe<S>(figures: &'static [Figure<S>]) -> impl Iterator<Item = Described> {
    figures.iter().map(|figure| Described { name: figure.name, kind: figure.kind.name(), about: figure.about })
}

/// Has `figures` read from what `source` gives whenever somebody asks.
pub(crate) fn register<S: Send + Sync + 'static>(
    meter: &Meter,
    figures: &'static [Figure<S>],
    source: impl Fn() -> Arc<S> + Clone + Send + Sync + 'static,
) {
    for figure in figures {
        let source = source.clone();
        let read = move |observer: &dyn AsyncInstrument<f64>| {
            (figure.read)(&source(), &mut Emit(&mut |value, labels| observer.observe(value, labels)));
        };
        match figure.kind {
            Kind::Counter => {
                meter.f64_observable_counter(figure.name).with_description(figure.about).with_callback(read).build();
            }
            Kind::Gauge => {
                meter.f64_observable_gauge(figure.name).with_description(figure.about).with_callback(read).build();
            }
        }
    }
}
