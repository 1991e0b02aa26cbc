//! UpdateFeatures (57): features of the cluster are finalised at other levels (KIP-584).
//!
//! Versions 0-2.
//! - 0: the client only says whether a level may sink; 1: how it may, and whether only to check
//! - up to 1 the answer has a row for each feature, 2 has one code for all

use crate::Api;
use crate::answer::{Answer, Failure, Respond};
use crate::refusal::limit;
use crate::session::RequestContext;
use esker_controller::{FeatureUpdate, UpgradeKind};
use esker_metadata::AclOperation;
use esker_protocol::StrBytes;
use esker_protocol::messages::update_features::{FeatureUpdateKey, UpdatableFeatureResult};
use esker_protocol::messages::{UpdateFeaturesRequest, UpdateFeaturesResponse};
use std::sync::Arc;

impl Respond for UpdateFeaturesResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code).chain(self.results.iter().map(|result| result.error_code))
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: UpdateFeaturesRequest) -> Answer<UpdateFeaturesResponse> {
    let version = cx.version();
    if let Err(code) = api.access(cx).require_cluster(AclOperation::Alter) {
        return Answer::Now(answer(Some(code.into()), Vec::new()));
    }
    let services = Arc::clone(&api.services);
    Answer::later(async move {
        let updates = request.feature_updates.iter().map(|update| wanted(update, version)).collect();
        let limit = limit(request.timeout_ms);
        match services.controller.update_features(updates, request.validate_only, limit).await {
            Ok(()) => answer(None, request.feature_updates.into_iter().filter(|_| version <= 1).map(row).collect()),
            Err(error) => answer(Some(error.into()), Vec::new()),
        }
    })
}

fn wanted(update: &FeatureUpdateKey, version: i16) -> FeatureUpdate {
    // Kafka's controller does not look at version 0's permission to downgrade.
    let kind = match (version, update.upgrade_type) {
        (0, _) | (_, 1) => UpgradeKind::Upgrade,
        (_, 2) => UpgradeKind::SafeDowngrade,
        (_, 3) => UpgradeKind::UnsafeDowngrade,
        _ => UpgradeKind::Unknown,
    };
    FeatureUpdate { name: update.feature.as_str().to_owned(), level: update.max_version_level, kind }
}

/// Kafka's sentence about a feature that went well is the name of its code.
fn row(update: FeatureUpdateKey) -> UpdatableFeatureResult {
    UpdatableFeatureResult {
        feature: update.feature,
        error_code: 0,
        error_message: Some(StrBytes::from_static("NONE")),
    }
}

fn answer(failure: Option<Failure>, results: Vec<UpdatableFeatureResult>) -> UpdateFeaturesResponse {
    let (error_code, error_message) = Failure::parts(failure);
    UpdateFeaturesResponse { error_code, error_message, results, throttle_time_ms: 0 }
}
