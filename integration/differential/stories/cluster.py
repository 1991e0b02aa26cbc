"""What a broker says of itself and of the cluster."""

from codec import encode_request
from schema import MESSAGES
from story import story


@story("ApiVersions")
def api_versions(told):
    told.ask("ApiVersions", "a client that says who it is", client_software_name="apache-kafka-java", client_software_version="4.3.1")
    told.ask("ApiVersions", "a client without a name", client_software_name="", client_software_version="")
    told.ask("ApiVersions", "a name with characters that are not allowed", client_software_name="a b", client_software_version="1/2")


@story()
def api_versions_of_the_future(told):
    # The answer is in version 0, whatever was asked for.
    request = encode_request(MESSAGES["ApiVersions"], 99, {"client_software_name": "a", "client_software_version": "1"})
    told.raw("ApiVersions", "version 99", request, version=0)
    told.raw("ApiVersions", "and again on the same connection, in version 0", encode_request(MESSAGES["ApiVersions"], 0, {}), version=0)


@story("DescribeCluster")
def describe_cluster(told):
    told.ask("DescribeCluster")
    told.ask("DescribeCluster", "with operations", include_cluster_authorized_operations=True)
    for kind in (0, 1, 2, 3, -1):
        told.ask("DescribeCluster", f"endpoint type {kind}", endpoint_type=kind)
    told.ask("DescribeCluster", "with fenced brokers", include_fenced_brokers=True)


@story("DescribeQuorum")
def describe_quorum(told):
    ask = lambda what, topics: told.ask("DescribeQuorum", what, topics=topics)  # noqa: E731
    ask("the metadata", [{"topic_name": "__cluster_metadata", "partitions": [{"partition_index": 0}]}])
    ask("another partition", [{"topic_name": "__cluster_metadata", "partitions": [{"partition_index": 1}]}])
    ask("another topic", [{"topic_name": "other", "partitions": [{"partition_index": 0}]}])
    ask("two topics", [{"topic_name": name, "partitions": [{"partition_index": 0}]} for name in ("__cluster_metadata", "other")])
    ask("no partitions", [{"topic_name": "__cluster_metadata", "partitions": []}])
    ask("nothing", [])


@story("UnregisterBroker")
def unregister_broker(told):
    for broker in (7, -1):
        told.ask("UnregisterBroker", f"broker {broker}", broker_id=broker)


@story("UpdateFeatures")
def update_features(told):
    def ask(what, *updates, **fields):
        told.ask("UpdateFeatures", what, feature_updates=list(updates), **fields)
    ask("nothing")
    ask("a feature nobody knows", {"feature": "flying", "max_version_level": 1})
    ask("a feature without a name", {"feature": "", "max_version_level": 1})
    ask("beyond what is supported", {"feature": "group.version", "max_version_level": 77})
    ask("below zero", {"feature": "group.version", "max_version_level": -1, "upgrade_type": 2, "allow_downgrade": True})
    ask("what it is already", {"feature": "group.version", "max_version_level": 1})
    ask("only validated", {"feature": "transaction.version", "max_version_level": 1, "upgrade_type": 2, "allow_downgrade": True},
        validate_only=True)
    ask("downwards without saying so", {"feature": "transaction.version", "max_version_level": 0}, validate_only=True)
    ask("a kind of change nobody knows", {"feature": "transaction.version", "max_version_level": 1, "upgrade_type": 9}, validate_only=True)
    ask("twice", {"feature": "group.version", "max_version_level": 1}, {"feature": "group.version", "max_version_level": 1},
        validate_only=True)
    ask("one right, one wrong", {"feature": "group.version", "max_version_level": 1}, {"feature": "flying", "max_version_level": 1},
        validate_only=True)
    ask("the metadata's version below what is possible", {"feature": "metadata.version", "max_version_level": 3, "upgrade_type": 2,
                                                          "allow_downgrade": True}, validate_only=True)
    if told.version >= 1:
        ask("the quorum's version", {"feature": "kraft.version", "max_version_level": 1}, validate_only=True)


@story("GetTelemetrySubscriptions", "PushTelemetry")
def telemetry_that_is_off(told):
    told.ask("GetTelemetrySubscriptions", client_instance_id=bytes(16))
    told.ask("PushTelemetry", client_instance_id=b"\1" * 16, metrics=b"metrics")


