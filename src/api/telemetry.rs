//! Metrics that clients push (KIP-714): who is asked for what, who may push when, and what is kept of it.
//!
//! A client asks what is wanted of it (GetTelemetrySubscriptions), and from then on pushes its metrics, compressed, as OTLP
//! (PushTelemetry). Decisions are [`Instances`]' and know no clock; the newest value of each of a client's metrics is kept
//! under limits ([`Series`]) while the client is connected, for whoever scrapes `/client-metrics`.

mod instances;
#[cfg(test)]
mod instances_test;
mod otlp;
#[cfg(test)]
pub(crate) mod otlp_test;
mod series;
#[cfg(test)]
mod series_test;
mod subscriptions;
#[cfg(test)]
mod subscriptions_test;

pub(crate) use instances::{PushFault, Throttled, is_instance_id};
pub(crate) use subscriptions::Wanted;

use crate::access::java_address;
use crate::session::{Client, RequestContext};
use bytes::Bytes;
use esker_config::{ClientTrait, TelemetryConfig};
use esker_env::{Clock, Instant};
use esker_metadata::{ClusterImage, ImageWatch};
use esker_model::id_text;
use esker_record::{Codec, decompress};
use instances::Instances;
use parking_lot::Mutex;
use series::{Origin, Series};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use subscriptions::Subscriptions;

/// What is counted of pushes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TelemetryStats {
    /// Clients that are remembered.
    pub instances: usize,
    /// Values of theirs that are kept.
    pub values: usize,
    /// Values that were not kept, for the limits.
    pub values_dropped: u64,
    /// Pushes that were taken.
    pub pushes: u64,
    /// Pushes that could not be read.
    pub unreadable: u64,
    /// Requests that came too soon.
    pub throttled: u64,
    /// Pushes for a subscription that is not the client's.
    pub unknown_subscriptions: u64,
}

#[derive(Debug, Default)]
struct Counters {
    pushes: AtomicU64,
    unreadable: AtomicU64,
    throttled: AtomicU64,
    unknown_subscriptions: AtomicU64,
}

/// The metrics of all clients of this broker.
#[derive(Debug)]
pub struct Telemetry {
    clock: Arc<dyn Clock>,
    image: ImageWatch,
    bytes_max: usize,
    /// Locked before `kept`, never the other way round.
    subscriptions: Mutex<Arc<Subscriptions>>,
    kept: Mutex<Kept>,
    counters: Counters,
}

#[derive(Debug)]
struct Kept {
    instances: Instances,
    series: Series,
}

/// One push.
#[derive(Debug)]
pub(crate) struct Push {
    /// The client's process.
    pub instance: u128,
    /// The subscription that it follows.
    pub subscription: i32,
    /// Whether it is its last one.
    pub terminating: bool,
    /// Codec of `metrics`, by number.
    pub compression: i8,
    /// OTLP.
    pub metrics: Bytes,
}

impl Telemetry {
    /// No client yet.
    pub fn new(config: &TelemetryConfig, clock: Arc<dyn Clock>, image: ImageWatch) -> Arc<Self> {
        Arc::new(Self {
            clock,
            image,
            bytes_max: config.bytes_max,
            subscriptions: Mutex::default(),
            kept: Mutex::new(Kept { instances: Instances::default(), series: Series::new(config.values_max) }),
            counters: Counters::default(),
        })
    }

    /// Most bytes in one push.
    pub(crate) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// What a client is asked for.
    pub(crate) fn subscribe(self: &Arc<Self>, cx: &RequestContext, instance: u128) -> Result<Wanted, Throttled> {
        let (now, subscriptions) = (self.clock.now(), self.subscriptions());
        let wanted = wanted_of(&subscriptions, cx, instance);
        let mut kept = self.kept.lock();
        self.look_up(&mut kept, cx.client.as_ref(), instance, &wanted, subscriptions.version(), now);
        let asked = kept.instances.ask(instance, &wanted, now);
        drop(kept);
        if asked.is_err() {
            self.counters.throttled.fetch_add(1, Relaxed);
        }
        asked.map(|()| wanted)
    }

