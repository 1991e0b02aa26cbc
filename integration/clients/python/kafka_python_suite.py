"""kafka-python against a broker: topics, producing, reading assigned partitions, offsets, configs. Usage: script HOST:PORT PREFIX"""

import hashlib
import sys
import time

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka import errors

from checks import raises, run

BOOTSTRAP, PREFIX = sys.argv[1], sys.argv[2]
CODECS = [None, "gzip", "snappy", "lz4", "zstd"]
BASE_TIME = int(time.time() * 1000) - 3_600_000


def admin():
    return KafkaAdminClient(bootstrap_servers=BOOTSTRAP, request_timeout_ms=20000)


def producer(**config):
    return KafkaProducer(bootstrap_servers=BOOTSTRAP, **config)


def consumer(*partitions, **config):
    config.setdefault("consumer_timeout_ms", 10000)
    reader = KafkaConsumer(bootstrap_servers=BOOTSTRAP, group_id=None, enable_auto_commit=False, **config)
    reader.assign(list(partitions))
    return reader


def topic(name, partitions=1, **configs):
    full = f"{PREFIX}-{name}"
    client = admin()
    client.create_topics([NewTopic(full, partitions, 1, topic_configs={k.replace("_", "."): v for k, v in configs.items()})])
    client.close()
    return full


def read(reader, count):
    """The next `count` records; fails when they do not come."""
    records = []
    for record in reader:
        records.append(record)
        if len(records) == count:
            return records
    raise AssertionError(f"{len(records)} of {count} records came")


