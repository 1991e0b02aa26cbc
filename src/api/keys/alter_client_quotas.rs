//! AlterClientQuotas (49): sets and removes quotas of users, clients and addresses (KIP-546).
//!
//! Versions 0-1.

use crate::Api;
use crate::answer::{Answer, Failure, Respond};
use crate::session::RequestContext;
use esker_metadata::AclOperation;
use esker_protocol::StrBytes;
use esker_protocol::messages::alter_client_quotas::{EntityData, EntryData, EntryResult};
use esker_protocol::messages::{AlterClientQuotasRequest, AlterClientQuotasResponse};
use esker_security::{QuotaAlteration, alter_quotas};
use std::collections::BTreeMap;

impl Respond for AlterClientQuotasResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.entries.iter().map(|entry| entry.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: AlterClientQuotasRequest,
) -> Answer<AlterClientQuotasResponse> {
    if let Err(code) = api.access(cx).require_cluster(AclOperation::AlterConfigs) {
        return Answer::Now(refused(request.entries, &Failure::new(code, "Cluster authorization failed.")));
    }
    let alterations: Vec<QuotaAlteration> = request.entries.iter().map(alteration).collect();
    let api = api.clone();
    Answer::later(async move {
        match api.commit(request.validate_only, move |image| Ok(alter_quotas(image, &alterations))).await {
            Ok(outcomes) => {
                let rows = outcomes.into_iter();
                let rows = rows.map(|(entity, outcome)| row(parts(entity), outcome.err().map(Failure::from)));
                AlterClientQuotasResponse { entries: rows.collect(), ..AlterClientQuotasResponse::default() }
            }
            Err(failure) => refused(request.entries, &failure),
        }
    })
}

fn alteration(entry: &EntryData) -> QuotaAlteration {
    let name = |name: &StrBytes| name.as_str().to_owned();
    let part = |part: &EntityData| (name(&part.entity_type), part.entity_name.as_ref().map(name));
    QuotaAlteration {
        entity: entry.entity.iter().map(part).collect(),
        ops: entry.ops.iter().map(|op| (name(&op.key), (!op.remove).then_some(op.value))).collect(),
    }
}

fn parts(entity: BTreeMap<String, Option<String>>) -> Vec<EntityData> {
    let part = |(kind, name): (String, Option<String>)| EntityData {
        entity_type: kind.into(),
        entity_name: name.map(StrBytes::from),
    };
    entity.into_iter().map(part).collect()
}

/// What befell the whole befell each entry.
fn refused(entries: Vec<EntryData>, failure: &Failure) -> AlterClientQuotasResponse {
    let rows = entries.into_iter().map(|entry| row(entry.entity, Some(failure.clone())));
    AlterClientQuotasResponse { entries: rows.collect(), ..AlterClientQuotasResponse::default() }
}

fn row(entity: Vec<EntityData>, failure: Option<Failure>) -> EntryResult {
    let (error_code, error_message) = Failure::parts(failure);
    EntryResult { error_code, error_message, entity }
}
