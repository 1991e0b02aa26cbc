"""Fetches out of range, sessions without end, answers without limit."""

import time

from harness import case
from wire import FETCH, I32_MAX, I64_MAX, OFFSET_OUT_OF_RANGE, array, batch, i8, i32, i64, record, request, string


@case("H57", "offsets beyond the end, below the start, negative")
def out_of_range(target):
    with target.connect() as connection:
        for _ in range(3):
            assert connection.produce("hostile", 0, batch())[0] == 0
        end = target.end("hostile")
        error, low = connection.delete_records("hostile", 0, end - 1)
        assert (error, low) == (0, end - 1), f"DeleteRecords answered error {error}, low watermark {low}"
        for offset in (end + 1, I64_MAX, 0, end - 2, -1, -5):
            error, _, records = connection.fetch("hostile", 0, offset, max_wait=0)
            assert error == OFFSET_OUT_OF_RANGE and not records, f"offset {offset} answered error {error}"
        error, _, records = connection.fetch("hostile", 0, end, max_wait=0)
        assert error == 0 and not records, f"the end itself answered error {error}"
        error, _, records = connection.fetch("hostile", 0, end - 1, max_wait=0)
        assert error == 0 and records, "the last record is there"
    return "OFFSET_OUT_OF_RANGE"


def session_body(session, epoch, topics, forgotten=b"\0\0\0\0", max_wait=0):
    return i32(-1) + i32(max_wait) + i32(0) + i32(1000) + i8(0) + i32(session) + i32(epoch) + topics + forgotten


@case("H59", "20,000 fetch sessions opened, none closed")
def sessions(target):
    topics = array(string("hostile") + array(*[i32(p) + i64(0) + i64(-1) + i32(1000) for p in range(20)]))
    opened, full = set(), 0
    with target.connect() as connection:
        for _ in range(100):
            for n in range(200):
                connection.send(request(FETCH, 7, session_body(0, 0, topics), n))
            for _ in range(200):
                answer = connection.receive()
                _, error, session = answer.take("ihi")
                assert error == 0, f"opening a session answered error {error}"
                full += session == 0
                opened.add(session)
        for session, epoch, expected in ((123_456_789, 1, (70,)), (max(opened), 77, (70, 71))):
            answer = connection.ask(FETCH, 7, session_body(session, epoch, array()))
            _, error, _ = answer.take("ihi")
            assert error in expected, f"a session that is not there answered error {error}"
    return f"{len(opened)} ids handed out, {full} times none"


@case("H60", "a gigabyte asked for at once, by twenty readers that do not read")
def greedy(target):
    with target.connect() as connection:
        connection.create_topic("greedy", partitions=100)
        deadline = time.monotonic() + 60
        while any(connection.list_offset("greedy", p)[0] for p in (0, 50, 99)):
            assert time.monotonic() < deadline, "the partitions do not become usable"
            time.sleep(0.2)
        data = batch([record(0, b"g" * 900_000)])
        for partition in range(100):
            if connection.list_offset("greedy", partition)[1] == 0:
                assert connection.produce("greedy", partition, data)[0] == 0
    parts = [i32(p) + i64(0) + i32(I32_MAX) for p in range(100)]
    # The same hundred partitions ten times: a thousand entries of 2^31 - 1 bytes each.
    body = i32(-1) + i32(0) + i32(1) + i32(I32_MAX) + i8(0) + array(*[string("greedy") + array(*parts)] * 10)
    readers = [target.connect() for _ in range(20)]
    for reader in readers:
        reader.send(request(FETCH, 4, body))
    time.sleep(4)
    size = int.from_bytes(readers[0]._read(4), "big")
    for reader in readers:
        reader.socket.close()
    assert size <= 60 << 20, f"an answer of {size} bytes"
    return f"answers of {size / (1 << 20):.0f} MiB"
