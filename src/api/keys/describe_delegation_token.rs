//! DescribeDelegationToken (41): refused, because tokens are given only to clients that have proved who they are (KIP-48).
//!
//! Versions 1-3.

use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_protocol::messages::{DescribeDelegationTokenRequest, DescribeDelegationTokenResponse};

impl Respond for DescribeDelegationTokenResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(
    _: &Api,
    _: &RequestContext,
    _: DescribeDelegationTokenRequest,
) -> Answer<DescribeDelegationTokenResponse> {
    Answer::Now(DescribeDelegationTokenResponse {
        error_code: ErrorCode::DelegationTokenRequestNotAllowed.number(),
        ..DescribeDelegationTokenResponse::default()
    })
}
