//! AlterConfigs (33): all that is set for a resource is replaced. Old clients use it; newer ones IncrementalAlterConfigs.
//!
//! Versions 0-2.

use crate::Api;
use crate::answer::{Answer, Failure, Respond};
use crate::config_edits::{AskedChange, change};
use crate::session::RequestContext;
use esker_controller::ConfigEdit;
use esker_protocol::StrBytes;
use esker_protocol::messages::alter_configs::{AlterConfigsResource, AlterConfigsResourceResponse};
use esker_protocol::messages::{AlterConfigsRequest, AlterConfigsResponse};
use std::sync::Arc;

impl Respond for AlterConfigsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.responses.iter().map(|resource| resource.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: AlterConfigsRequest) -> Answer<AlterConfigsResponse> {
    let (services, access) = (Arc::clone(&api.services), api.access(cx));
    let names: Vec<(i8, StrBytes)> =
        request.resources.iter().map(|resource| (resource.resource_type, resource.resource_name.clone())).collect();
    let asked: Vec<AskedChange> = request.resources.into_iter().map(asked).collect();
    Answer::later(async move {
        let outcomes = change(&services, &access, asked, request.validate_only, false).await;
        let rows = names.into_iter().zip(outcomes).map(|((resource_type, resource_name), failure)| {
            let (error_code, error_message) = Failure::parts(failure);
            AlterConfigsResourceResponse { error_code, error_message, resource_type, resource_name }
        });
        AlterConfigsResponse { responses: rows.collect(), ..AlterConfigsResponse::default() }
    })
}

fn asked(resource: AlterConfigsResource) -> AskedChange {
    let text = |text: &StrBytes| text.as_str().to_owned();
    let configs = resource.configs.iter().map(|config| (text(&config.name), config.value.as_ref().map(text)));
    AskedChange {
        resource_type: resource.resource_type,
        edit: Ok(ConfigEdit::Replace(configs.collect())),
        name: resource.resource_name,
    }
}
