"""Record batches that lie: nothing of them is written."""

import os
import time
import zlib

import bombs
from harness import case
from wire import (CORRUPT_MESSAGE, DUPLICATE_SEQUENCE, I32_MAX, I32_MIN, I64_MAX, I64_MIN, INVALID_PRODUCER_EPOCH, INVALID_RECORD,
                  INVALID_REQUEST, INVALID_TIMESTAMP, INVALID_TXN_STATE, MESSAGE_TOO_LARGE, OUT_OF_ORDER_SEQUENCE, PRODUCE,
                  RECORD_LIST_TOO_LARGE, UNSUPPORTED_COMPRESSION, UNSUPPORTED_VERSION, Closed, batch, i16, i32, produce_body, record, request, varint)

INVALID_PRODUCER_ID_MAPPING, TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 49, 53

REFUSED = {CORRUPT_MESSAGE, INVALID_RECORD, INVALID_REQUEST, MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, UNSUPPORTED_COMPRESSION, -1}
# For Esker; Kafka unpacks whatever fits the compressed size.
BOMB_CPU_SECONDS = 0.5


def all_refused(target, batches, allowed=frozenset(REFUSED)):
    outcomes = []
    for name, records in batches:
        try:
            outcomes.append(target.refuses_batch(records, allowed))
        except AssertionError as e:
            raise AssertionError(f"{name}: {e}") from e
    return ", ".join(sorted(set(outcomes)))


@case("H25", "a wrong checksum")
def bad_checksum(target):
    flipped = bytearray(batch())
    flipped[-1] ^= 1
    return all_refused(target, [("crc 0", batch(crc=0)), ("a flipped bit", bytes(flipped))], {CORRUPT_MESSAGE})


@case("H26", "a batch length that is not the batch's")
def wrong_length(target):
    honest = len(batch()) - 12
    return all_refused(target, [(str(n), batch(length=n)) for n in (honest + 1, honest - 1, honest + 100, 0, -1, 48, 49, I32_MAX, I32_MIN)])


@case("H27", "record counts that do not fit")
def wrong_counts(target):
    cases = [(2, None), (1, 1), (1, -1), (-1, 0), (0, 0), (I32_MAX, I32_MAX - 1), (I32_MIN, 0), (1, I32_MAX), (3, 2)]
    return all_refused(target, [(f"count {c}, last delta {d}", batch(count=c, last_delta=d)) for c, d in cases])


@case("H28", "other magic bytes")
def magic(target):
    old = bytes(8) + i32(14) + bytes(4)
    batches = [(str(m), batch(magic=m)) for m in (0, 1, 3, -1, 127)]
    return all_refused(target, batches + [("an old message", old + bytes([1, 0]) + i32(-1) + i32(-1)), ("a header alone", batch()[:61])])


@case("H29", "a control batch from a client")
def control(target):
    marker = record(0, i16(0) + i32(0), key=i16(0) + i16(1))
    return all_refused(target, [("control", batch([marker], attributes=0x20)), ("control, transactional", batch([marker], attributes=0x30, producer=(1, 0, 0)))],
                       REFUSED | {INVALID_TXN_STATE, TRANSACTIONAL_ID_AUTHORIZATION_FAILED})


@case("H30", "two batches for one partition")
def two(target):
    return all_refused(target, [("two", batch() + batch()), ("three", batch() * 3)])


@case("H30", "a batch and a piece of another")
def and_a_piece(target):
    """The whole one may be taken, the piece may not."""
    outcomes = []
    for piece in (batch()[:30], batch()[:61], b"\0"):
        end = target.end("hostile")
        with target.connect() as connection:
            try:
                error, _ = connection.produce("hostile", 0, batch() + piece)
            except Closed:
                error = "closed"
        assert target.end("hostile") == end + (error == 0), f"the answer was {error}, the log grew by {target.end('hostile') - end}"
        outcomes.append(str(error))
    return ", ".join(outcomes)


@case("H31", "no records at all")
def empty(target):
    end = target.end("hostile")
    outcome = all_refused(target, [("no bytes", b""), ("an empty batch", batch([], count=0, last_delta=-1))], REFUSED | {0})
    assert target.end("hostile") == end
    return outcome


@case("H32", "records whose lengths lie")
def lying_records(target):
    good = record(0)
    cases = [
        ("too long", batch(payload=record(0, length=100), count=1)),
        ("too short", batch(payload=record(0, length=3), count=1)),
        ("negative", batch(payload=record(0, length=-5), count=1)),
        ("huge", batch(payload=record(0, length=I32_MAX), count=1)),
        ("key -2", batch(payload=varint(7) + b"\0" + varint(0) + varint(0) + varint(-2) + varint(-1) + b"\0\0", count=1)),
        ("key longer than the record", batch(payload=varint(6) + b"\0" + varint(0) + varint(0) + varint(1000) + varint(-1) + b"\0", count=1)),
        ("a million headers", batch([record(0, headers=varint(1_000_000))])),
        ("-1 headers", batch([record(0, headers=varint(-1))])),
        ("a header without a name", batch([record(0, headers=varint(1) + varint(-1) + varint(-1))])),
        ("a header longer than the record", batch([record(0, headers=varint(1) + varint(I32_MAX))])),
        ("bytes behind the records", batch(payload=good + b"junk", count=1)),
        ("an endless varint", batch(payload=b"\xff" * 20, count=1)),
    ]
    return all_refused(target, cases)


