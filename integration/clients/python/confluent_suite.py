"""confluent-kafka (librdkafka) against a broker. Usage: script HOST:PORT"""

import sys
import time

import confluent_kafka
from confluent_kafka import (
    Consumer, ConsumerGroupState, ConsumerGroupTopicPartitions, ConsumerGroupType, IsolationLevel, KafkaError, KafkaException,
    Producer, TopicCollection, TopicPartition,
)
from confluent_kafka.admin import (
    AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource,
    NewPartitions, NewTopic, OffsetSpec, ResourcePatternType, ResourceType,
)

from checks import group_story, positions, raises, run, wait_until

BOOTSTRAP = sys.argv[1]
ADMIN = AdminClient({"bootstrap.servers": BOOTSTRAP})


def done(futures):
    """The results of an admin call by key; raises the first error."""
    return {key: future.result(timeout=30) for key, future in futures.items()}


def refusal(futures):
    """The error code with which an admin call is refused."""
    return raises(KafkaException, lambda: done(futures)).args[0].code()


def topic(name, partitions=1, **configs):
    done(ADMIN.create_topics([NewTopic(name, partitions, 1, config={k.replace("_", "."): v for k, v in configs.items()})]))
    wait_until(f"{name} is known", lambda: ADMIN.list_topics(name, 20).topics[name].error is None)
    return name


def producer(**config):
    return Producer({"bootstrap.servers": BOOTSTRAP} | {k.replace("_", "."): v for k, v in config.items()})


def consumer(group, **config):
    defaults = {"bootstrap.servers": BOOTSTRAP, "group.id": group, "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    return Consumer(defaults | {k.replace("_", "."): v for k, v in config.items()})


def send(writer, name, records, partition=0):
    """Produces (key, value) pairs or (key, value, headers); gives their offsets, which the broker has confirmed."""
    offsets = []

    def delivered(error, message):
        assert error is None, error
        offsets.append(message.offset())

    for key, value, *headers in records:
        writer.produce(name, value, key, partition, on_delivery=delivered, headers=headers[0] if headers else None)
    assert writer.flush(30) == 0, "records were not confirmed"
    return offsets


def read(reader, count, seconds=30):
    """The next `count` records; fails when they do not come."""
    records, deadline = [], time.time() + seconds
    while len(records) < count:
        assert time.time() < deadline, f"{len(records)} of {count} records came"
        for message in reader.consume(count - len(records), 0.2):
            assert message.error() is None, message.error()
            records.append(message)
    return records


def assigned(name, *partitions, **config):
    reader = consumer("no group", **config)
    reader.assign([TopicPartition(name, p, 0) for p in partitions or (0,)])
    return reader


def values(name, count, **config):
    reader = assigned(name, **config)
    found = [m.value() for m in read(reader, count)]
    reader.close()
    return found


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


def group(protocol, **config):
    """The story of a group under one of librdkafka's ways to rebalance."""
    name, partitions = topic(f"group-{protocol}"), 6
    done(ADMIN.create_partitions([NewPartitions(name, partitions)]))
    writer = producer(enable_idempotence=True, linger_ms=5)

    def produce(numbers):
        for p in range(partitions):
            send(writer, name, [(None, b"%d" % n) for n in numbers if n % partitions == p], p)

    def work(member):
        reader = consumer(name, client_id=member.name, **config)
        # Without calls to assign, the library does what its protocol asks for.
        reader.subscribe(
            [name],
            on_assign=lambda _, parts: member.assigned([p.partition for p in parts]),
            on_revoke=lambda _, parts: member.revoked([p.partition for p in parts]),
            on_lost=lambda _, parts: member.revoked([p.partition for p in parts]))
        while not member.leaving.is_set():
            rows = member.read([(m.partition(), m.offset(), int(m.value())) for m in reader.consume(100, 0.2) if m.error() is None])
            if rows and commit(reader, positions(rows)):
                member.committed(rows)
        reader.close()

    def commit(reader, offsets):
        try:
            return reader.commit(offsets=[TopicPartition(name, p, offset) for p, offset in offsets.items()], asynchronous=False)
        except KafkaException as error:  # a rebalance came first: what stays here is committed later, the new owner reads the rest
            assert error.args[0].code() in (
                KafkaError.ILLEGAL_GENERATION, KafkaError.REBALANCE_IN_PROGRESS, KafkaError.UNKNOWN_MEMBER_ID,
                KafkaError.STALE_MEMBER_EPOCH, KafkaError._ASSIGNMENT_LOST), error
            return False

    def committed():
        reader = consumer(name)
        found = reader.committed([TopicPartition(name, p) for p in range(partitions)], timeout=20)
        reader.close()
        return {p.partition: p.offset for p in found}

    def members_seen(count):
        described = done(ADMIN.describe_consumer_groups([name]))[name]
        state = ConsumerGroupState.STABLE if count else ConsumerGroupState.EMPTY
        return described.state == state and sorted(m.client_id for m in described.members) == ["first", "second"][:count]

    group_story(partitions, produce, work, committed, members_seen)


def a_group_rebalances_eagerly():
    group("range", partition_assignment_strategy="range", heartbeat_interval_ms=500)


def a_group_rebalances_cooperatively():
    group("cooperative-sticky", partition_assignment_strategy="cooperative-sticky", heartbeat_interval_ms=500)


def a_group_is_balanced_by_the_broker():
    group("consumer", group_protocol="consumer")
    listed = ADMIN.list_consumer_groups(types={ConsumerGroupType.CONSUMER}).result(timeout=20).valid
    assert [g.group_id for g in listed] == ["group-consumer"], listed


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


def topics_are_created_described_and_deleted():
    name = topic("made", partitions=3, retention_ms="600000")
    assert refusal(ADMIN.create_topics([NewTopic(name, 1, 1)])) == KafkaError.TOPIC_ALREADY_EXISTS
    assert refusal(ADMIN.create_topics([NewTopic("made-2", 1, 3)])) == KafkaError.INVALID_REPLICATION_FACTOR
    assert refusal(ADMIN.create_topics([NewTopic("made-3", 1, 1, config={"retention.ms": "x"})])) == KafkaError.INVALID_CONFIG
    described = done(ADMIN.describe_topics(TopicCollection([name])))[name]
    assert [(p.id, p.leader.id) for p in described.partitions] == [(0, 1), (1, 1), (2, 1)]
    done(ADMIN.create_partitions([NewPartitions(name, 5)]))
    wait_until("five partitions", lambda: len(ADMIN.list_topics(name, 20).topics[name].partitions) == 5)
    assert refusal(ADMIN.create_partitions([NewPartitions(name, 2)])) == KafkaError.INVALID_PARTITIONS
    done(ADMIN.delete_topics([name]))
    assert refusal(ADMIN.delete_topics([name])) == KafkaError.UNKNOWN_TOPIC_OR_PART
    cluster = ADMIN.describe_cluster().result(timeout=20)
    assert [n.id for n in cluster.nodes] == [1] and cluster.controller.id == 1 and cluster.cluster_id


def configs_are_described_and_altered():
    name = topic("configs", retention_ms="600000")
    resource = ConfigResource(ConfigResource.Type.TOPIC, name)

    def described():
        return {key: entry.value for key, entry in done(ADMIN.describe_configs([resource]))[resource].items()}

    assert (described()["retention.ms"], described()["cleanup.policy"]) == ("600000", "delete")
    change = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=[
        ConfigEntry("retention.ms", "700000", incremental_operation=AlterConfigOpType.SET),
        ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.APPEND)])
    done(ADMIN.incremental_alter_configs([change]))
    wait_until("the new values", lambda: (described()["retention.ms"], described()["cleanup.policy"]) == ("700000", "delete,compact"))
    wrong = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=[
        ConfigEntry("retention.ms", "soon", incremental_operation=AlterConfigOpType.SET)])
    assert refusal(ADMIN.incremental_alter_configs([wrong])) == KafkaError.INVALID_CONFIG


