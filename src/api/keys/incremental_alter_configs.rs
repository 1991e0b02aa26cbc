//! IncrementalAlterConfigs (44): single keys of a resource are set, removed, or have entries added and taken (KIP-339).
//!
//! Versions 0-1.

use crate::answer::{Answer, Failure, Respond};
use crate::config_edits::{AskedChange, change};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_config::{AlterKind, AlterOp};
use esker_controller::ConfigEdit;
use esker_protocol::StrBytes;
use esker_protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterConfigsResourceResponse, AlterableConfig,
};
use esker_protocol::messages::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};
use std::sync::Arc;

impl Respond for IncrementalAlterConfigsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.responses.iter().map(|resource| resource.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: IncrementalAlterConfigsRequest,
) -> Answer<IncrementalAlterConfigsResponse> {
    let (services, access) = (Arc::clone(&api.services), api.access(cx));
    let names: Vec<(i8, StrBytes)> =
        request.resources.iter().map(|resource| (resource.resource_type, resource.resource_name.clone())).collect();
    let asked: Vec<AskedChange> = request.resources.into_iter().map(asked).collect();
    Answer::later(async move {
        let outcomes = change(&services, &access, asked, request.validate_only, true).await;
        let rows = names.into_iter().zip(outcomes).map(|((resource_type, resource_name), failure)| {
            let (error_code, error_message) = Failure::parts(failure);
            AlterConfigsResourceResponse { error_code, error_message, resource_type, resource_name }
        });
        IncrementalAlterConfigsResponse { responses: rows.collect(), ..IncrementalAlterConfigsResponse::default() }
    })
}

fn asked(resource: AlterConfigsResource) -> AskedChange {
    let ops: Result<Vec<AlterOp>, Failure> = resource.configs.iter().map(op).collect();
    AskedChange {
        resource_type: resource.resource_type,
        edit: ops.map(ConfigEdit::Increment),
        name: resource.resource_name,
    }
}

fn op(config: &AlterableConfig) -> Result<AlterOp, Failure> {
    let kind = match config.config_operation {
        0 => AlterKind::Set,
        1 => AlterKind::Delete,
        2 => AlterKind::Append,
        3 => AlterKind::Subtract,
        other => {
            return Err(Failure::new(ErrorCode::InvalidRequest, format!("Unknown operations type {other}")));
        }
    };
    let value = config.value.as_ref().map(|value| value.as_str().to_owned());
    Ok(AlterOp { name: config.name.as_str().to_owned(), kind, value })
}
