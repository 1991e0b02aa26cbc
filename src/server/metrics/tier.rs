//! The remote tier. Labels: what was asked of the store and why, both short lists of ours.

use super::figure::{Emit, Figure, Kind};
use esker_tiering::{BreakerState, RequestCount, TierMetrics, TierState};

/// One value for each pair of operation and reason.
fn by_request(tier: &TierMetrics, emit: &mut Emit<'_>, value: fn(&RequestCount) -> u64) {
    for row in &tier.requests {
        emit.labelled(value(row) as f64, &request_labels(row));
    }
}

/// What was asked and why.
pub(super) fn request_labels(row: &RequestCount) -> [(&'static str, String); 2] {
    [("operation", words(&format!("{:?}", row.operation))), ("reason", words(&format!("{:?}", row.reason)))]
}

/// `ColdRead` as `cold_read`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}

pub(crate) const FIGURES: &[Figure<TierMetrics>] = &[
    Figure {
        name: "esker_tier_ready",
        kind: Kind::Gauge,
        about: "Does the tier work? 0 while the store cannot be reached, was proven wrong, or belongs to a later generation.",
        read: |tier, emit| emit.value(u64::from(tier.state == TierState::Ready)),
    },
    Figure {
        name: "esker_tier_breaker_open",
        kind: Kind::Gauge,
        about: "Are requests to the store held back because it fails?",
        read: |tier, emit| emit.value(u64::from(tier.breaker == BreakerState::Open)),
    },
    Figure {
        name: "esker_tier_breaker_trial",
        kind: Kind::Gauge,
        about: "Is one request on its way to find out whether the store works again?",
        read: |tier, emit| emit.value(u64::from(tier.breaker == BreakerState::Trial)),
    },
    Figure {
        name: "esker_tier_requests_total",
        kind: Kind::Counter,
        about: "How many requests were sent to the store, repetitions included, by operation and reason?",
        read: |tier, emit| by_request(tier, emit, |row| row.requests),
    },
    Figure {
        name: "esker_tier_request_errors_total",
        kind: Kind::Counter,
        about: "How many of them failed?",
        read: |tier, emit| by_request(tier, emit, |row| row.errors),
    },
    Figure {
        name: "esker_tier_request_bytes_total",
        kind: Kind::Counter,
        about: "How many bytes of bodies went to or came from the store?",
        read: |tier, emit| by_request(tier, emit, |row| row.bytes),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_remotecopybytes_total",
        kind: Kind::Counter,
        about: "How many bytes of segments were uploaded?",
        read: |tier, emit| emit.value(tier.bytes_uploaded),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_remotecopyrequests_total",
        kind: Kind::Counter,
        about: "How many segments were uploaded?",
        read: |tier, emit| emit.value(tier.segments_uploaded),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_remotecopyerrors_total",
        kind: Kind::Counter,
        about: "How many attempts to upload a segment failed?",
        read: |tier, emit| emit.value(tier.upload_errors),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_remotefetchbytes_total",
        kind: Kind::Counter,
        about: "How many bytes were given to cold reads?",
        read: |tier, emit| emit.value(tier.cold_bytes),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_remotefetchrequests_total",
        kind: Kind::Counter,
        about: "How many cold reads were asked for?",
        read: |tier, emit| emit.value(tier.cold_reads),
    },
    Figure {
        name: "kafka_server_brokertopicmetrics_remotefetcherrors_total",
        kind: Kind::Counter,
        about: "How many cold reads failed?",
        read: |tier, emit| emit.value(tier.cold_errors),
    },
    Figure {
        name: "esker_tier_objects_deleted_total",
        kind: Kind::Counter,
        about: "How many objects were deleted?",
        read: |tier, emit| emit.value(tier.objects_deleted),
    },
    Figure {
        name: "esker_tier_manifest_versions_total",
        kind: Kind::Counter,
        about: "How many manifest versions were written?",
        read: |tier, emit| emit.value(tier.versions_written),
    },
    Figure {
        name: "esker_tier_scrubbed_objects_total",
        kind: Kind::Counter,
        about: "How many objects were read and checked unasked?",
        read: |tier, emit| emit.value(tier.scrubbed_objects),
    },
    Figure {
        name: "esker_tier_scrubbed_bytes_total",
        kind: Kind::Counter,
        about: "How many bytes were read for that?",
        read: |tier, emit| emit.value(tier.scrubbed_bytes),
    },
    Figure {
        name: "esker_tier_scrub_damaged_total",
        kind: Kind::Counter,
        about: "How often was an object found missing or damaged?",
        read: |tier, emit| emit.value(tier.scrub_damaged),
    },
    Figure {
        name: "esker_tier_scrub_healed_total",
        kind: Kind::Counter,
        about: "In the place of how many of them was a good copy put?",
        read: |tier, emit| emit.value(tier.scrub_healed),
    },
    Figure {
        name: "esker_tier_cache_hits_total",
        kind: Kind::Counter,
        about: "How many chunks were served from the cache?",
        read: |tier, emit| emit.value(tier.cache.hits),
    },
    Figure {
        name: "esker_tier_cache_misses_total",
        kind: Kind::Counter,
        about: "How many chunks had to be fetched?",
        read: |tier, emit| emit.value(tier.cache.misses),
    },
    Figure {
        name: "esker_tier_cache_errors_total",
        kind: Kind::Counter,
        about: "How many errors of the cache were served as misses, damaged chunks included?",
        read: |tier, emit| emit.value(tier.cache.errors + tier.cache.damaged),
    },
    Figure {
        name: "esker_tier_cache_memory_bytes",
        kind: Kind::Gauge,
        about: "How many bytes of chunks does the cache hold in memory?",
        read: |tier, emit| emit.value(tier.cache.memory_bytes),
    },
    Figure {
        name: "esker_tier_cache_disk_written_bytes_total",
        kind: Kind::Counter,
        about: "How many bytes were written to the cache's directory?",
        read: |tier, emit| emit.value(tier.cache.disk_written_bytes),
    },
    Figure {
        name: "esker_tier_cache_disk_full",
        kind: Kind::Gauge,
        about: "Is the disk of the cache's directory nearly full, so that nothing more is cached on it until there is room?",
        read: |tier, emit| emit.value(u64::from(tier.cache.disk_is_full)),
    },
    Figure {
        name: "esker_tier_metadata_cache_bytes",
        kind: Kind::Gauge,
        about: "How many bytes of manifests, pages and trailer heads are in memory?",
        read: |tier, emit| emit.value(tier.meta_cache_bytes),
    },
    Figure {
        name: "esker_tier_upload_memory_bytes",
        kind: Kind::Gauge,
        about: "How many bytes of segments are in memory for uploads?",
        read: |tier, emit| emit.value(tier.upload_bytes),
    },
    Figure {
        name: "esker_tier_fetch_memory_bytes",
        kind: Kind::Gauge,
        about: "How many bytes of cold reads are on their way?",
        read: |tier, emit| emit.value(tier.fetch_bytes),
    },
];
