"""Topics: made, described, grown, shortened, deleted."""

from batches import records
from story import UNKNOWN_ID, UNKNOWN_TOPIC, story

LONG = "x" * 250


def topic(name, partitions=1, replication=1, assignments=(), configs=()):
    return {"name": name, "num_partitions": partitions, "replication_factor": replication,
            "assignments": [{"partition_index": index, "broker_ids": list(brokers)} for index, brokers in assignments],
            "configs": [{"name": key, "value": value} for key, value in configs]}


@story("CreateTopics")
def create_topics(told):
    def ask(what, *topics, **fields):
        told.ask("CreateTopics", what, topics=list(topics), **{"timeout_ms": 10000, **fields})
    n = told.name
    ask("one", topic(n("a"), 3))
    ask("the same again", topic(n("a"), 3))
    ask("only validated", topic(n("b"), 2), validate_only=True)
    ask("it was not made by that", topic(n("b"), 2))
    ask("the broker's defaults", topic(n("c"), -1, -1))
    ask("with configs", topic(n("d"), configs=[("retention.ms", "1000"), ("cleanup.policy", "compact")]))
    ask("an assignment", topic(n("e"), -1, -1, assignments=[(0, [1]), (1, [1])]))
    ask("the same topic twice in a request", topic(n("f")), topic(n("f")))
    ask("nothing")
    ask("without time", topic(n("g")), timeout_ms=0)


@story("CreateTopics")
def create_topics_wrongly(told):
    def ask(what, *topics):
        told.ask("CreateTopics", what, topics=list(topics), timeout_ms=10000)
    n = told.name
    for name in ("", ".", "..", "a b", "a/b", "ü", LONG, "a\0b"):
        ask(f"a topic called {name[:9]!r}", topic(name))
    ask("no partitions", topic(n("a"), 0))
    ask("fewer than no partitions", topic(n("a"), -2))
    ask("no replicas", topic(n("a"), 1, 0))
    ask("more replicas than brokers", topic(n("a"), 1, 3))
    ask("replicas of a negative number", topic(n("a"), 1, -2))
    ask("an assignment and a number", topic(n("a"), 1, 1, assignments=[(0, [1])]))
    ask("an assignment and a number of replicas", topic(n("a"), -1, 1, assignments=[(0, [1])]))
    ask("an assignment with a gap", topic(n("a"), -1, -1, assignments=[(0, [1]), (2, [1])]))
    ask("an assignment that begins late", topic(n("a"), -1, -1, assignments=[(1, [1])]))
    ask("an assignment with a partition twice", topic(n("a"), -1, -1, assignments=[(0, [1]), (0, [1])]))
    ask("an assignment to nobody", topic(n("a"), -1, -1, assignments=[(0, [])]))
    ask("an assignment to a broker that is not there", topic(n("a"), -1, -1, assignments=[(0, [9])]))
    ask("an assignment to a broker twice", topic(n("a"), -1, -1, assignments=[(0, [1, 1])]))
    ask("an assignment to different numbers of brokers", topic(n("a"), -1, -1, assignments=[(0, [1]), (1, [1, 9])]))
    ask("a config nobody knows", topic(n("a"), configs=[("nothing.of.this", "1")]))
    ask("a config with a wrong value", topic(n("a"), configs=[("retention.ms", "soon")]))
    ask("a config out of range", topic(n("a"), configs=[("min.insync.replicas", "0")]))
    ask("a config without a value", topic(n("a"), configs=[("retention.ms", None)]))
    ask("a config twice", topic(n("a"), configs=[("retention.ms", "1"), ("retention.ms", "2")]))
    ask("a config without a name", topic(n("a"), configs=[("", "1")]))
    ask("names that collide", topic(n("a.b")))
    ask("names that collide, the other", topic(n("a_b")))
    ask("one right, one wrong", topic(n("right")), topic(n("wrong"), 0))
    ask("the topic of the metadata", topic("__cluster_metadata"))


