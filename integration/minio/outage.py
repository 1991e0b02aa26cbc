"""The object store goes away under load and comes back: producers and readers of new records notice nothing, readers of old ones get a
retriable error, uploads go on within five seconds of its return, nothing is lost.

  outage.py HOST:PORT STORE DIRECTORY [SECONDS]

The broker at HOST:PORT tiers into the store: "minio" (stopped and started by ./store) or "directory" (DIRECTORY is moved away and back).
SECONDS is how long it stays away. Python's standard library only."""

import hashlib
import os
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "hostile"))
sys.dont_write_bytecode = True

from wire import Connection, batch, record  # noqa: E402

HOST, PORT = sys.argv[1].rsplit(":", 1)
KIND, DIRECTORY = sys.argv[2], sys.argv[3]
AWAY_SECONDS = int(sys.argv[4]) if len(sys.argv) > 4 else 15
TOPIC, VALUE_BYTES, SEGMENT_BYTES, LOCAL_BYTES = "outage", 50_000, 1 << 20, 4 << 20
EARLIEST_LOCAL, LATEST_TIERED, EARLIEST_PENDING = -4, -5, -6
KAFKA_STORAGE_ERROR = 56
# Slowest step allowed to producers and readers of new records, in milliseconds.
LATENCY_MAX = float(os.environ.get("OUTAGE_LATENCY_MS", "1000"))
RESUME_SECONDS = 5
KAFKA = os.environ.get("BROKER") == "kafka"


def connect(): return Connection((HOST, int(PORT)), timeout=60)


def value(number):
    seed = hashlib.sha256(str(number).encode()).digest()
    return b"%010d" % number + (seed * (VALUE_BYTES // 32 + 1))[:VALUE_BYTES - 10]


class Store:
    """What is taken away."""

    def away(self):
        if KIND == "minio":
            subprocess.run([os.path.join(HERE, "store"), "stop", DIRECTORY], check=True)
        else:
            os.rename(DIRECTORY, DIRECTORY + ".away")
            # A plain file in its place: whatever is tried fails, and nothing can make the directory again.
            open(DIRECTORY, "w").close()

    def back(self):
        if KIND == "minio":
            subprocess.run([os.path.join(HERE, "store"), "restart", DIRECTORY], check=True)
        else:
            os.remove(DIRECTORY)
            os.rename(DIRECTORY + ".away", DIRECTORY)


class Load(threading.Thread):
    """Writes ten records a second and reads each back at once, noting the slowest of both."""

    def __init__(self):
        super().__init__(daemon=True)
        self.number, self.slowest, self.failure, self.done = 0, 0.0, None, threading.Event()

    def run(self):
        try:
            with connect() as connection:
                while not self.done.wait(0.1):
                    began = time.monotonic()
                    self.step(connection)
                    self.slowest = max(self.slowest, (time.monotonic() - began) * 1000)
        except Exception as e:  # whatever it is, the test must hear of it
            self.failure = e

    def step(self, connection):
        wanted = value(self.number)
        error, offset = connection.produce(TOPIC, 0, batch([record(0, wanted)]))
        assert (error, offset) == (0, self.number), f"produce answered error {error}, offset {offset} for record {self.number}"
        self.number += 1
        error, _, records = connection.fetch(TOPIC, 0, offset)
        assert error == 0 and wanted in records, f"fetch of new record {offset} answered error {error}"

    def check(self, when):
        assert self.failure is None, f"{when}: {self.failure}"
        slowest, self.slowest = self.slowest, 0.0
        assert slowest <= LATENCY_MAX, f"{when}: a step took {slowest:.0f} ms"
        print(f"  {when}: {self.number} records so far, slowest step {slowest:.0f} ms", flush=True)


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


def cold_read_fails_retriably(connection, offset):
    """An old offset that no cache holds. Records would mean that the test proves nothing."""
    began = time.monotonic()
    error, _, records = connection.fetch(TOPIC, 0, offset, max_wait=500)
    took = time.monotonic() - began
    assert not records, f"offset {offset} was read while the store was away: from a cache?"
    assert error == KAFKA_STORAGE_ERROR or KAFKA and error != 0, f"offset {offset} answered error {error}"
    assert took < 30, f"the answer took {took:.0f} s"
    print(f"  old offset {offset}: error {error} after {took:.1f} s", flush=True)


def read_all(connection, count):
    offset = 0
    while offset < count:
        error, high, records = connection.fetch(TOPIC, 0, offset, max_wait=5000)
        if error == KAFKA_STORAGE_ERROR or error == 0 and not records and offset < high:
            time.sleep(0.2)
            continue
        assert error == 0, f"fetch of offset {offset} answered error {error}"
        at = 0
        while at + 12 <= len(records) and at + 12 + int.from_bytes(records[at + 8:at + 12], "big") <= len(records):
            end = at + 12 + int.from_bytes(records[at + 8:at + 12], "big")
            base = int.from_bytes(records[at:at + 8], "big")
            if base >= offset:
                assert base == offset and value(offset) in records[at:end], f"record {offset} came back otherwise"
                offset += 1
            at = end


def main():
    store, load = Store(), Load()
    with connect() as connection:
        configs = [("remote.storage.enable", "true"), ("segment.bytes", str(SEGMENT_BYTES)), ("local.retention.bytes", str(LOCAL_BYTES)),
                   ("retention.ms", "-1")]
        assert connection.create_topic(TOPIC, 1, configs) == 0
        until(30, "the topic is usable", lambda: connection.list_offset(TOPIC, 0)[0] == 0)
        # Enough old records that not all of them can be in a cache which nothing has read yet.
        for number in range(300):
            assert connection.produce(TOPIC, 0, batch([record(0, value(number))]))[0] == 0
        load.number = 300
        until(60, "old segments are only in the store", lambda: tier(connection, EARLIEST_LOCAL) > 100)
        load.start()
        time.sleep(3)
        load.check("before")

        store.away()
        began = time.monotonic()
        time.sleep(1)
        tiered = tier(connection, LATEST_TIERED)
        # Away from each other, so that no read-ahead brought one with another.
        for offset in (3, 45, 90):
            cold_read_fails_retriably(connection, offset)
        time.sleep(max(0.0, AWAY_SECONDS - (time.monotonic() - began)))
        load.check(f"{AWAY_SECONDS} s without the store")
        assert tier(connection, EARLIEST_LOCAL) <= tier(connection, LATEST_TIERED) + 1, "something is neither local nor in the store"
        grown = load.number
        assert tier(connection, LATEST_TIERED) - tiered <= 25, "uploads went on without the store"

        tiered = tier(connection, LATEST_TIERED)
        store.back()
        took = until(60 if KAFKA else RESUME_SECONDS, "uploads go on", lambda: tier(connection, LATEST_TIERED) > tiered)
        print(f"  uploads went on {took:.1f} s after the store's return", flush=True)
        took = until(60, "the backlog is drained", lambda: tier(connection, EARLIEST_PENDING) > grown - 25)
        print(f"  the backlog was drained after {took:.1f} s", flush=True)
        until(60, "the local log shrinks again", lambda: tier(connection, EARLIEST_LOCAL) >= load.number - (LOCAL_BYTES + 3 * SEGMENT_BYTES) // VALUE_BYTES)
        load.check("after")
        load.done.set()
        load.join(10)
        read_all(connection, load.number)
        print(f"  all {load.number} records came back equal", flush=True)


try:
    main()
except AssertionError as e:
    sys.exit(f"FAILED: {e}")
