//! DescribeCluster (60): the brokers and the controller, for tools (KIP-700).
//!
//! Versions 0-2.
//! - 1: the client says whether it means brokers or controllers (KIP-919)
//! - 2: fenced brokers too, where asked for (KIP-1073)

use crate::answer::{Answer, Failure, Respond};
use crate::cluster_view::ClusterView;
use crate::operations::NOT_ASKED;
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_metadata::{AclOperation, Broker};
use esker_protocol::StrBytes;
use esker_protocol::messages::describe_cluster::DescribeClusterBroker;
use esker_protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};

const BROKERS: i8 = 1;
const CONTROLLERS: i8 = 2;

impl Respond for DescribeClusterResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        std::iter::once(self.error_code)
    }
}

pub(crate) fn handle(
    api: &Api,
    cx: &RequestContext,
    request: DescribeClusterRequest,
) -> Answer<DescribeClusterResponse> {
    if let Err(failure) = check_endpoint_type(request.endpoint_type) {
        let (error_code, error_message) = Failure::parts(Some(failure));
        return Answer::Now(DescribeClusterResponse {
            error_code,
            error_message,
            ..DescribeClusterResponse::default()
        });
    }
    let image = api.services.image.current();
    let view = ClusterView { image: &image, listener: cx.client.listener() };
    let shown = image.brokers().filter(|broker| !broker.fenced || request.include_fenced_brokers);
    let access = api.access(cx);
    let operations = match request.include_cluster_authorized_operations {
        true if access.cluster(AclOperation::Describe) => access.cluster_operations(),
        true => 0,
        false => NOT_ASKED,
    };
    Answer::Now(DescribeClusterResponse {
        cluster_id: image.cluster_id().map(|id| id.as_str().into()).unwrap_or_default(),
        controller_id: view.controller(api.services.node_id),
        brokers: shown.filter_map(|broker| row(view, broker)).collect(),
        cluster_authorized_operations: operations,
        ..DescribeClusterResponse::default()
    })
}

fn check_endpoint_type(kind: i8) -> Result<(), Failure> {
    match kind {
        BROKERS => Ok(()),
        CONTROLLERS => Err(Failure::new(
            ErrorCode::MismatchedEndpointType,
            "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER",
        )),
        other => Err(Failure::new(ErrorCode::UnsupportedEndpointType, format!("Unsupported endpoint type {other}"))),
    }
}

fn row(view: ClusterView<'_>, broker: &Broker) -> Option<DescribeClusterBroker> {
    let endpoint = view.endpoint(broker.id)?;
    Some(DescribeClusterBroker {
        broker_id: broker.id,
        host: endpoint.host.as_str().into(),
        port: i32::from(endpoint.port),
        rack: broker.rack.as_deref().map(StrBytes::from),
        is_fenced: broker.fenced,
    })
}
