"""Transactions of both kinds: producers that add partitions themselves, and those that leave it to the broker (KIP-890)."""

from batches import records, transactional
from story import CONCURRENT, story

# What says that the end of a transaction is still being written.
LATER = (CONCURRENT,)
EVERY_VERSION = ("InitProducerId", "AddPartitionsToTxn", "AddOffsetsToTxn", "EndTxn")


def init(told, what="", name="t", timeout=60000, **fields):
    answer = told.ask("InitProducerId", what, patient=LATER, transactional_id=told.name(name), transaction_timeout_ms=timeout, **fields)
    return answer.get("producer_id", -1), answer.get("producer_epoch", -1)


def add(told, what, who, *parts, name="t", topic="a", verify=False, **fields):
    """In the form of the version: one transaction for clients, several for brokers."""
    topics = [{"name": told.name(topic), "partitions": list(parts)}]
    return told.ask("AddPartitionsToTxn", what, patient=LATER, **{
        "v3_and_below_transactional_id": told.name(name), "v3_and_below_producer_id": who[0], "v3_and_below_producer_epoch": who[1],
        "v3_and_below_topics": topics, "transactions": [{
            "transactional_id": told.name(name), "producer_id": who[0], "producer_epoch": who[1], "verify_only": verify, "topics": topics}], **fields})


def end(told, what, who, committed=True, name="t", **fields):
    answer = told.ask("EndTxn", what, patient=LATER, transactional_id=told.name(name), producer_id=who[0], producer_epoch=who[1], committed=committed,
                      **fields)
    epoch = answer.get("producer_epoch", -1)
    return (answer["producer_id"], epoch) if epoch >= 0 else who


def produce(told, what, who, sequence, value, version, topic="a", partition=0, name="t"):
    return told.ask("Produce", what, version=version, patient=LATER, transactional_id=told.name(name), acks=-1, timeout_ms=10000, topic_data=[
        {"name": told.name(topic), "partition_data": [{"index": partition, "records": transactional(*who, sequence, value)}]}])


def read(told, what, isolation, offset=0, topic="a", partition=0):
    told.ask("Fetch", what, version=12, max_wait_ms=0, min_bytes=0, isolation_level=isolation, topics=[
        {"topic": told.name(topic), "partitions": [{"partition": partition, "fetch_offset": offset, "partition_max_bytes": 1 << 20}]}])


def settled(told):
    """Until the markers of the story's transaction are written."""
    told.call("InitProducerId", transactional_id=told.name("settled"), transaction_timeout_ms=60000, patient=LATER)
    for _ in range(500):
        answer = told.call("DescribeTransactions", transactional_ids=[told.name("t")])
        if not answer["transaction_states"][0]["transaction_state"].startswith("Prepare"):
            return
    raise AssertionError("the transaction does not end")


def describe(told, what):
    told.ask("DescribeTransactions", what, transactional_ids=[told.name("t")])


@story(*EVERY_VERSION, versions=range(0, 6))
def a_transaction_of_the_first_kind(told):
    """With the versions that a client uses which does not know KIP-890."""
    told.versions = {**told.versions, "EndTxn": min(told.newest("EndTxn"), 4), "AddPartitionsToTxn": min(told.newest("AddPartitionsToTxn"), 3)}
    told.topic("a", 2)
    describe(told, "before there is one")
    who = init(told)
    describe(told, "a producer")
    end(told, "nothing to end", who)
    add(told, "", who, 0, 1)
    add(told, "again", who, 0)
    describe(told, "ongoing")
    told.ask("ListTransactions", "ongoing", only="transaction_states")
    produce(told, "", who, 0, "one", 11)
    read(told, "what is committed, before the end", 1)
    told.ask("ListOffsets", "the end of what is committed", isolation_level=1, replica_id=-1, topics=[
        {"name": told.name("a"), "partitions": [{"partition_index": 0, "timestamp": -1}]}])
    told.ask("DescribeProducers", "while it is open", topics=[{"name": told.name("a"), "partition_indexes": [0]}])
    told.ask("AddOffsetsToTxn", transactional_id=told.name("t"), producer_id=who[0], producer_epoch=who[1], group_id=told.name("g"))
    told.ask("TxnOffsetCommit", version=4, transactional_id=told.name("t"), group_id=told.name("g"), producer_id=who[0], producer_epoch=who[1], topics=[
        {"name": told.name("a"), "partitions": [{"partition_index": 0, "committed_offset": 1, "committed_metadata": ""}]}], member_id="")
    wanted = [{"name": told.name("a"), "partition_indexes": [0]}]
    told.ask("OffsetFetch", "before the end, stable", version=9, groups=[{"group_id": told.name("g"), "topics": wanted}], require_stable=True)
    told.ask("OffsetFetch", "before the end", version=9, groups=[{"group_id": told.name("g"), "topics": wanted}])
    end(told, "commits", who)
    settled(told)
    describe(told, "committed")
    read(told, "committed", 1)
    told.ask("OffsetFetch", "after the end", version=9, groups=[{"group_id": told.name("g"), "topics": wanted}], require_stable=True,
             patient=(88,))
    end(told, "commits again", who)
    end(told, "aborts what is committed", who, False)
    add(told, "the next", who, 0)
    produce(told, "the next", who, 1, "two", 11)
    end(told, "aborts", who, False)
    settled(told)
    describe(told, "aborted")
    end(told, "aborts again", who, False)
    end(told, "commits what is aborted", who)
    read(told, "all", 0)
    read(told, "with what is aborted", 1)
    told.ask("DescribeProducers", "in the end", topics=[{"name": told.name("a"), "partition_indexes": [0, 1]}])