@case("H32", "offset deltas that do not count up", kafka="it does not look at them")
def offset_deltas(target):
    return all_refused(target, [
        ("from 5", batch([record(5)])),
        ("twice the same", batch([record(0), record(0)])),
        ("downwards", batch([record(1), record(0)])),
        ("negative", batch([record(-1)])),
        ("compressed, from 5", batch(payload=zlib.compress(record(5), wbits=31), count=1, attributes=1)),
    ])


def bomb(target, codec, payloads):
    outcomes = []
    for name, payload in payloads:
        records = batch(payload=payload, count=1, attributes=codec)
        cpu = target.cpu_seconds()
        try:
            outcomes.append(target.refuses_batch(records, REFUSED))
        except AssertionError as e:
            raise AssertionError(f"{name}: {e}") from e
        cpu = target.cpu_seconds() - cpu
        assert cpu <= BOMB_CPU_SECONDS, f"{name}: {cpu:.2f} s of CPU"
    return ", ".join(outcomes)


KAFKA_UNPACKS = "it streams through whatever a batch unpacks to"


@case("H33", "gzip: a megabyte that unpacks to a gigabyte", kafka=KAFKA_UNPACKS)
def gzip_bomb(target): return bomb(target, 1, [("gzip", bombs.gzip_bomb())])


@case("H33", "snappy: chunks and headers that promise gigabytes", kafka=KAFKA_UNPACKS)
def snappy_bomb(target):
    return bomb(target, 2, [
        ("a chunk that promises 4 GiB", bombs.snappy_claims(0xFFFFFFFF)),
        ("a chunk that promises 1 GiB", bombs.snappy_claims(1 << 30)),
        ("a chunk longer than the data", bombs.snappy_long_chunk()),
        ("no Xerial header, promising 4 GiB", b"\xff\xff\xff\xff\x0f" + b"\x08abc"),
        ("a header alone", bombs.xerial()),
    ])


@case("H33", "snappy at its densest, a twentieth of what it unpacks to, stays below the cap")
def snappy_dense(target):
    cpu = target.cpu_seconds()
    with target.connect() as connection:
        error, _ = connection.produce("hostile", 0, batch(payload=bombs.snappy_bomb(20 << 20), count=1, attributes=2))
    assert error == 0, f"error {error}"
    cpu = target.cpu_seconds() - cpu
    assert cpu <= BOMB_CPU_SECONDS, f"{cpu:.2f} s of CPU"
    return "taken"


@case("H33", "lz4: a megabyte of matches, linked blocks, a content size of 2^63", kafka=KAFKA_UNPACKS)
def lz4_bomb(target):
    zeros = bombs.lz4_block(bombs.opening(1000), 1000)
    return bomb(target, 3, [
        ("matches", bombs.lz4_bomb(240 << 20)),
        ("linked", bombs.lz4_bomb(240 << 20, linked=True)),
        ("content size", bombs.lz4_frame([zeros], content_size=1 << 63)),
        ("a block longer than the data", bombs.lz4_frame([])[:-4] + b"\xff\xff\xff\x7f" + bytes(20)),
        ("a header alone", bombs.lz4_frame([])),
    ])


@case("H33", "zstd: repeated bytes, a window of 2 GiB, a frame of 2^62 bytes", kafka=KAFKA_UNPACKS)
def zstd_bomb(target):
    return bomb(target, 4, [
        ("repeated bytes", bombs.zstd_bomb()),
        ("window", bombs.zstd_bomb(1 << 20, window_log=31)),
        ("frame size", bombs.zstd_bomb(1 << 20, content_size=1 << 62)),
        ("a header alone", b"\x28\xb5\x2f\xfd\0\x38"),
    ])


@case("H33", "compressed bytes that are nothing of the kind")
def broken_codecs(target):
    cases = [(f"codec {c}", batch(payload=os.urandom(1000), count=1, attributes=c)) for c in (1, 2, 3, 4)]
    cases += [(f"codec {c}, empty", batch(payload=b"", count=1, attributes=c)) for c in (1, 2, 3, 4)]
    return all_refused(target, cases)


@case("H34", "codecs 5 to 7")
def unknown_codecs(target):
    return all_refused(target, [(str(c), batch(attributes=c)) for c in (5, 6, 7)])


