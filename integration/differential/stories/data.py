"""Records written and read: Produce, Fetch, ListOffsets, OffsetForLeaderEpoch, DescribeProducers, in all versions, right and wrong."""

from batches import CONTROL, TIME, TRANSACTIONAL, batch, old_message, record, records
from story import story

NEW_ID = b"\x11" * 16


def part(index, data): return {"index": index, "records": data}


class Writing:
    """Produce requests of one story."""

    def __init__(self, told): self.told, self.ids = told, {}

    def topic(self, name, partitions=1, **configs): self.ids[name] = self.told.topic(name, partitions, **configs)

    def ask(self, what, *parts, name="a", **fields):
        told = self.told
        data = [{"name": told.name(name), "topic_id": self.ids.get(name, NEW_ID), "partition_data": list(parts)}]
        return told.ask("Produce", what, **{"acks": -1, "timeout_ms": 10000, "topic_data": data, **fields})


@story("Produce")
def produce(told):
    writing = Writing(told)
    ask = writing.ask
    writing.topic("a", 2)
    ask("a record", part(0, records("one")))
    ask("another, acknowledged by the leader", part(0, records("two")), acks=1)
    ask("three at once", part(0, records("three", "four", "five")))
    ask("two partitions", part(0, records("six")), part(1, records("seven")))
    ask("a partition that does not exist", part(7, records("x")), part(-1, records("x")))
    ask("a topic that does not exist", part(0, records("x")), name="none")
    ask("one that exists and one that does not", part(0, records("eight")), part(7, records("x")))
    ask("acks of 2", part(0, records("x")), acks=2)
    ask("acks of -2", part(0, records("x")), acks=-2)
    ask("no topics", topic_data=[])
    ask("no partitions")
    ask("records of no bytes", part(0, b""))
    ask("without time", part(0, records("eleven")), timeout_ms=0)
    ask("a record without a value and one with nothing in it", part(0, records(None, "")))
    if told.version >= 13:
        told.ask("Produce", "the zero id", acks=-1, timeout_ms=10000, topic_data=[{"topic_id": bytes(16), "partition_data": [part(0, records("x"))]}])
    else:
        for name in ("", "a b", "x" * 250, "__consumer_offsets"):
            told.ask("Produce", f"to a topic called {name[:9]!r}", acks=-1, timeout_ms=10000,
                     topic_data=[{"name": name, "partition_data": [part(0, records("x"))]}])
    told.ask("Fetch", "what was written", max_wait_ms=0, min_bytes=0, version=12, topics=[{"topic": told.name("a"), "partitions": [
        {"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1 << 20}]}])


@story("Produce")
def produce_without_answer(told):
    writing = Writing(told)
    writing.topic("a")
    data = [{"name": told.name("a"), "topic_id": writing.ids["a"], "partition_data": [part(0, records("one"))]}]
    told.connection().request("Produce", told.version, {"acks": 0, "timeout_ms": 10000, "topic_data": data})
    # Requests of a connection are answered in order, so this comes when the record is there.
    told.ask("ListOffsets", replica_id=-1, topics=[{"name": told.name("a"), "partitions": [{"partition_index": 0, "timestamp": -1}]}])
    wrong = [{"name": told.name("none"), "topic_id": NEW_ID, "partition_data": [part(0, records("one"))]}]
    told.connection().request("Produce", told.version, {"acks": 0, "timeout_ms": 10000, "topic_data": wrong})
    told.ask("ListOffsets", "after an error that nobody could be told", replica_id=-1, topics=[
        {"name": told.name("a"), "partitions": [{"partition_index": 0, "timestamp": -1}]}])


@story("Produce", versions=(3, 13))
def produce_a_partition_twice(told):
    writing = Writing(told)
    writing.topic("a")
    writing.ask("a partition twice", part(0, records("nine")), part(0, records("ten")))
    writing.ask("no records at all", part(0, None))


@story("Produce", versions=(3, 7, 8, 9, 12, 13))
def produce_spoiled_batches(told):
    """Each in a partition of its own, so that one that is taken does not move the offsets of the next."""
    writing, partitions = Writing(told), iter(range(40))
    writing.topic("a", 40)

    def ask(what, given):
        writing.ask(what, part(next(partitions), given["records"]))
    whole = records("one", "two")
    flipped = bytearray(whole)
    flipped[-1] ^= 1
    ask("a wrong checksum", part(0, records("x", crc=1)))
    ask("a flipped bit", part(0, bytes(flipped)))
    ask("cut in the middle", part(0, whole[:-3]))
    ask("cut in the head", part(0, whole[:30]))
    ask("bytes behind the batch", part(0, whole + b"\0\0\0"))
    ask("two batches", part(0, whole + whole))
    ask("a length that is too small", part(0, records("x", length=10)))
    ask("a length of zero", part(0, records("x", length=0)))
    ask("a negative length", part(0, records("x", length=-1)))
    ask("more records than there are", part(0, batch([record(0)], count=2, last_delta=1, base_time=TIME)))
    ask("fewer records than there are", part(0, batch([record(0), record(1)], count=1, last_delta=0, base_time=TIME)))
    ask("no records in a batch", part(0, batch([], count=0, last_delta=0, base_time=TIME)))
    ask("a negative count", part(0, batch([record(0)], count=-1, last_delta=0, base_time=TIME)))
    ask("a last offset that is too high", part(0, batch([record(0)], count=1, last_delta=5, base_time=TIME)))
    ask("offsets with a gap", part(0, batch([record(0), record(2)], count=2, last_delta=2, base_time=TIME)))
    ask("offsets that do not rise", part(0, batch([record(0), record(0)], count=2, last_delta=1, base_time=TIME)))
    ask("a base offset", part(0, records("x", base_offset=77)))
    ask("a record of a length that lies", part(0, batch([record(0, length=100)], base_time=TIME)))
    ask("a record of a negative length", part(0, batch([record(0, length=-1)], base_time=TIME)))
    ask("bytes that are no records", part(0, batch(payload=b"\xff" * 20, records=[], count=1, last_delta=0, base_time=TIME)))
    ask("codec 7", part(0, records("x", attributes=7)))
    ask("gzip that is none", part(0, batch(payload=b"not gzip", records=[], count=1, last_delta=0, base_time=TIME, attributes=1)))
    ask("snappy that is none", part(0, batch(payload=b"not snappy", records=[], count=1, last_delta=0, base_time=TIME, attributes=2)))
    ask("lz4 that is none", part(0, batch(payload=b"not lz4", records=[], count=1, last_delta=0, base_time=TIME, attributes=3)))
    ask("zstd that is none", part(0, batch(payload=b"not zstd", records=[], count=1, last_delta=0, base_time=TIME, attributes=4)))
    ask("a control batch", part(0, records("x", attributes=CONTROL)))
    ask("a transactional batch without a producer", part(0, records("x", attributes=TRANSACTIONAL)))
    ask("append time that a client says", part(0, records("x", attributes=8)))
    ask("bits nobody knows", part(0, records("x", attributes=0x100)))
    ask("a delete horizon", part(0, records("x", attributes=0x40)))
    ask("magic 3", part(0, records("x", magic=3)))
    ask("a message of magic 1", part(0, old_message(b"x", 1)))
    ask("a message of magic 0", part(0, old_message(b"x", 0)))
    ask("noise", part(0, b"noise" * 20))
    ask("a header without a name", part(0, batch([record(0, headers=b"\2\1\2v")], base_time=TIME)))
    ask("more headers than there are", part(0, batch([record(0, headers=b"\4\2k\2v")], base_time=TIME)))
    told.ask("Fetch", "what was written", max_wait_ms=0, min_bytes=0, version=12, topics=[{"topic": told.name("a"), "partitions": [
        {"partition": number, "fetch_offset": 0, "partition_max_bytes": 1 << 20} for number in range(40)]}])


@story("Produce", versions=(3, 9, 13))
def produce_with_limits(told):
    writing = Writing(told)
    ask = writing.ask
    writing.topic("small", max_message_bytes="200")
    writing.topic("compacted", cleanup_policy="compact")
    writing.topic("stamped", message_timestamp_type="LogAppendTime")
    writing.topic("timely", message_timestamp_before_max_ms="3600000", message_timestamp_after_max_ms="3600000")
    writing.topic("strict", min_insync_replicas="2")
    writing.topic("zipped", compression_type="gzip")
    ask("too large", part(0, records("x" * 300)), name="small")
    ask("as large as is allowed", part(0, records("x" * 100)), name="small")
    ask("compacted, without a key", part(0, records("x")), name="compacted")
    ask("compacted, with a key", part(0, records("x", key=b"k")), name="compacted")
    ask("compacted, one with and one without", part(0, batch([record(0, key=b"k"), record(1)], base_time=TIME)), name="compacted")
    ask("time of the broker", part(0, records("x")), name="stamped")
    ask("too long ago", part(0, records("x")), name="timely")
    ask("too far ahead", part(0, records("x", time=TIME * 3)), name="timely")
    ask("a time of its own is not that of its records", part(0, batch([record(0, timestamp_delta=5)], base_time=TIME, max_time=TIME)), name="small")
    ask("no time", part(0, records("x", time=-1)), name="small")
    ask("too few replicas for all", part(0, records("x")), name="strict")
    ask("too few replicas, but only the leader is asked", part(0, records("x")), name="strict", acks=1)
    ask("a topic that compresses", part(0, records("x")), name="zipped")
    if told.version < 13:
        told.ask("Fetch", "stamped", version=12, max_wait_ms=0, min_bytes=0, topics=[{"topic": told.name("stamped"), "partitions": [
            {"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1 << 20}]}])


@story("Produce", versions=(3, 8, 12, 13))
def produce_idempotently(told):
    writing = Writing(told)
    writing.topic("a", 2)
    producer = told.ask("InitProducerId", transactional_id=None, transaction_timeout_ms=60000)["producer_id"]

    def ask(what, epoch, sequence, *values, partition=0, who=producer):
        writing.ask(what, part(partition, records(*values, producer=(who, epoch, sequence))))
    ask("the first", 0, 0, "one")
    ask("the next two", 0, 1, "two", "three")
    ask("the first again", 0, 0, "one")
    ask("the second again", 0, 1, "two", "three")
    ask("one of the second again", 0, 1, "two")
    ask("a gap", 0, 5, "x")
    ask("backwards", 0, 2, "x")
    ask("the next", 0, 3, "four")
    ask("a sequence below zero", 0, -1, "x")
    ask("a new epoch that does not begin at zero", 1, 3, "x")
    ask("a new epoch", 1, 0, "five")
    ask("the old epoch", 0, 4, "x")
    ask("another partition, not from zero", 0, 3, "x", partition=1)
    ask("another partition", 0, 0, "six", partition=1)
    ask("a producer nobody knows, not from zero", 0, 9, "x", who=987654321)
    ask("a producer nobody knows, from zero", 0, 0, "seven", who=987654322)
    ask("a producer without an epoch", -1, 0, "x", who=987654322)
    writing.ask("two batches of a producer in one partition", part(0, records("a", producer=(producer, 1, 1)) + records("b", producer=(producer, 1, 2))))
    for sequence in range(1, 8):
        told.call("Produce", version=12, acks=-1, timeout_ms=10000, topic_data=[{"name": told.name("a"), "partition_data": [
            part(1, records("more", producer=(producer, 0, sequence)))]}])
    ask("one of the last five again", 0, 3, "more", partition=1)
    ask("one before the last five again", 0, 1, "more", partition=1)
    told.ask("DescribeProducers", topics=[{"name": told.name("a"), "partition_indexes": [0, 1, 7]}])


def wanted(partition, offset=0, size=1 << 20, **fields):
    return {"partition": partition, "fetch_offset": offset, "partition_max_bytes": size, **fields}


class Reading:
    """Fetch requests of one story."""

    def __init__(self, told): self.told, self.ids = told, {}

    def topic(self, name, partitions=1, **configs): self.ids[name] = self.told.topic(name, partitions, **configs)

    def row(self, name, *parts): return {"topic": self.told.name(name), "topic_id": self.ids.get(name, NEW_ID), "partitions": list(parts)}

    def ask(self, what, *rows, client="diff", **fields):
        return self.told.ask("Fetch", what, client=client, **{"max_wait_ms": 0, "min_bytes": 0, "max_bytes": 1 << 20, "topics": list(rows), **fields})


@story("Fetch")
def fetch(told):
    reading = Reading(told)
    ask, row = reading.ask, reading.row
    reading.topic("a", 2)
    told.produce("a", records("one"))
    told.produce("a", records("two", "three"))
    told.produce("a", records("four"))
    ask("from the beginning", row("a", wanted(0)))
    ask("from the middle of a batch", row("a", wanted(0, 2)))
    ask("from the end", row("a", wanted(0, 4)))
    ask("from beyond the end", row("a", wanted(0, 5)))
    ask("from a negative offset", row("a", wanted(0, -1)))
    ask("one byte at most: a whole batch comes all the same", row("a", wanted(0, 0, 1)))
    ask("one byte at most of all", row("a", wanted(0), wanted(1)), max_bytes=1)
    ask("no bytes", row("a", wanted(0, 0, 0)), max_bytes=0)
    ask("as much as one batch and a half", row("a", wanted(0, 0, 100)))
    ask("a partition that does not exist", row("a", wanted(7), wanted(-1)))
    ask("a topic that does not exist", row("none", wanted(0)))
    ask("one that exists and one that does not", row("a", wanted(0, 3)), row("none", wanted(0)))
    ask("a partition twice", row("a", wanted(0, 3), wanted(0, 3)))
    ask("nothing")
    ask("a topic without partitions", row("a"))
    ask("what is committed only", row("a", wanted(0, 3)), isolation_level=1)
    ask("an isolation nobody knows", row("a", wanted(0, 3)), isolation_level=7)
    ask("waiting for more than there is", row("a", wanted(0, 3)), max_wait_ms=50, min_bytes=100000)
    ask("an older epoch of the leader", row("a", wanted(0, 3, current_leader_epoch=0)))
    ask("a newer epoch of the leader", row("a", wanted(0, 3, current_leader_epoch=5)))
    ask("an epoch below zero", row("a", wanted(0, 3, current_leader_epoch=-2)))
    ask("the epoch of what was read last", row("a", wanted(0, 3, last_fetched_epoch=0)))
    ask("an epoch that never was", row("a", wanted(0, 3, last_fetched_epoch=5)))
    ask("another cluster", row("a", wanted(0, 3)), cluster_id="another")
    ask("a rack", row("a", wanted(0, 3)), rack_id="rack")
    ask("as a replica that is none", row("a", wanted(0, 3)), replica_id=7, replica_state={"replica_id": 7, "replica_epoch": 1})
    ask("as a replica of a negative number", row("a", wanted(0, 3)), replica_id=-2, replica_state={"replica_id": -2, "replica_epoch": -1})


@story("Fetch", versions=range(7, 19))
def fetch_sessions(told):
    reading = Reading(told)
    ask, row = reading.ask, reading.row
    reading.topic("a", 2), reading.topic("b")
    told.produce("a", records("one"))
    forget = lambda name, *partitions: {"topic": told.name(name), "topic_id": reading.ids[name], "partitions": list(partitions)}  # noqa: E731
    session = ask("a new session", row("a", wanted(0), wanted(1)), row("b", wanted(0)), session_epoch=0).get("session_id", 0)
    ask("nothing new", session_id=session, session_epoch=1)
    ask("what was read", row("a", wanted(0, 1)), session_id=session, session_epoch=2)
    told.produce("a", records("two"))
    ask("something new", session_id=session, session_epoch=3)
    ask("the same epoch again", session_id=session, session_epoch=3)
    ask("an epoch that is too high", session_id=session, session_epoch=9)
    ask("a partition forgotten", session_id=session, session_epoch=4, forgotten_topics_data=[forget("a", 0, 1)])
    ask("and added again", row("a", wanted(0, 1)), session_id=session, session_epoch=5)
    ask("one that does not exist is added", row("a", wanted(7)), session_id=session, session_epoch=6)
    ask("a session nobody knows", session_id=123456789, session_epoch=1)
    ask("a session that is closed", session_id=session, session_epoch=-1)
    ask("after it was closed", session_id=session, session_epoch=7)
    ask("a session that is opened by number", row("b", wanted(0)), session_id=123456789, session_epoch=0)
    ask("no session, though a number is given", row("b", wanted(0)), session_id=5, session_epoch=-1)
    ask("an epoch below all", row("b", wanted(0)), session_epoch=-2)


@story("ListOffsets")
def list_offsets(told):
    told.topic("a", 2), told.topic("empty")

    def ask(what, timestamp, name="a", partition=0, epoch=-1, **fields):
        told.ask("ListOffsets", what, **{"replica_id": -1, "timeout_ms": 1000, "topics": [{"name": told.name(name), "partitions": [
            {"partition_index": partition, "timestamp": timestamp, "current_leader_epoch": epoch}]}], **fields})
    for number in range(4):
        told.produce("a", records(f"a{number}", f"b{number}", time=TIME + number * 1000))
    told.call("DeleteRecords", timeout_ms=10000, topics=[{"name": told.name("a"), "partitions": [{"partition_index": 0, "offset": 1}]}])
    for timestamp in range(0, -8, -1):
        ask(f"special {timestamp}", timestamp)
        ask(f"special {timestamp} of nothing", timestamp, name="empty")
    ask("a time", TIME + 1000)
    ask("between two", TIME + 1001)
    ask("before all", TIME - 1)
    ask("behind all", TIME + 99000)
    ask("the latest committed", -1, isolation_level=1)
    ask("a time, committed", TIME, isolation_level=1)
    ask("an isolation nobody knows", -1, isolation_level=9)
    ask("a partition that does not exist", -1, partition=9)
    ask("a topic that does not exist", -1, name="none")
    ask("the leader's epoch", -1, epoch=0)
    ask("a newer epoch", -1, epoch=3)
    ask("as a replica", -1, replica_id=7)
    ask("as a debugger", -1, replica_id=-2)
    told.ask("ListOffsets", "nothing", replica_id=-1, topics=[])
    told.ask("ListOffsets", "a partition twice", replica_id=-1, topics=[{"name": told.name("a"), "partitions": [
        {"partition_index": 0, "timestamp": -1}, {"partition_index": 0, "timestamp": -2}, {"partition_index": 1, "timestamp": -1}]}])
    told.ask("ListOffsets", "a topic twice", replica_id=-1, topics=[
        {"name": told.name("a"), "partitions": [{"partition_index": number, "timestamp": -1}]} for number in (0, 0, 1)])


@story("OffsetForLeaderEpoch")
def offset_for_leader_epoch(told):
    told.topic("a")
    told.produce("a", records("one", "two"))

    def ask(what, epoch, current=-1, partition=0, name="a", **fields):
        told.ask("OffsetForLeaderEpoch", what, topics=[{"topic": told.name(name), "partitions": [
            {"partition": partition, "current_leader_epoch": current, "leader_epoch": epoch}]}], **fields)
    ask("this epoch", 0)
    ask("a newer epoch", 5)
    ask("a negative epoch", -1)
    ask("with the leader's epoch", 0, 0)
    ask("with a newer one of the leader", 0, 5)
    ask("a partition that does not exist", 0, partition=9)
    ask("a topic that does not exist", 0, name="none")
    ask("as a consumer", 0, replica_id=-1)
    ask("as a replica", 0, replica_id=1)
    told.ask("OffsetForLeaderEpoch", "nothing", topics=[])


@story("DescribeProducers")
def describe_producers(told):
    told.topic("a", 2)
    told.ask("DescribeProducers", "nobody", topics=[{"name": told.name("a"), "partition_indexes": [0]}])
    told.ask("DescribeProducers", "what does not exist", topics=[
        {"name": told.name("a"), "partition_indexes": [7, -1]}, {"name": told.name("none"), "partition_indexes": [0]}])
    told.ask("DescribeProducers", "names that cannot be", topics=[{"name": name, "partition_indexes": [0]} for name in ("", "a b")])
    told.ask("DescribeProducers", "nothing", topics=[])
    told.ask("DescribeProducers", "no partitions", topics=[{"name": told.name("a"), "partition_indexes": []}])
    told.ask("DescribeProducers", "a partition twice", topics=[{"name": told.name("a"), "partition_indexes": [0, 0]}])
