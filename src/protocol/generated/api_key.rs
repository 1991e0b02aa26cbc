//! The API keys and what the schema says of each. Generated from `schema/`.

use crate::api_key::ApiCard;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum ApiKey {
    /// Appends record batches to partitions.
    Produce = 0,
    /// Reads record batches, for consumers and for followers.
    Fetch = 1,
    /// Finds offsets by timestamp, or the borders of a partition.
    ListOffsets = 2,
    /// Brokers, topics and partition leaders, as one broker knows them.
    Metadata = 3,
    /// Stores a group's positions.
    OffsetCommit = 8,
    /// Returns the positions that groups have stored.
    OffsetFetch = 9,
    /// Names the broker that coordinates a group, a transaction or a share partition.
    FindCoordinator = 10,
    /// Enters a classic group and waits for its next generation.
    JoinGroup = 11,
    /// Keeps a member of a classic group alive.
    Heartbeat = 12,
    /// Takes members out of a classic group.
    LeaveGroup = 13,
    /// Hands a classic group's assignment from its leader to its members.
    SyncGroup = 14,
    /// State and members of classic groups.
    DescribeGroups = 15,
    /// The groups that a broker coordinates.
    ListGroups = 16,
    /// Chooses the SASL mechanism.
    SaslHandshake = 17,
    /// The keys, versions and features that a broker speaks.
    ApiVersions = 18,
    /// Creates topics.
    CreateTopics = 19,
    /// Deletes topics by name or by id.
    DeleteTopics = 20,
    /// Moves the log start offset of partitions forward.
    DeleteRecords = 21,
    /// Hands out a producer id and its epoch.
    InitProducerId = 22,
    /// Where a leader epoch ends, for the detection of divergence.
    OffsetForLeaderEpoch = 23,
    /// Adds partitions to transactions, or verifies that they were added.
    AddPartitionsToTxn = 24,
    /// Adds a group's offsets to a transaction.
    AddOffsetsToTxn = 25,
    /// Commits or aborts a transaction.
    EndTxn = 26,
    /// Writes the end of transactions into their partitions.
    WriteTxnMarkers = 27,
    /// Stores a group's positions as part of a transaction.
    TxnOffsetCommit = 28,
    /// Lists access rules that match a filter.
    DescribeAcls = 29,
    /// Adds access rules.
    CreateAcls = 30,
    /// Removes access rules that match filters.
    DeleteAcls = 31,
    /// Configuration of topics, brokers, groups and client metrics.
    DescribeConfigs = 32,
    /// Replaces whole configurations; the older of two ways.
    AlterConfigs = 33,
    /// Moves replicas between the directories of one broker.
    AlterReplicaLogDirs = 34,
    /// What the log directories of one broker hold.
    DescribeLogDirs = 35,
    /// Carries one SASL message.
    SaslAuthenticate = 36,
    /// Adds partitions to topics.
    CreatePartitions = 37,
    /// Creates a delegation token.
    CreateDelegationToken = 38,
    /// Prolongs a delegation token.
    RenewDelegationToken = 39,
    /// Brings the end of a delegation token forward.
    ExpireDelegationToken = 40,
    /// Lists delegation tokens.
    DescribeDelegationToken = 41,
    /// Deletes groups without members.
    DeleteGroups = 42,
    /// Starts elections of partition leaders.
    ElectLeaders = 43,
    /// Changes single configuration keys.
    IncrementalAlterConfigs = 44,
    /// Starts or cancels moves of replicas.
    AlterPartitionReassignments = 45,
    /// The moves of replicas under way.
    ListPartitionReassignments = 46,
    /// Forgets a group's positions.
    OffsetDelete = 47,
    /// Lists quotas that match a filter.
    DescribeClientQuotas = 48,
    /// Sets and removes quotas.
    AlterClientQuotas = 49,
    /// Which SCRAM credentials users have, without their secrets.
    DescribeUserScramCredentials = 50,
    /// Sets and removes SCRAM credentials.
    AlterUserScramCredentials = 51,
    /// Asks for a vote in the metadata quorum.
    Vote = 52,
    /// Announces a new leader of the metadata quorum.
    BeginQuorumEpoch = 53,
    /// Announces that a leader of the metadata quorum steps down.
    EndQuorumEpoch = 54,
    /// Leader, voters and observers of the metadata quorum.
    DescribeQuorum = 55,
    /// A leader proposes a new in-sync set to the controller.
    AlterPartition = 56,
    /// Raises or lowers finalized feature levels.
    UpdateFeatures = 57,
    /// Carries a client's request from a broker to the controller.
    Envelope = 58,
    /// Reads a part of a metadata snapshot.
    FetchSnapshot = 59,
    /// The cluster's id, controller and brokers.
    DescribeCluster = 60,
    /// The producers that are active in partitions.
    DescribeProducers = 61,
    /// A starting broker makes itself known to the controller.
    BrokerRegistration = 62,
    /// Keeps a broker's registration alive and carries its wishes.
    BrokerHeartbeat = 63,
    /// Removes a broker's registration.
    UnregisterBroker = 64,
    /// State of transactions by transactional id.
    DescribeTransactions = 65,
    /// The transactions that a broker coordinates.
    ListTransactions = 66,
    /// A broker draws a block of producer ids from the controller.
    AllocateProducerIds = 67,
    /// Joins, keeps and leaves a group of the consumer protocol (KIP-848).
    ConsumerGroupHeartbeat = 68,
    /// State and members of groups of the consumer protocol (KIP-848).
    ConsumerGroupDescribe = 69,
    /// A starting controller makes itself known to the active one.
    ControllerRegistration = 70,
    /// Which metrics a client is asked to push (KIP-714).
    GetTelemetrySubscriptions = 71,
    /// A client pushes its metrics (KIP-714).
    PushTelemetry = 72,
    /// A broker tells the controller which directory holds which replica.
    AssignReplicasToDirs = 73,
    /// Names of the resources that have configurations.
    ListConfigResources = 74,
    /// Topics and their partitions, page by page.
    DescribeTopicPartitions = 75,
    /// Joins, keeps and leaves a share group (KIP-932).
    ShareGroupHeartbeat = 76,
    /// State and members of share groups (KIP-932).
    ShareGroupDescribe = 77,
    /// Acquires records for a share group, and acknowledges earlier ones (KIP-932).
    ShareFetch = 78,
    /// Acknowledges records of a share group (KIP-932).
    ShareAcknowledge = 79,
    /// Adds a voter to the metadata quorum.
    AddRaftVoter = 80,
    /// Removes a voter from the metadata quorum.
    RemoveRaftVoter = 81,
    /// A voter of the metadata quorum changes its endpoints or versions.
    UpdateRaftVoter = 82,
    /// Creates the stored state of share partitions.
    InitializeShareGroupState = 83,
    /// Reads the stored state of share partitions.
    ReadShareGroupState = 84,
    /// Stores the state of share partitions.
    WriteShareGroupState = 85,
    /// Forgets the stored state of share partitions.
    DeleteShareGroupState = 86,
    /// Reads the start offsets of share partitions.
    ReadShareGroupStateSummary = 87,
    /// Joins, keeps and leaves a streams group (KIP-1071).
    StreamsGroupHeartbeat = 88,
    /// State and members of streams groups (KIP-1071).
    StreamsGroupDescribe = 89,
    /// Start offsets of share groups.
    DescribeShareGroupOffsets = 90,
    /// Moves start offsets of share groups.
    AlterShareGroupOffsets = 91,
    /// Forgets start offsets of share groups.
    DeleteShareGroupOffsets = 92,
}

