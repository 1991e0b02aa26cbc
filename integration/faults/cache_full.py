"""The disk of the cache gets full while old records are read, is full when the broker starts, and is smaller than the cache may get: every record
comes back equal and no fetch fails, the metric says so, and the cache works again once there is room.

  cache_full.py HOST:PORT BROKER_DIRECTORY

Runs in a mount namespace of its own, with the right to mount; the broker of BROKER_DIRECTORY is not running and caches in BROKER_DIRECTORY/cache,
64 MiB at most. Python's standard library only."""

import hashlib
import os
import random
import subprocess
import sys
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "minio"))
sys.dont_write_bytecode = True

from load import EARLIEST_LOCAL, HOST, PORT, connect, until  # noqa: E402
from wire import batch, record  # noqa: E402

DIRECTORY = sys.argv[2]
CACHE, BROKER = os.path.join(DIRECTORY, "cache"), os.path.join(HERE, "..", "clients", "broker")
TOPIC, RECORDS, VALUE_BYTES, SEGMENT_BYTES = "cold", 2000, 50_000, 1 << 20
MIB = 1 << 20
# File systems: with room for the whole cache and what it leaves to others, and without.
LARGE, SMALL = 96, 24
# Old records that fit the cache's disk easily, and its memory not at all.
WORKING_SET = 500
# Each differs from the others; the place of a record is in the head of its batch too.
BATCHES = [batch([record(0, (hashlib.sha256(b"%d" % n).digest() * (VALUE_BYTES // 32 + 1))[:VALUE_BYTES])]) for n in range(16)]
# Of a batch, what the broker may not touch: all behind base offset, length and leader epoch.
KEPT_FROM = 16


def mount(size):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}m", "cache-full", CACHE], check=True)


def resize(size):
    subprocess.run(["mount", "-o", f"remount,size={size}m", CACHE], check=True)


def unmount():
    subprocess.run(["umount", CACHE], check=True)


def broker(command):
    subprocess.run([BROKER, command, DIRECTORY], check=True)


def metrics():
    """Every figure without labels."""
    with urllib.request.urlopen(f"http://{HOST}:{int(PORT) + 2}/metrics", timeout=30) as page:
        lines = [line.split() for line in page.read().decode().splitlines() if line and line[0] != "#"]
    return {line[0].removeprefix("esker_tier_cache_"): float(line[1]) for line in lines if line[0].startswith("esker_tier_cache_")}


def fill():
    """Takes all the room that there is. What is left is less than a page."""
    with open(os.path.join(CACHE, "filler"), "wb") as file:
        piece = MIB
        while piece >= 1:
            try:
                os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), piece)
            except OSError:
                piece //= 2
    space = os.statvfs(CACHE)
    return space.f_bavail * space.f_frsize


def make_room():
    os.remove(os.path.join(CACHE, "filler"))


def read(connection, offset, count):
    """One fetch from `offset` on, at most `count` records; how many came."""
    error, _, records = connection.fetch(TOPIC, 0, offset, max_bytes=MIB, max_wait=5000)
    assert error == 0, f"a fetch of offset {offset} answered error {error}"
    at, number = 0, 0
    while number < count and at + 12 <= len(records):
        end = at + 12 + int.from_bytes(records[at + 8:at + 12], "big")
        if end > len(records):
            break
        base, wanted = int.from_bytes(records[at:at + 8], "big"), BATCHES[(offset + number) % len(BATCHES)]
        assert base == offset + number, f"offset {base} came where {offset + number} was asked for"
        assert records[at + KEPT_FROM:end] == wanted[KEPT_FROM:], f"record {base} came back otherwise"
        at, number = end, number + 1
    return number


def read_all(connection, first, end):
    while first < end:
        first += read(connection, first, end - first)


class Readers(threading.Thread):
    """Reads old records anywhere, for as long as the disk's days are bad."""

    def __init__(self, seed, old):
        super().__init__(daemon=True)
        self.random, self.old, self.fetches, self.failure, self.done = random.Random(seed), old, 0, None, threading.Event()

    def run(self):
        try:
            with connect() as connection:
                while not self.done.is_set():
                    self.fetches += read(connection, self.random.randrange(self.old), 20) > 0
        except Exception as e:  # whatever it is, the test must hear of it
            self.failure = e


def read_beside(readers, count):
    """Waits until the readers have got so much more."""
    def got(): return sum(reader.fetches for reader in readers)
    goal = got() + count
    until(60, f"{count} more fetches of old records", lambda: got() >= goal or any(reader.failure for reader in readers))
    for reader in readers:
        assert reader.failure is None, f"a reader of old records: {reader.failure}"


def told(full):
    until(60, f"the metric says {full}", lambda: metrics()["disk_full"] == full)


def caches(connection, when):
    """Old records that are read again and again come from the cache. Those of another part are in it, so its disk must be written to."""
    first = caches.first = (caches.first + WORKING_SET) % (4 * WORKING_SET - 200)
    share = 0.0
    for turn in range(6):
        before = metrics()
        read_all(connection, first, first + WORKING_SET - 100)
        after = metrics()
        hits, misses = after["hits_total"] - before["hits_total"], after["misses_total"] - before["misses_total"]
        share = hits / max(1, hits + misses)
        if turn > 0 and share > 0.8:
            print(f"  {when}: {share:.0%} of the chunks come from the cache at the {turn + 1}. reading", flush=True)
            return
    raise AssertionError(f"{when}: {share:.0%} of the chunks come from the cache, though read again and again")


caches.first = -WORKING_SET


def prepare(connection):
    configs = [("remote.storage.enable", "true"), ("segment.bytes", str(SEGMENT_BYTES)), ("local.retention.bytes", "1"), ("retention.ms", "-1"),
               ("file.delete.delay.ms", "0")]
    assert connection.create_topic(TOPIC, 1, configs) == 0
    until(30, "the topic is usable", lambda: connection.list_offset(TOPIC, 0)[0] == 0)
    for number in range(RECORDS):
        error, offset = connection.produce(TOPIC, 0, BATCHES[number % len(BATCHES)])
        assert (error, offset) == (0, number), f"produce answered error {error}, offset {offset} for record {number}"
    until(60, "old segments are only in the store", lambda: connection.tier_offset(TOPIC, EARLIEST_LOCAL)[1] > RECORDS - 50)


def filled_while_running(old):
    with connect() as connection:
        caches(connection, "with room")
        readers = [Readers(seed, old) for seed in range(2)]
        for reader in readers:
            reader.start()
        for _ in range(3):
            read_beside(readers, 100)
            left = fill()
            told(1)
            read_beside(readers, 200)
            make_room()
            told(0)
        read_beside(readers, 100)
        for reader in readers:
            reader.done.set()
            reader.join(60)
        print(f"  filled up three times, {left} bytes left: {sum(reader.fetches for reader in readers)} fetches of old records, none failed", flush=True)
        caches(connection, "with room again")


def full_before_the_start(old):
    broker("stop")
    left = fill()
    broker("restart")
    with connect() as connection:
        read_all(connection, 0, old)
        told(1)
        print(f"  started with {left} bytes left: {old} old records came back equal", flush=True)
        make_room()
        read_all(connection, 0, 20)
        told(0)
        caches(connection, "with room after the start")
    broker("stop")


def smaller_than_the_cache(old):
    unmount()
    mount(SMALL)
    broker("restart")
    with connect() as connection:
        read_all(connection, 0, old)
        read_all(connection, 0, old)
        told(1)
        print(f"  on a disk of {SMALL} MiB: {old} old records came back equal, twice", flush=True)
        resize(LARGE)
        read_all(connection, 0, 20)
        told(0)
        caches(connection, "on a disk that has grown")


def main():
    mount(LARGE)
    broker("restart")
    with connect() as connection:
        prepare(connection)
        old = connection.tier_offset(TOPIC, EARLIEST_LOCAL)[1]
    filled_while_running(old)
    full_before_the_start(old)
    smaller_than_the_cache(old)


try:
    main()
except AssertionError as e:
    sys.exit(f"FAILED: {e}")
