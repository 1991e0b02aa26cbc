"""What is said to whom something is not allowed, by every key in every version: a broker with Kafka's standard authorizer, three names
of topics, groups and transactions, and rules about two of them."""

from batches import records
from schema import MESSAGES
from stories.wire import EVERYTHING, served
from story import STORIES, Declared

# What no rule is about is open to all, until there is a rule: then only what rules allow.
OPTIONS = ("authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer", "allow.everyone.if.no.acl.found=true")
TOPIC, GROUP, CLUSTER, TRANSACTIONAL_ID = 2, 3, 4, 5
ANY_OPERATION, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS = 2, 8, 9, 10
LITERAL, PREFIXED, DENY, ALLOW = 3, 4, 2, 3


def rule(kind, name, operation, pattern=PREFIXED, permission=DENY):
    return {"resource_type": kind, "resource_name": name, "resource_pattern_type": pattern, "principal": "User:ANONYMOUS", "host": "*",
            "operation": operation, "permission_type": permission}


def forbid(told):
    """Once for a broker: nothing may be done to `denied-`, nothing but looking to `seen-`, and nothing to the cluster but what brokers do."""
    target = told.target
    if hasattr(target, "topics"):
        return
    target.topics = {}
    for prefix in ("denied-", "seen-"):
        told.prefix = prefix
        target.topics[prefix + "a"] = told.topic("a")
        told.produce("a", records("one"))
    rules = [rule(kind, "denied-", ANY_OPERATION) for kind in (TOPIC, GROUP, TRANSACTIONAL_ID)]
    rules += [rule(kind, "seen-", operation, permission=ALLOW) for kind in (TOPIC, GROUP, TRANSACTIONAL_ID) for operation in (DESCRIBE, DESCRIBE_CONFIGS)]
    rules.append(rule(CLUSTER, "kafka-cluster", CLUSTER_ACTION, LITERAL, ALLOW))
    made = told.call("CreateAcls", creations=rules)
    assert all(row["error_code"] == 0 for row in made["results"]), made
    for _ in range(500):
        if told.call("Metadata", topics=[{"name": "denied-a"}], version=12)["topics"][0]["error_code"] == 29:
            return
    raise AssertionError("the rules do not count")


def asked(fields, version, name, topic_id):
    """A request in which every name is the same."""
    tree = {}
    for field in fields:
        if not field.within(version) or field.tag is not None:
            continue
        value = (asked(field.fields, version, name, topic_id) if field.fields else
                 {"string": name, "bytes": b"x", "uuid": topic_id, "records": records("x")}.get(field.base))
        if field.array and value is None:
            value = 0
        if value is not None and (field.array or not field.fields):
            tree[field.name] = [value] if field.array else value
    return tree


# What the fields at their defaults would not say.
SAID = {"Produce": {"acks": -1, "timeout_ms": 10000, "transactional_id": None}, "Fetch": {"session_epoch": -1, "replica_id": -1},
        "ListOffsets": {"replica_id": -1}, "OffsetForLeaderEpoch": {"replica_id": -1}, "Metadata": {"allow_auto_topic_creation": False},
        "CreateTopics": {"timeout_ms": 10000}, "DeleteTopics": {"timeout_ms": 10000}, "CreatePartitions": {"timeout_ms": 10000},
        "DescribeTopicPartitions": {"cursor": None}}
# The kind of what has configurations is a number.
KINDS = ("DescribeConfigs", "AlterConfigs", "IncrementalAlterConfigs")


def refused(told):
    forbid(told)
    message = MESSAGES[told.declared.messages[0]]
    for prefix, name in (("denied-", "denied-a"), ("seen-", "seen-a"), ("denied-", "denied-none")):
        told.prefix = told.normaliser.prefix = prefix
        request = {**asked(message.request, told.version, name, told.target.topics.get(name, b"\x11" * 16)), **SAID.get(message.name, {})}
        for kind in (2, 4, 16, 32) if message.name in KINDS else (None,):
            if kind is not None:
                request["resources"] = [{"resource_type": kind, "resource_name": "1" if kind == 4 else name}]
            told.ask(message.name, name.replace(prefix, f"{prefix[:-1]} ") + ("" if kind is None else f", kind {kind}"),
                     only=EVERYTHING.get(message.name), **request)


for served_message in served():
    declared = Declared(refused, (served_message.name,), None, OPTIONS)
    declared.name = "refused-" + served_message.name
    STORIES.append(declared)