@story("DeleteTopics")
def delete_topics(told):
    def ask(what, names=(), ids=(), **fields):
        topics = [{"name": name} for name in names] + [{"name": None, "topic_id": given} for given in ids]
        told.ask("DeleteTopics", what, topic_names=list(names), topics=topics, **{"timeout_ms": 10000, **fields})
    told.topic("a"), told.topic("b"), told.topic("d")
    by_id = told.topic("c")
    ask("one", [told.name("a")])
    ask("the same again", [told.name("a")])
    ask("what does not exist", [told.name("none"), ""])
    ask("one twice", [told.name("d"), told.name("d")])
    ask("one that exists and one that does not", [told.name("b"), told.name("none")])
    ask("nothing")
    if told.version >= 6:
        ask("by id", ids=[by_id])
        ask("by id, again", ids=[by_id])
        ask("by an id nobody has, and by zero", ids=[b"\x11" * 16, bytes(16)])
        both = told.topic("e")
        told.ask("DeleteTopics", "a name and an id", topics=[{"name": told.name("e"), "topic_id": both}], timeout_ms=10000)
        told.ask("DeleteTopics", "neither", topics=[{"name": None}], timeout_ms=10000)
        told.ask("DeleteTopics", "by name and again by its id", topics=[{"name": told.name("e")}, {"name": None, "topic_id": both}],
                 timeout_ms=10000)


@story("CreatePartitions")
def create_partitions(told):
    def ask(what, count, assignments=None, name="a", **fields):
        told.ask("CreatePartitions", what, topics=[{
            "name": told.name(name), "count": count,
            "assignments": None if assignments is None else [{"broker_ids": brokers} for brokers in assignments]}],
            **{"timeout_ms": 10000, **fields})
    told.topic("a", 2)
    ask("as many as there are", 2)
    ask("fewer", 1)
    ask("none", 0)
    ask("a negative number", -1)
    ask("only validated", 3, validate_only=True)
    ask("more", 3)
    ask("with an assignment", 4, [[1]])
    ask("with too many assignments", 5, [[1], [1]])
    ask("with too few", 6, [[1]])
    ask("with none at all", 5, [])
    ask("to a broker that is not there", 5, [[9]])
    ask("to nobody", 5, [[]])
    ask("to a broker twice", 5, [[1, 1]])
    ask("of a topic that does not exist", 5, name="none")
    told.ask("CreatePartitions", "a topic twice", topics=[{"name": told.name("a"), "count": 7}] * 2, timeout_ms=10000)
    told.ask("CreatePartitions", "nothing", topics=[], timeout_ms=10000)
    told.ask("CreatePartitions", "a topic without a name", topics=[{"name": "", "count": 7, "assignments": None}], timeout_ms=10000)


@story("Metadata")
def metadata(told):
    def ask(what, topics, **fields):
        rows = None if topics is None else [row if isinstance(row, dict) else {"name": row} for row in topics]
        told.ask("Metadata", what, topics=rows, only="topics", **{"allow_auto_topic_creation": False, **fields})
    topic_id = told.topic("a", 2)
    told.topic("b")
    ask("of one", [told.name("a")])
    ask("of two, and one twice", [told.name("b"), told.name("a"), told.name("a")])
    ask("of all", None if told.version else [])
    ask("of none", [])
    if told.version >= 4:
        ask("of what does not exist", [told.name("none")])
        for name in ("", "a b", LONG, ".", "ü"):
            told.ask("Metadata", f"of a topic called {name[:9]!r}", topics=[{"name": name}], allow_auto_topic_creation=False)
        ask("with operations", [told.name("a")], include_cluster_authorized_operations=True, include_topic_authorized_operations=True)
    if told.version >= 10:
        ask("by id", [{"name": None, "topic_id": topic_id}])
        told.ask("Metadata", "by an id nobody has", topics=[{"name": None, "topic_id": b"\x11" * 16}])
        told.ask("Metadata", "by id and name", topics=[{"name": told.name("a"), "topic_id": topic_id}])
        told.ask("Metadata", "by neither", topics=[{"name": None}])
        told.ask("Metadata", "by id and by name", topics=[{"name": None, "topic_id": topic_id}, {"name": told.name("b")}])


