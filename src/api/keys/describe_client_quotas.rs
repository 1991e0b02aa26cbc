//! DescribeClientQuotas (48): the quotas that a filter means (KIP-546).
//!
//! Versions 0-1.

use crate::Api;
use crate::answer::{Answer, Failure, Respond};
use crate::session::RequestContext;
use esker_metadata::{AclOperation, QuotaEntity, QuotaName};
use esker_protocol::StrBytes;
use esker_protocol::messages::describe_client_quotas::{ComponentData, EntityData, EntryData, ValueData};
use esker_protocol::messages::{DescribeClientQuotasRequest, DescribeClientQuotasResponse};
use esker_security::{QuotaFilter, QuotaMatch, Refusal, RefusalKind};
use std::collections::BTreeMap;

const EXACTLY: i8 = 0;
const DEFAULT: i8 = 1;
const ANYBODY: i8 = 2;

impl Respond for DescribeClientQuotasResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: DescribeClientQuotasRequest,
) -> Answer<DescribeClientQuotasResponse> {
    if let Err(code) = api.access(cx).require_cluster(AclOperation::DescribeConfigs) {
        return Answer::Now(failed(code.into()));
    }
    let filter = match filter(&request) {
        Ok(filter) => filter,
        Err(refusal) => return Answer::Now(failed(refusal.into())),
    };
    let image = api.services.image.current();
    let entries = filter.select(&image).map(|(entity, set)| entry(entity, set)).collect();
    Answer::Now(DescribeClientQuotasResponse { entries: Some(entries), ..DescribeClientQuotasResponse::default() })
}

fn failed(failure: Failure) -> DescribeClientQuotasResponse {
    let (error_code, error_message) = Failure::parts(Some(failure));
    DescribeClientQuotasResponse { error_code, error_message, entries: None, throttle_time_ms: 0 }
}

fn filter(request: &DescribeClientQuotasRequest) -> Result<QuotaFilter, Refusal> {
    let mut filter = QuotaFilter::new(request.strict);
    for component in &request.components {
        filter.add(&component.entity_type, meant(component))?;
    }
    filter.check()?;
    Ok(filter)
}

fn meant(component: &ComponentData) -> Result<QuotaMatch, Refusal> {
    let invalid = |text: &str| Err(Refusal { kind: RefusalKind::InvalidRequest, text: text.to_owned() });
    match (component.match_type, component.r#match.as_deref()) {
        (EXACTLY, Some(name)) => Ok(QuotaMatch::Exactly(QuotaName::Named(name.into()))),
        (EXACTLY, None) => invalid("Request specified MATCH_TYPE_EXACT, but set match string to null."),
        (DEFAULT, None) => Ok(QuotaMatch::Exactly(QuotaName::Default)),
        (DEFAULT, Some(_)) => invalid("Request specified MATCH_TYPE_DEFAULT, but also specified a match string."),
        (ANYBODY, None) => Ok(QuotaMatch::Anybody),
        (ANYBODY, Some(_)) => invalid("Request specified MATCH_TYPE_SPECIFIED, but also specified a match string."),
        (other, _) => invalid(&format!("Unknown match type {other}")),
    }
}

fn entry(entity: &QuotaEntity, set: &BTreeMap<String, f64>) -> EntryData {
    let parts = entity.parts().map(|(kind, name)| EntityData {
        entity_type: StrBytes::from_static(kind),
        entity_name: name.name().map(StrBytes::from),
    });
    let values = set.iter().map(|(key, value)| ValueData { key: key.as_str().into(), value: *value });
    EntryData { entity: parts.collect(), values: values.collect() }
}
