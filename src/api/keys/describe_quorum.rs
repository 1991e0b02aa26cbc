//! DescribeQuorum (55): leader, voters and observers of the metadata quorum (KIP-595, KIP-836).
//!
//! Versions 0-2.
//! - 1: when each member was last heard of
//! - 2: sentences, directories, and where the members are reached (KIP-853)
//!
//! Of the other members this node knows who they are; how far they are is theirs to know, and is shown as unknown.

use crate::answer::{Answer, Failure, Respond};
use crate::session::RequestContext;
use crate::{Api, ErrorCode};
use esker_config::parse_host_port;
use esker_metadata::AclOperation;
use esker_protocol::messages::describe_quorum::{
    Listener, Node, PartitionData, PartitionResult, ReplicaState, TopicData, TopicResult,
};
use esker_protocol::messages::{DescribeQuorumRequest, DescribeQuorumResponse};
use esker_quorum::Member;

/// The topic as which Kafka shows the metadata log.
const METADATA_TOPIC: &str = "__cluster_metadata";

impl Respond for DescribeQuorumResponse {
    fn error_codes(&self) -> impl Iterator<Item = i16> {
        let partitions = self.topics.iter().flat_map(|topic| &topic.partitions);
        std::iter::once(self.error_code).chain(partitions.map(|partition| partition.error_code))
    }
}

pub(crate) fn handle(api: &Api, cx: &RequestContext, request: DescribeQuorumRequest) -> Answer<DescribeQuorumResponse> {
    if let Err(code) = api.access(cx).require_cluster(AclOperation::Describe) {
        let (error_code, error_message) = Failure::parts(Some(Failure::new(code, "Cluster authorization failed.")));
        return Answer::Now(DescribeQuorumResponse { error_code, error_message, ..DescribeQuorumResponse::default() });
    }
    let members = api.services.controller.quorum().members();
    let asked_for_it = is_metadata_partition(&request.topics);
    let topics = request.topics.into_iter().map(|topic| TopicResult {
        partitions: topic
            .partitions
            .iter()
            .map(|partition| if asked_for_it { state(api, &members) } else { unknown(partition) })
            .collect(),
        topic_name: topic.topic_name,
    });
    Answer::Now(DescribeQuorumResponse {
        topics: topics.collect(),
        nodes: if asked_for_it && cx.version() >= 2 { nodes(api, &members) } else { Vec::new() },
        ..DescribeQuorumResponse::default()
    })
}

/// Whether a request asks for the one partition that there is, and for nothing else.
fn is_metadata_partition(topics: &[TopicData]) -> bool {
    match topics {
        [topic] => {
            let only = matches!(topic.partitions[..], [PartitionData { partition_index: 0, .. }]);
            topic.topic_name == METADATA_TOPIC && only
        }
        _ => false,
    }
}

fn unknown(partition: &PartitionData) -> PartitionResult {
    let text = "This server does not host this topic-partition.";
    let (error_code, error_message) = Failure::parts(Some(Failure::new(ErrorCode::UnknownTopicOrPartition, text)));
    PartitionResult {
        partition_index: partition.partition_index,
        error_code,
        error_message,
        ..PartitionResult::default()
    }
}

fn state(api: &Api, members: &[Member]) -> PartitionResult {
    let services = &api.services;
    let quorum = services.controller.quorum();
    let leadership = quorum.leader().borrow().clone();
    let end = quorum.committed_end();
    let member = |member: &Member| {
        let own = member.id == services.node_id;
        let seen = if own { services.env.clock.wall_ms() } else { -1 };
        ReplicaState {
            replica_id: member.id,
            log_end_offset: if own { end } else { -1 },
            last_fetch_timestamp: seen,
            last_caught_up_timestamp: seen,
            ..ReplicaState::default()
        }
    };
    let (voters, observers): (Vec<&Member>, Vec<&Member>) = members.iter().partition(|member| member.voter);
    PartitionResult {
        partition_index: 0,
        leader_id: leadership.leader.unwrap_or(-1),
        leader_epoch: i32::try_from(leadership.term).unwrap_or(i32::MAX),
        high_watermark: end,
        current_voters: voters.into_iter().map(member).collect(),
        observers: observers.into_iter().map(member).collect(),
        ..PartitionResult::default()
    }
}

fn nodes(api: &Api, members: &[Member]) -> Vec<Node> {
    let name = api.services.config.listeners.all.iter().find(|listener| listener.controller);
    let name = name.map_or("CONTROLLER", |listener| &listener.name);
    let node = |member: &Member| {
        let address = parse_host_port(&member.address)?;
        let listener = Listener { name: name.into(), host: address.host.into(), port: address.port };
        Some(Node { node_id: member.id, listeners: vec![listener] })
    };
    members.iter().filter_map(node).collect()
}
