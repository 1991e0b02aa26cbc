"""A topic whose old records are in the store only, a load on it, and the questions that the suites ask. The broker is argv[1], HOST:PORT."""

import hashlib
import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "hostile"))
sys.dont_write_bytecode = True

from wire import Connection, batch, record  # noqa: E402

HOST, PORT = sys.argv[1].rsplit(":", 1)
TOPIC, VALUE_BYTES, SEGMENT_BYTES, LOCAL_BYTES = "outage", 50_000, 1 << 20, 4 << 20
EARLIEST_LOCAL, LATEST_TIERED, EARLIEST_PENDING = -4, -5, -6
KAFKA_STORAGE_ERROR = 56
# What steps of producers and readers of new records may take, in milliseconds. A busy machine holds up one or the other, for less than the store is
# away; a broker that waits for the store holds up all.
LATENCY_MAX = float(os.environ.get("OUTAGE_LATENCY_MS", "1000"))
STALL_MAX = 5 * LATENCY_MAX
# Records before the load begins: enough that not all of them can be in a cache which nothing has read yet.
OLD_RECORDS = 300
# Largest growth of the broker's memory while the store is in trouble.
MEMORY_GROWTH_MAX = 64 << 20


def connect(): return Connection((HOST, int(PORT)), timeout=60)


def value(number):
    seed = hashlib.sha256(str(number).encode()).digest()
    return b"%010d" % number + (seed * (VALUE_BYTES // 32 + 1))[:VALUE_BYTES - 10]


class Load(threading.Thread):
    """Writes so many records a second and reads each back at once, noting when it began and how many milliseconds both took."""

    def __init__(self, rate=10, topic=TOPIC):
        super().__init__(daemon=True)
        self.pause, self.topic = 1 / rate, topic
        self.number, self.checked, self.steps, self.failure, self.done = 0, 0, [], None, threading.Event()

    def run(self):
        try:
            with connect() as connection:
                due = time.monotonic()
                # By schedule: who was held up for a moment catches up, who is slower than the schedule does not.
                while not self.done.wait(max(0.0, due - time.monotonic())):
                    due += self.pause
                    wanted = value(self.number)
                    encoded = batch([record(0, wanted)])
                    began = time.monotonic()
                    self.step(connection, wanted, encoded)
                    took = (time.monotonic() - began) * 1000
                    self.steps.append((began, took))
        except Exception as e:  # whatever it is, the test must hear of it
            self.failure = e

    def step(self, connection, wanted, encoded):
        error, offset = connection.produce(self.topic, 0, encoded)
        assert (error, offset) == (0, self.number), f"produce answered error {error}, offset {offset} for record {self.number}"
        self.number += 1
        error, _, records = connection.fetch(self.topic, 0, offset)
        assert error == 0 and wanted in records, f"fetch of new record {offset} answered error {error}"

    def check(self, when, slowest_max=STALL_MAX):
        """Judges the steps since the last check: one in a hundred may be slow, and one of few."""
        assert self.failure is None, f"{when}: {self.failure}"
        steps = [took for _, took in self.steps[self.checked:]]
        self.checked += len(steps)
        slowest, slow = max(steps, default=0.0), sum(took > LATENCY_MAX for took in steps)
        assert slowest <= slowest_max, f"{when}: a step took {slowest:.0f} ms"
        assert slow <= max(1, len(steps) // 100), f"{when}: {slow} of {len(steps)} steps took more than {LATENCY_MAX:.0f} ms"
        print(f"  {when}: {self.number} records so far, slowest step {slowest:.0f} ms", flush=True)


def memory(directory):
    """Bytes that the broker with its files in `directory` has in memory."""
    with open(os.path.join(directory, "pid")) as file:
        pid = file.read().strip()
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmRSS"))


def tier(connection, which):
    error, offset = connection.tier_offset(TOPIC, which)
    assert error == 0, f"ListOffsets({which}) answered error {error}"
    return offset


def until(seconds, what, condition):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - began


def prepare(connection, load):
    """Makes the topic, with old records whose segments are in the store only."""
    configs = [("remote.storage.enable", "true"), ("segment.bytes", str(SEGMENT_BYTES)), ("local.retention.bytes", str(LOCAL_BYTES)),
               ("retention.ms", "-1")]
    assert connection.create_topic(TOPIC, 1, configs) == 0
    until(30, "the topic is usable", lambda: connection.list_offset(TOPIC, 0)[0] == 0)
    for number in range(OLD_RECORDS):
        assert connection.produce(TOPIC, 0, batch([record(0, value(number))]))[0] == 0
    load.number = OLD_RECORDS
    until(60, "old segments are only in the store", lambda: tier(connection, EARLIEST_LOCAL) > 100)


def local_log_shrinks(connection, load):
    most = (LOCAL_BYTES + 3 * SEGMENT_BYTES) // VALUE_BYTES
    until(60, "the local log shrinks again", lambda: tier(connection, EARLIEST_LOCAL) >= load.number - most)


def read_all(connection, count, fetched=lambda began, took, size: None):
    """Reads and checks the first `count` records; `fetched` is told when each fetch began, how many milliseconds it took, and its bytes."""
    offset = 0
    while offset < count:
        began = time.monotonic()
        error, high, records = connection.fetch(TOPIC, 0, offset, max_wait=5000)
        if error == KAFKA_STORAGE_ERROR or error == 0 and not records and offset < high:
            time.sleep(0.2)
            continue
        assert error == 0, f"fetch of offset {offset} answered error {error}"
        fetched(began, (time.monotonic() - began) * 1000, len(records))
        at = 0
        while at + 12 <= len(records) and at + 12 + int.from_bytes(records[at + 8:at + 12], "big") <= len(records):
            end = at + 12 + int.from_bytes(records[at + 8:at + 12], "big")
            base = int.from_bytes(records[at:at + 8], "big")
            if base >= offset:
                assert base == offset and value(offset) in records[at:end], f"record {offset} came back otherwise"
                offset += 1
            at = end
