//! The API of one broker: what handlers work with, and the way from a frame to its reply.

use crate::answer::{Answer, Respond};
use crate::auto_creation::AutoCreation;
use crate::fetch_session::{FetchSessions, SessionStats};
use crate::keys;
use crate::log_limit::LogLimit;
use crate::markers::PartitionMarkers;
use crate::session::RequestContext;
use crate::spans::{Kept, RequestSpan};
use crate::{ApiMetrics, ErrorCode, Reply, Response, Session, Telemetry};
use bytes::Bytes;
use esker_config::BrokerConfig;
use esker_controller::{Controller, ProducerIds};
use esker_coordinator::group::GroupCoordinator;
use esker_coordinator::transaction::TransactionCoordinator;
use esker_env::{Env, Instant};
use esker_metadata::{ConfigStore, ImageWatch};
use esker_model::BrokerId;
use esker_protocol::frame::{HeadError, IncomingRequest};
use esker_protocol::wire::decode::Decode;
use esker_protocol::{ApiKey, Request};
use esker_replication::ReplicaManager;
use esker_security::{Authorizer, QuotaKind, Quotas};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a request may decode to, in bytes of structures; strings and records cost nothing. Each small row of a question becomes a larger one of
/// the answer, or is remembered: a hundred thousand partitions or topics in one request still fit.
const DECODED_BYTES_MAX: usize = 8 << 20;

/// What handlers work with: the rooms below and what was configured at the start.
#[derive(Debug)]
pub struct Services {
    /// Clock and randomness.
    pub env: Env,
    /// This broker.
    pub node_id: BrokerId,
    /// What was configured at the start.
    pub config: Arc<BrokerConfig>,
    /// What is configured now.
    pub configs: Arc<ConfigStore>,
    /// The cluster as this broker knows it.
    pub image: ImageWatch,
    /// Who decides on changes.
    pub controller: Arc<Controller>,
    /// Identities for producers.
    pub producer_ids: Arc<ProducerIds>,
    /// The partitions of this broker.
    pub replicas: Arc<ReplicaManager>,
    /// The groups that this broker coordinates.
    pub groups: Arc<GroupCoordinator>,
    /// Who ends transactions in them.
    pub markers: Arc<PartitionMarkers>,
    /// The transactional ids that this broker coordinates.
    pub transactions: Arc<TransactionCoordinator>,
}

/// Answers the requests of clients. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Api {
    pub(crate) services: Arc<Services>,
    pub(crate) auto_creation: Arc<AutoCreation>,
    pub(crate) sessions: Arc<FetchSessions>,
    /// Who may do what; `None` lets everybody do everything.
    pub(crate) authorizer: Option<Arc<Authorizer>>,
    pub(crate) quotas: Arc<Quotas>,
    /// Metrics of clients, where they may push them.
    pub(crate) telemetry: Option<Arc<Telemetry>>,
    pub(crate) denials: Arc<LogLimit>,
    metrics: Arc<ApiMetrics>,
    refusals: Arc<LogLimit>,
}

impl Api {
    /// An API over `services`.
    pub fn new(services: Services) -> Self {
        let sessions = FetchSessions::new(services.config.network.fetch_sessions_max, services.env.random.clone());
        let image = || services.image.clone();
        Self {
            authorizer: services.config.authorizer.as_ref().map(|config| Authorizer::new(config, image())),
            quotas: Quotas::new(&services.config.quota, image()),
            telemetry: telemetry_of(&services),
            services: Arc::new(services),
            auto_creation: Arc::default(),
            sessions: Arc::new(sessions),
            denials: Arc::default(),
            metrics: Arc::default(),
            refusals: Arc::default(),
        }
    }

    /// What there is of fetch sessions.
    pub fn fetch_sessions(&self) -> SessionStats {
        self.sessions.stats()
    }

    /// Metrics of clients, where they may push them.
    pub fn telemetry(&self) -> Option<&Arc<Telemetry>> {
        self.telemetry.as_ref()
    }

    /// Whether nothing in the configuration keeps a key from being served.
    pub(crate) fn is_on(&self, key: ApiKey) -> bool {
        match key {
            ApiKey::GetTelemetrySubscriptions | ApiKey::PushTelemetry => self.telemetry.is_some(),
            _ => true,
        }
    }

    /// What is counted.
    pub fn metrics(&self) -> &Arc<ApiMetrics> {
        &self.metrics
    }

    /// Whether a request may start while earlier ones of its kind are still being answered: only Produce.
    pub fn overlaps(frame: &[u8]) -> bool {
        frame.starts_with(&ApiKey::Produce.number().to_be_bytes())
    }

    /// Answers one frame, which comes without its length. What must happen in the order of requests has happened when this returns.
    ///
    /// A key or version that is not served, and a body that is not what its head says, close the connection without a
    /// word, as Kafka does. The exception is ApiVersions, by which a client finds out what is served.
    pub fn dispatch(&self, session: &mut Session, frame: Bytes) -> Reply {
        let received = self.services.env.clock.now();
        let bytes = frame.len();
        let request = match IncomingRequest::read(frame) {
            Ok(request) => request,
            Err(HeadError::UnsupportedApiVersions { correlation_id, .. }) => {
                return keys::api_versions::unsupported_version(correlation_id).map_or(Reply::Close, Reply::Now);
            }
            Err(error) => return self.refuse(session, None, &error),
        };
        let head = request.head.clone();
        let cx = RequestContext { head, client: Arc::clone(session.client()), received, bytes };
        keys::call(self, session, cx, request)
    }

