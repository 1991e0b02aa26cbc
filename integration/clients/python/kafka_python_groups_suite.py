"""kafka-python against a broker: groups, transactions, and what an admin client asks about them. Usage: script HOST:PORT PREFIX"""

import sys

import kafka
from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka import errors
from kafka.admin import (
    ACL, ACLFilter, ACLOperation, ACLPermissionType, ACLResourcePatternType, NewTopic, ResourcePattern, ResourcePatternFilter, ResourceType,
)
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from kafka.structs import OffsetAndMetadata

from checks import Listens, group_story, positions, raises, run, wait_until

BOOTSTRAP, PREFIX = sys.argv[1], sys.argv[2]
# The two lines name the same calls differently; only version 3 has cooperative rebalancing and the newer admin calls.
NEW = kafka.__version__ >= "3"
ADMIN = KafkaAdminClient(bootstrap_servers=BOOTSTRAP, request_timeout_ms=20000)


def topic(name, partitions=1):
    full = f"{PREFIX}-{name}"
    ADMIN.create_topics([NewTopic(full, partitions, 1)])
    return full


def producer(**config):
    return KafkaProducer(bootstrap_servers=BOOTSTRAP, **config)


def consumer(group, **config):
    defaults = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "heartbeat_interval_ms": 500}
    return KafkaConsumer(bootstrap_servers=BOOTSTRAP, group_id=group, **(defaults | config))


def subscribed(name, group, listener=None, **config):
    """A consumer of a topic in a group. It knows the topic first: version 3 joins once more when it gets to know it, and where a poll ends
    meanwhile, it never takes up its assignment."""
    reader = consumer(group, **config)
    wait_until(f"{name} is known", lambda: reader.partitions_for_topic(name))
    reader.subscribe([name], listener=listener)
    return reader


def offset(value):
    return OffsetAndMetadata(value, "", -1)


def fill(name, numbers, partitions=1):
    writer = producer(linger_ms=5)
    for n in numbers:
        writer.send(name, b"%d" % n, partition=n % partitions)
    writer.close()


def poll(reader, **limits):
    return [record for records in reader.poll(timeout_ms=200, **limits).values() for record in records]


def read(reader, count):
    """The next `count` records; fails when they do not come."""
    records = []
    wait_until(f"{count} records", lambda: records.extend(poll(reader, max_records=count - len(records))) or len(records) == count, 30)
    return records


def values(name, **config):
    """Everything that a reader of partition 0 gets up to the end that it is told."""
    partition = TopicPartition(name, 0)
    reader = consumer(None, **config)
    reader.assign([partition])
    end, found = reader.end_offsets([partition])[partition], []
    wait_until(f"offset {end}", lambda: found.extend(poll(reader)) or reader.position(partition) >= end, 30)
    reader.close()
    return [record.value for record in found]


class Listener(Listens, ConsumerRebalanceListener):
    pass


def described(name):
    if NEW:
        group = ADMIN.describe_groups([name])[name]
        return group["group_state"], [m["client_id"] for m in group["members"]]
    group = ADMIN.describe_consumer_groups([name])[0]
    return group.state, [m.client_id for m in group.members]


def committed_offsets(name):
    found = ADMIN.list_group_offsets(name)[name] if NEW else ADMIN.list_consumer_group_offsets(name)
    return {at.partition: committed.offset for at, committed in found.items()}


def delete_group(name):
    if NEW:
        return ADMIN.delete_groups([name])[name]
    error = dict(ADMIN.delete_consumer_groups([name]))[name]
    return "OK" if error is errors.NoError else error.__name__


def group(assignor):
    partitions = 6
    name = topic(f"group-{assignor.__name__}", partitions)

    def work(member):
        reader = subscribed(name, name, Listener(member), client_id=member.name, partition_assignment_strategy=[assignor])
        while not member.leaving.is_set():
            rows = member.read([(r.partition, r.offset, int(r.value)) for r in poll(reader)])
            if rows and commit(reader, positions(rows)):
                member.committed(rows)
        # Version 2 closes without a word to the listener.
        member.revoked(member.owned())
        reader.close()

    def commit(reader, offsets):
        try:
            reader.commit({TopicPartition(name, p): offset(at) for p, at in offsets.items()})
            return True
        except (errors.CommitFailedError, errors.RebalanceInProgressError):
            return False  # a rebalance came first: what stays here is committed later, the new owner reads the rest

    def members_seen(count):
        state, members = described(name)
        return state == ("Stable" if count else "Empty") and sorted(members) == ["first", "second"][:count]

    group_story(partitions, lambda numbers: fill(name, numbers, partitions), work, lambda: committed_offsets(name), members_seen)


def a_group_rebalances_with_range():
    group(RangePartitionAssignor)


def a_group_rebalances_with_roundrobin():
    group(RoundRobinPartitionAssignor)


def a_group_rebalances_with_sticky():
    group(StickyPartitionAssignor)


def a_group_rebalances_cooperatively():
    from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
    group(CooperativeStickyAssignor)


def generation(reader):
    return reader.group_metadata().generation_id if NEW else reader._coordinator.generation_if_stable().generation_id


def a_static_member_returns_without_a_rebalance():
    name = topic("static", 2)
    fill(name, range(10), 2)
    config = {"group_instance_id": "instance", "client_id": "static"}
    first = subscribed(name, name, **config)
    read(first, 10)
    first.commit()
    before = generation(first)
    first.close()
    assert described(name) == ("Stable", ["static"]), described(name)
    second = subscribed(name, name, **config)
    fill(name, range(10, 12), 2)
    assert sorted(int(r.value) for r in read(second, 2)) == [10, 11]
    assert generation(second) == before
    second.close()


