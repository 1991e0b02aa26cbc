"""aiokafka against a broker. Usage: script HOST:PORT"""

import asyncio
import functools
import sys
import time

import aiokafka
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition, errors
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

from checks import Listens, group_story, positions, run

BOOTSTRAP = sys.argv[1]


def case(function):
    """A case in an event loop of its own."""
    @functools.wraps(function)
    def inner():
        asyncio.run(function())
    return inner


class admin:
    """An admin client for the length of a block."""

    async def __aenter__(self):
        self.client = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
        await self.client.start()
        return self.client

    async def __aexit__(self, *_):
        await self.client.close()


def producer(**config):
    return AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, **config)


def consumer(*topics, **config):
    defaults = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "heartbeat_interval_ms": 500, "metadata_max_age_ms": 1000}
    return AIOKafkaConsumer(*topics, bootstrap_servers=BOOTSTRAP, **(defaults | config))


def refused(response):
    """The error of the first topic in an admin answer."""
    answers = response.topic_errors if hasattr(response, "topic_errors") else response.topic_error_codes
    return errors.for_code(answers[0][1])


async def eventually(what, condition, seconds=30):
    deadline = time.time() + seconds
    while not await condition():
        assert time.time() < deadline, f"still not so: {what}"
        await asyncio.sleep(0.05)


async def topic(name, partitions=1, **configs):
    async with admin() as client:
        answer = await client.create_topics([NewTopic(name, partitions, 1, topic_configs={k.replace("_", "."): v for k, v in configs.items()})])
        assert refused(answer) is errors.NoError, answer

        async def known():
            return (await client.describe_topics([name]))[0]["error_code"] == 0

        await eventually(f"{name} is known", known)
    return name


async def fill(name, numbers, partitions=1):
    async with producer(enable_idempotence=True) as writer:
        sent = [await writer.send(name, b"%d" % n, partition=n % partitions) for n in numbers]
        await asyncio.gather(*sent)


async def read(reader, count):
    """The next `count` records; fails when they do not come."""
    return [await asyncio.wait_for(reader.getone(), 30) for _ in range(count)]


async def values(name, **config):
    """Everything that a reader of partition 0 gets up to the end that it is told."""
    async with consumer(**config) as reader:
        partition = TopicPartition(name, 0)
        reader.assign([partition])
        end, found = (await reader.end_offsets([partition]))[partition], []
        while await reader.position(partition) < end:
            for records in (await asyncio.wait_for(reader.getmany(timeout_ms=500), 30)).values():
                found.extend(record.value for record in records)
        return found


@case
async def every_codec_and_shape_comes_back_equal():
    shapes = [(b"k", b"v", ()), (None, b"v", ()), (b"k", None, (("h", b"1"), ("h", b"2"))), (b"", b"", (("empty", b""),))]
    filling = [(b"%d" % n, b"%d " % n * 100, ()) for n in range(500)]
    for codec in (None, "gzip", "snappy", "lz4", "zstd"):
        name = await topic(f"codec-{codec}")
        async with producer(compression_type=codec, linger_ms=20, enable_idempotence=True) as writer:
            sent = [await writer.send(name, value, key=key, headers=list(headers), partition=0) for key, value, headers in shapes + filling]
            assert [(await s).offset for s in sent] == list(range(504))
        async with consumer(name, check_crcs=True) as reader:
            assert [(r.key, r.value, r.headers) for r in await read(reader, 504)] == shapes + filling, codec


@case
async def every_acks_is_answered():
    name = await topic("acks")
    for acks in (0, 1, "all"):
        async with producer(acks=acks) as writer:
            await writer.send_and_wait(name, str(acks).encode(), partition=0)
    async with consumer(name) as reader:
        assert [r.value for r in await read(reader, 3)] == [b"0", b"1", b"all"]


class Listener(Listens, ConsumerRebalanceListener):
    pass


