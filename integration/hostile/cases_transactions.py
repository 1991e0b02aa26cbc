"""Transactions: time-outs, producers that vanish, requests that come late, two of one name."""

import random
import time

from groups import (CONCURRENT_TRANSACTIONS, INVALID_TRANSACTION_TIMEOUT, NOT_YET, PRODUCER_FENCED, add_partition, end_txn, end_txn_bytes, ended,
                    find, init, produce_bytes, produced, told)
from harness import case
from wire import (I32_MAX, I32_MIN, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, LIST_OFFSETS, Closed, array, batch, i32, i64, i8, record, string)

TRANSACTIONAL = 0x10
FENCED = (INVALID_PRODUCER_EPOCH, PRODUCER_FENCED)


def begin(connection, transactional_id, timeout=60000):
    """(producer id, epoch) of a producer that has just begun."""
    deadline = time.monotonic() + 60
    while True:
        error = find(connection, transactional_id, 1)
        if error == 0:
            error, producer, epoch = init(connection, transactional_id, timeout)
        if error == 0:
            return producer, epoch
        assert error in NOT_YET + (CONCURRENT_TRANSACTIONS,), f"InitProducerId answered error {error}"
        assert time.monotonic() < deadline, "no coordinator of transactions"
        time.sleep(0.1)


def stable(connection, topic="hostile"):
    """The last stable offset."""
    answer = connection.ask(LIST_OFFSETS, 2, i32(-1) + i8(1) + array(string(topic) + array(i32(0) + i64(-1))))
    answer.take("i"), answer.take("i"), answer.string(), answer.take("i")
    _, error, _, offset = answer.take("ihqq")
    assert error == 0, f"ListOffsets answered error {error}"
    return offset


def settled(target, connection, seconds):
    """Waits until nothing is open."""
    deadline = time.monotonic() + seconds
    while stable(connection) != target.end("hostile"):
        assert time.monotonic() < deadline, f"the last stable offset does not move within {seconds} s"
        time.sleep(0.1)


def written(connection, transactional_id, producer, epoch, sequence=0, value=b"v"):
    """The error of one transactional record."""
    records = batch([record(0, value)], attributes=TRANSACTIONAL, producer=(producer, epoch, sequence))
    return connection.produce("hostile", 0, records, transactional=transactional_id)[0]


@case("H53", "transactions that would take longer than they may")
def timeouts(target):
    with target.connect() as connection:
        begin(connection, "timed")
        for timeout in (900_001, I32_MAX, 0, -1, I32_MIN):
            error, producer, _ = init(connection, f"timed {timeout}", timeout)
            assert (error, producer) == (INVALID_TRANSACTION_TIMEOUT, -1), f"a time-out of {timeout} answered error {error}"
        assert init(connection, "timed 900000", 900_000)[0] == 0
    return "INVALID_TRANSACTION_TIMEOUT"


@case("H54", "a producer that begins and vanishes")
def vanishing(target):
    with target.connect() as connection:
        settled(target, connection, 30)
        producer, epoch = begin(connection, "vanishing", timeout=1000)
        assert add_partition(connection, "vanishing", producer, epoch) == 0
        before = target.end("hostile")
        assert written(connection, "vanishing", producer, epoch, value=b"never") == 0
    with target.connect() as connection:
        assert stable(connection) == before
        began = time.monotonic()
        settled(target, connection, 25)
        took = time.monotonic() - began
        assert stable(connection) == before + 2, "a record and its marker"
        error = end_txn(connection, "vanishing", producer, epoch, True)
        assert error in FENCED, f"the late end answered error {error}"
        assert written(connection, "vanishing", producer, epoch, 1) in FENCED + (INVALID_TXN_STATE,)
        assert stable(connection) == target.end("hostile") == before + 2
    return f"aborted after {took:.0f} s, and then fenced"


@case("H55", "requests of the transaction before that come late")
def late(target):
    with target.connect() as connection:
        settled(target, connection, 30)
        name = "late"
        producer, epoch = begin(connection, name)
        records = batch(attributes=TRANSACTIONAL, producer=(producer, epoch, 0))
        old_produce, old_commit, old_abort = produce_bytes(name, records), end_txn_bytes(name, producer, epoch, True), end_txn_bytes(name, producer, epoch, False)
        assert produced(told(connection, old_produce)) == 0
        error, producer, next_epoch = ended(told(connection, old_commit))
        assert error == 0 and next_epoch == epoch + 1, f"EndTxn answered error {error}, epoch {next_epoch}"
        settled(target, connection, 30)
        begun = target.end("hostile")
        mine = batch(attributes=TRANSACTIONAL, producer=(producer, next_epoch, 0))
        assert produced(told(connection, produce_bytes(name, mine))) == 0
        for replayed, read in ((old_produce, produced), (old_commit, lambda a: ended(a)[0]), (old_abort, lambda a: ended(a)[0])):
            error = read(told(connection, replayed))
            assert error in FENCED + (INVALID_TXN_STATE, CONCURRENT_TRANSACTIONS), f"a late request answered error {error}"
        assert add_partition(connection, name, producer, epoch) in FENCED
        assert end_txn(connection, name, producer, epoch, True) in FENCED
        assert (stable(connection), target.end("hostile")) == (begun, begun + 1), "a late request touched the next transaction"
        assert ended(told(connection, end_txn_bytes(name, producer, next_epoch, True)))[0] == 0
        settled(target, connection, 30)
        assert target.end("hostile") == begun + 2
    return "fenced by the epoch of the next transaction"


@case("H56", "two producers of one name")
def two_of_one_name(target):
    with target.connect() as older, target.connect() as newer:
        settled(target, older, 30)
        producer, epoch = begin(older, "twins")
        assert add_partition(older, "twins", producer, epoch) == 0
        before = target.end("hostile")
        assert written(older, "twins", producer, epoch) == 0
        second, second_epoch = begin(newer, "twins")
        assert (second, second_epoch) > (producer, epoch)
        settled(target, newer, 30)
        assert target.end("hostile") == before + 2, "the older one's record and the marker that aborts it"
        assert written(older, "twins", producer, epoch, 1) in FENCED + (INVALID_TXN_STATE,)
        assert add_partition(older, "twins", producer, epoch) in FENCED
        assert end_txn(older, "twins", producer, epoch, True) in FENCED
        assert add_partition(newer, "twins", second, second_epoch) == 0
        assert written(newer, "twins", second, second_epoch) == 0
        assert end_txn(newer, "twins", second, second_epoch, True) == 0
        settled(target, newer, 30)
        assert target.end("hostile") == before + 4
    return "the older one is fenced"


@case("ids", "transactional ids of any bytes")
def transactional_ids(target):
    source = random.Random(8)
    ids = [bytes([n]) for n in range(256)] + [source.randbytes(n) for n in (2, 16, 255, 4096, 32767)] + ["../x", "a\nb", "\U0010ffff", "é" * 9000]
    seen, told_of = set(), {}
    with target.connect() as connection:
        begin(connection, "any")
    for name in ids:
        with target.connect() as connection:
            try:
                error, producer, _ = init(connection, name)
                assert error in (0, -1, 42), f"{name[:20]!r} answered error {error}"
                distinct = not isinstance(name, bytes) or name.isascii()
                assert error or not distinct or producer not in seen, f"{name[:20]!r} got another one's producer id"
                seen.add(producer)
            except Closed:
                error = "closed"
            told_of[error] = told_of.get(error, 0) + 1
    return str(told_of)