def offsets_are_listed_and_records_deleted():
    name = topic("offsets")
    send(producer(), name, [(None, b"%d" % n) for n in range(20)])
    partition = TopicPartition(name, 0)

    def listed(spec):
        return done(ADMIN.list_offsets({partition: spec}, isolation_level=IsolationLevel.READ_COMMITTED))[partition].offset

    assert (listed(OffsetSpec.earliest()), listed(OffsetSpec.latest())) == (0, 20)
    assert 0 <= listed(OffsetSpec.max_timestamp()) < 20
    assert listed(OffsetSpec.for_timestamp(0)) == 0 and listed(OffsetSpec.for_timestamp(1 << 42)) == -1
    assert done(ADMIN.delete_records([TopicPartition(name, 0, 12)]))[partition].low_watermark == 12
    assert listed(OffsetSpec.earliest()) == 12
    assert refusal(ADMIN.delete_records([TopicPartition(name, 0, 21)])) == KafkaError.OFFSET_OUT_OF_RANGE


def groups_are_listed_moved_and_deleted():
    name = topic("moved")
    send(producer(), name, [(None, b"%d" % n) for n in range(10)])
    reader = consumer(name)
    reader.subscribe([name])
    read(reader, 10)
    reader.commit(asynchronous=False)
    assert refusal(ADMIN.delete_consumer_groups([name])) == KafkaError.NON_EMPTY_GROUP
    reader.close()
    listed = ADMIN.list_consumer_groups(states={ConsumerGroupState.EMPTY}).result(timeout=20)
    assert name in [g.group_id for g in listed.valid] and listed.errors == []

    def offset():
        found = done(ADMIN.list_consumer_group_offsets([ConsumerGroupTopicPartitions(name, [TopicPartition(name, 0)])]))
        return found[name].topic_partitions[0].offset

    assert offset() == 10
    done(ADMIN.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(name, [TopicPartition(name, 0, 4)])]))
    assert offset() == 4
    done(ADMIN.delete_consumer_groups([name]))
    assert refusal(ADMIN.delete_consumer_groups([name])) == KafkaError.GROUP_ID_NOT_FOUND
    assert offset() == -1001


def access_rules_are_switched_off():
    everything = (ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY)
    # The library's describe_acls does not look at the answer's error.
    assert refusal(ADMIN.delete_acls([AclBindingFilter(*everything)])) == KafkaError.SECURITY_DISABLED
    rule = AclBinding(ResourceType.TOPIC, "t", ResourcePatternType.LITERAL, "User:u", "*", AclOperation.READ, AclPermissionType.ALLOW)
    assert refusal(ADMIN.create_acls([rule])) == KafkaError.SECURITY_DISABLED


run(f"confluent-kafka {confluent_kafka.version()}, librdkafka {confluent_kafka.libversion()[0]}", [
    every_codec_and_shape_comes_back_equal,
    every_acks_is_answered,
    a_group_rebalances_eagerly,
    a_group_rebalances_cooperatively,
    a_group_is_balanced_by_the_broker,
    transactions_commit_and_abort,
    a_second_producer_fences_the_first,
    offsets_are_part_of_a_transaction,
    topics_are_created_described_and_deleted,
    configs_are_described_and_altered,
    offsets_are_listed_and_records_deleted,
    groups_are_listed_moved_and_deleted,
    access_rules_are_switched_off,
])
