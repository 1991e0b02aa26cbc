//! PushTelemetry (72): a client pushes its metrics (KIP-714).
//!
//! Version 0. Served where `esker.client.telemetry.enable` says so. What decompresses to more than `telemetry.max.bytes`, or is
//! not OTLP, is an invalid record.

use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::telemetry::{Push, PushFault, is_instance_id};
use crate::{Api, ErrorCode};
use esker_protocol::messages::{PushTelemetryRequest, PushTelemetryResponse};

impl Respond for PushTelemetryResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: PushTelemetryRequest) -> Answer<PushTelemetryResponse> {
    let Some(telemetry) = &api.telemetry else { return Answer::Close };
    let push = Push {
        instance: request.client_instance_id.as_u128(),
        subscription: request.subscription_id,
        terminating: request.terminating,
        compression: request.compression_type,
        metrics: request.metrics,
    };
    let taken = if is_instance_id(push.instance) { telemetry.push(cx, &push) } else { Err(PushFault::Terminated) };
    let error_code = taken.err().map_or(0, |fault| code(fault).number());
    Answer::Now(PushTelemetryResponse { error_code, ..Default::default() })
}

fn code(fault: PushFault) -> ErrorCode {
    match fault {
        PushFault::Terminated => ErrorCode::InvalidRequest,
        PushFault::Throttled => ErrorCode::ThrottlingQuotaExceeded,
        PushFault::UnknownSubscription => ErrorCode::UnknownSubscriptionId,
        PushFault::UnknownCodec => ErrorCode::UnsupportedCompressionType,
        PushFault::TooLarge => ErrorCode::TelemetryTooLarge,
        PushFault::Unreadable => ErrorCode::InvalidRecord,
    }
}
