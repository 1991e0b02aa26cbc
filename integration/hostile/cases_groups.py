"""Groups: names, members and texts without end, members that are not, odd offsets, ids of any bytes."""

import os
import random
import time

from groups import (DELETE_GROUPS, GROUP_MAX_SIZE_REACHED, ILLEGAL_GENERATION, INVALID_GROUP_ID, JOIN_GROUP, MEMBER_ID_REQUIRED, NOT_YET, OFFSET_COMMIT,
                    OFFSET_METADATA_TOO_LARGE, REBALANCE_IN_PROGRESS, SYNC_GROUP, UNKNOWN_MEMBER_ID, Joined, commit, commit_body, committed,
                    find, heartbeat, join_body, sync_body, synced)
from harness import case
from wire import (I32_MAX, I32_MIN, I64_MAX, I64_MIN, INVALID_TOPIC, PRODUCE, UNKNOWN_TOPIC_OR_PARTITION, Closed, array, batch, produce_body,
                  request, string)


def ready(connection, group="ready"):
    """Waits until groups are coordinated."""
    deadline = time.monotonic() + 60
    while find(connection, group, 0) in NOT_YET or commit(connection, group, [(0, 0, "")])[0] in NOT_YET:
        assert time.monotonic() < deadline, "no coordinator of groups"
        time.sleep(0.1)


def pipelined(connection, requests, read, window=500):
    """Sends requests without waiting for each, and tallies what `read` makes of the answers."""
    counts, waiting = {}, 0

    def drain():
        for _ in range(waiting):
            what = read(connection.receive())
            counts[what] = counts.get(what, 0) + 1

    for data in requests:
        connection.send(data)
        waiting += 1
        if waiting == window:
            drain()
            waiting = 0
    drain()
    return counts


@case("H47", "records written to and deleted from internal topics")
def internal_topics(target):
    with target.connect() as connection:
        ready(connection)
        end = connection.list_offset("__consumer_offsets", 0)
        while find(connection, "ready", 1):
            time.sleep(0.1)
        for topic in ("__consumer_offsets", "__transaction_state"):
            answer = connection.ask(PRODUCE, 7, produce_body(topic, 0, batch()))
            answer.take("i"), answer.string(), answer.take("i")
            error = answer.take("ihq")[1]
            assert error == INVALID_TOPIC, f"producing to {topic} answered error {error}"
            error, _ = connection.delete_records(topic, 0, 0)
            assert error == INVALID_TOPIC, f"deleting from {topic} answered error {error}"
        assert connection.list_offset("__consumer_offsets", 0) == end
    return "INVALID_TOPIC"


@case("H49", "members with a megabyte of metadata", kafka="it takes as many as its heap holds")
def heavy_members(target):
    told = {}
    with target.connect() as connection:
        ready(connection)
        for n in range(30):
            answer = Joined(connection.ask(JOIN_GROUP, 3, join_body(f"heavy-{n}", metadata=bytes(1 << 20))))
            assert answer.error in (0, GROUP_MAX_SIZE_REACHED), f"error {answer.error}"
            told[answer.error] = told.get(answer.error, 0) + 1
        assert told.get(0) and told.get(GROUP_MAX_SIZE_REACHED), f"errors {told}"
        await_room(connection)
    return str(told)


def await_room(connection):
    """Members that are silent leave after their session, and what is left of their groups soon after somebody was refused."""
    deadline = time.monotonic() + 60
    # A group that is there already may still grow a little.
    newcomer = f"newcomer-{time.monotonic_ns()}"
    while commit(connection, newcomer, [(0, 7, "")]) != [0]:
        assert time.monotonic() < deadline, "whoever has gone left no room"
        time.sleep(0.2)


@case("H49", "groups without end", kafka="it takes as many as its heap holds")
def endless_groups(target):
    """GROUP_NAMES=1000000 for the long version."""
    count = int(os.environ.get("GROUP_NAMES", "100000"))
    with target.connect() as connection:
        ready(connection)
        joins = (request(JOIN_GROUP, 4, join_body(f"endless-{n:07}")) for n in range(count))
        told = pipelined(connection, joins, lambda answer: Joined(answer).error)
        # Whoever is told an id and does not come back leaves its room after its session: on a slow machine more of them are taken.
        assert set(told) == {MEMBER_ID_REQUIRED, GROUP_MAX_SIZE_REACHED}, f"errors {told}"
        names = [f"kept-{n:07}" for n in range(10000)]
        commits = (request(OFFSET_COMMIT, 2, commit_body(name, [(0, 1, "m" * 4000)])) for name in names)
        kept = pipelined(connection, commits, lambda answer: (answer.take("i"), answer.string(), answer.take("i"), answer.take("ih")[1])[-1])
        assert set(kept) <= {0, GROUP_MAX_SIZE_REACHED} and kept.get(GROUP_MAX_SIZE_REACHED), f"errors {kept}"
        assert commit(connection, "ready", [(0, 7, "")]) == [0], "a group that was there cannot commit"
        connection.ask(DELETE_GROUPS, 0, array(*[string(name) for name in names]))
        await_room(connection)
        return f"joins {told}, commits {kept}"