@story()
def a_transaction_of_the_second_kind(told):
    told.topic("a", 2)
    who = init(told)
    produce(told, "without adding the partition", who, 0, "one", 12)
    describe(told, "ongoing")
    produce(told, "the partition is known", who, 1, "two", 12)
    told.ask("TxnOffsetCommit", "without adding the offsets", transactional_id=told.name("t"), group_id=told.name("g"), producer_id=who[0],
             producer_epoch=who[1], member_id="", topics=[
                 {"name": told.name("a"), "partitions": [{"partition_index": 0, "committed_offset": 1, "committed_metadata": ""}]}])
    describe(told, "with offsets")
    after = end(told, "commits", who)
    settled(told)
    end(told, "commits again, in the old epoch", who)
    end(told, "aborts what is committed, in the old epoch", who, False)
    end(told, "commits nothing", after)
    describe(told, "committed")
    empty = end(told, "aborts nothing", after, False)
    settled(told)
    describe(told, "aborted nothing")
    produce(told, "in an old epoch", who, 2, "x", 12)
    produce(told, "the next", empty, 0, "three", 12)
    aborted = end(told, "aborts", empty, False)
    settled(told)
    describe(told, "aborted")
    read(told, "what is committed", 1)
    read(told, "all", 0)
    told.ask("DescribeProducers", topics=[{"name": told.name("a"), "partition_indexes": [0]}])
    produce(told, "a partition that does not exist", aborted, 0, "x", 12, partition=9)
    produce(told, "a topic that does not exist", aborted, 0, "x", 12, topic="none")


@story("InitProducerId")
def init_producer_id(told):
    told.ask("InitProducerId", "without a transaction", transactional_id=None, transaction_timeout_ms=60000)
    told.ask("InitProducerId", "no name", transactional_id="", transaction_timeout_ms=60000)
    init(told, "no time", timeout=0)
    init(told, "less than no time", timeout=-1)
    init(told, "more time than is allowed", timeout=1 << 30)
    told.ask("InitProducerId", "no time, without a transaction", transactional_id=None, transaction_timeout_ms=0)
    who = init(told, "the first")
    who = init(told, "the second: the epoch rises")
    if told.version >= 3:
        init(told, "what it was", producer_id=who[0], producer_epoch=who[1])
        init(told, "again: an answer that was lost", producer_id=who[0], producer_epoch=who[1])
        init(told, "long ago", producer_id=who[0], producer_epoch=0)
        init(told, "another producer", producer_id=987654321, producer_epoch=0)
        init(told, "of the future", producer_id=who[0], producer_epoch=99)
        init(told, "a producer without an epoch", producer_id=who[0], producer_epoch=-1)
        init(told, "an epoch without a producer", producer_id=-1, producer_epoch=0)
        init(told, "a transaction nobody knows", name="new", producer_id=987654321, producer_epoch=0)
        told.ask("InitProducerId", "an epoch without a transaction", transactional_id=None, transaction_timeout_ms=0, producer_id=5, producer_epoch=0)


@story("InitProducerId")
def a_producer_is_fenced(told):
    told.topic("a")
    who = init(told)
    add(told, "", who, 0, version=3)
    produce(told, "", who, 0, "one", 11)
    init(told, "another takes the name")
    settled(told)
    describe(told, "fenced")
    add(told, "the old one", who, 0, version=3)
    end(told, "the old one", who, version=4)
    produce(told, "the old one", who, 1, "x", 11)
    told.ask("AddOffsetsToTxn", "the old one", transactional_id=told.name("t"), producer_id=who[0], producer_epoch=who[1], group_id=told.name("g"))
    read(told, "what is committed", 1)