def value(number, size=200):
    seed = hashlib.sha256(str(number).encode()).digest()
    return (seed * (size // 32 + 1))[:size]


def topics_are_created_listed_and_deleted():
    name = topic("made", partitions=3, retention_ms="-1")
    client = admin()
    assert name in client.list_topics() if not isinstance(client.list_topics(), dict) else True
    raises(errors.TopicAlreadyExistsError, lambda: client.create_topics([NewTopic(name, 1, 1)]))
    raises(errors.InvalidTopicError, lambda: client.create_topics([NewTopic("no spaces", 1, 1)]))
    raises(errors.InvalidReplicationFactorError, lambda: client.create_topics([NewTopic(name + "-2", 1, 3)]))
    raises(errors.InvalidPartitionsError, lambda: client.create_topics([NewTopic(name + "-3", 0, 1)]))
    reader = consumer()
    assert reader.partitions_for_topic(name) == {0, 1, 2}
    client.create_partitions({name: NewPartitions(5)})
    deadline = time.time() + 10
    while consumer().partitions_for_topic(name) != {0, 1, 2, 3, 4}:
        assert time.time() < deadline, "the new partitions do not appear"
    raises(errors.InvalidPartitionsError, lambda: client.create_partitions({name: NewPartitions(2)}))
    client.delete_topics([name])
    raises(errors.UnknownTopicOrPartitionError, lambda: client.delete_topics([name]))
    client.close()


def every_codec_comes_back_equal():
    for codec in CODECS:
        name = topic(f"codec-{codec}")
        writer = producer(compression_type=codec, linger_ms=20, batch_size=8192)
        for n in range(500):
            writer.send(name, value(n), key=b"%d" % n, partition=0, timestamp_ms=BASE_TIME + n)
        writer.close()
        reader = consumer(TopicPartition(name, 0), auto_offset_reset="earliest", check_crcs=True)
        records = read(reader, 500)
        assert [r.offset for r in records] == list(range(500))
        assert all(r.key == b"%d" % n and r.value == value(n) for n, r in enumerate(records)), codec
        assert all(r.timestamp == BASE_TIME + n and r.timestamp_type == 0 for n, r in enumerate(records)), codec
        reader.close()


def every_acks_is_answered():
    name = topic("acks")
    # Version 2.3.3 loses its unacknowledged records on Kafka too.
    kinds = (0, 1, "all") if kafka.__version__ >= "3" else (1, "all")
    for acks in kinds:
        # Without acknowledgement the client invents the answer.
        writer = producer(acks=acks, enable_idempotence=False)
        before = time.time()
        sent = [writer.send(name, b"%d" % n, partition=0) for n in range(50)]
        metadata = [f.get(timeout=10) for f in sent]
        assert time.time() - before < 10
        assert acks == 0 or [m.offset for m in metadata] == sorted(m.offset for m in metadata)
        # Nothing says when unacknowledged records have left the client; closing would throw them away.
        time.sleep(1 if acks == 0 else 0)
        writer.close()
    reader = consumer(TopicPartition(name, 0), auto_offset_reset="earliest")
    assert [r.offset for r in read(reader, 50 * len(kinds))] == list(range(50 * len(kinds)))


def an_idempotent_producer_writes_once():
    name = topic("once", partitions=2)
    in_flight = 5 if kafka.__version__ >= "3" else 1
    writer = producer(enable_idempotence=True, acks="all", max_in_flight_requests_per_connection=in_flight, linger_ms=0, batch_size=0)
    for n in range(400):
        writer.send(name, b"%d" % n, partition=n % 2)
    writer.close()
    for p in (0, 1):
        reader = consumer(TopicPartition(name, p), auto_offset_reset="earliest")
        assert [int(r.value) for r in read(reader, 200)] == list(range(p, 400, 2))


def keys_values_and_headers_may_be_absent():
    name = topic("shapes")
    writer = producer()
    shapes = [(b"k", b"v", []), (None, b"v", []), (b"k", None, [("h", b"1"), ("h", b"2")]), (b"", b"", [("empty", b"")])]
    for key, val, headers in shapes:
        writer.send(name, val, key=key, headers=headers, partition=0)
    writer.close()
    records = read(consumer(TopicPartition(name, 0), auto_offset_reset="earliest"), len(shapes))
    assert [(r.key, r.value, list(r.headers)) for r in records] == shapes


def a_consumer_seeks_in_its_assigned_partitions():
    name = topic("seek", partitions=2)
    writer = producer(linger_ms=5)
    for n in range(100):
        writer.send(name, b"%d" % n, partition=n % 2)
    writer.close()
    first, second = TopicPartition(name, 0), TopicPartition(name, 1)
    reader = consumer(first, second, auto_offset_reset="earliest")
    assert len(read(reader, 100)) == 100
    reader.seek(first, 45)
    assert [r.offset for r in read(reader, 5)] == [45, 46, 47, 48, 49]
    reader.seek_to_beginning(second)
    assert read(reader, 1)[0].value == b"1"
    reader.seek_to_end(first, second)
    assert (reader.position(first), reader.position(second)) == (50, 50)
    assert reader.beginning_offsets([first, second]) == {first: 0, second: 0}
    assert reader.end_offsets([first, second]) == {first: 50, second: 50}
    reader.seek(first, 10)
    reader.pause(first)
    assert reader.poll(timeout_ms=500) == {}
    reader.resume(first)
    assert read(reader, 1)[0].offset == 10
    reader.close()


def an_offset_out_of_range_is_said():
    name = topic("range")
    writer = producer()
    writer.send(name, b"x", partition=0)
    writer.close()
    partition = TopicPartition(name, 0)
    reader = consumer(partition, auto_offset_reset="none")
    reader.seek(partition, 1000)
    raises(errors.OffsetOutOfRangeError, lambda: reader.poll(timeout_ms=5000))


def offsets_are_found_by_time():
    name = topic("times")
    writer = producer()
    for n in range(10):
        writer.send(name, b"%d" % n, partition=0, timestamp_ms=BASE_TIME + n * 1000).get(timeout=10)
    writer.close()
    partition = TopicPartition(name, 0)
    reader = consumer(partition)
    for asked, offset in ((0, 0), (BASE_TIME, 0), (BASE_TIME + 1, 1), (BASE_TIME + 4000, 4), (BASE_TIME + 9000, 9)):
        found = reader.offsets_for_times({partition: asked})[partition]
        assert (found.offset, found.timestamp) == (offset, BASE_TIME + offset * 1000), asked
    assert reader.offsets_for_times({partition: BASE_TIME + 9001})[partition] is None


def records_are_deleted_below_an_offset():
    name = topic("deleted")
    writer = producer()
    for n in range(20):
        writer.send(name, b"%d" % n, partition=0).get(timeout=10)
    writer.close()
    partition = TopicPartition(name, 0)
    client = admin()
    client.delete_records({partition: 12})
    reader = consumer(partition, auto_offset_reset="earliest")
    assert reader.beginning_offsets([partition]) == {partition: 12}
    assert [int(r.value) for r in read(reader, 8)] == list(range(12, 20))
    raises(errors.OffsetOutOfRangeError, lambda: client.delete_records({partition: 21}))
    client.close()


def described_configs(client, kind, name):
    """Name to value; version 2 hands out raw responses, version 3 dictionaries."""
    answer = client.describe_configs([ConfigResource(kind, name)], **({"config_filter": "all"} if kafka.__version__ >= "3" else {}))
    if isinstance(answer, dict):
        return {key: entry["value"] for key, entry in answer[kind.name.lower()][name].items()}
    return {entry[0]: entry[1] for response in answer for resource in response.resources for entry in resource[4]}


def configs_are_described_and_altered():
    name = topic("configs", retention_ms="600000")
    client = admin()
    configs = described_configs(client, ConfigResourceType.TOPIC, name)
    assert configs["retention.ms"] == "600000" and configs["cleanup.policy"] == "delete", configs
    client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs={"retention.ms": "700000"})])
    deadline = time.time() + 10
    while described_configs(client, ConfigResourceType.TOPIC, name)["retention.ms"] != "700000":
        assert time.time() < deadline, "the new value does not appear"
    broker = described_configs(client, ConfigResourceType.BROKER, "1")
    assert broker["node.id"] == "1" and "log.dirs" in broker, sorted(broker)
    client.close()


