"""A topic that keeps everything, under load for as long as one likes: its local part stays at its limit, the broker's memory does not grow with
the history, and a replay of all of it beside the load holds up neither writers nor readers of new records.

  history.py HOST:PORT BROKER_DIRECTORY [SECONDS] [PICTURE]

A replay begins when half the time is over and another one when all of it is; the last reads and checks every record. PICTURE is an SVG file to
draw what was measured in. Python's standard library only."""

import os
import statistics
import subprocess
import sys
import threading
import time

from load import HERE, LOCAL_BYTES, MEMORY_GROWTH_MAX, SEGMENT_BYTES, TOPIC, VALUE_BYTES, Load, connect, memory, prepare
from picture import Panel, draw

DIRECTORY = sys.argv[2]
SECONDS = int(sys.argv[3]) if len(sys.argv) > 3 else 20
PICTURE = sys.argv[4] if len(sys.argv) > 4 else None
RATE, SAMPLE_SECONDS = 20, 1.0
# The active segment, one that is being uploaded, and one that was dropped since the files were listed: what is there most of the time. A store
# that is slow for some seconds lets as much wait for it as is written meanwhile.
LOCAL_USUAL, LOCAL_MAX = LOCAL_BYTES + 3 * SEGMENT_BYTES, LOCAL_BYTES + 30 * RATE * VALUE_BYTES


def bytes_below(directory, suffix=""):
    total = 0
    for path, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.stat(os.path.join(path, name)).st_size if name.endswith(suffix) else 0
            except FileNotFoundError:  # dropped meanwhile
                pass
    return total


class Samples(threading.Thread):
    """Looks every second how much lies locally and how much memory the broker has."""

    def __init__(self):
        super().__init__(daemon=True)
        self.local, self.memory, self.failure, self.done = [], [], None, threading.Event()

    def run(self):
        try:
            while not self.done.wait(SAMPLE_SECONDS):
                now = time.monotonic()
                self.local.append((now, bytes_below(os.path.join(DIRECTORY, "data", f"{TOPIC}-0"), ".log")))
                self.memory.append((now, memory(DIRECTORY)))
        except Exception as e:  # whatever it is, the test must hear of it
            self.failure = e


def replay(count):
    """Reads `count` records in a process of its own; one (began, milliseconds, bytes) for each fetch."""
    script = os.path.join(HERE, "replay.py")
    done = subprocess.run([sys.executable, script, sys.argv[1], str(count)], stdout=subprocess.PIPE, check=False)
    assert done.returncode == 0, "the replay failed"
    return [tuple(float(part) for part in line.split()) for line in done.stdout.decode().splitlines()]


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def told(name, steps):
    took = [step[1] for step in steps]
    print(f"  {name}: {len(took)}, p50 {statistics.median(took):.1f} ms, p99 {percentile(took, 0.99):.1f} ms, longest {max(took):.0f} ms", flush=True)


def during(steps, first, last):
    return [step for step in steps if first <= step[0] <= last]


def replayed(load):
    """A replay of all that was there when it began, beside the load; and what the load's steps took meanwhile."""
    first, count = time.monotonic(), load.number
    fetches = replay(count)
    last = time.monotonic()
    megabytes = sum(fetch[2] for fetch in fetches) / 1e6
    print(f"  a replay of {count} records, {megabytes:.0f} MB in {last - first:.1f} s: {megabytes / (last - first):.0f} MB/s", flush=True)
    told("its fetches", fetches)
    told("steps of the load beside it", during(load.steps, first, last))
    return fetches


def check(samples, load):
    assert samples.failure is None, f"{samples.failure}"
    sizes = [size for _, size in samples.local]
    usual, largest = statistics.median(sizes), max(sizes)
    written = load.number * VALUE_BYTES / 2**20
    print(f"  local part: {usual / 2**20:.1f} MiB (median), at most {largest / 2**20:.1f} MiB, of {written:.0f} MiB", flush=True)
    assert usual <= LOCAL_USUAL and largest <= LOCAL_MAX, "the local part grew with the history"
    # The first replay has filled what caches there are.
    half = [size for _, size in samples.memory[len(samples.memory) * 2 // 3:]]
    print(f"  memory: {samples.memory[0][1] / 2**20:.0f} MiB at first, {half[0] / 2**20:.0f} after two thirds, {half[-1] / 2**20:.0f} at the end")
    assert half[-1] - half[0] <= MEMORY_GROWTH_MAX, "the broker's memory grew with the history"


def picture(load, samples, replays, began):
    def since(steps, scale=1.0):
        return [(step[0] - began, step[1] / scale) for step in steps]

    draw(PICTURE, SECONDS, [
        Panel("writing and reading a new record beside it, ms", since(load.steps)),
        Panel("fetches of the replays, ms", since(replays)),
        Panel("local part, MiB", since(samples.local, 2**20)),
        Panel("memory, MiB", since(samples.memory, 2**20)),
    ])


def main():
    load, samples = Load(RATE), Samples()
    with connect() as connection:
        prepare(connection, load)
        began = time.monotonic()
        load.start()
        samples.start()
        time.sleep(SECONDS / 2)
        told("steps of the load alone", load.steps)
        fetches = replayed(load)
        time.sleep(max(0.0, SECONDS - (time.monotonic() - began)))
        fetches += replayed(load)
        load.done.set()
        load.join(10)
        samples.done.set()
        samples.join(10)
        if PICTURE:
            picture(load, samples, fetches, began)
        check(samples, load)
        load.check(f"{time.monotonic() - began:.0f} s")


try:
    main()
except AssertionError as e:
    sys.exit(f"FAILED: {e}")
