"""Takes out of an answer what differs from run to run: ids, times, ports, directories. What is left must be the same for every
broker. Ids become numbers in the order in which they appear, so that the same id stays the same and another stays another."""

import math
import re
import time

from batches import shown

HEX_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# A member id as the consumer protocol's coordinator makes it.
SHORT_UUID = re.compile(r"[A-Za-z0-9_-]{22}")
ZERO_UUID = "A" * 22
HOUR = 3_600_000

# Figures that depend on all that a broker has done before, by message and field.
ANY_NUMBER = {
    ("ApiVersions", "finalized_features_epoch"), ("DescribeQuorum", "leader_epoch"), ("DescribeQuorum", "high_watermark"),
    ("DescribeQuorum", "log_end_offset"), ("DescribeLogDirs", "total_bytes"), ("DescribeLogDirs", "usable_bytes"),
    ("GetTelemetrySubscriptions", "subscription_id"),
}
HANDED_OUT = ("InitProducerId", "EndTxn")

# Lists whose order is a hash map's accident in Kafka: sorted. The path is without the indexes.
UNORDERED = set("""
    AddPartitionsToTxn.results_by_topic_v3_and_below.results_by_partition
    AddPartitionsToTxn.results_by_transaction.topic_results.results_by_partition
    AlterClientQuotas.entries.entity
    ApiVersions.finalized_features
    ApiVersions.supported_features
    ConsumerGroupDescribe.groups.members
    ConsumerGroupDescribe.groups.members.assignment.topic_partitions
    ConsumerGroupDescribe.groups.members.subscribed_topic_names
    ConsumerGroupDescribe.groups.members.target_assignment.topic_partitions
    ConsumerGroupHeartbeat.assignment.topic_partitions
    DeleteGroups.results
    DeleteRecords.topics
    DeleteRecords.topics.partitions
    DeleteTopics.responses
    DescribeClientQuotas.entries
    DescribeClientQuotas.entries.entity
    DescribeConfigs.results.configs
    DescribeGroups.groups
    DescribeGroups.groups.members
    DescribeLogDirs.results.topics
    DescribeLogDirs.results.topics.partitions
    DescribeProducers.topics.partitions.active_producers
    DescribeTransactions.transaction_states.topics
    DescribeTransactions.transaction_states.topics.partitions
    ElectLeaders.replica_election_results
    ElectLeaders.replica_election_results.partition_result
    JoinGroup.members
    ListConfigResources.config_resources
    ListGroups.groups
    ListOffsets.topics
    ListOffsets.topics.partitions
    ListTransactions.transaction_states
    Metadata.topics
    OffsetFetch.groups.topics
    OffsetFetch.topics
    OffsetForLeaderEpoch.topics
    OffsetForLeaderEpoch.topics.partitions
    Produce.responses
    Produce.responses.partition_responses
    WriteTxnMarkers.markers.topics.partitions
""".split())
# A topic in which Kafka keeps what Esker keeps in the bucket.
NOT_COMPARED = "__remote_log_metadata"


def unnamed(item):
    """Without topic ids, which are other ones in every run, for the order of a list."""
    if isinstance(item, dict):
        return {name: unnamed(value) for name, value in item.items() if name not in ("topic_id", "member_id", "producer_id")}
    return sorted((unnamed(value) for value in item), key=repr) if isinstance(item, list) else item


class Normaliser:
    """One per story, so that its ids start anew."""

    def __init__(self, target, prefix):
        self.target, self.prefix, self.ids, self.numbers = target, prefix, {}, {}

    def learn(self, message, answer):
        """Notes the ids that an answer hands out, whether it is compared or not."""
        if message in HANDED_OUT and answer.get("producer_id", -1) >= 0:
            self.number("producer", answer["producer_id"])

    def tree(self, message, value): return self.value(message, "", "", value)

    def value(self, message, path, field, value):
        if isinstance(value, dict):
            return {name: self.value(message, f"{path}.{name}".lstrip("."), name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return self.list(message, path, field, value)
        if isinstance(value, float):
            # Not a number is not even the same as itself.
            return value if math.isfinite(value) else str(value)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            return self.integer(message, field, value)
        if isinstance(value, bytes) or field == "records":
            return self.octets(message, path, field, value)
        return self.text(field, value)

    def list(self, message, path, field, values):
        values = [item for item in values if not isinstance(item, dict) or NOT_COMPARED not in (item.get("topic"), item.get("name"))]
        if f"{message}.{path}" in UNORDERED:
            values = sorted(values, key=lambda item: HEX_UUID.sub("", self.masked(repr(unnamed(item)))))
        return [self.value(message, path, field, inner) for inner in values]

    def masked(self, text): return text.replace(self.prefix, "~")

    def octets(self, message, path, field, value):
        if field == "records" and not isinstance(value, str):
            return self.value(message, path, "", shown(value))
        try:
            text = value.decode("ascii")
            return self.text(field, text) if text.isprintable() else "0x" + value.hex()
        except (UnicodeDecodeError, AttributeError):
            return "0x" + value.hex() if isinstance(value, bytes) else value

    def integer(self, message, field, value):
        if (message, field) in ANY_NUMBER and value != -1:
            return "<number>"
        if field == "port" and value in (self.target.port, self.target.port + 1):
            return "<port>" if value == self.target.port else "<controller's port>"
        if field == "session_id" and value > 0:
            return self.number("session", value)
        if field.endswith("producer_id") and value in self.numbers.get("producer", {}):
            return self.number("producer", value)
        if abs(value - time.time() * 1000) < HOUR:
            return "<now>"
        return value

    def number(self, kind, value):
        known = self.numbers.setdefault(kind, {})
        return f"<{kind} {known.setdefault(value, len(known) + 1)}>"

    def id(self, value): return f"<id {self.ids.setdefault(value, len(self.ids) + 1)}>"

    def text(self, field, text):
        if field in ("topic_id", "replica_directory_id", "client_instance_id") and text != ZERO_UUID:
            return self.id(text)
        if field == "cluster_id":
            return "<cluster>"
        if field == "member_id" and SHORT_UUID.fullmatch(text) and "-member-" not in text:
            return self.id(text)
        text = HEX_UUID.sub(lambda found: self.id(found.group()), text)
        text = re.sub(r"(?<=Static member )[A-Za-z0-9_-]{22}(?= )", lambda found: self.id(found.group()), text)
        text = re.sub(r"(?<=directoryId=)[A-Za-z0-9_-]{22}(?=[,)])", lambda found: self.id(found.group()), text)
        text = re.sub(r"(?<=within )\[\d{13}, \d{13}\]", "<times>", text)
        text = re.sub(r"^Request Request\(.*\) (?=needs \w+ permission)", "Request <all that Kafka knows of it> ", text)
        text = re.sub("x{100,}", "(many x)", text)
        for known, number in self.ids.items():
            text = text.replace(known, f"<id {number}>")
        text = self.masked(text).replace(self.target.directory, "<dir>")
        for port, name in enumerate(("<port>", "<controller's port>", "<http port>"), self.target.port):
            text = re.sub(rf"\b{port}\b", name, text)
        return text