def large_records_are_refused_and_passed():
    name = topic("large", max_message_bytes="100000")
    refused = producer(max_request_size=5_000_000, acks="all")
    raises(errors.MessageSizeTooLargeError, lambda: refused.send(name, value(0, 200_000), partition=0).get(timeout=10))
    refused.close()
    writer = producer(max_request_size=5_000_000, acks="all")
    writer.send(name, value(1, 90_000), partition=0).get(timeout=10)
    writer.close()
    reader = consumer(TopicPartition(name, 0), auto_offset_reset="earliest", max_partition_fetch_bytes=1000)
    assert read(reader, 1)[0].value == value(1, 90_000)


def long_polls_wait_and_wake():
    name = topic("poll")
    partition = TopicPartition(name, 0)
    reader = consumer(partition, fetch_max_wait_ms=3000, fetch_min_bytes=1)
    reader.seek(partition, 0)
    reader.poll(timeout_ms=200)
    writer = producer()
    began = time.time()
    writer.send(name, b"wake", partition=0)
    assert read(reader, 1)[0].value == b"wake"
    assert time.time() - began < 2, "a record did not wake the waiting fetch"
    writer.close()


run(f"kafka-python {kafka.__version__}", [
    topics_are_created_listed_and_deleted,
    every_codec_comes_back_equal,
    every_acks_is_answered,
    an_idempotent_producer_writes_once,
    keys_values_and_headers_may_be_absent,
    a_consumer_seeks_in_its_assigned_partitions,
    an_offset_out_of_range_is_said,
    offsets_are_found_by_time,
    records_are_deleted_below_an_offset,
    configs_are_described_and_altered,
    large_records_are_refused_and_passed,
    long_polls_wait_and_wake,
])