@story("ElectLeaders")
def elect_leaders(told):
    told.topic("a", 2)
    for kind in (0, 1, 2):
        told.ask("ElectLeaders", f"kind {kind}", election_type=kind, topic_partitions=[{"topic": told.name("a"), "partitions": [0, 1]}])
    told.ask("ElectLeaders", "what does not exist", topic_partitions=[
        {"topic": told.name("a"), "partitions": [7, -1]}, {"topic": told.name("none"), "partitions": [0]}])
    told.ask("ElectLeaders", "no partitions", topic_partitions=[{"topic": told.name("a"), "partitions": []}])
    told.ask("ElectLeaders", "all", topic_partitions=None, only="replica_election_results")
    told.ask("ElectLeaders", "without time", topic_partitions=[{"topic": told.name("a"), "partitions": [0]}], timeout_ms=0)
    told.ask("ElectLeaders", "before time", topic_partitions=[{"topic": told.name("a"), "partitions": [0]}], timeout_ms=-1)
    told.ask("ElectLeaders", "twice", topic_partitions=[{"topic": told.name("a"), "partitions": [0, 0]}] * 2)


@story("AlterPartitionReassignments", "ListPartitionReassignments")
def reassignments(told):
    told.topic("a", 2)

    def move(what, partition, replicas, topic="a", **fields):
        told.ask("AlterPartitionReassignments", what, topics=[{"name": told.name(topic), "partitions": [
            {"partition_index": partition, "replicas": replicas}]}], **fields)
    move("to where it is", 0, [1])
    move("to nobody", 0, [])
    move("to a broker that is not there", 0, [7])
    move("to more replicas", 0, [1, 7])
    move("to more replicas, which is not allowed", 0, [1, 7], allow_replication_factor_change=False)
    move("to the same broker twice", 0, [1, 1])
    move("to a negative broker", 0, [-1])
    move("cancelled, though none is under way", 0, None)
    move("of a partition that does not exist", 7, [1])
    move("of a topic that does not exist", 0, [1], topic="none")
    move("cancelled, of a topic that does not exist", 0, None, topic="none")
    told.ask("AlterPartitionReassignments", "nothing")
    told.ask("AlterPartitionReassignments", "a topic without partitions", topics=[{"name": told.name("a"), "partitions": []}])
    told.ask("AlterPartitionReassignments", "a partition twice", topics=[{"name": told.name("a"), "partitions": [
        {"partition_index": 0, "replicas": [1]}, {"partition_index": 0, "replicas": [1]}]}])
    told.ask("ListPartitionReassignments", "all", topics=None)
    told.ask("ListPartitionReassignments", "some", topics=[
        {"name": told.name("a"), "partition_indexes": [0, 7]}, {"name": told.name("none"), "partition_indexes": [0]}])
    told.ask("ListPartitionReassignments", "none", topics=[])


@story("DescribeLogDirs")
def describe_log_dirs(told):
    told.topic("a", 2)
    told.call("Produce", version=12, acks=-1, timeout_ms=1000, topic_data=[])
    told.ask("DescribeLogDirs", "partitions", topics=[{"topic": told.name("a"), "partitions": [0, 1]}])
    told.ask("DescribeLogDirs", "what does not exist", topics=[
        {"topic": told.name("a"), "partitions": [7]}, {"topic": told.name("none"), "partitions": [0]}])
    told.ask("DescribeLogDirs", "nothing", topics=[])
    told.ask("DescribeLogDirs", "a topic without partitions", topics=[{"topic": told.name("a"), "partitions": []}])


@story("AlterReplicaLogDirs")
def alter_replica_log_dirs(told):
    told.topic("a", 1)

    def ask(what, path, topic="a", partitions=(0,)):
        told.ask("AlterReplicaLogDirs", what, dirs=[{"path": path, "topics": [{"name": told.name(topic), "partitions": list(partitions)}]}])
    ask("to where it is", told.target.directory + "/data")
    ask("to a directory that is none of the broker's", "/nowhere")
    ask("to a path that is not absolute", "data")
    ask("of a partition that does not exist", told.target.directory + "/data", partitions=(7, -1))
    ask("of a topic that does not exist", told.target.directory + "/data", topic="none")
    ask("of a topic that does not exist, to a directory that is none of the broker's", "/nowhere", topic="none")
    told.ask("AlterReplicaLogDirs", "nothing", dirs=[])
