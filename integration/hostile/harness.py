"""Runs hostile cases one by one and judges each by the same promises: the broker lives, answers an error or closes, grows by at
most 64 MiB, loses nothing, and a good client beside it notices nothing."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

from wire import API_VERSIONS, DELETE_TOPICS, Closed, Connection, array, i32, string

MIB = 1 << 20
GROWTH_MAX = 64 * MIB
# The good client's slowest step in milliseconds. A busy machine may need more.
LATENCY_MAX = float(os.environ.get("HOSTILE_LATENCY_MS", "1000"))
CASE_SECONDS = 120

CASES = []


def case(number, title, kafka=None):
    """Declares a case. `kafka` says why Apache Kafka itself does not keep the promise; the case is then not run against it."""
    def declare(function):
        CASES.append((number, title, kafka, function))
        return function
    return declare


class Target:
    """The broker under attack: where it listens, and what its process shows from outside."""

    def __init__(self, host, port, pid, data, kind):
        self.address, self.pid, self.data, self.kind = (host, port), pid, data, kind

    def connect(self, timeout=30.0): return Connection(self.address, timeout)

    def rss(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        raise AssertionError("the broker is gone")

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self): return len(os.listdir(f"/proc/{self.pid}/fd"))

    def probe(self):
        with self.connect(timeout=10) as connection:
            answer = connection.ask(API_VERSIONS, 0)
            assert answer.take("h") == 0, "ApiVersions answered an error"

    # What most cases do.

    def judge(self, data, seconds=20.0):
        """Sends bytes on a new connection: "closed", or the response's Reader; silence is a failure."""
        with self.connect(timeout=seconds) as connection:
            try:
                connection.send(data)
                return connection.receive()
            except Closed:
                return "closed"
            except TimeoutError as e:
                raise AssertionError(f"neither an answer nor a close within {seconds:.0f} s") from e

    def closes(self, data, seconds=10.0):
        with self.connect(timeout=seconds) as connection:
            try:
                connection.send(data)
            except Closed:
                return
            assert connection.closed_within(seconds), f"the connection was not closed within {seconds:.0f} s"

    def end(self, topic, partition=0):
        with self.connect() as connection:
            error, offset = connection.list_offset(topic, partition)
            assert error == 0, f"ListOffsets answered error {error}"
            return offset

    def refuses_batch(self, records, allowed, topic="hostile", **how):
        """Produces bytes that must not be taken: one of the allowed errors or a close, and the log's end stays."""
        before = self.end(topic)
        with self.connect() as connection:
            try:
                error, _ = connection.produce(topic, 0, records, **how)
            except Closed:
                error = None
        after = self.end(topic)
        assert after == before, f"{after - before} records were written; the answer was error {error}"
        assert error is None or error in allowed, f"error {error}, not one of {sorted(allowed)}"
        return "closed" if error is None else f"error {error}"


def said(answer): return answer if isinstance(answer, str) else "answered"


class Peak(threading.Thread):
    """The largest resident size while a case runs."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target, self.peak, self.stop = target, 0, threading.Event()

    def run(self):
        while not self.stop.wait(0.02):
            try:
                self.peak = max(self.peak, self.target.rss())
            except (AssertionError, OSError):
                return


class Good:
    """The good client's process and its notes."""

    def __init__(self, target):
        self.notes = tempfile.NamedTemporaryFile("r", prefix="esker-good.")
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "good.py")
        host, port = target.address
        self.process = subprocess.Popen([sys.executable, script, host, str(port), "good", self.notes.name])
        self.done = 0

    def since_last(self):
        """(slowest step in milliseconds, complaint or None) of what was noted since the last call."""
        lines = self.notes.read().splitlines()
        slowest = max((float(line.split()[1]) for line in lines), default=0.0) * 1000
        self.done += sum(line.endswith(" ok") for line in lines)
        bad = [line for line in lines if not line.endswith(" ok")]
        return slowest, bad[0] if bad else None if lines else "the good client made no step"

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def too_long(*_): raise AssertionError(f"the case took more than {CASE_SECONDS} s")


