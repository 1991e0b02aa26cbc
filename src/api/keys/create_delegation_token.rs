//! CreateDelegationToken (38): refused, because tokens are given only to clients that have proved who they are (KIP-48).
//!
//! Versions 1-3. Who the token would be for is in the answer; without a name it is whoever asks.

use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_protocol::messages::{CreateDelegationTokenRequest, CreateDelegationTokenResponse};

impl Respond for CreateDelegationTokenResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(
    _: &Api,
    cx: &RequestContext,
    request: CreateDelegationTokenRequest,
) -> Answer<CreateDelegationTokenResponse> {
    let requester = cx.client.principal();
    let mut response = CreateDelegationTokenResponse {
        error_code: ErrorCode::DelegationTokenRequestNotAllowed.number(),
        principal_type: requester.kind().into(),
        principal_name: requester.name().into(),
        issue_timestamp_ms: -1,
        expiry_timestamp_ms: -1,
        max_timestamp_ms: -1,
        ..CreateDelegationTokenResponse::default()
    };
    if cx.version() >= 3 {
        response.token_requester_principal_type = requester.kind().into();
        response.token_requester_principal_name = requester.name().into();
        if let Some(owner) = request.owner_principal_name.filter(|name| !name.is_empty()) {
            response.principal_type = request.owner_principal_type.unwrap_or_default();
            response.principal_name = owner;
        }
    }
    Answer::Now(response)
}
