//! Requests as an `ExportTraceServiceRequest`: each is a trace of one span.

use super::wire::Message;
use esker_api::RequestSpan;
use esker_env::Random;

const KIND_SERVER: u64 = 2;
const STATUS_ERROR: u64 = 2;

/// The request's bytes.
pub(super) fn encode(spans: &[RequestSpan], resource: &[(String, String)], random: &dyn Random) -> Vec<u8> {
    let mut request = Message::default();
    request.inner(1, |of_resource| {
        of_resource.resource(1, resource);
        of_resource.inner(2, |of_scope| {
            of_scope.scope(1);
            spans.iter().for_each(|span| of_scope.inner(2, |into| write_span(into, span, random)));
        });
    });
    request.into_bytes()
}

fn write_span(into: &mut Message, span: &RequestSpan, random: &dyn Random) {
    let (mut trace, mut id) = ([0; 16], [0; 8]);
    random.fill(&mut trace);
    random.fill(&mut id);
    // All zeros would be no id.
    (trace[0], id[0]) = (trace[0] | 1, id[0] | 1);
    let end = u64::try_from(span.ended_ms).unwrap_or(0).saturating_mul(1_000_000);
    let total = u64::try_from(span.total.as_nanos()).unwrap_or(u64::MAX);
    into.bytes(1, &trace);
    into.bytes(2, &id);
    into.text(5, span.key.name());
    into.number(6, KIND_SERVER);
    into.fixed(7, end.saturating_sub(total));
    into.fixed(8, end);
    into.attribute(9, "messaging.system", "kafka");
    into.attribute(9, "messaging.client.id", &span.client_id);
    into.attribute(9, "client.address", &span.peer.to_string());
    into.attribute(9, "esker.reason", if span.slow { "slow" } else { "sampled" });
    into.attribute_number(9, "esker.request.version", i64::from(span.version));
    into.attribute_number(9, "esker.request.correlation_id", i64::from(span.correlation_id));
    into.attribute_number(9, "esker.request.bytes", i64::try_from(span.bytes).unwrap_or(i64::MAX));
    into.attribute_number(9, "esker.local.us", i64::try_from(span.local.as_micros()).unwrap_or(i64::MAX));
    into.attribute_number(
        9,
        "esker.remote.us",
        i64::try_from(span.total.saturating_sub(span.local).as_micros()).unwrap_or(i64::MAX),
    );
    if let Some(error) = span.error {
        into.attribute(9, "error.type", error.name());
        into.inner(15, |status| {
            status.text(2, error.name());
            status.number(3, STATUS_ERROR);
        });
    }
}
