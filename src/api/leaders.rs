//! Who leads instead: what answers tell a client that asked the wrong broker, so that it need not look (KIP-951).

use crate::cluster_view::ClusterView;
use esker_model::{BrokerId, LeaderEpoch, TopicId};
use esker_protocol::StrBytes;
use std::collections::BTreeMap;

/// A broker's address and rack as the client's listener has it.
pub(crate) struct LeaderEndpoint {
    pub node_id: BrokerId,
    pub host: StrBytes,
    pub port: i32,
    pub rack: Option<StrBytes>,
}

/// Leaders that one answer tells.
pub(crate) struct Leaders<'a> {
    view: ClusterView<'a>,
    endpoints: BTreeMap<BrokerId, LeaderEndpoint>,
}

impl<'a> Leaders<'a> {
    /// None yet.
    pub fn new(view: ClusterView<'a>) -> Self {
        Self { view, endpoints: BTreeMap::new() }
    }

    /// Who leads a partition, and in which epoch; -1 for what is not known. Where it can be reached is told with the answer.
    pub fn tell(&mut self, topic: TopicId, partition: i32) -> (BrokerId, LeaderEpoch) {
        let state = self.view.image.topic(topic).and_then(|topic| topic.partition(partition));
        let Some(state) = state else { return (-1, -1) };
        let leader = state.leader.unwrap_or(-1);
        if let Some(broker) = self.view.image.broker(leader).filter(|broker| !broker.fenced)
            && let Some(endpoint) = broker.endpoint(self.view.listener)
        {
            self.endpoints.entry(leader).or_insert_with(|| LeaderEndpoint {
                node_id: leader,
                host: endpoint.host.as_str().into(),
                port: i32::from(endpoint.port),
                rack: broker.rack.as_deref().map(StrBytes::from),
            });
        }
        (leader, state.leader_epoch)
    }

    /// Where the leaders that were told can be reached.
    pub fn into_endpoints(self) -> impl Iterator<Item = LeaderEndpoint> {
        self.endpoints.into_values()
    }
}
