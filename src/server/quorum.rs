//! The metadata quorum of this process: the one voter, with the metadata log in `metadata.log.dir`.

use esker_config::{BrokerConfig, HostPort};
use esker_env::Env;
use esker_quorum::{DIRECTORY, Member, NoPeers, OpenError, Options, QuorumNode, StateMachine, Tuning};
use std::sync::Arc;

/// Starts this node's member with the state that its directory holds, or with none.
pub(crate) async fn start(
    env: &Env,
    config: &BrokerConfig,
    machine: Arc<dyn StateMachine>,
) -> Result<Arc<QuorumNode>, OpenError> {
    let tuning = Tuning { snapshot_log_bytes: config.metadata_log.snapshot_bytes.max(1), ..Tuning::default() };
    let voter = Member { id: config.node_id, address: address(config), voter: true };
    let dir = config.metadata_log_dir.join(DIRECTORY);
    let options = Options { node_id: config.node_id, dir, voters: vec![voter], tuning };
    QuorumNode::start(env, options, machine, Arc::new(NoPeers)).await
}

/// Where other controllers will reach this one.
fn address(config: &BrokerConfig) -> String {
    let own = config.voters.iter().find(|voter| voter.id == config.node_id).map(|voter| &voter.address);
    let bootstrap = || config.bootstrap_servers.first();
    let listener = || config.listeners.controllers().find_map(|listener| listener.advertised.as_ref());
    own.or_else(bootstrap).or_else(listener).map_or_else(String::new, HostPort::to_string)
}
