//! RenewDelegationToken (39): refused, because tokens are given only to clients that have proved who they are (KIP-48).
//!
//! Versions 1-2.

use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_protocol::messages::{RenewDelegationTokenRequest, RenewDelegationTokenResponse};

impl Respond for RenewDelegationTokenResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(
    _: &Api,
    _: &RequestContext,
    _: RenewDelegationTokenRequest,
) -> Answer<RenewDelegationTokenResponse> {
    Answer::Now(RenewDelegationTokenResponse {
        error_code: ErrorCode::DelegationTokenRequestNotAllowed.number(),
        expiry_timestamp_ms: -1,
        ..RenewDelegationTokenResponse::default()
    })
}