def group(assignor):
    partitions = 6
    name = asyncio.run(topic(f"group-{assignor.__name__}", partitions))

    async def member_reads(member):
        reader = consumer(group_id=name, client_id=member.name, partition_assignment_strategy=[assignor])
        reader.subscribe([name], listener=Listener(member))
        async with reader:
            while not member.leaving.is_set():
                records = sum((await reader.getmany(timeout_ms=200)).values(), [])
                rows = member.read([(r.partition, r.offset, int(r.value)) for r in records])
                if rows and await commit(reader, positions(rows)):
                    member.committed(rows)
            # The library stops without a word to the listener.
            member.revoked(member.owned())

    async def commit(reader, offsets):
        try:
            await reader.commit({TopicPartition(name, p): offset for p, offset in offsets.items()})
            return True
        except (errors.CommitFailedError, errors.IllegalStateError):
            return False  # a rebalance came first: whoever owns the partition then reads the records again

    async def committed():
        async with admin() as client:
            return {at.partition: found.offset for at, found in (await client.list_consumer_group_offsets(name)).items()}

    async def members_seen(count):
        async with admin() as client:
            _, _, state, _, _, members, *_ = (await client.describe_consumer_groups([name]))[0].groups[0]
            return state == ("Stable" if count else "Empty") and sorted(m[-4] for m in members) == ["first", "second"][:count]

    group_story(
        partitions,
        lambda numbers: asyncio.run(fill(name, numbers, partitions)),
        lambda member: asyncio.run(member_reads(member)),
        lambda: asyncio.run(committed()),
        lambda count: asyncio.run(members_seen(count)))


def a_group_rebalances_with_range():
    group(RangePartitionAssignor)


def a_group_rebalances_with_roundrobin():
    group(RoundRobinPartitionAssignor)


def a_group_rebalances_with_sticky():
    group(StickyPartitionAssignor)


@case
async def transactions_commit_and_abort():
    name = await topic("transactions")
    expected = [[b"%d %d" % (n, m) for m in range(20)] for n in range(3)]
    async with producer(transactional_id=name) as writer:
        for n in range(3):
            await writer.begin_transaction()
            await asyncio.gather(*[await writer.send(name, value, partition=0) for value in expected[n]])
            await (writer.abort_transaction() if n == 1 else writer.commit_transaction())
        assert await values(name, isolation_level="read_uncommitted") == sum(expected, [])
        assert await values(name, isolation_level="read_committed") == expected[0] + expected[2]
        await writer.begin_transaction()
        await writer.send_and_wait(name, b"open", partition=0)
        assert await values(name, isolation_level="read_committed") == expected[0] + expected[2]
        assert (await values(name, isolation_level="read_uncommitted"))[-1] == b"open"
        await writer.commit_transaction()
    assert await values(name, isolation_level="read_committed") == expected[0] + expected[2] + [b"open"]


@case
async def a_second_producer_fences_the_first():
    name = await topic("fenced")
    old, new = producer(transactional_id=name), producer(transactional_id=name)
    await old.start()
    await old.begin_transaction()
    await old.send_and_wait(name, b"old", partition=0)
    await new.start()
    try:
        await old.commit_transaction()
        raise AssertionError("the old producer was not fenced")
    except (errors.ProducerFenced, errors.InvalidProducerEpoch):
        pass
    async with new.transaction():
        await new.send(name, b"new", partition=0)
    assert await values(name, isolation_level="read_committed") == [b"new"]
    await new.stop()
    await old.stop()