/// Every key, by number.
pub(crate) const CARDS: [ApiCard; 89] = [
    ApiCard::new(ApiKey::Produce, "Produce", 3, 13).flexible(9).broker(),
    ApiCard::new(ApiKey::Fetch, "Fetch", 4, 18).flexible(12).broker().controller(),
    ApiCard::new(ApiKey::ListOffsets, "ListOffsets", 1, 11).flexible(6).broker(),
    ApiCard::new(ApiKey::Metadata, "Metadata", 0, 13).flexible(9).broker(),
    ApiCard::new(ApiKey::OffsetCommit, "OffsetCommit", 2, 10).flexible(8).broker(),
    ApiCard::new(ApiKey::OffsetFetch, "OffsetFetch", 1, 10).flexible(6).broker(),
    ApiCard::new(ApiKey::FindCoordinator, "FindCoordinator", 0, 6).flexible(3).broker(),
    ApiCard::new(ApiKey::JoinGroup, "JoinGroup", 0, 9).flexible(6).broker(),
    ApiCard::new(ApiKey::Heartbeat, "Heartbeat", 0, 4).flexible(4).broker(),
    ApiCard::new(ApiKey::LeaveGroup, "LeaveGroup", 0, 5).flexible(4).broker(),
    ApiCard::new(ApiKey::SyncGroup, "SyncGroup", 0, 5).flexible(4).broker(),
    ApiCard::new(ApiKey::DescribeGroups, "DescribeGroups", 0, 6).flexible(5).broker(),
    ApiCard::new(ApiKey::ListGroups, "ListGroups", 0, 5).flexible(3).broker(),
    ApiCard::new(ApiKey::SaslHandshake, "SaslHandshake", 0, 1).broker().controller(),
    ApiCard::new(ApiKey::ApiVersions, "ApiVersions", 0, 4).flexible(3).broker().controller(),
    ApiCard::new(ApiKey::CreateTopics, "CreateTopics", 2, 7).flexible(5).broker().controller(),
    ApiCard::new(ApiKey::DeleteTopics, "DeleteTopics", 1, 6).flexible(4).broker().controller(),
    ApiCard::new(ApiKey::DeleteRecords, "DeleteRecords", 0, 2).flexible(2).broker(),
    ApiCard::new(ApiKey::InitProducerId, "InitProducerId", 0, 6).flexible(2).latest_unstable().broker(),
    ApiCard::new(ApiKey::OffsetForLeaderEpoch, "OffsetForLeaderEpoch", 2, 4).flexible(4).broker(),
    ApiCard::new(ApiKey::AddPartitionsToTxn, "AddPartitionsToTxn", 0, 5).flexible(3).broker(),
    ApiCard::new(ApiKey::AddOffsetsToTxn, "AddOffsetsToTxn", 0, 4).flexible(3).broker(),
    ApiCard::new(ApiKey::EndTxn, "EndTxn", 0, 5).flexible(3).broker(),
    ApiCard::new(ApiKey::WriteTxnMarkers, "WriteTxnMarkers", 1, 2).flexible(1).broker(),
    ApiCard::new(ApiKey::TxnOffsetCommit, "TxnOffsetCommit", 0, 5).flexible(3).broker(),
    ApiCard::new(ApiKey::DescribeAcls, "DescribeAcls", 1, 3).flexible(2).broker().controller(),
    ApiCard::new(ApiKey::CreateAcls, "CreateAcls", 1, 3).flexible(2).broker().controller(),
    ApiCard::new(ApiKey::DeleteAcls, "DeleteAcls", 1, 3).flexible(2).broker().controller(),
    ApiCard::new(ApiKey::DescribeConfigs, "DescribeConfigs", 1, 4).flexible(4).broker().controller(),
    ApiCard::new(ApiKey::AlterConfigs, "AlterConfigs", 0, 2).flexible(2).broker().controller(),
    ApiCard::new(ApiKey::AlterReplicaLogDirs, "AlterReplicaLogDirs", 1, 2).flexible(2).broker(),
    ApiCard::new(ApiKey::DescribeLogDirs, "DescribeLogDirs", 1, 5).flexible(2).broker(),
    ApiCard::new(ApiKey::SaslAuthenticate, "SaslAuthenticate", 0, 2).flexible(2).broker().controller(),
    ApiCard::new(ApiKey::CreatePartitions, "CreatePartitions", 0, 3).flexible(2).broker().controller(),
    ApiCard::new(ApiKey::CreateDelegationToken, "CreateDelegationToken", 1, 3).flexible(2).broker().controller(),
    ApiCard::new(ApiKey::RenewDelegationToken, "RenewDelegationToken", 1, 2).flexible(2).broker().controller(),
    ApiCard::new(ApiKey::ExpireDelegationToken, "ExpireDelegationToken", 1, 2).flexible(2).broker().controller(),
    ApiCard::new(ApiKey::DescribeDelegationToken, "DescribeDelegationToken", 1, 3).flexible(2).broker().controller(),
    ApiCard::new(ApiKey::DeleteGroups, "DeleteGroups", 0, 2).flexible(2).broker(),
    ApiCard::new(ApiKey::ElectLeaders, "ElectLeaders", 0, 2).flexible(2).broker().controller(),
    ApiCard::new(ApiKey::IncrementalAlterConfigs, "IncrementalAlterConfigs", 0, 1).flexible(1).broker().controller(),
    ApiCard::new(ApiKey::AlterPartitionReassignments, "AlterPartitionReassignments", 0, 1)
        .flexible(0)
        .broker()
        .controller(),
    ApiCard::new(ApiKey::ListPartitionReassignments, "ListPartitionReassignments", 0, 0)
        .flexible(0)
        .broker()
        .controller(),
    ApiCard::new(ApiKey::OffsetDelete, "OffsetDelete", 0, 0).broker(),
    ApiCard::new(ApiKey::DescribeClientQuotas, "DescribeClientQuotas", 0, 1).flexible(1).broker(),
    ApiCard::new(ApiKey::AlterClientQuotas, "AlterClientQuotas", 0, 1).flexible(1).broker().controller(),
    ApiCard::new(ApiKey::DescribeUserScramCredentials, "DescribeUserScramCredentials", 0, 0)
        .flexible(0)
        .broker()
        .controller(),
    ApiCard::new(ApiKey::AlterUserScramCredentials, "AlterUserScramCredentials", 0, 0)
        .flexible(0)
        .broker()
        .controller(),
    ApiCard::new(ApiKey::Vote, "Vote", 0, 2).flexible(0).controller(),
    ApiCard::new(ApiKey::BeginQuorumEpoch, "BeginQuorumEpoch", 0, 1).flexible(1).controller(),
    ApiCard::new(ApiKey::EndQuorumEpoch, "EndQuorumEpoch", 0, 1).flexible(1).controller(),
    ApiCard::new(ApiKey::DescribeQuorum, "DescribeQuorum", 0, 2).flexible(0).broker().controller(),
    ApiCard::new(ApiKey::AlterPartition, "AlterPartition", 2, 3).flexible(2).controller(),
    ApiCard::new(ApiKey::UpdateFeatures, "UpdateFeatures", 0, 2).flexible(0).broker().controller(),
    ApiCard::new(ApiKey::Envelope, "Envelope", 0, 0).flexible(0).controller(),
    ApiCard::new(ApiKey::FetchSnapshot, "FetchSnapshot", 0, 1).flexible(0).controller(),
    ApiCard::new(ApiKey::DescribeCluster, "DescribeCluster", 0, 2).flexible(0).broker().controller(),
    ApiCard::new(ApiKey::DescribeProducers, "DescribeProducers", 0, 0).flexible(0).broker(),
    ApiCard::new(ApiKey::BrokerRegistration, "BrokerRegistration", 0, 4).flexible(0).controller(),
    ApiCard::new(ApiKey::BrokerHeartbeat, "BrokerHeartbeat", 0, 2).flexible(0).controller(),
    ApiCard::new(ApiKey::UnregisterBroker, "UnregisterBroker", 0, 0).flexible(0).broker().controller(),
    ApiCard::new(ApiKey::DescribeTransactions, "DescribeTransactions", 0, 0).flexible(0).broker(),
    ApiCard::new(ApiKey::ListTransactions, "ListTransactions", 0, 2).flexible(0).broker(),
    ApiCard::new(ApiKey::AllocateProducerIds, "AllocateProducerIds", 0, 0).flexible(0).controller(),
    ApiCard::new(ApiKey::ConsumerGroupHeartbeat, "ConsumerGroupHeartbeat", 0, 1).flexible(0).broker(),
    ApiCard::new(ApiKey::ConsumerGroupDescribe, "ConsumerGroupDescribe", 0, 1).flexible(0).broker(),
    ApiCard::new(ApiKey::ControllerRegistration, "ControllerRegistration", 0, 0).flexible(0).controller(),
    ApiCard::new(ApiKey::GetTelemetrySubscriptions, "GetTelemetrySubscriptions", 0, 0).flexible(0).broker(),
    ApiCard::new(ApiKey::PushTelemetry, "PushTelemetry", 0, 0).flexible(0).broker(),
    ApiCard::new(ApiKey::AssignReplicasToDirs, "AssignReplicasToDirs", 0, 0).flexible(0).controller(),
    ApiCard::new(ApiKey::ListConfigResources, "ListConfigResources", 0, 1).flexible(0).broker(),
    ApiCard::new(ApiKey::DescribeTopicPartitions, "DescribeTopicPartitions", 0, 0).flexible(0).broker(),
    ApiCard::new(ApiKey::ShareGroupHeartbeat, "ShareGroupHeartbeat", 1, 1).flexible(1).broker(),
    ApiCard::new(ApiKey::ShareGroupDescribe, "ShareGroupDescribe", 1, 1).flexible(1).broker(),
    ApiCard::new(ApiKey::ShareFetch, "ShareFetch", 1, 2).flexible(1).broker(),
    ApiCard::new(ApiKey::ShareAcknowledge, "ShareAcknowledge", 1, 2).flexible(1).broker(),
    ApiCard::new(ApiKey::AddRaftVoter, "AddRaftVoter", 0, 1).flexible(0).broker().controller(),
    ApiCard::new(ApiKey::RemoveRaftVoter, "RemoveRaftVoter", 0, 0).flexible(0).broker().controller(),
    ApiCard::new(ApiKey::UpdateRaftVoter, "UpdateRaftVoter", 0, 0).flexible(0).controller(),
    ApiCard::new(ApiKey::InitializeShareGroupState, "InitializeShareGroupState", 0, 0).flexible(0).broker(),
    ApiCard::new(ApiKey::ReadShareGroupState, "ReadShareGroupState", 0, 0).flexible(0).broker(),
    ApiCard::new(ApiKey::WriteShareGroupState, "WriteShareGroupState", 0, 1).flexible(0).broker(),
    ApiCard::new(ApiKey::DeleteShareGroupState, "DeleteShareGroupState", 0, 0).flexible(0).broker(),
    ApiCard::new(ApiKey::ReadShareGroupStateSummary, "ReadShareGroupStateSummary", 0, 1).flexible(0).broker(),
    ApiCard::new(ApiKey::StreamsGroupHeartbeat, "StreamsGroupHeartbeat", 0, 0).flexible(0).broker(),
    ApiCard::new(ApiKey::StreamsGroupDescribe, "StreamsGroupDescribe", 0, 0).flexible(0).broker(),
    ApiCard::new(ApiKey::DescribeShareGroupOffsets, "DescribeShareGroupOffsets", 0, 1).flexible(0).broker(),
    ApiCard::new(ApiKey::AlterShareGroupOffsets, "AlterShareGroupOffsets", 0, 0).flexible(0).broker(),
    ApiCard::new(ApiKey::DeleteShareGroupOffsets, "DeleteShareGroupOffsets", 0, 0).flexible(0).broker(),
];
