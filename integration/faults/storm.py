"""A storm in the object store: for a while three requests in ten go wrong in one of eight ways. Producers and readers of new records notice
nothing, readers of old ones get the right bytes or a retriable error, the broker's memory stays, the backlog drains by itself, and the store is
not asked much more often than in quiet times.

  storm.py HOST:PORT BROKER_DIRECTORY PROXY_PORT STORE_PORT [SECONDS]

Starts the proxy between broker and store, and the broker in BROKER_DIRECTORY; leaves both running until it ends. Python's standard library only."""

import os
import random
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "minio"))
sys.dont_write_bytecode = True

from load import (EARLIEST_LOCAL, EARLIEST_PENDING, HOST, KAFKA_STORAGE_ERROR, LATEST_TIERED, MEMORY_GROWTH_MAX, OLD_RECORDS,  # noqa: E402
                  PORT, TOPIC, Load, connect, local_log_shrinks, memory, prepare, read_all, tier, until, value)
from proxy import FAULTS, Proxy  # noqa: E402

BROKER_DIRECTORY, PROXY_PORT, STORE_PORT = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
SECONDS = int(sys.argv[5]) if len(sys.argv) > 5 else 15
BROKER = os.path.join(HERE, "..", "clients", "broker")
SHARE, RATE, QUIET_SECONDS, READERS = 0.3, 20, 8, 3
# A topic that has nothing to do with the store, written to beside the other: what it gets, the other must get.
CONTROL = "storm-control"
AMPLIFICATION_MAX, THROUGHPUT_MIN = 3.0, 0.95 if SECONDS >= 60 else 0.8
# Milliseconds: shorter than any answer of the store is waited for, far longer than a busy machine takes.
STEP_MAX = 10_000
SEED = int(os.environ.get("STORM_SEED", "1"))


class Cold(threading.Thread):
    """Reads old records anywhere: the right bytes, or an error after which a client asks again."""

    def __init__(self, seed):
        super().__init__(daemon=True)
        self.random, self.served, self.refused, self.failure, self.done = random.Random(seed), 0, 0, None, threading.Event()

    def run(self):
        try:
            with connect() as connection:
                while not self.done.wait(0.05):
                    self.step(connection)
        except Exception as e:  # whatever it is, the test must hear of it
            self.failure = e

    def step(self, connection):
        offset = self.random.randrange(100)
        began = time.monotonic()
        error, _, records = connection.fetch(TOPIC, 0, offset, max_wait=500)
        took = time.monotonic() - began
        assert took < 30, f"a fetch of old offset {offset} took {took:.0f} s"
        assert error in (0, KAFKA_STORAGE_ERROR), f"old offset {offset} answered error {error}"
        if error == 0 and records:
            assert value(offset) in records, f"old offset {offset} came back otherwise"
            self.served += 1
        else:
            self.refused += 1


def writes(proxy): return proxy.count("PUT", "POST")


def quiet_time(connection, proxy):
    """Requests that write, for each record that is tiered, while nothing goes wrong."""
    before, tiered = writes(proxy), tier(connection, LATEST_TIERED)
    time.sleep(QUIET_SECONDS)
    until(30, "something is uploaded", lambda: tier(connection, LATEST_TIERED) >= tiered + 40)
    return (writes(proxy) - before) / (tier(connection, LATEST_TIERED) - tiered)


def storm(proxy, loads, readers):
    before, numbers, highest = memory(BROKER_DIRECTORY), [load.number for load in loads], 0
    began = time.monotonic()
    proxy.share = SHARE
    for reader in readers:
        reader.start()
    while time.monotonic() - began < SECONDS:
        time.sleep(0.5)
        highest = max(highest, memory(BROKER_DIRECTORY))
    proxy.share = 0.0
    written = [load.number - number for load, number in zip(loads, numbers)]
    for reader in readers:
        reader.done.set()
        reader.join(40)
        assert reader.failure is None, f"a reader of old records: {reader.failure}"
    return written, highest - before


def main():
    proxy = Proxy(PROXY_PORT, STORE_PORT, SEED)
    environment = {**os.environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{PROXY_PORT}"}
    # Without room for a cache, so that readers of old records ask the store.
    subprocess.run([BROKER, "start", BROKER_DIRECTORY, PORT, "esker.tier.cache.memory.bytes=1048576"], check=True, env=environment)
    load, control, readers = Load(RATE), Load(RATE, CONTROL), [Cold(SEED * 100 + number) for number in range(READERS)]
    with connect() as connection:
        prepare(connection, load)
        assert connection.create_topic(CONTROL, 1, [("remote.storage.enable", "false")]) == 0
        until(30, "the other topic is usable", lambda: connection.list_offset(CONTROL, 0)[0] == 0)
        load.start()
        control.start()
        time.sleep(2)
        wanted = quiet_time(connection, proxy)
        load.check("before", STEP_MAX)
        tiered, asked = tier(connection, LATEST_TIERED), writes(proxy)
        (written, beside), grown = storm(proxy, [load, control], readers)
        load.check(f"{SECONDS} s of storm", STEP_MAX)
        control.check("beside it", STEP_MAX)
        assert tier(connection, EARLIEST_LOCAL) <= tier(connection, LATEST_TIERED) + 1, "something is neither local nor in the store"
        number = load.number
        took = until(60 + SECONDS, "the backlog is drained", lambda: tier(connection, EARLIEST_PENDING) > number - 25)
        amplification = (writes(proxy) - asked) / (tier(connection, LATEST_TIERED) - tiered) / wanted
        served, refused = sum(reader.served for reader in readers), sum(reader.refused for reader in readers)
        print(f"  faults: {proxy.faults}")
        print(f"  {written} records in the storm, {beside} where there is no tier; memory {grown >> 20:+} MiB; old records: {served} served, "
              f"{refused} to be asked for again; backlog drained after {took:.1f} s; {amplification:.2f} times the requests", flush=True)
        assert set(proxy.faults) == set(FAULTS), "a storm in which a fault never came proves nothing"
        assert served > 0 and number > OLD_RECORDS, "nobody read or wrote"
        assert written >= THROUGHPUT_MIN * beside, "producers were slower than without a tier"
        assert grown <= MEMORY_GROWTH_MAX, "the broker's memory grew"
        assert amplification <= AMPLIFICATION_MAX, "the store was asked too often"
        local_log_shrinks(connection, load)
        for one in (load, control):
            one.done.set()
            one.join(10)
        read_all(connection, load.number)
        assert proxy.rewritten == [], f"stored twice with different bytes: {proxy.rewritten}"
        print(f"  all {load.number} records came back equal; no key was stored twice with different bytes", flush=True)


try:
    main()
except AssertionError as e:
    sys.exit(f"FAILED: {e}")