def two_members(target, group):
    """(connection, answer) of the leader and of another one, in one generation."""
    first, second = target.connect(), target.connect()
    alone = Joined(first.ask(JOIN_GROUP, 3, join_body(group)))
    assert alone.error == 0, f"JoinGroup answered error {alone.error}"
    synced(first.ask(SYNC_GROUP, 1, sync_body(group, alone, [(alone.member, b"all")])))
    second.send(request(JOIN_GROUP, 3, join_body(group)))
    deadline = time.monotonic() + 30
    while heartbeat(first, group, alone.generation, alone.member) != REBALANCE_IN_PROGRESS:
        assert time.monotonic() < deadline, "the second member does not arrive"
        time.sleep(0.05)
    leader = Joined(first.ask(JOIN_GROUP, 3, join_body(group, alone.member)))
    follower = Joined(second.receive())
    assert leader.error == follower.error == 0 and leader.members == 2
    return (first, leader), (second, follower)


@case("H50", "assignments from a follower, and for strangers")
def assignments(target):
    with target.connect() as connection:
        ready(connection)
    (first, leader), (second, follower) = two_members(target, "assigned")
    with first, second:
        second.send(request(SYNC_GROUP, 1, sync_body("assigned", follower, [(follower.member, b"mine"), (leader.member, b"mine")])))
        time.sleep(0.3)
        given = [(leader.member, b"L"), (follower.member, b"F"), (b"stranger", b"S")]
        assert synced(first.ask(SYNC_GROUP, 1, sync_body("assigned", leader, given))) == (0, b"L")
        assert synced(second.receive()) == (0, b"F"), "the follower assigned itself"
        stranger = Joined.__new__(Joined)
        stranger.generation, stranger.member = leader.generation, "stranger"
        assert synced(first.ask(SYNC_GROUP, 1, sync_body("assigned", stranger)))[0] == UNKNOWN_MEMBER_ID
    return "the leader's alone"


@case("H51", "offsets out of this world, and texts beside them")
def odd_offsets(target):
    with target.connect() as connection:
        ready(connection)
        for offset in (-2, -1, 0, I64_MAX, I64_MIN):
            assert commit(connection, "odd", [(0, offset, "")]) == [0], f"offset {offset}"
            kept = committed(connection, "odd", 0)
            assert kept == (0, offset), f"offset {offset} came back as {kept}"
        # The same partition twice: the one with the long text is refused, the other kept.
        errors = commit(connection, "odd", [(0, 1, "x" * 4097), (0, 2, "x" * 4096)])
        assert errors == [OFFSET_METADATA_TOO_LARGE, 0], f"errors {errors}"
        assert committed(connection, "odd", 0) == (0, 2)
        for partition in (-1, I32_MIN, I32_MAX):
            error = commit(connection, "odd", [(partition, 5, None)])[0]
            assert error == UNKNOWN_TOPIC_OR_PARTITION, f"partition {partition} answered error {error}"
    return "kept as they are, or OFFSET_METADATA_TOO_LARGE"


@case("H52", "zombies: older generations, members that are gone or never were")
def zombies(target):
    with target.connect() as connection:
        ready(connection)
    (first, leader), (second, follower) = two_members(target, "zombies")
    with first, second:
        old = leader.generation - 1
        assert heartbeat(first, "zombies", old, leader.member) == ILLEGAL_GENERATION
        assert commit(first, "zombies", [(0, 1, "")], old, leader.member) == [ILLEGAL_GENERATION]
        assert commit(first, "zombies", [(0, 1, "")], leader.generation, "nobody") == [UNKNOWN_MEMBER_ID]
        assert heartbeat(first, "zombies", leader.generation, "nobody") == UNKNOWN_MEMBER_ID
        assert commit(second, "zombies", [(0, 1, "")]) == [UNKNOWN_MEMBER_ID], "without a member's id while there are members"
        stale = Joined.__new__(Joined)
        stale.generation, stale.member = old, follower.member
        assert synced(second.ask(SYNC_GROUP, 1, sync_body("zombies", stale)))[0] == ILLEGAL_GENERATION
        assert committed(first, "zombies", 0) == (0, -1), "a zombie's offset was kept"
    return "ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID"


@case("ids", "group ids of any bytes")
def group_ids(target):
    source = random.Random(7)
    ids = [bytes([n]) for n in range(256)] + [source.randbytes(n) for n in (2, 16, 255, 4096, 32767)] + ["../x", "a\nb", "\U0010ffff", "é" * 9000]
    told = {}
    for at, group in enumerate(ids):
        with target.connect() as connection:
            try:
                ready_or_not = commit(connection, group, [(0, at, "")])[0]
                assert ready_or_not in (0, INVALID_GROUP_ID, -1), f"{group[:20]!r} answered error {ready_or_not}"
                if ready_or_not == 0 and not isinstance(group, bytes) or isinstance(group, bytes) and group.isascii() and ready_or_not == 0:
                    assert committed(connection, group, 0) == (0, at), f"{group[:20]!r} has another group's offset"
            except Closed:
                ready_or_not = "closed"
            told[ready_or_not] = told.get(ready_or_not, 0) + 1
    with target.connect() as connection:
        assert commit(connection, "", [(0, 1, "")])[0] in (0, INVALID_GROUP_ID)
    return str(told)
