//! What each topic stores in the bucket, asks of it, and costs. Labels: topics, of which a hundred have series of their own; short
//! lists of ours.

use super::figure::{Emit, Figure, Kind};
use super::tier::request_labels;
use esker_config::TierPrices;
use esker_env::Clock;
use esker_replication::ReplicaManager;
use esker_tiering::cost::{CostWindow, Prices, RequestCost, Usage};
use esker_tiering::{RequestCount, Tier, TopicRequests};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What the figures are read from.
pub(crate) struct CostSource {
    tier: Tier,
    replicas: Arc<ReplicaManager>,
    prices: Prices,
    window: Mutex<CostWindow>,
    clock: Arc<dyn Clock>,
}

/// The figures at one moment.
#[derive(Debug, Default)]
pub(crate) struct Costs {
    /// By topic.
    pub(crate) topics: BTreeMap<Arc<str>, TopicCost>,
    /// From how long the requests of a month were extrapolated; zero where it is too short for that.
    pub(crate) period: Duration,
}

/// Those of one topic.
#[derive(Debug, Default)]
pub(crate) struct TopicCost {
    pub(crate) stored_bytes: u64,
    pub(crate) requests: Vec<RequestCount>,
    /// A month of what is stored.
    pub(crate) storage: f64,
    /// A month of requests.
    pub(crate) asked: Option<RequestCost>,
}

impl CostSource {
    /// A source whose window begins now.
    pub(crate) fn new(tier: Tier, replicas: Arc<ReplicaManager>, prices: &TierPrices, clock: Arc<dyn Clock>) -> Self {
        let window = Mutex::new(CostWindow::new(prices.window, clock.now()));
        Self { tier, replicas, prices: crate::tier::prices(prices), window, clock }
    }

    /// Looks.
    pub(crate) fn read(&self) -> Costs {
        let requests = self.tier.topic_requests();
        let used = requests.iter().map(|one| (Arc::clone(&one.topic), Usage::of(&one.requests))).collect();
        let (period, used) = self.window.lock().look(self.clock.now(), used);
        costs(self.stored(), requests, (period, &used), &self.prices)
    }

    /// Bytes of the partitions that this broker leads.
    fn stored(&self) -> BTreeMap<Arc<str>, u64> {
        let mut stored = BTreeMap::new();
        for tier in self.replicas.partitions().iter().filter(|one| one.term().is_ok()).filter_map(|one| one.tier()) {
            *stored.entry(tier.account()).or_default() += tier.remote_bytes();
        }
        stored
    }
}

/// Puts together what was read.
pub(crate) fn costs(
    stored: BTreeMap<Arc<str>, u64>,
    requests: Vec<TopicRequests>,
    (period, used): (Duration, &BTreeMap<Arc<str>, Usage>),
    prices: &Prices,
) -> Costs {
    let mut topics: BTreeMap<Arc<str>, TopicCost> = BTreeMap::new();
    for (topic, stored_bytes) in stored {
        let storage = prices.storage(stored_bytes);
        topics.insert(topic, TopicCost { stored_bytes, storage, ..TopicCost::default() });
    }
    for one in requests {
        topics.entry(one.topic).or_default().requests = one.requests;
    }
    if !period.is_zero() {
        for (topic, cost) in &mut topics {
            cost.asked = Some(used.get(topic).copied().unwrap_or_default().per_month(period, prices));
        }
    }
    Costs { topics, period }
}

fn by_request(costs: &Costs, emit: &mut Emit<'_>, value: fn(&RequestCount) -> u64) {
    for (topic, cost) in &costs.topics {
        for row in &cost.requests {
            let [operation, reason] = request_labels(row);
            emit.labelled(value(row) as f64, &[("topic", topic.to_string()), operation, reason]);
        }
    }
}

fn by_item(costs: &Costs, emit: &mut Emit<'_>) {
    for (topic, cost) in &costs.topics {
        let mut item = |name: &str, value| {
            emit.labelled(value, &[("topic", topic.to_string()), ("item", name.to_owned())]);
        };
        item("storage", cost.storage);
        if let Some(asked) = cost.asked {
            item("class_a", asked.class_a);
            item("class_b", asked.class_b);
            item("egress", asked.egress);
        }
    }
}

pub(crate) const FIGURES: &[Figure<Costs>] = &[
    Figure {
        name: "esker_tier_topic_requests_total",
        kind: Kind::Counter,
        about: "How many requests were sent to the store for a topic, by operation and reason? A hundred topics are told apart; (other) is the rest, (cluster) what belongs to none.",
        read: |costs, emit| by_request(costs, emit, |row| row.requests),
    },
    Figure {
        name: "esker_tier_topic_request_bytes_total",
        kind: Kind::Counter,
        about: "How many bytes of bodies went to or came from the store for a topic?",
        read: |costs, emit| by_request(costs, emit, |row| row.bytes),
    },
    Figure {
        name: "esker_tier_topic_stored_bytes",
        kind: Kind::Gauge,
        about: "How many bytes of objects does a topic have in the bucket, of the partitions that this broker leads?",
        read: |costs, emit| {
            for (topic, cost) in &costs.topics {
                emit.labelled(cost.stored_bytes as f64, &[("topic", topic.to_string())]);
            }
        },
    },
    Figure {
        name: "esker_tier_cost_per_month",
        kind: Kind::Gauge,
        about: "What does a topic cost a month by esker.tier.price.*: what is stored now (storage), and requests that write (class_a), that read (class_b) and their bytes (egress), going on as they did lately?",
        read: by_item,
    },
    Figure {
        name: "esker_tier_cost_window_seconds",
        kind: Kind::Gauge,
        about: "From the requests of how long is that extrapolated? 0 after a start, until a hundredth of esker.tier.price.window.ms has passed.",
        read: |costs, emit| emit.fraction(costs.period.as_secs_f64()),
    },
];
