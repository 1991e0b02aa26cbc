//! Produce (0): appends record batches to partitions.
//!
//! Versions 3-13. 0 is advertised as the smallest, so that old versions of librdkafka compress (KAFKA-18659); like every version that
//! is not served, 0 to 2 close the connection.
//! - 3: one batch of format 2 for each partition
//! - 5: log start offsets
//! - 7: Zstandard (KIP-110)
//! - 8: which records were refused, and why (KIP-467)
//! - 10: where the leader is (KIP-951)
//! - 13: topic ids instead of names
//!
//! Everything is appended before the handler returns; only acknowledgements are waited for. The exception is the first batch of a
//! transaction, whose coordinator may have to be waited for: then later requests of the connection wait too. With acks=0 there is no answer: where
//! anything fails, the connection is closed, so that the client notices. Of a partition that is named twice both batches are
//! appended, each with a row of its own; Kafka drops the first.

mod admission;
mod append;
mod rows;

use crate::access::Access;
use crate::answer::{Answer, Respond};
use crate::cluster_view::ClusterView;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use admission::{Admitted, admit, headers, is_transactional};
use append::Producing;
use esker_metadata::AclOperation;
use esker_protocol::messages::{ProduceRequest, ProduceResponse};
use esker_replication::{AckFault, Acks, done_now};
use esker_security::QuotaKind;
use futures::FutureExt;
use rows::Rows;
use std::time::Duration;

/// Where only the leader's disk is waited for, Kafka knows no limit; every wait here has one.
const FLUSH_WAIT: Duration = Duration::from_secs(30);

impl Respond for ProduceResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        self.responses.iter().flat_map(|topic| &topic.partition_responses).map(|partition| partition.error_code)
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: ProduceRequest) -> Answer<ProduceResponse> {
    let turns = cx.client.turns();
    if turns.is_free() && !is_transactional(&request) {
        return append(api, cx, request, &Admitted::default());
    }
    let mut turn = turns.take();
    let silent = request.acks == 0;
    let (api, cx) = (api.clone(), cx.clone());
    let mut work = Box::pin(async move {
        turn.comes().await;
        let admitted = admit(&api, &cx, &request).await;
        append(&api, &cx, request, &admitted)
    });
    match ((&mut work).now_or_never(), silent) {
        (Some(answer), _) => answer,
        (None, false) => Answer::later(async move {
            match work.await {
                Answer::Now(response) => response,
                Answer::Later(response) => response.await,
                Answer::Silent(_) | Answer::Close => ProduceResponse::default(),
            }
        }),
        // Nobody waits for an answer, and it is too late to close the connection.
        (None, true) => {
            esker_env::spawn(async move { drop(work.await) });
            Answer::Silent(Duration::ZERO)
        }
    }
}

/// Appends everything; what is left to wait for are acknowledgements.
fn append(api: &Api, cx: &RequestContext, request: ProduceRequest, admitted: &Admitted) -> Answer<ProduceResponse> {
    let image = api.services.image.current();
    let view = ClusterView { image: &image, listener: cx.client.listener() };
    let acks = acks(request.acks);
    let timeout = Duration::from_millis(u64::try_from(request.timeout_ms).unwrap_or(0));
    let access = api.access(cx);
    let refused = refused_as_a_whole(&request, &access);
    let producing = Producing::new(api, cx, &image, &access, acks, refused, admitted);
    let mut rows = Rows::with_capacity(request.topic_data.len());
    for topic in request.topic_data {
        producing.topic(topic, &mut rows);
    }
    if acks == Some(Acks::None) {
        return if rows.any_failed() { Answer::Close } else { Answer::Silent(pause(api, cx)) };
    }
    let tickets = rows.take_tickets();
    match done_now(&tickets) {
        Some(results) => Answer::Now(told(api, cx, rows.finish(results, view, cx.version()))),
        None => {
            let limit = if acks == Some(Acks::All) { timeout } else { timeout.max(FLUSH_WAIT) };
            let acknowledged = api.services.replicas.acknowledged(tickets, limit);
            let (api, cx) = (api.clone(), cx.clone());
            Answer::later(async move {
                let results: Vec<Result<(), AckFault>> = acknowledged.await;
                let image = api.services.image.current();
                let view = ClusterView { image: &image, listener: cx.client.listener() };
                told(&api, &cx, rows.finish(results, view, cx.version()))
            })
        }
    }
}

/// What the producer waits for; `None` for a number that means nothing.
fn acks(number: i16) -> Option<Acks> {
    match number {
        -1 => Some(Acks::All),
        0 => Some(Acks::None),
        1 => Some(Acks::Leader),
        _ => None,
    }
}

/// How long a producer must pause for the bytes of its request.
fn pause(api: &Api, cx: &RequestContext) -> Duration {
    let (user, now) = (cx.client.principal().name(), api.services.env.clock.now());
    api.quotas.record(QuotaKind::Produce, user, cx.client_id(), cx.bytes as f64, now)
}

/// An answer that tells the producer how long to pause.
fn told(api: &Api, cx: &RequestContext, answer: ProduceResponse) -> ProduceResponse {
    let throttle_time_ms = i32::try_from(pause(api, cx).as_millis()).unwrap_or(i32::MAX);
    ProduceResponse { throttle_time_ms, ..answer }
}

/// Why nothing of a request is looked at: it has transactional batches, and a transactional id that it may not use, or none.
fn refused_as_a_whole(request: &ProduceRequest, access: &Access) -> Option<ErrorCode> {
    let transactional = headers(request).any(|header| header.attributes.is_transactional());
    let authorised =
        || request.transactional_id.as_ref().is_some_and(|id| access.transactional_id(AclOperation::Write, id));
    let unauthorised = transactional && !authorised();
    unauthorised.then_some(ErrorCode::TransactionalIdAuthorizationFailed)
}
