"""confluent-kafka (librdkafka) against a broker: codecs, groups, transactions. Usage: script HOST:PORT"""

import json
import subprocess
import sys

import confluent_kafka
from confluent_kafka import ConsumerGroupState, ConsumerGroupType, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource

from checks import Ledger, Member, group_story, positions, raises, run, wait_until
from confluent_base import ADMIN, BOOTSTRAP, assigned, consumer, done, producer, read, send, topic, values


def every_codec_and_shape_comes_back_equal():
    shapes = [(b"k", b"v", []), (None, b"v", []), (b"k", None, [("h", b"1"), ("h", b"2"), ("none", None)]), (b"", b"", [("empty", b"")])]
    filling = [(b"%d" % n, b"%d " % n * 100, []) for n in range(500)]
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        name = topic(f"codec-{codec}")
        writer = producer(compression_codec=codec, linger_ms=20, enable_idempotence=True)
        assert send(writer, name, shapes + filling) == list(range(504))
        reader = assigned(name, check_crcs=True)
        assert [(m.key(), m.value(), m.headers() or []) for m in read(reader, 504)] == shapes + filling, codec
        reader.close()


def every_acks_is_answered():
    name = topic("acks")
    for acks in ("0", "1", "all"):
        send(producer(acks=acks), name, [(None, acks.encode())])
    assert values(name, 3) == [b"0", b"1", b"all"]


def member_of(name, **config):
    """What a member does: it reads a topic and commits; without calls to assign, the library rebalances as its protocol asks for."""
    def work(member):
        reader = consumer(name, client_id=member.name, **config)
        reader.subscribe(
            [name],
            on_assign=lambda _, parts: member.assigned([p.partition for p in parts]),
            on_revoke=lambda _, parts: member.revoked([p.partition for p in parts]),
            on_lost=lambda _, parts: member.revoked([p.partition for p in parts]))
        while not member.leaving.is_set():
            rows = member.read([(m.partition(), m.offset(), int(m.value())) for m in reader.consume(100, 0.2) if m.error() is None])
            if rows and commit(reader, name, positions(rows)):
                member.committed(rows)
        reader.close()
    return work


def commit(reader, name, offsets):
    try:
        return reader.commit(offsets=[TopicPartition(name, p, offset) for p, offset in offsets.items()], asynchronous=False)
    except KafkaException as error:  # a rebalance came first: what stays here is committed later, the new owner reads the rest
        assert error.args[0].code() in (
            KafkaError.ILLEGAL_GENERATION, KafkaError.REBALANCE_IN_PROGRESS, KafkaError.UNKNOWN_MEMBER_ID,
            KafkaError.STALE_MEMBER_EPOCH, KafkaError._ASSIGNMENT_LOST), error
        return False


def group(name, config, second_config=None):
    """The story of a group whose members are configured so."""
    partitions = 6
    topic(name, partitions)
    writer = producer(enable_idempotence=True, linger_ms=5)

    def produce(numbers):
        for p in range(partitions):
            send(writer, name, [(None, b"%d" % n) for n in numbers if n % partitions == p], p)

    def committed():
        reader = consumer(name)
        found = reader.committed([TopicPartition(name, p) for p in range(partitions)], timeout=20)
        reader.close()
        return {p.partition: p.offset for p in found}

    def members_seen(count):
        described = done(ADMIN.describe_consumer_groups([name]))[name]
        state = ConsumerGroupState.STABLE if count else ConsumerGroupState.EMPTY
        return described.state == state and sorted(m.client_id for m in described.members) == ["first", "second"][:count]

    group_story(partitions, produce, member_of(name, **config), committed, members_seen, member_of(name, **(second_config or config)))


EAGER = {"partition_assignment_strategy": "range", "heartbeat_interval_ms": 500}
COOPERATIVE = {"partition_assignment_strategy": "cooperative-sticky", "heartbeat_interval_ms": 500}
BY_BROKER = {"group_protocol": "consumer"}


def a_group_rebalances_eagerly():
    group("group-eager", EAGER)


def a_group_rebalances_cooperatively():
    group("group-cooperative", COOPERATIVE)


def a_group_is_balanced_by_the_broker():
    group("group-by-broker", BY_BROKER)
    listed = ADMIN.list_consumer_groups(types={ConsumerGroupType.CONSUMER}).result(timeout=20).valid
    assert "group-by-broker" in [g.group_id for g in listed], listed


def a_group_of_the_old_protocol_takes_in_the_new_one():
    group("group-upgraded", COOPERATIVE, BY_BROKER)


def a_group_of_the_new_protocol_takes_in_the_old_one():
    group("group-downgraded", BY_BROKER, COOPERATIVE)


# A member that reads until it is killed, and commits nothing.
DOOMED = """
import json, sys
from confluent_kafka import Consumer
reader = Consumer(json.loads(sys.argv[1]))
reader.subscribe([sys.argv[2]])
while True:
    reader.poll(1)
"""