@story("AddPartitionsToTxn")
def add_partitions_wrongly(told):
    told.topic("a", 2)
    who = init(told)
    add(told, "a transaction nobody knows", who, 0, name="none")
    add(told, "no name", who, 0, v3_and_below_transactional_id="", transactions=[{
        "transactional_id": "", "producer_id": who[0], "producer_epoch": who[1], "topics": [{"name": told.name("a"), "partitions": [0]}]}])
    add(told, "another producer", (987654321, 0), 0)
    add(told, "an older epoch", (who[0], who[1] - 1), 0)
    add(told, "a newer epoch", (who[0], who[1] + 1), 0)
    add(told, "a partition that does not exist", who, 0, 9)
    add(told, "a topic that does not exist", who, 0, topic="none")
    add(told, "no partitions", who)
    add(told, "verified, which it is not", who, 0, verify=True)
    add(told, "a partition twice", who, 0, 0)
    add(told, "verified", who, 0, verify=True)
    add(told, "one verified, one not", who, 0, 1, verify=True)
    if told.version < 4:
        told.ask("AddPartitionsToTxn", "nothing", v3_and_below_transactional_id=told.name("t"), v3_and_below_producer_id=who[0],
                 v3_and_below_producer_epoch=who[1], v3_and_below_topics=[])
    end(told, "", who, False, version=4)


@story("AddOffsetsToTxn")
def add_offsets_wrongly(told):
    who = init(told)

    def ask(what, name="t", producer=who, group=None):
        told.ask("AddOffsetsToTxn", what, transactional_id=told.name(name) if name else "", producer_id=producer[0], producer_epoch=producer[1],
                 group_id=told.name("g") if group is None else group)
    ask("a transaction nobody knows", "none")
    ask("no name", "")
    ask("another producer", producer=(987654321, 0))
    ask("an older epoch", producer=(who[0], who[1] - 1))
    ask("a newer epoch", producer=(who[0], who[1] + 1))
    ask("no group", group="")
    ask("")
    ask("again")


@story("EndTxn")
def end_wrongly(told):
    who = init(told)
    end(told, "a transaction nobody knows", who, name="none")
    told.ask("EndTxn", "no name", transactional_id="", producer_id=who[0], producer_epoch=who[1], committed=True)
    end(told, "another producer", (987654321, 0))
    end(told, "an older epoch", (who[0], who[1] - 1))
    end(told, "a newer epoch", (who[0], who[1] + 1))
    end(told, "commits nothing", who)
    end(told, "aborts nothing", who, False)


@story("TxnOffsetCommit")
def transactional_offsets(told):
    told.topic("a", 2)
    who = init(told)

    def ask(what, name="t", group="g", producer=who, topic="a", partition=0, metadata="", **fields):
        told.ask("TxnOffsetCommit", what, patient=LATER, **{
            "transactional_id": told.name(name) if name else "", "group_id": told.name(group) if group else "", "producer_id": producer[0],
            "producer_epoch": producer[1], "member_id": "", "topics": [{"name": told.name(topic), "partitions": [
                {"partition_index": partition, "committed_offset": 4, "committed_metadata": metadata}]}], **fields})
    ask("before the group is part of it")
    told.ask("AddOffsetsToTxn", transactional_id=told.name("t"), producer_id=who[0], producer_epoch=who[1], group_id=told.name("g"), patient=LATER)
    ask("")
    ask("a partition that does not exist", partition=9)
    ask("a topic that does not exist", topic="none")
    ask("more noted than is allowed", metadata="x" * 5000)
    ask("another producer", producer=(987654321, 0))
    ask("an older epoch", producer=(who[0], who[1] - 1))
    ask("a newer epoch", producer=(who[0], who[1] + 1))
    ask("a transaction nobody knows", name="none")
    ask("no name", name="")
    ask("no group", group="")
    ask("a member nobody knows", member_id="nobody", generation_id=3)
    ask("a generation without a member", generation_id=3)
    ask("a static member nobody knows", group_instance_id="static")
    ask("nothing", topics=[])
    end(told, "", who, version=4)
    settled(told)
    told.ask("OffsetFetch", "", version=9, patient=(88,), require_stable=True, groups=[{"group_id": told.name("g"), "topics": [
        {"name": told.name("a"), "partition_indexes": [0, 1]}]}])


