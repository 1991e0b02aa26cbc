//! The keys that are served. A key is in this list exactly when its behaviour is complete: what is not here is neither
//! advertised nor dispatched.

mod acls;
#[cfg(test)]
mod acls_test;
mod add_offsets_to_txn;
mod add_partitions_to_txn;
mod alter_client_quotas;
mod alter_configs;
#[cfg(test)]
mod alter_configs_test;
mod alter_partition_reassignments;
mod alter_replica_log_dirs;
#[cfg(test)]
mod alter_replica_log_dirs_test;
mod alter_user_scram_credentials;
pub(crate) mod api_versions;
#[cfg(test)]
mod api_versions_test;
#[cfg(test)]
mod client_quotas_test;
#[cfg(test)]
mod cluster_admin_test;
mod consumer_group_describe;
mod consumer_group_heartbeat;
mod create_acls;
mod create_delegation_token;
mod create_partitions;
#[cfg(test)]
mod create_partitions_test;
mod create_topics;
#[cfg(test)]
mod create_topics_test;
#[cfg(test)]
mod delegation_tokens_test;
mod delete_acls;
mod delete_groups;
mod delete_records;
#[cfg(test)]
mod delete_records_test;
mod delete_topics;
#[cfg(test)]
mod delete_topics_test;
mod describe_acls;
mod describe_client_quotas;
mod describe_cluster;
#[cfg(test)]
mod describe_cluster_test;
mod describe_configs;
#[cfg(test)]
mod describe_configs_test;
mod describe_delegation_token;
mod describe_groups;
mod describe_log_dirs;
#[cfg(test)]
mod describe_log_dirs_test;
mod describe_producers;
mod describe_quorum;
mod describe_topic_partitions;
#[cfg(test)]
mod describe_topic_partitions_test;
mod describe_transactions;
mod describe_user_scram_credentials;
mod elect_leaders;
mod end_txn;
mod expire_delegation_token;
mod fetch;
#[cfg(test)]
mod fetch_test;
mod find_coordinator;
mod get_telemetry_subscriptions;
#[cfg(test)]
mod group_offsets_test;
#[cfg(test)]
mod groups_test;
mod heartbeat;
mod incremental_alter_configs;
#[cfg(test)]
mod incremental_alter_configs_test;
mod init_producer_id;
#[cfg(test)]
mod init_producer_id_test;
mod join_group;
mod leave_group;
mod list_config_resources;
#[cfg(test)]
mod list_config_resources_test;
mod list_groups;
mod list_offsets;
#[cfg(test)]
mod list_offsets_test;
mod list_partition_reassignments;
mod list_transactions;
mod metadata;
#[cfg(test)]
mod metadata_test;
mod offset_commit;
mod offset_delete;
mod offset_fetch;
mod offset_for_leader_epoch;
#[cfg(test)]
mod offset_for_leader_epoch_test;
mod produce;
#[cfg(test)]
mod produce_test;
mod push_telemetry;
mod renew_delegation_token;
#[cfg(test)]
mod scram_credentials_test;
mod sync_group;
#[cfg(test)]
mod telemetry_test;
#[cfg(test)]
mod transactions_test;
mod txn_offset_commit;
mod unregister_broker;
mod update_features;
mod write_txn_markers;

use crate::session::RequestContext;
use crate::{Api, Reply, Session};
use esker_protocol::ApiKey;
use esker_protocol::frame::IncomingRequest;
use esker_replication::Isolation;

/// Makes the list, and the way from a key to its handler.
macro_rules! served {
    ($($key:ident => $module:ident,)*) => {
        /// The keys that are served, by number; some only where the configuration says so.
        pub(crate) const SERVED: &[ApiKey] = &[$(ApiKey::$key,)*];

        /// Has the request answered by its key's handler.
        pub(crate) fn call(api: &Api, session: &Session, cx: RequestContext, request: IncomingRequest) -> Reply {
            match cx.head.key {
                key if !api.is_on(key) => api.refuse(session, Some(key), &"the key is not served"),
                $(ApiKey::$key => api.run(session, cx, request, $module::handle),)*
                key => api.refuse(session, Some(key), &"the key is not served"),
            }
        }
    };
}

served! {
    Produce => produce,
    Fetch => fetch,
    ListOffsets => list_offsets,
    Metadata => metadata,
    OffsetCommit => offset_commit,
    OffsetFetch => offset_fetch,
    FindCoordinator => find_coordinator,
    JoinGroup => join_group,
    Heartbeat => heartbeat,
    LeaveGroup => leave_group,
    SyncGroup => sync_group,
    DescribeGroups => describe_groups,
    ListGroups => list_groups,
    ApiVersions => api_versions,
    CreateTopics => create_topics,
    DeleteTopics => delete_topics,
    DeleteRecords => delete_records,
    InitProducerId => init_producer_id,
    OffsetForLeaderEpoch => offset_for_leader_epoch,
    AddPartitionsToTxn => add_partitions_to_txn,
    AddOffsetsToTxn => add_offsets_to_txn,
    EndTxn => end_txn,
    WriteTxnMarkers => write_txn_markers,
    TxnOffsetCommit => txn_offset_commit,
    DescribeAcls => describe_acls,
    CreateAcls => create_acls,
    DeleteAcls => delete_acls,
    DescribeConfigs => describe_configs,
    AlterConfigs => alter_configs,
    AlterReplicaLogDirs => alter_replica_log_dirs,
    DescribeLogDirs => describe_log_dirs,
    CreatePartitions => create_partitions,
    CreateDelegationToken => create_delegation_token,
    RenewDelegationToken => renew_delegation_token,
    ExpireDelegationToken => expire_delegation_token,
    DescribeDelegationToken => describe_delegation_token,
    DeleteGroups => delete_groups,
    ElectLeaders => elect_leaders,
    IncrementalAlterConfigs => incremental_alter_configs,
    AlterPartitionReassignments => alter_partition_reassignments,
    ListPartitionReassignments => list_partition_reassignments,
    OffsetDelete => offset_delete,
    DescribeClientQuotas => describe_client_quotas,
    AlterClientQuotas => alter_client_quotas,
    DescribeUserScramCredentials => describe_user_scram_credentials,
    AlterUserScramCredentials => alter_user_scram_credentials,
    DescribeQuorum => describe_quorum,
    UpdateFeatures => update_features,
    DescribeCluster => describe_cluster,
    DescribeProducers => describe_producers,
    UnregisterBroker => unregister_broker,
    DescribeTransactions => describe_transactions,
    ListTransactions => list_transactions,
    ConsumerGroupHeartbeat => consumer_group_heartbeat,
    ConsumerGroupDescribe => consumer_group_describe,
    GetTelemetrySubscriptions => get_telemetry_subscriptions,
    PushTelemetry => push_telemetry,
    ListConfigResources => list_config_resources,
    DescribeTopicPartitions => describe_topic_partitions,
}

/// Which records a consumer sees; `None` for a level that does not exist.
fn isolation(level: i8) -> Option<Isolation> {
    match level {
        0 => Some(Isolation::Uncommitted),
        1 => Some(Isolation::Committed),
        _ => None,
    }
}