@case
async def offsets_are_part_of_a_transaction():
    source, target = await topic("source"), await topic("target")
    await fill(source, range(80))
    partition, copied = TopicPartition(source, 0), 0
    async with producer(transactional_id=source) as writer:
        # Every other transaction is aborted, and its records are read again from where the group stands.
        for attempt in range(8):
            async with consumer(source, group_id=source, isolation_level="read_committed") as reader:
                batch = await read(reader, 20)
                await writer.begin_transaction()
                for record in batch:
                    await writer.send(target, record.value, partition=0)
                await writer.send_offsets_to_transaction({partition: batch[-1].offset + 1}, source)
                if attempt % 2:
                    await writer.commit_transaction()
                    copied += 20
                else:
                    await writer.abort_transaction()

                # The answer to the end of a transaction comes before its markers are written, and the library does not ask for stable offsets.
                async def committed():
                    return await reader.committed(partition) == (copied or None)

                await eventually(f"{copied} are committed", committed)
    assert await values(target, isolation_level="read_committed") == [b"%d" % n for n in range(80)]


@case
async def topics_are_created_described_and_deleted():
    name = await topic("made", partitions=3, retention_ms="600000")
    async with admin() as client:
        assert refused(await client.create_topics([NewTopic(name, 1, 1)])) is errors.TopicAlreadyExistsError
        assert refused(await client.create_topics([NewTopic("made-2", 1, 3)])) is errors.InvalidReplicationFactorError
        assert name in await client.list_topics()
        await client.create_partitions({name: NewPartitions(5)})

        async def five():
            return len((await client.describe_topics([name]))[0]["partitions"]) == 5

        await eventually("five partitions", five)
        try:
            await client.create_partitions({name: NewPartitions(2)})
            raise AssertionError("partitions were taken away")
        except errors.InvalidPartitionsError:
            pass
        assert refused(await client.delete_topics([name])) is errors.NoError
        assert refused(await client.delete_topics([name])) is errors.UnknownTopicOrPartitionError
        assert [b["node_id"] for b in (await client.describe_cluster())["brokers"]] == [1]


@case
async def configs_are_described_and_altered():
    name = await topic("configs", retention_ms="600000")
    async with admin() as client:
        async def retention():
            answer = (await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)]))[0]
            return {entry[0]: entry[1] for entry in answer.resources[0][4]}["retention.ms"]

        assert await retention() == "600000"
        await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs={"retention.ms": "700000"})])

        async def altered():
            return await retention() == "700000"

        await eventually("the new value", altered)
        broker = (await client.describe_configs([ConfigResource(ConfigResourceType.BROKER, "1")]))[0].resources[0][4]
        assert ("node.id", "1") in [(entry[0], entry[1]) for entry in broker]


@case
async def offsets_are_listed_and_records_deleted():
    name, partition = await topic("offsets"), TopicPartition("offsets", 0)
    await fill(name, range(20))
    async with admin() as client, consumer() as reader:
        assert await client.delete_records({partition: RecordsToDelete(12)}) == {partition: 12}
        assert (await reader.beginning_offsets([partition]), await reader.end_offsets([partition])) == ({partition: 12}, {partition: 20})
        times = await reader.offsets_for_times({partition: 0})
        assert times[partition].offset == 12
    assert await values(name) == [b"%d" % n for n in range(12, 20)]


@case
async def groups_are_listed():
    name, partition = await topic("listed"), TopicPartition("listed", 0)
    await fill(name, range(10))
    async with admin() as client:
        async with consumer(name, group_id=name) as reader:
            await read(reader, 10)
            await reader.commit({partition: (10, "what for")})
        assert (name, "consumer") in [group[:2] for group in await client.list_consumer_groups()]
        assert await client.list_consumer_group_offsets(name) == {partition: (10, "what for")}


run(f"aiokafka {aiokafka.__version__}", [
    every_codec_and_shape_comes_back_equal,
    every_acks_is_answered,
    a_group_rebalances_with_range,
    a_group_rebalances_with_roundrobin,
    a_group_rebalances_with_sticky,
    transactions_commit_and_abort,
    a_second_producer_fences_the_first,
    offsets_are_part_of_a_transaction,
    topics_are_created_described_and_deleted,
    configs_are_described_and_altered,
    offsets_are_listed_and_records_deleted,
    groups_are_listed,
])