def replaced(name, **config):
    """A member dies without a word: the other one gets its partitions, and the records that it has read, when its session is over."""
    partitions, everything = 6, list(range(6))
    topic(name, partitions)
    ledger = Ledger()
    survivor = Member(ledger, "survivor", member_of(name, **config))
    wait_until("it owns everything", lambda: survivor.owned() == everything)
    given = {"bootstrap.servers": BOOTSTRAP, "group.id": name, "auto.offset.reset": "earliest", "enable.auto.commit": False}
    given |= {key.replace("_", "."): value for key, value in config.items()}
    doomed = subprocess.Popen([sys.executable, "-c", DOOMED, json.dumps(given), name])
    try:
        wait_until("it owns half", lambda: len(survivor.owned()) == partitions // 2)
        for p in everything:
            send(producer(), name, [(None, b"%d" % n) for n in range(p * 50, p * 50 + 50)], p)
        wait_until("half of the records are done", lambda: len(ledger.done) == 150)
    finally:
        doomed.kill()
        doomed.wait()
    wait_until("it owns everything again", lambda: survivor.owned() == everything)
    wait_until("all records are done", lambda: len(ledger.done) >= 300)
    survivor.leave()
    assert ledger.wrong == [] and sorted(ledger.done) == list(range(300)), "records are missing, or done twice"


def a_member_that_dies_is_replaced():
    replaced("dies", session_timeout_ms=3000, **COOPERATIVE)


def a_member_that_dies_is_replaced_by_the_broker():
    session = ConfigEntry("consumer.session.timeout.ms", "3000", incremental_operation=AlterConfigOpType.SET)
    done(ADMIN.incremental_alter_configs([ConfigResource(ConfigResource.Type.GROUP, "dies-by-broker", incremental_configs=[session])]))
    replaced("dies-by-broker", **BY_BROKER)


def a_pattern_is_matched_by_the_broker():
    for n in range(3):
        send(producer(), topic(f"pattern-{n}"), [(None, b"%d" % n)])
    reader = consumer("pattern", group_protocol="consumer", group_instance_id="one")
    reader.subscribe(["^pattern-[02]$"])
    assert sorted(m.value() for m in read(reader, 2)) == [b"0", b"2"]
    assert sorted(p.topic for p in reader.assignment()) == ["pattern-0", "pattern-2"]
    member = done(ADMIN.describe_consumer_groups(["pattern"]))["pattern"].members[0]
    assert member.group_instance_id == "one", member.group_instance_id
    reader.close()


def transactions_commit_and_abort():
    name = topic("transactions", partitions=2)
    writer = producer(transactional_id="confluent-transactions")
    writer.init_transactions(30)
    for round_number, ends in enumerate((writer.commit_transaction, writer.abort_transaction, writer.commit_transaction)):
        writer.begin_transaction()
        for p in (0, 1):
            writer.produce(name, b"%d" % round_number, partition=p)
        writer.flush(30)
        ends(30)
    writer.begin_transaction()
    send(writer, name, [(None, b"open")])
    committed = assigned(name, 0, 1, isolation_level="read_committed")
    assert sorted(m.value() for m in read(committed, 4)) == [b"0", b"0", b"2", b"2"]
    assert committed.poll(1) is None, "an open transaction is read"
    assert values(name, 4, isolation_level="read_uncommitted") == [b"0", b"1", b"2", b"open"]
    writer.commit_transaction(30)
    assert read(committed, 1)[0].value() == b"open"
    committed.close()


def a_second_producer_fences_the_first():
    name = topic("fenced")
    old = producer(transactional_id="confluent-fenced")
    old.init_transactions(30)
    old.begin_transaction()
    send(old, name, [(None, b"old")])
    new = producer(transactional_id="confluent-fenced")
    new.init_transactions(30)
    error = raises(KafkaException, lambda: old.commit_transaction(30)).args[0]
    assert error.fatal() and error.code() == KafkaError._FENCED, error
    new.begin_transaction()
    send(new, name, [(None, b"new")])
    new.commit_transaction(30)
    assert values(name, 1, isolation_level="read_committed") == [b"new"]


def offsets_are_part_of_a_transaction():
    source, target = topic("source"), topic("target")
    send(producer(), source, [(None, b"%d" % n) for n in range(100)])
    writer = producer(transactional_id="confluent-copy")
    writer.init_transactions(30)
    commit, copied = [], 0
    # Every other transaction is aborted, and its records are read again from where the group stands.
    for attempt in range(8):
        reader = consumer("copy", isolation_level="read_committed")
        reader.subscribe([source])
        batch = read(reader, 25)
        writer.begin_transaction()
        for message in batch:
            writer.produce(target, message.value())
        here = [TopicPartition(source, 0, batch[-1].offset() + 1)]
        writer.send_offsets_to_transaction(here, reader.consumer_group_metadata(), 30)
        if attempt % 2:
            writer.commit_transaction(30)
            copied += 25
        else:
            writer.abort_transaction(30)
        assert reader.committed([TopicPartition(source, 0)], 20)[0].offset == (copied or -1001)
        reader.close()
    assert values(target, 100, isolation_level="read_committed") == [b"%d" % n for n in range(100)]


run(f"confluent-kafka {confluent_kafka.version()}, librdkafka {confluent_kafka.libversion()[0]}", [
    every_codec_and_shape_comes_back_equal,
    every_acks_is_answered,
    a_group_rebalances_eagerly,
    a_group_rebalances_cooperatively,
    a_group_is_balanced_by_the_broker,
    a_group_of_the_old_protocol_takes_in_the_new_one,
    a_group_of_the_new_protocol_takes_in_the_old_one,
    a_member_that_dies_is_replaced,
    a_member_that_dies_is_replaced_by_the_broker,
    a_pattern_is_matched_by_the_broker,
    transactions_commit_and_abort,
    a_second_producer_fences_the_first,
    offsets_are_part_of_a_transaction,
])
