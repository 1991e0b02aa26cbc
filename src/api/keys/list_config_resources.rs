//! ListConfigResources (74): what can be configured, by name (KIP-1142).
//!
//! Versions 0-1.
//! - 0: client metrics subscriptions only; 1: the kinds that are asked for, none meaning all

use crate::answer::{Answer, Respond};
use crate::config_words::ResourceType;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_metadata::{AclOperation, ClusterImage, ConfigResourceKind};
use esker_protocol::StrBytes;
use esker_protocol::messages::list_config_resources::ConfigResource;
use esker_protocol::messages::{ListConfigResourcesRequest, ListConfigResourcesResponse};
use std::collections::BTreeSet;

impl Respond for ListConfigResourcesResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: ListConfigResourcesRequest,
) -> Answer<ListConfigResourcesResponse> {
    if let Err(code) = api.access(cx).require_cluster(AclOperation::DescribeConfigs) {
        let error_code = code.number();
        return Answer::Now(ListConfigResourcesResponse { error_code, ..ListConfigResourcesResponse::default() });
    }
    let wanted: BTreeSet<i8> = match cx.version() {
        0 => BTreeSet::from([16]),
        _ if request.resource_types.is_empty() => ResourceType::ALL.iter().map(|(number, _)| *number).collect(),
        _ => request.resource_types.into_iter().collect(),
    };
    if wanted.iter().any(|number| ResourceType::from_number(*number).is_none()) {
        let error_code = ErrorCode::UnsupportedVersion.number();
        return Answer::Now(ListConfigResourcesResponse { error_code, ..ListConfigResourcesResponse::default() });
    }
    let image = api.services.image.current();
    let kinds = ResourceType::ALL.into_iter().rev().filter(|(number, _)| wanted.contains(number));
    let resources = kinds.flat_map(|(resource_type, kind)| {
        names(&image, kind).into_iter().map(move |resource_name| ConfigResource { resource_name, resource_type })
    });
    Answer::Now(ListConfigResourcesResponse {
        config_resources: resources.collect(),
        ..ListConfigResourcesResponse::default()
    })
}

fn names(image: &ClusterImage, kind: ResourceType) -> Vec<StrBytes> {
    match kind {
        ResourceType::Kept(ConfigResourceKind::Topic) => {
            image.topics().map(|topic| topic.name.as_ref().into()).collect()
        }
        ResourceType::Kept(ConfigResourceKind::Broker) | ResourceType::BrokerLogger => {
            let alive = image.brokers().filter(|broker| !broker.fenced);
            alive.map(|broker| broker.id.to_string().into()).collect()
        }
        ResourceType::Kept(kind) => image.configured(kind).map(|(resource, _)| resource.name.as_str().into()).collect(),
    }
}