@story("Produce", versions=(3, 10, 11, 12, 13))
def transactional_batches_wrongly(told):
    topic_id = told.topic("a", 2)
    who = init(told)

    def ask(what, data, name="t", partition=0):
        told.ask("Produce", what, patient=LATER, transactional_id=None if name is None else told.name(name), acks=-1, timeout_ms=10000, topic_data=[
            {"name": told.name("a"), "topic_id": topic_id, "partition_data": [{"index": partition, "records": data}]}])
    if told.version < 12:
        ask("before the partition is part of it", transactional(*who, 0, "x"))
    add(told, "", who, 0, version=3)
    ask("", transactional(*who, 0, "one"))
    ask("no name", transactional(*who, 1, "x"), name=None)
    ask("another name", transactional(*who, 1, "x"), name="other")
    ask("a batch that is not transactional", records("x"))
    ask("a batch of the producer that is not transactional", records("x", producer=(*who, 1)))
    ask("another producer", transactional(987654321, 0, 0, "x"))
    ask("an older epoch", transactional(who[0], who[1] - 1, 1, "x"))
    ask("a newer epoch", transactional(who[0], who[1] + 1, 0, "x"))
    ask("the same again", transactional(*who, 0, "one"))
    ask("a gap", transactional(*who, 7, "x"))
    told.ask("Produce", "acks of 1", transactional_id=told.name("t"), acks=1, timeout_ms=10000, topic_data=[
        {"name": told.name("a"), "topic_id": topic_id, "partition_data": [{"index": 0, "records": transactional(*who, 1, "x")}]}])
    end(told, "", who, False, version=4)


@story("WriteTxnMarkers")
def markers(told):
    told.topic("a", 2)
    producer = told.call("InitProducerId", transactional_id=None, transaction_timeout_ms=60000)["producer_id"]

    def ask(what, *parts, epoch=0, committed=True, coordinator=0, topic="a", who=producer, version=0):
        told.ask("WriteTxnMarkers", what, markers=[{
            "producer_id": who, "producer_epoch": epoch, "transaction_result": committed, "coordinator_epoch": coordinator,
            "transaction_version": version, "topics": [{"name": told.name(topic), "partition_indexes": list(parts)}]}])
    ask("of a producer nobody knows", 0, who=987654321)
    ask("a partition that does not exist", 0, 9)
    ask("a topic that does not exist", 0, topic="none")
    ask("again, of an older coordinator", 0, coordinator=-1)
    ask("of a newer epoch", 0, epoch=3, coordinator=2)
    ask("of an older epoch", 0, epoch=1, coordinator=2)
    ask("of an older coordinator", 0, epoch=3, coordinator=1)
    ask("of the same epoch, as the second kind has it not", 0, epoch=3, coordinator=2, version=2)
    ask("aborts", 1, committed=False)
    ask("no partitions")
    told.ask("WriteTxnMarkers", "nothing", markers=[])
    read(told, "what is there", 0)
    told.ask("DescribeProducers", topics=[{"name": told.name("a"), "partition_indexes": [0, 1]}])


@story("ListTransactions", "DescribeTransactions")
def transactions_for_admins(told):
    told.topic("a")
    who = init(told)
    init(told, name="idle")
    produce(told, "", who, 0, "one", 12)

    def listed(what, **fields):
        told.ask("ListTransactions", what, only="transaction_states", **fields)
    listed("all")
    for states in (["Ongoing"], ["Empty"], ["ongoing"], ["nothing"], ["Ongoing", "Empty"], [""]):
        listed(f"in states {states}", state_filters=states)
    listed("of a producer", producer_id_filters=[who[0]])
    listed("of a producer nobody knows", producer_id_filters=[987654321])
    listed("that take long", duration_filter=3600000)
    listed("that take no time", duration_filter=0)
    for pattern in (told.prefix + "i.*", "nothing", "(", "", ".*"):
        listed(f"whose names match {pattern.replace(told.prefix, '~')}", transactional_id_pattern=pattern)
    n = told.name
    told.ask("DescribeTransactions", "three", transactional_ids=[n("t"), n("idle"), n("none")])
    told.ask("DescribeTransactions", "one twice", transactional_ids=[n("t"), n("t")])
    told.ask("DescribeTransactions", "no name", transactional_ids=[""])
    told.ask("DescribeTransactions", "none", transactional_ids=[])
    end(told, "", who, False)
