"""A transactional producer that outlives its cluster: committed, aborted and open transactions before, and what becomes of it after the recovery."""

import sys
import time
from collections import Counter

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

BOOTSTRAP = sys.argv[1]
TOPIC = "moves"
ROUNDS = 5
RECORDS = 600


def producer():
    settings = {"bootstrap.servers": BOOTSTRAP, "transactional.id": "mover", "transaction.timeout.ms": 600000, "log_level": 0}
    made = Producer(settings)
    made.init_transactions(60)
    return made


def write(made, what, records, end=None):
    made.begin_transaction()
    for number in range(records):
        made.produce(TOPIC, f"{what} {number} ".encode() + b"." * 900, partition=0)
        made.poll(0)
    made.flush(60)
    if end:
        end(60)


def goes_on(made):
    """What the producer from before is told that goes on in its transaction."""
    try:
        made.produce(TOPIC, b"late", partition=0)
        made.flush(60)
        made.commit_transaction(60)
        return "committed"
    except KafkaException as error:
        return f"refused {error.args[0].name()}"


def read_committed(seconds=60):
    """How many records of each kind a reader of committed records sees, up to the one that was written last."""
    settings = {"bootstrap.servers": BOOTSTRAP, "group.id": "reader", "isolation.level": "read_committed"}
    reader = Consumer(settings)
    reader.assign([TopicPartition(TOPIC, 0, 0)])
    seen, deadline = Counter(), time.time() + seconds
    while not seen["new"] and time.time() < deadline:
        message = reader.poll(0.5)
        if message is not None and not message.error():
            seen[message.value().split()[0].decode()] += 1
    reader.close()
    return seen


first = producer()
for turn in range(ROUNDS):
    write(first, "committed", RECORDS, first.commit_transaction)
    write(first, "aborted", RECORDS, first.abort_transaction)
write(first, "open", RECORDS)
print("written", flush=True)
sys.stdin.readline()
print(goes_on(first), flush=True)
second = producer()
write(second, "new", 1, second.commit_transaction)
print("reads", " ".join(f"{kind}={count}" for kind, count in sorted(read_committed().items()) if count), flush=True)