def transactions_commit_and_abort():
    name = topic("transactions")
    writer = producer(transactional_id=name)
    writer.init_transactions()
    for n, end in enumerate((writer.commit_transaction, writer.abort_transaction, writer.commit_transaction)):
        writer.begin_transaction()
        sent = [writer.send(name, b"%d %d" % (n, m), partition=0) for m in range(20)]
        writer.flush()
        assert all(s.succeeded() for s in sent)
        end()
    expected = [[b"%d %d" % (n, m) for m in range(20)] for n in range(3)]
    assert values(name, isolation_level="read_uncommitted") == sum(expected, [])
    assert values(name, isolation_level="read_committed") == expected[0] + expected[2]
    writer.begin_transaction()
    writer.send(name, b"open", partition=0).get(timeout=20)
    assert values(name, isolation_level="read_committed") == expected[0] + expected[2]
    assert values(name, isolation_level="read_uncommitted")[-1] == b"open"
    if NEW:
        transactions_are_described(name)
    writer.abort_transaction()
    writer.close()


def transactions_are_described(name):
    state = ADMIN.describe_transactions([name])[name]
    assert state.state == "Ongoing" and state.topic_partitions == {TopicPartition(name, 0)}, state
    listed = [t for found in ADMIN.list_transactions(state_filters=["Ongoing"]).values() for t in found]
    assert name in [t.transactional_id for t in listed], listed
    active = ADMIN.describe_producers([TopicPartition(name, 0)])[TopicPartition(name, 0)].active_producers
    assert [(p.producer_id, p.current_transaction_start_offset >= 0) for p in active] == [(state.producer_id, True)], active


def a_second_producer_fences_the_first():
    name = topic("fenced")
    old, new = producer(transactional_id=name), producer(transactional_id=name)
    old.init_transactions()
    old.begin_transaction()
    old.send(name, b"old", partition=0).get(timeout=20)
    new.init_transactions()
    raises((errors.ProducerFencedError, errors.InvalidProducerEpochError), old.commit_transaction)
    new.begin_transaction()
    new.send(name, b"new", partition=0)
    new.commit_transaction()
    assert values(name, isolation_level="read_committed") == [b"new"]
    new.close()


def offsets_are_part_of_a_transaction():
    source, target = topic("source"), topic("target")
    fill(source, range(80))
    writer = producer(transactional_id=source)
    writer.init_transactions()
    partition, copied = TopicPartition(source, 0), 0
    # Every other transaction is aborted, and its records are read again from where the group stands.
    for attempt in range(8):
        reader = subscribed(source, source)
        batch = read(reader, 20)
        writer.begin_transaction()
        for record in batch:
            writer.send(target, record.value, partition=0)
        writer.send_offsets_to_transaction({partition: offset(batch[-1].offset + 1)}, reader.group_metadata() if NEW else source)
        # Version 2 does not survive an abort of what it has not sent yet.
        writer.flush()
        if attempt % 2:
            writer.commit_transaction()
            copied += 20
        else:
            writer.abort_transaction()
        # The answer to the end of a transaction comes before its markers are written, and this library does not ask for stable offsets.
        wait_until(f"{copied} are committed", lambda: reader.committed(partition) == (copied or None))
        reader.close()
    writer.close()
    assert values(target, isolation_level="read_committed") == [b"%d" % n for n in range(80)]


def groups_are_listed_and_deleted():
    name = topic("listed")
    fill(name, range(10))
    reader = subscribed(name, name)
    read(reader, 10)
    reader.commit()
    assert delete_group(name) == "NonEmptyGroupError"
    reader.close()
    listed = [g["group_id"] for g in ADMIN.list_groups()] if NEW else [g[0] for g in ADMIN.list_consumer_groups()]
    assert name in listed, listed
    assert committed_offsets(name) == {0: 10}
    if NEW:
        offsets_are_moved(name)
    assert delete_group(name) == "OK"
    assert delete_group(name) == "GroupIdNotFoundError"
    assert committed_offsets(name) == {}


def offsets_are_moved(name):
    partition = TopicPartition(name, 0)
    assert ADMIN.alter_group_offsets(name, {partition: offset(4)}) == {partition: errors.NoError}
    assert committed_offsets(name) == {0: 4}
    ADMIN.delete_group_offsets(name, [partition])
    assert committed_offsets(name) == {}
    ADMIN.alter_group_offsets(name, {partition: offset(7)})
    assert name in [g["group_id"] for g in ADMIN.list_groups(states_filter=["Empty"], types_filter=["classic"])]
    assert name not in [g["group_id"] for g in ADMIN.list_groups(states_filter=["Stable"])]
    assert name not in [g["group_id"] for g in ADMIN.list_groups(types_filter=["consumer"])]


def access_rules_are_switched_off():
    resources = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    everything = ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, resources)
    raises(errors.SecurityDisabledError, lambda: ADMIN.describe_acls(everything))
    rule = ACL("User:u", "*", ACLOperation.READ, ACLPermissionType.ALLOW, ResourcePattern(ResourceType.TOPIC, "t"))
    answer = ADMIN.create_acls([rule])
    assert answer["succeeded"] == [] and len(answer["failed"]) == 1, answer


run(f"kafka-python {kafka.__version__}, groups and transactions", [
    a_group_rebalances_with_range,
    a_group_rebalances_with_roundrobin,
    a_group_rebalances_with_sticky,
    *([a_group_rebalances_cooperatively] if NEW else []),
    a_static_member_returns_without_a_rebalance,
    transactions_commit_and_abort,
    a_second_producer_fences_the_first,
    offsets_are_part_of_a_transaction,
    groups_are_listed_and_deleted,
    access_rules_are_switched_off,
])