@story("Metadata")
def metadata_that_creates(told):
    told.ask("Metadata", "of what does not exist", topics=[{"name": told.name("made")}], allow_auto_topic_creation=True)
    told.ask("Metadata", "of what was made by that", topics=[{"name": told.name("made")}], allow_auto_topic_creation=True,
             patient=(UNKNOWN_TOPIC, 5))
    told.ask("Metadata", "of a topic that cannot be", topics=[{"name": "a b"}], allow_auto_topic_creation=True)


@story("DescribeTopicPartitions")
def describe_topic_partitions(told):
    def ask(what, *names, **fields):
        told.ask("DescribeTopicPartitions", what, topics=[{"name": name} for name in names], **fields)
    a, b = told.name("a"), told.name("b")
    told.topic("a", 3), told.topic("b", 2)
    ask("two, not in order", b, a)
    ask("one twice", a, a)
    ask("what does not exist", told.name("none"), a)
    ask("names that cannot be", "", "a b", LONG)
    ask("no more than two", a, b, response_partition_limit=2)
    ask("no more than four", a, b, response_partition_limit=4)
    ask("none at all", a, b, response_partition_limit=0)
    ask("fewer than none", a, b, response_partition_limit=-1)
    ask("more than is allowed", a, b, response_partition_limit=2001)
    ask("from within a topic", a, b, cursor={"topic_name": a, "partition_index": 1})
    ask("from the next topic", a, b, cursor={"topic_name": b, "partition_index": 0})
    ask("from a topic that is not asked for", a, cursor={"topic_name": b, "partition_index": 1})
    ask("from behind the end", a, b, cursor={"topic_name": a, "partition_index": 9})
    ask("from a negative partition", a, b, cursor={"topic_name": a, "partition_index": -1})
    ask("from a topic that does not exist", a, b, cursor={"topic_name": told.name("aa"), "partition_index": 0})


@story("DeleteRecords")
def delete_records(told):
    def ask(what, offset, partition=0, name="a"):
        told.ask("DeleteRecords", what, timeout_ms=10000, topics=[
            {"name": told.name(name), "partitions": [{"partition_index": partition, "offset": offset}]}])
    told.topic("a", 2), told.topic("compacted", cleanup_policy="compact")
    for number in range(5):
        told.produce("a", records(f"value {number}"))
    ask("up to two", 2)
    ask("up to what is gone", 1)
    ask("up to the same", 2)
    ask("beyond the end", 6)
    ask("a negative offset", -2)
    ask("all", -1)
    ask("of an empty partition", -1, partition=1)
    ask("of an empty partition, one record", 1, partition=1)
    ask("of a partition that does not exist", 0, partition=9)
    ask("of a topic that does not exist", 0, name="none")
    ask("of a compacted topic", 0, name="compacted")
    ask("of an internal topic", 0, name="")
    told.ask("DeleteRecords", "of the groups' topic", timeout_ms=10000, topics=[
        {"name": "__consumer_offsets", "partitions": [{"partition_index": 0, "offset": 0}]}])
    told.ask("DeleteRecords", "of a partition twice", timeout_ms=10000, topics=[
        {"name": told.name("a"), "partitions": [{"partition_index": 0, "offset": 3}, {"partition_index": 0, "offset": 4}]}])
    told.ask("DeleteRecords", "of nothing", timeout_ms=10000)


@story()
def topic_that_is_made_again(told):
    before = told.topic("a", 2)
    told.call("DeleteTopics", topics=[{"name": told.name("a")}], timeout_ms=10000)
    after = told.topic("a", 1)
    told.ask("Metadata", "by the old id", topics=[{"name": None, "topic_id": before}], patient=())
    told.ask("Metadata", "by the new id", topics=[{"name": None, "topic_id": after}], patient=(UNKNOWN_ID,))
    assert before != after
