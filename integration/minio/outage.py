"""The object store goes away under load and comes back: producers and readers of new records notice nothing, readers of old ones get a
retriable error, uploads go on within five seconds of its return, nothing is lost.

  outage.py HOST:PORT STORE DIRECTORY [SECONDS]

The broker at HOST:PORT tiers into the store: "minio" (stopped and started by ./store) or "directory" (DIRECTORY is moved away and back).
SECONDS is how long it stays away. Python's standard library only."""

import os
import subprocess
import sys
import time

from load import (EARLIEST_LOCAL, EARLIEST_PENDING, HERE, KAFKA_STORAGE_ERROR, LATEST_TIERED, MEMORY_GROWTH_MAX, TOPIC, Load, connect,
                  local_log_shrinks, memory, prepare, read_all, tier, until)

KIND, DIRECTORY = sys.argv[2], sys.argv[3]
AWAY_SECONDS = int(sys.argv[4]) if len(sys.argv) > 4 else 15
RESUME_SECONDS = 5
# Where the broker's files are, if its memory is to be looked at.
BROKER_DIRECTORY = os.environ.get("OUTAGE_BROKER_DIRECTORY")
KAFKA = os.environ.get("BROKER") == "kafka"


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


def cold_read_fails_retriably(connection, offset):
    """An old offset that no cache holds. Records would mean that the test proves nothing."""
    began = time.monotonic()
    error, _, records = connection.fetch(TOPIC, 0, offset, max_wait=500)
    took = time.monotonic() - began
    assert not records, f"offset {offset} was read while the store was away: from a cache?"
    assert error == KAFKA_STORAGE_ERROR or KAFKA and error != 0, f"offset {offset} answered error {error}"
    assert took < 30, f"the answer took {took:.0f} s"
    print(f"  old offset {offset}: error {error} after {took:.1f} s", flush=True)


def main():
    store, load = Store(), Load()
    with connect() as connection:
        prepare(connection, load)
        load.start()
        time.sleep(3)
        load.check("before")

        before = memory(BROKER_DIRECTORY) if BROKER_DIRECTORY else 0
        store.away()
        began = time.monotonic()
        time.sleep(1)
        tiered = tier(connection, LATEST_TIERED)
        # Away from each other, so that no read-ahead brought one with another.
        for offset in (3, 45, 90):
            cold_read_fails_retriably(connection, offset)
        time.sleep(max(0.0, AWAY_SECONDS - (time.monotonic() - began)))
        load.check(f"{AWAY_SECONDS} s without the store")
        if BROKER_DIRECTORY:
            grown = memory(BROKER_DIRECTORY) - before
            print(f"  the broker's memory: {grown >> 20:+} MiB", flush=True)
            assert grown <= MEMORY_GROWTH_MAX, "the broker's memory grew"
        assert tier(connection, EARLIEST_LOCAL) <= tier(connection, LATEST_TIERED) + 1, "something is neither local nor in the store"
        grown = load.number
        assert tier(connection, LATEST_TIERED) - tiered <= 25, "uploads went on without the store"

        tiered = tier(connection, LATEST_TIERED)
        store.back()
        took = until(60 if KAFKA else RESUME_SECONDS, "uploads go on", lambda: tier(connection, LATEST_TIERED) > tiered)
        print(f"  uploads went on {took:.1f} s after the store's return", flush=True)
        took = until(60, "the backlog is drained", lambda: tier(connection, EARLIEST_PENDING) > grown - 25)
        print(f"  the backlog was drained after {took:.1f} s", flush=True)
        local_log_shrinks(connection, load)
        load.check("after")
        load.done.set()
        load.join(10)
        read_all(connection, load.number)
        print(f"  all {load.number} records came back equal", flush=True)


try:
    main()
except AssertionError as e:
    sys.exit(f"FAILED: {e}")
