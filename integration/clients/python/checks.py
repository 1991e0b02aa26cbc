"""What the Python suites share: running cases, waiting with a deadline, and the story of a group whose members come and go."""

import sys
import threading
import time
import traceback


def run(title, cases):
    """Runs every case; the process fails when one of them does."""
    failures = 0
    for case in cases:
        began = time.time()
        try:
            case()
            print(f"  ok: {case.__name__} ({time.time() - began:.1f} s)", flush=True)
        except Exception:  # a failing case must not hide the others
            failures += 1
            print(f"  FAILED: {case.__name__}\n{traceback.format_exc()}", flush=True)
    print(f"  {title}: {len(cases) - failures} of {len(cases)} cases passed")
    sys.exit(1 if failures else 0)


def wait_until(what, condition, seconds=60):
    """What the condition gives once it is true; fails when that takes too long."""
    deadline = time.time() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.time() < deadline, f"still not so: {what}"
        time.sleep(0.05)


def raises(kind, action):
    try:
        action()
    except kind as error:
        return error
    raise AssertionError(f"{kind} was not raised")


class Ledger:
    """Who owns which partition at this moment, and which records are done: those whose offsets a member has committed."""

    def __init__(self):
        self.lock = threading.Lock()
        self.owner = {}
        self.done = []
        self.wrong = []

    def assigned(self, member, partitions):
        with self.lock:
            for partition in partitions:
                if self.owner.get(partition, member) != member:
                    self.wrong.append(f"partition {partition} went to {member} while {self.owner[partition]} had it")
                self.owner[partition] = member

    def revoked(self, member, partitions):
        with self.lock:
            for partition in partitions:
                if self.owner.get(partition) == member:
                    del self.owner[partition]

    def committed(self, records):
        with self.lock:
            self.done.extend(records)

    def owned(self, member):
        with self.lock:
            return sorted(p for p, owner in self.owner.items() if owner == member)


class Member(threading.Thread):
    """A member of a group in a thread of its own. `work(member)` joins, and reads until `member.leaving` is set."""

    def __init__(self, ledger, name, work):
        super().__init__(name=name, daemon=True)
        self.ledger, self.work, self.leaving, self.error = ledger, work, threading.Event(), None
        self.pending = []
        self.start()

    def run(self):
        try:
            self.work(self)
        except Exception as error:  # told by leave(), in the thread of the case
            traceback.print_exc()
            self.error = error

    def assigned(self, partitions):
        self.ledger.assigned(self.name, partitions)

    def revoked(self, partitions):
        self.pending = [row for row in self.pending if row[0] not in partitions]
        self.ledger.revoked(self.name, partitions)

    def owned(self):
        return self.ledger.owned(self.name)

    def read(self, rows):
        """All that is to be committed: these (partition, offset, number), and those before them whose commit a rebalance refused."""
        self.pending += rows
        return list(self.pending)

    def committed(self, rows):
        self.pending = [row for row in self.pending if row not in rows]
        self.ledger.committed(number for _, _, number in rows)

    def leave(self):
        self.leaving.set()
        self.join(60)
        assert not self.is_alive(), f"{self.name} does not leave"
        assert self.error is None, f"{self.name} failed: {self.error!r}"


def positions(rows):
    """Partition to the offset that follows its last row."""
    return {partition: at + 1 for partition, at, _ in sorted(rows)}


class Listens:
    """What a library's own listener tells a member, of partitions that come and go; mixed into that listener."""

    def __init__(self, member):
        self.member = member

    def on_partitions_revoked(self, revoked):
        self.member.revoked([p.partition for p in revoked])

    def on_partitions_assigned(self, assigned):
        self.member.assigned([p.partition for p in assigned])


def group_story(partitions, produce, work, committed, members_seen, second_work=None):
    """A second member comes while records flow, and leaves again: no partition has two owners, every record is done once.

    `produce(numbers)` writes these numbers, number n to partition n % partitions; `work` is a member's, `second_work` the second's where it
    differs; `committed()` gives the group's committed offset of every partition; `members_seen(n)` says whether the broker describes a
    stable group of n."""
    everything, third = list(range(partitions)), 50 * partitions
    ledger = Ledger()

    def phase(number):
        produce(range(number * third, (number + 1) * third))

    def all_done(number):
        wait_until(f"{number} thirds of the records are done", lambda: len(ledger.done) >= number * third)

    phase(0)
    first = Member(ledger, "first", work)
    wait_until("the first member owns everything", lambda: first.owned() == everything)
    phase(1)
    second = Member(ledger, "second", second_work or work)
    half = partitions // 2
    wait_until("each member owns half", lambda: len(first.owned()) == len(second.owned()) == half)
    all_done(2)
    wait_until("the broker describes both members", lambda: members_seen(2))
    phase(2)
    second.leave()
    wait_until("the first member owns everything again", lambda: first.owned() == everything)
    all_done(3)
    first.leave()
    assert ledger.wrong == [], ledger.wrong
    assert sorted(ledger.done) == list(range(3 * third)), "records are missing, or done twice"
    assert committed() == {p: 150 for p in everything}, committed()
    wait_until("the broker describes an empty group", lambda: members_seen(0))
