//! GetTelemetrySubscriptions (71): which metrics a client is asked to push (KIP-714).
//!
//! Version 0. Served where `esker.client.telemetry.enable` says so. A client without an id is given one; one that asks again
//! before its interval is over is told so, unless its last push failed because it had to ask.

use crate::answer::{Answer, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_protocol::StrBytes;
use esker_protocol::messages::{GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse};
use esker_record::Codec;

/// Codecs that pushes may be compressed with, the best first, as Kafka lists them.
const CODECS: [Codec; 4] = [Codec::Zstd, Codec::Lz4, Codec::Gzip, Codec::Snappy];

impl Respond for GetTelemetrySubscriptionsResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: GetTelemetrySubscriptionsRequest,
) -> Answer<GetTelemetrySubscriptionsResponse> {
    let Some(telemetry) = &api.telemetry else { return Answer::Close };
    let client_instance_id = match request.client_instance_id {
        none if none.is_nil() => api.services.env.random.uuid(),
        given => given,
    };
    let Ok(wanted) = telemetry.subscribe(cx, client_instance_id.as_u128()) else {
        let error_code = ErrorCode::ThrottlingQuotaExceeded.number();
        return Answer::Now(GetTelemetrySubscriptionsResponse { error_code, ..Default::default() });
    };
    Answer::Now(GetTelemetrySubscriptionsResponse {
        client_instance_id,
        subscription_id: wanted.subscription,
        accepted_compression_types: CODECS.iter().map(|codec| *codec as i8).collect(),
        push_interval_ms: wanted.interval_ms,
        telemetry_max_bytes: i32::try_from(telemetry.bytes_max()).unwrap_or(i32::MAX),
        delta_temporality: true,
        requested_metrics: wanted.metrics.into_iter().map(StrBytes::from).collect(),
        ..Default::default()
    })
}