@case("H35", "timestamps at both ends of time")
def timestamps(target):
    outcomes = []
    for stamp in (I64_MIN, -1, 0, I64_MAX, I64_MAX - 1, int(time.time() * 1000) + 10 * 365 * 86_400_000):
        for delta in (0, I64_MAX if stamp == 0 else 1):
            with target.connect() as connection:
                try:
                    error, _ = connection.produce("hostile", 0, batch([record(0, timestamp_delta=delta)], base_time=stamp, max_time=stamp))
                    assert error in REFUSED | {0, INVALID_TIMESTAMP}, f"timestamp {stamp} answered error {error}"
                    assert error != 0 or stamp <= time.time() * 1000, f"timestamp {stamp} was accepted"
                    outcomes.append(error)
                except Closed:
                    outcomes.append("closed")
    end = target.end("hostile")
    with target.connect() as connection:
        assert connection.produce("hostile", 0, batch([record(0, b"after")]))[0] == 0
        # Retention looks at the log every half second here; what is new stays.
        time.sleep(2)
        error, _, records = connection.fetch("hostile", 0, end)
    assert error == 0 and b"after" in records, "an ordinary record after them did not stay"
    return ", ".join(str(o) for o in outcomes)


@case("H36", "sequences: gaps, duplicates, wrap, epochs")
def sequences(target):
    with target.connect() as connection:
        def send(producer, epoch, sequence, count=1):
            records = [record(n) for n in range(count)]
            return connection.produce("hostile", 0, batch(records, producer=(producer, epoch, sequence)))

        first, epoch = connection.init_producer_id()
        sent = [send(first, epoch, n) for n in range(7)]
        assert all(error == 0 for error, _ in sent), f"errors {[e for e, _ in sent]}"
        assert send(first, epoch, 9)[0] == OUT_OF_ORDER_SEQUENCE, "a gap"
        for n in range(2, 7):
            assert send(first, epoch, n) == sent[n], f"sequence {n} again has its first answer"
        assert send(first, epoch, 0)[0] in (DUPLICATE_SEQUENCE, OUT_OF_ORDER_SEQUENCE), "a duplicate older than five batches"
        assert send(first, epoch, 7, count=3)[0] == 0
        assert send(first, epoch, 7)[0] in (DUPLICATE_SEQUENCE, OUT_OF_ORDER_SEQUENCE), "part of a batch"
        assert send(first, epoch + 1, 5)[0] == OUT_OF_ORDER_SEQUENCE, "a new epoch starts at 0"
        assert send(first, epoch + 1, 0)[0] == 0
        assert send(first, epoch, 10)[0] == INVALID_PRODUCER_EPOCH, "an old epoch"
        second, epoch = connection.init_producer_id()
        assert second != first, "another producer id"
        assert send(second, epoch, I32_MAX, count=2)[0] == 0, "a batch over the wrap"
        assert send(second, epoch, 1)[0] == 0, "after the wrap"
        assert send(second, epoch, I32_MAX)[0] in (OUT_OF_ORDER_SEQUENCE, DUPLICATE_SEQUENCE), "before the wrap again"
        for producer in ((second, -1, 2), (second, epoch, -1), (second, epoch, I32_MIN), (-1, 0, 0), (-5, epoch, 2), (second, -9, 2)):
            before = target.end("hostile")
            try:
                error, _ = connection.produce("hostile", 0, batch(producer=producer))
            except Closed:
                connection = target.connect()
                continue
            # Without a producer id the other two fields mean nothing.
            assert error != 0 or producer[0] < 0, f"{producer} was taken"
            assert target.end("hostile") == before or producer[0] < 0
    return "as the protocol says"


@case("H37", "a hundred thousand producer ids")
def many_producers(target):
    """PRODUCERS=10000000 for the long version."""
    count, window, errors = int(os.environ.get("PRODUCERS", "100000")), 200, 0
    with target.connect() as connection:
        waiting = 0
        for n in range(count):
            connection.send(request(PRODUCE, 7, produce_body("hostile", 0, batch(producer=(1 << 40 | n, 0, 0)))))
            waiting += 1
            if waiting == window or n == count - 1:
                for _ in range(waiting):
                    answer = connection.receive()
                    answer.take("i"), answer.string(), answer.take("i")
                    errors += answer.take("ihq")[1] != 0
                waiting = 0
    return f"{count - errors} taken, {errors} refused"


@case("H38", "transactional records without a transaction", kafka="it takes them unverified from old clients without a transactional id")
def transactional(target):
    with target.connect() as connection:
        producer, epoch = connection.init_producer_id()
    records = batch(attributes=0x10, producer=(producer, epoch, 0))
    # What an old client is told while nobody can verify its transaction: it tries again.
    not_verified = 19
    allowed = REFUSED | {not_verified, INVALID_TXN_STATE, INVALID_PRODUCER_EPOCH, UNSUPPORTED_VERSION, INVALID_PRODUCER_ID_MAPPING, TRANSACTIONAL_ID_AUTHORIZATION_FAILED}
    return ", ".join([
        target.refuses_batch(records, allowed),
        target.refuses_batch(records, allowed, transactional="t"),
        target.refuses_batch(batch(attributes=0x10), allowed, transactional="t"),
    ])
