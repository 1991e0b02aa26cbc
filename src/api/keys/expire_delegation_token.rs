//! ExpireDelegationToken (40): refused, because tokens are given only to clients that have proved who they are (KIP-48).
//!
//! Versions 1-2.

use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_protocol::messages::{ExpireDelegationTokenRequest, ExpireDelegationTokenResponse};

impl Respond for ExpireDelegationTokenResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(
    _: &Api,
    _: &RequestContext,
    _: ExpireDelegationTokenRequest,
) -> Answer<ExpireDelegationTokenResponse> {
    Answer::Now(ExpireDelegationTokenResponse {
        error_code: ErrorCode::DelegationTokenRequestNotAllowed.number(),
        expiry_timestamp_ms: -1,
        ..ExpireDelegationTokenResponse::default()
    })
}
