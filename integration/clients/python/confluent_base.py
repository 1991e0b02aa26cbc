"""What both suites of confluent-kafka share: clients of the broker at HOST:PORT, the first argument."""

import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from checks import raises, wait_until

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