    /// Takes what a client pushes.
    pub(crate) fn push(self: &Arc<Self>, cx: &RequestContext, push: &Push) -> Result<(), PushFault> {
        let (now, subscriptions) = (self.clock.now(), self.subscriptions());
        let wanted = wanted_of(&subscriptions, cx, push.instance);
        let admitted = {
            let mut kept = self.kept.lock();
            self.look_up(&mut kept, cx.client.as_ref(), push.instance, &wanted, subscriptions.version(), now);
            kept.instances.push(push, self.bytes_max, now)
        };
        let taken = admitted.and_then(|codec| self.take(cx, push, codec));
        let counter = match taken {
            Ok(()) => &self.counters.pushes,
            Err(PushFault::Throttled) => &self.counters.throttled,
            Err(PushFault::UnknownSubscription) => &self.counters.unknown_subscriptions,
            Err(PushFault::Unreadable) => &self.counters.unreadable,
            Err(PushFault::Terminated | PushFault::UnknownCodec | PushFault::TooLarge) => return taken,
        };
        counter.fetch_add(1, Relaxed);
        taken
    }

    /// The values of all clients at the moment, in Prometheus' text format.
    pub fn text(&self) -> String {
        let now = self.clock.now();
        let mut kept = self.kept.lock();
        let Kept { instances, series } = &mut *kept;
        for gone in instances.expire(now) {
            series.forget(gone);
        }
        series.text()
    }

    /// What is counted.
    pub fn stats(&self) -> TelemetryStats {
        let kept = self.kept.lock();
        TelemetryStats {
            instances: kept.instances.len(),
            values: kept.series.len(),
            values_dropped: kept.series.dropped(),
            pushes: self.counters.pushes.load(Relaxed),
            unreadable: self.counters.unreadable.load(Relaxed),
            throttled: self.counters.throttled.load(Relaxed),
            unknown_subscriptions: self.counters.unknown_subscriptions.load(Relaxed),
        }
    }

    /// Forgets a client whose connection has ended.
    pub(crate) fn leave(&self, instance: u128) {
        let mut kept = self.kept.lock();
        kept.instances.forget(instance);
        kept.series.forget(instance);
    }

    /// Reads and keeps what was admitted. What decompresses to more than the limit is not read to its end.
    fn take(&self, cx: &RequestContext, push: &Push, codec: Codec) -> Result<(), PushFault> {
        if push.metrics.is_empty() {
            return Ok(());
        }
        let mut plain = Vec::new();
        let read = decompress(codec, &push.metrics, self.bytes_max, &mut plain)
            .map_err(|error| error.to_string())
            .and_then(|()| otlp::read(&plain).map_err(|otlp::Malformed(what)| format!("not readable as OTLP: {what}")));
        let mut kept = self.kept.lock();
        match read {
            Ok(points) => {
                kept.series.keep(push.instance, &origin_of(cx, push.instance), &points);
                Ok(())
            }
            Err(reason) => {
                kept.instances.was_unreadable(push.instance);
                tracing::debug!(peer = %cx.client.peer(), %reason, "pushed metrics cannot be read");
                Err(PushFault::Unreadable)
            }
        }
    }

    /// Sees to it that the client is known, with what it is asked for now.
    fn look_up(
        self: &Arc<Self>,
        kept: &mut Kept,
        client: &Client,
        instance: u128,
        wanted: &Wanted,
        version: u64,
        now: Instant,
    ) {
        let found = kept.instances.look_up(instance, wanted, version, now);
        if let Some(evicted) = found.evicted {
            kept.series.forget(evicted);
        }
        if found.is_new {
            client.set_telemetry(Arc::downgrade(self), instance);
        }
    }

    /// The subscriptions of the newest image.
    fn subscriptions(&self) -> Arc<Subscriptions> {
        let image: Arc<ClusterImage> = self.image.current();
        let mut known = self.subscriptions.lock();
        if let Some(newer) = known.newer(&image) {
            *known = Arc::new(newer);
        }
        Arc::clone(&known)
    }
}

/// What a client that asks is to be asked for.
fn wanted_of(subscriptions: &Subscriptions, cx: &RequestContext, instance: u128) -> Wanted {
    let software = cx.client.software();
    let peer = cx.client.peer();
    let (id, address, port) = (id_text(instance), java_address(peer.ip()), peer.port().to_string());
    subscriptions.wanted(instance, |which| match which {
        ClientTrait::InstanceId => Some(id.as_str()),
        ClientTrait::ClientId => cx.head.client_id.as_deref(),
        ClientTrait::SoftwareName => software.as_ref().map(|software| &*software.name),
        ClientTrait::SoftwareVersion => software.as_ref().map(|software| &*software.version),
        ClientTrait::SourceAddress => Some(address.as_str()),
        ClientTrait::SourcePort => Some(port.as_str()),
    })
}

/// What a client's values are labelled with.
fn origin_of(cx: &RequestContext, instance: u128) -> Origin {
    let software = cx.client.software().unwrap_or_default();
    Origin {
        instance: id_text(instance),
        client_id: cx.client_id().to_owned(),
        software: software.name.to_string(),
        version: software.version.to_string(),
    }
}