    /// Decodes a request, has it handled and encodes the answer.
    pub(crate) fn run<R, A>(
        &self,
        session: &Session,
        cx: RequestContext,
        request: IncomingRequest,
        handle: fn(&Api, &RequestContext, R) -> Answer<A>,
    ) -> Reply
    where
        R: Request + Decode,
        A: Respond,
    {
        let body = request.body.with_budget(DECODED_BYTES_MAX);
        let request = match (IncomingRequest { body, ..request }).decode::<R>() {
            Ok(request) => request,
            Err(error) => return self.refuse(session, Some(R::KEY), &error),
        };
        let answer = handle(self, &cx, request);
        let waiting_since = self.services.env.clock.now();
        match answer {
            Answer::Now(answer) => self.finish(&cx, waiting_since, answer).map_or(Reply::Close, Reply::Now),
            Answer::Silent(Duration::ZERO) => self.without_answer(&cx, Reply::Silent),
            Answer::Silent(mute) => self.without_answer(&cx, Reply::Now(Response { pieces: Vec::new(), mute })),
            Answer::Close => self.without_answer(&cx, Reply::Close),
            Answer::Later(answer) => {
                let api = self.clone();
                Reply::Later(Box::pin(async move {
                    let answer = answer.await;
                    api.finish(&cx, waiting_since, answer)
                }))
            }
        }
    }

    /// Counts a request that gets no answer.
    fn without_answer(&self, cx: &RequestContext, reply: Reply) -> Reply {
        if let Some(metrics) = self.metrics.key(cx.head.key) {
            let total = self.services.env.clock.now().since(cx.received);
            metrics.count(total, total, std::iter::empty());
        }
        reply
    }

    /// Counts and encodes an answer; `None` where it cannot be encoded.
    fn finish<A: Respond>(&self, cx: &RequestContext, waiting_since: Instant, mut answer: A) -> Option<Response> {
        let told = Duration::from_millis(u64::try_from(answer.throttle_time_ms()).unwrap_or(0));
        let mute = told.max(self.pause_for_time(cx, waiting_since));
        answer.set_throttle_time_ms(i32::try_from(mute.as_millis()).unwrap_or(i32::MAX));
        if let Some(metrics) = self.metrics.key(cx.head.key) {
            let total = self.services.env.clock.now().since(cx.received);
            metrics.count(waiting_since.since(cx.received), total, answer.error_codes());
            self.trace(cx, waiting_since.since(cx.received), total, &answer);
        }
        match answer.into_response(cx.head.correlation_id, cx.version()) {
            Ok(response) => Some(Response { mute, ..response }),
            Err(error) => {
                tracing::error!(key = %cx.head.key, version = cx.version(), %error, "answer cannot be encoded");
                None
            }
        }
    }

    /// Keeps the request for a trace, where traces are wanted and it is worth one.
    fn trace<A: Respond>(&self, cx: &RequestContext, local: Duration, total: Duration, answer: &A) {
        let Some(spans) = self.metrics.spans() else { return };
        let Some(kept) = spans.wants(cx.head.key, local, total) else { return };
        spans.keep(RequestSpan {
            key: cx.head.key,
            version: cx.version(),
            correlation_id: cx.head.correlation_id,
            client_id: cx.client_id().to_owned(),
            peer: cx.client.peer(),
            bytes: cx.bytes,
            ended_ms: self.services.env.clock.wall_ms(),
            local,
            total,
            error: answer.error_codes().filter(|number| *number != 0).find_map(ErrorCode::from_number),
            slow: kept == Kept::Slow,
        });
    }

    /// How long a client must pause for the time that its request took, by its quota of the broker's time. Requests of brokers are exempt.
    fn pause_for_time(&self, cx: &RequestContext, waiting_since: Instant) -> Duration {
        if cx.head.key == ApiKey::WriteTxnMarkers || !self.quotas.limits_any(QuotaKind::Request) {
            return Duration::ZERO;
        }
        let percent = waiting_since.since(cx.received).as_secs_f64() * 100.0;
        let (user, now) = (cx.client.principal().name(), self.services.env.clock.now());
        self.quotas.record(QuotaKind::Request, user, cx.client_id(), percent, now)
    }

    /// Closes a connection whose request was not understood.
    pub(crate) fn refuse(&self, session: &Session, key: Option<ApiKey>, why: &dyn fmt::Display) -> Reply {
        self.metrics.count_refused();
        if let Some(dropped) = self.refusals.admit(self.services.env.clock.now()) {
            let key = key.map_or("unknown", ApiKey::name);
            let peer = session.client().peer();
            tracing::warn!(%peer, key, reason = %why, lines_dropped = dropped, "request refused, connection closed");
        }
        Reply::Close
    }
}

fn telemetry_of(services: &Services) -> Option<Arc<Telemetry>> {
    let config = &services.config.telemetry;
    config.enabled.then(|| Telemetry::new(config, Arc::clone(&services.env.clock), services.image.clone()))
}