def run_case(target, good, function):
    """(outcome, growth in bytes, CPU seconds, the good client's slowest step); raises AssertionError when a promise is broken."""
    good.since_last()
    before, cpu = target.rss(), target.cpu_seconds()
    peak = Peak(target)
    peak.start()
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(CASE_SECONDS)
    try:
        outcome = function(target)
    finally:
        signal.alarm(0)
        peak.stop.set()
    target.probe()
    time.sleep(0.3)
    slowest, complaint = good.since_last()
    growth = max(peak.peak, target.rss()) - before
    # A JVM takes its heap when it likes: its size says nothing.
    assert target.kind == "kafka" or growth <= GROWTH_MAX, f"grew by {growth / MIB:.0f} MiB"
    assert complaint is None, f"the good client: {complaint}"
    assert slowest <= LATENCY_MAX, f"the good client waited {slowest:.0f} ms"
    return outcome, growth, target.cpu_seconds() - cpu, slowest


def everything_is_there(target, good):
    """Reads the good client's topic from the start: each of its acknowledged records, once, in order."""
    found = offset = 0
    with target.connect() as connection:
        while True:
            error, high, records = connection.fetch("good", 0, offset, max_bytes=1 << 22)
            assert error == 0, f"fetch answered error {error}"
            if offset >= high:
                break
            at = 0
            while at + 12 <= len(records):
                base = int.from_bytes(records[at:at + 8], "big")
                length = int.from_bytes(records[at + 8:at + 12], "big")
                if at + 12 + length > len(records):
                    break
                assert base == offset and b"%012d" % found in records[at:at + 12 + length], f"record {found} is not at offset {offset}"
                found, offset, at = found + 1, base + 1, at + 12 + length
    assert found >= good.done, f"{good.done} were acknowledged, {found} are there"
    return found


def run_all(target, wanted):
    failures = ran = 0
    with target.connect() as connection:
        for topic in ("good", "hostile"):
            assert connection.create_topic(topic) in (0, 36), f"topic {topic} could not be made"
        deadline = time.monotonic() + 30
        while any(connection.list_offset(topic, 0)[0] for topic in ("good", "hostile")):
            assert time.monotonic() < deadline, "the topics do not become usable"
            time.sleep(0.1)
    good = Good(target)
    time.sleep(1)
    print(f"{'case':5} {'':6} {'growth':>9} {'CPU':>7} {'good':>8}  what")
    for number, title, kafka, function in CASES:
        if wanted and number not in wanted:
            continue
        if kafka and target.kind == "kafka":
            print(f"{number:5} {'-':6} {'':9} {'':7} {'':8}  {title}: not on Kafka: {kafka}", flush=True)
            continue
        ran += 1
        try:
            outcome, growth, cpu, slowest = run_case(target, good, function)
            print(f"{number:5} {'pass':6} {growth / MIB:5.1f} MiB {cpu:5.2f} s {slowest:5.0f} ms  {title}: {outcome}", flush=True)
        except (AssertionError, Closed, OSError) as e:
            failures += 1
            print(f"{number:5} {'FAIL':6} {'':9} {'':7} {'':8}  {title}: {type(e).__name__} {e}", flush=True)
            if good.process.poll() is not None:
                try:
                    good = restart_good(target)
                except (AssertionError, Closed, OSError) as e:
                    print(f"the broker does not recover, stopping here: {type(e).__name__} {e}")
                    break
    good.since_last()
    good.stop()
    try:
        print(f"{everything_is_there(target, good)} records of the good client are there, {good.done} were acknowledged")
    except (AssertionError, Closed, OSError) as e:
        failures += 1
        print(f"FAIL  the good client's records: {e}")
    print(f"{ran - failures} of {ran} cases passed" if failures <= ran else "nothing passed")
    return failures


def restart_good(target):
    """After a failed case the next one gets a new good client, with an empty topic."""
    with target.connect() as connection:
        connection.ask(DELETE_TOPICS, 1, array(string("good")) + i32(10000))
        deadline = time.monotonic() + 20
        while connection.create_topic("good") != 0 or connection.list_offset("good", 0)[0] != 0:
            assert time.monotonic() < deadline, "the good client's topic cannot be made again"
            time.sleep(0.2)
    return Good(target)
