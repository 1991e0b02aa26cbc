"""Requests whose counts, lengths and numbers lie."""

import os
import random

from harness import case, said
from wire import (ALTER_CONFIGS, API_VERSIONS, CREATE_PARTITIONS, CREATE_TOPICS, DELETE_RECORDS, DELETE_TOPICS, DESCRIBE_CLUSTER,
                  DESCRIBE_CONFIGS, DESCRIBE_LOG_DIRS, DESCRIBE_TOPIC_PARTITIONS, FETCH, I32_MAX, I32_MIN, I64_MAX, I64_MIN,
                  INCREMENTAL_ALTER_CONFIGS, INIT_PRODUCER_ID, INVALID_TOPIC, LIST_CONFIG_RESOURCES, LIST_OFFSETS, METADATA,
                  OFFSET_FOR_LEADER_EPOCH, PRODUCE, UNKNOWN_TOPIC_OR_PARTITION, Closed, array, batch, i8, i16, i32, i64, octets,
                  produce_body, request, string, uvarint)

# What stands before the first array, by key and version: the classic encoding, then the compact one.
BEFORE_ARRAY = [
    (PRODUCE, 7, string(None) + i16(-1) + i32(1000), False),
    (PRODUCE, 9, uvarint(0) + i16(-1) + i32(1000), True),
    (FETCH, 4, i32(-1) + i32(0) + i32(1) + i32(1000) + i8(0), False),
    (FETCH, 12, i32(-1) + i32(0) + i32(1) + i32(1000) + i8(0) + i32(0) + i32(-1), True),
    (LIST_OFFSETS, 2, i32(-1) + i8(0), False),
    (LIST_OFFSETS, 7, i32(-1) + i8(0), True),
    (METADATA, 4, b"", False),
    (METADATA, 12, b"", True),
    (CREATE_TOPICS, 4, b"", False),
    (CREATE_TOPICS, 7, b"", True),
    (DELETE_TOPICS, 3, b"", False),
    (DELETE_TOPICS, 6, b"", True),
    (DELETE_RECORDS, 1, b"", False),
    (DELETE_RECORDS, 2, b"", True),
    (OFFSET_FOR_LEADER_EPOCH, 3, i32(-1), False),
    (OFFSET_FOR_LEADER_EPOCH, 4, i32(-1), True),
    (DESCRIBE_CONFIGS, 2, b"", False),
    (DESCRIBE_CONFIGS, 4, b"", True),
    (ALTER_CONFIGS, 1, b"", False),
    (ALTER_CONFIGS, 2, b"", True),
    (INCREMENTAL_ALTER_CONFIGS, 0, b"", False),
    (INCREMENTAL_ALTER_CONFIGS, 1, b"", True),
    (CREATE_PARTITIONS, 1, b"", False),
    (CREATE_PARTITIONS, 3, b"", True),
    (DESCRIBE_LOG_DIRS, 1, b"", False),
    (DESCRIBE_LOG_DIRS, 3, b"", True),
    (LIST_CONFIG_RESOURCES, 1, b"", True),
    (DESCRIBE_TOPIC_PARTITIONS, 0, b"", True),
]


def tally(outcomes):
    counts = {}
    for outcome in outcomes:
        counts[outcome] = counts.get(outcome, 0) + 1
    return ", ".join(f"{n} {what}" for what, n in sorted(counts.items()))


@case("H16", "an array of 2,147,483,647 in every request")
def endless_arrays(target):
    outcomes = []
    for key, version, before, flexible in BEFORE_ARRAY:
        count = uvarint(I32_MAX + 1) if flexible else i32(I32_MAX)
        outcomes.append(said(target.judge(request(key, version, before + count + b"\0" * 64, flexible=flexible))))
    return tally(outcomes)


@case("H16", "nested arrays of 2,147,483,647, and negative ones")
def endless_nested(target):
    topic, many, minus = string("hostile"), i32(I32_MAX), i32(-5)
    bodies = []
    for count in (many, minus, i32(I32_MIN)):
        bodies += [
            (PRODUCE, 7, string(None) + i16(-1) + i32(1000) + i32(1) + topic + count),
            (FETCH, 4, i32(-1) + i32(0) + i32(1) + i32(1000) + i8(0) + i32(1) + topic + count),
            (LIST_OFFSETS, 2, i32(-1) + i8(0) + i32(1) + topic + count),
            (CREATE_TOPICS, 2, i32(1) + topic + i32(1) + i16(1) + count),
            (CREATE_TOPICS, 2, i32(1) + topic + i32(1) + i16(1) + i32(0) + count),
            (DELETE_RECORDS, 0, i32(1) + topic + count),
            (DESCRIBE_CONFIGS, 1, i32(1) + i8(2) + topic + count),
            (ALTER_CONFIGS, 0, i32(1) + i8(2) + topic + count),
            (METADATA, 4, count + i8(0)),
        ]
    return tally(said(target.judge(request(key, version, body))) for key, version, body in bodies)


@case("H17", "overlong and endless varints")
def varints(target):
    outcomes = []
    for raw in (b"\xff" * 5, b"\xff" * 10, b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", b"\x80\x80\x80\x80\x80\0", b"\x80", b"\xff\xff\xff\xff\x0f"):
        for key, version, before, flexible in BEFORE_ARRAY:
            if flexible:
                outcomes.append(said(target.judge(request(key, version, before + raw, flexible=True))))
    return tally(outcomes)


@case("H18", "30 MB that would decode to a gigabyte", kafka="it decodes every element that it was sent")
def nested(target):
    topic = i16(0) + i32(0)
    outcomes = [
        target.judge(request(METADATA, 4, i32(10_000_000) + i16(0) * 10_000_000 + i8(0)), seconds=60),
        target.judge(request(FETCH, 4, i32(-1) + i32(0) + i32(1) + i32(1000) + i8(0) + i32(5_000_000) + topic * 5_000_000), seconds=60),
        target.judge(request(LIST_OFFSETS, 2, i32(-1) + i8(0) + i32(5_000_000) + topic * 5_000_000), seconds=60),
        target.judge(request(PRODUCE, 7, string(None) + i16(-1) + i32(1000) + i32(5_000_000) + topic * 5_000_000), seconds=60),
        target.judge(request(DELETE_RECORDS, 0, i32(5_000_000) + topic * 5_000_000 + i32(1000)), seconds=60),
        target.judge(request(CREATE_TOPICS, 2, i32(2_000_000) + (i16(0) + i32(1) + i16(1) + i32(0) + i32(0)) * 2_000_000 + i32(1000) + i8(0)), seconds=60),
    ]
    return tally(said(o) for o in outcomes)


@case("H19", "strings longer than the request")
def long_strings(target):
    outcomes = []
    for length in (i16(32767), i16(-2), i16(-32768)):
        for key, version, body in (
            (METADATA, 4, i32(1) + length + b"abc"),
            (CREATE_TOPICS, 2, i32(1) + length + b"abc"),
            (PRODUCE, 7, length + b"abc"),
            (FETCH, 4, i32(-1) + i32(0) + i32(1) + i32(1000) + i8(0) + i32(1) + length + b"abc"),
            (INIT_PRODUCER_ID, 0, length + b"abc"),
        ):
            outcomes.append(said(target.judge(request(key, version, body))))
    return tally(outcomes)


@case("H20", "records longer than the request")
def long_bytes(target):
    outcomes = []
    for length in (I32_MAX, 100_000):
        outcomes.append(said(target.judge(request(PRODUCE, 7, records_of(length)))))
    return tally(outcomes)


def records_of(length):
    return string(None) + i16(-1) + i32(1000) + i32(1) + string("hostile") + i32(1) + i32(0) + i32(length) + b"x" * 50


@case("H20", "records of a negative length", kafka="it never answers records that are null")
def negative_bytes(target):
    return tally(said(target.judge(request(PRODUCE, 7, records_of(length)))) for length in (I32_MIN, -2, -1))


@case("H21", "bytes behind a whole request")
def trailing(target):
    end = target.end("hostile")
    outcomes = [
        target.judge(request(METADATA, 4, i32(0) + i8(0) + b"trailing")),
        target.judge(request(API_VERSIONS, 0, b"\0" * 1000)),
        target.judge(request(LIST_OFFSETS, 2, i32(-1) + i8(0) + i32(0) + b"x")),
        target.judge(request(PRODUCE, 7, produce_body("hostile", 0, batch()) + b"x")),
    ]
    assert target.end("hostile") - end <= 1
    return tally(said(o) for o in outcomes)


@case("H22", "the same topic or partition twice")
def duplicates(target):
    topic = string("hostile")
    one = i32(0) + octets(batch())
    part = i32(0) + i64(0) + i32(1000)
    offset = i32(0) + i64(-1)
    new = string("twice") + i32(1) + i16(1) + i32(0) + i32(0)
    end = target.end("hostile")
    outcomes = [
        target.judge(request(PRODUCE, 7, string(None) + i16(-1) + i32(1000) + array(topic + array(one, one)))),
        target.judge(request(PRODUCE, 7, string(None) + i16(-1) + i32(1000) + array(topic + array(one), topic + array(one)))),
        target.judge(request(FETCH, 4, i32(-1) + i32(0) + i32(1) + i32(1000) + i8(0) + array(topic + array(part, part)))),
        target.judge(request(LIST_OFFSETS, 2, i32(-1) + i8(0) + array(topic + array(offset, offset)))),
        target.judge(request(METADATA, 4, array(topic, topic) + i8(0))),
        target.judge(request(CREATE_TOPICS, 2, array(new, new) + i32(1000) + i8(0))),
        target.judge(request(DELETE_TOPICS, 1, array(string("twice"), string("twice")) + i32(1000))),
        target.judge(request(CREATE_PARTITIONS, 0, array(*[topic + i32(1) + i32(-1)] * 2) + i32(1000) + i8(0))),
        target.judge(request(DESCRIBE_CONFIGS, 1, array(*[i8(2) + topic + i32(-1)] * 2) + i8(0))),
        target.judge(request(DELETE_RECORDS, 0, array(topic + array(i32(0) + i64(0), i32(0) + i64(0))) + i32(1000))),
    ]
    assert target.end("hostile") - end <= 4, "more records than were sent"
    return tally(said(o) for o in outcomes)


@case("H23", "a million partitions in one request")
def million(target):
    count = 1_000_000
    name = string("no-such-topic")
    part = i32(7) + i64(0)
    outcomes = [
        target.judge(request(LIST_OFFSETS, 2, i32(-1) + i8(0) + i32(1) + name + i32(count) + part * count), seconds=60),
        target.judge(request(FETCH, 4, i32(-1) + i32(0) + i32(0) + i32(1000) + i8(0) + i32(1) + name + i32(count) + (part + i32(1000)) * count), seconds=60),
        target.judge(request(METADATA, 4, i32(count) + b"".join(string(f"n{n:07}") for n in range(count)) + i8(0)), seconds=60),
        target.judge(request(DESCRIBE_CONFIGS, 1, i32(count) + (i8(2) + string("n") + i32(0)) * count + i8(0)), seconds=60),
        target.judge(request(DELETE_RECORDS, 0, i32(1) + name + i32(count) + part * count + i32(1000)), seconds=60),
        target.judge(request(DESCRIBE_TOPIC_PARTITIONS, 0, uvarint(100_001) + (uvarint(2) + b"n\0") * 100_000 + i32(I32_MAX) + i8(-1) + b"\0", flexible=True), seconds=60),
    ]
    return tally(said(o) for o in outcomes)


@case("H23", "topics with a million partitions")
def wide_topics(target):
    for count in (1_000_000, I32_MAX):
        with target.connect() as connection:
            try:
                error = connection.create_topic("wide", partitions=count)
                assert error != 0, f"{count} partitions were made"
            except Closed:
                pass
    return "refused"


@case("H24", "negative partitions, offsets, timestamps, sizes, timeouts")
def negatives(target):
    topic = string("hostile")
    end = target.end("hostile")
    outcomes = []
    for partition in (-1, I32_MIN, I32_MAX):
        outcomes += [
            target.judge(request(PRODUCE, 7, produce_body("hostile", partition, batch()))),
            target.judge(request(FETCH, 4, i32(-1) + i32(0) + i32(0) + i32(1000) + i8(0) + array(topic + array(i32(partition) + i64(0) + i32(1000))))),
            target.judge(request(LIST_OFFSETS, 2, i32(-1) + i8(0) + array(topic + array(i32(partition) + i64(-1))))),
            target.judge(request(DELETE_RECORDS, 0, array(topic + array(i32(partition) + i64(0))) + i32(1000))),
            target.judge(request(OFFSET_FOR_LEADER_EPOCH, 3, i32(-1) + array(topic + array(i32(partition) + i32(0) + i32(0))))),
        ]
    for offset in (-2, I64_MIN, I64_MAX):
        outcomes += [
            target.judge(request(FETCH, 4, i32(-1) + i32(0) + i32(0) + i32(1000) + i8(0) + array(topic + array(i32(0) + i64(offset) + i32(1000))))),
            target.judge(request(DELETE_RECORDS, 0, array(topic + array(i32(0) + i64(offset))) + i32(1000))),
        ]
    for stamp in (-7, -100, I64_MIN, I64_MAX):
        outcomes.append(target.judge(request(LIST_OFFSETS, 2, i32(-1) + i8(0) + array(topic + array(i32(0) + i64(stamp))))))
    for number in (-1, I32_MIN):
        outcomes += [
            target.judge(request(FETCH, 4, i32(-1) + i32(number) + i32(number) + i32(number) + i8(0) + array(topic + array(i32(0) + i64(0) + i32(number))))),
            target.judge(request(CREATE_TOPICS, 2, array(string("minus") + i32(1) + i16(-9) + i32(0) + i32(0)) + i32(number) + i8(0))),
            target.judge(request(CREATE_TOPICS, 2, array(string("minus") + i32(min(number, -2)) + i16(1) + i32(0) + i32(0)) + i32(1000) + i8(0))),
            target.judge(request(CREATE_PARTITIONS, 0, array(topic + i32(number) + i32(-1)) + i32(1000) + i8(0))),
            target.judge(request(INIT_PRODUCER_ID, 0, string("t") + i32(number))),
            target.judge(request(OFFSET_FOR_LEADER_EPOCH, 3, i32(number) + array(topic + array(i32(0) + i32(number) + i32(number))))),
        ]
    outcomes.append(target.judge(request(FETCH, 4, i32(-1) + i32(0) + i32(0) + i32(1000) + i8(99) + array())))
    for acks in (2, -2, 32767):
        outcomes.append(target.judge(request(PRODUCE, 7, produce_body("hostile", 0, batch(), acks=acks))))
    for replica in (-2, 1, 99, I32_MIN):
        outcomes.append(target.judge(request(FETCH, 4, i32(replica) + i32(0) + i32(0) + i32(1000) + i8(0) + array(topic + array(i32(0) + i64(0) + i32(1000))))))
    assert target.end("hostile") == end, "something was written"
    return tally(said(o) for o in outcomes)


@case("H24", "a produce timeout of -1 and of i32::MIN")
def produce_timeouts(target):
    outcomes = [target.judge(request(PRODUCE, 7, produce_body("hostile", 0, batch(), timeout=t))) for t in (-1, I32_MIN, I32_MAX)]
    return tally(said(o) for o in outcomes)


@case("H46", "topic names that are paths, too long, empty, not ASCII")
def topic_names(target):
    before = sorted(os.listdir(target.data)) if target.data else []
    names = ["../x", "..", ".", "", "a/b", "/etc/passwd", "a\0b", "ü", "x" * 250, "x" * 32767, "a b", b"\xff\xfe", "a\n", "..\\x", "%2e%2e"]
    errors = []
    for name in names:
        with target.connect() as connection:
            try:
                error = connection.create_topic(name)
                assert error == INVALID_TOPIC or error == -1 and len(name) > 1000, f"creating {name[:20]!r} answered error {error}"
                error, _ = connection.produce(name, 0, batch())
                assert error in (INVALID_TOPIC, UNKNOWN_TOPIC_OR_PARTITION), f"producing to {name[:20]!r} answered error {error}"
                error, _, _ = connection.fetch(name, 0, 0, max_wait=0)
                assert error in (INVALID_TOPIC, UNKNOWN_TOPIC_OR_PARTITION), f"fetching {name[:20]!r} answered error {error}"
                answer = connection.ask(METADATA, 4, array(string(name)) + i8(1))
                errors.append("refused")
                assert answer is not None
            except Closed:
                errors.append("closed")
    after = sorted(os.listdir(target.data)) if target.data else []
    assert [n for n in after if n not in before and not n.startswith(("good", "hostile", "unread"))] == [], "a directory appeared"
    return tally(errors)


@case("fuzz", "random bodies for every key and version that is advertised")
def random_bodies(target):
    with target.connect() as connection:
        answer = connection.ask(API_VERSIONS, 0)
        answer.take("h")
        keys = [answer.take("hhh") for _ in range(answer.take("i"))]
    random_source = random.Random(20_261)
    outcomes = []
    for key, low, high in keys:
        for version in range(max(0, low), high + 1):
            for size in (0, 1, 7, 40, 400):
                body = random_source.randbytes(size) if size % 2 else bytes(random_source.choice((0, 0, 0, 1, 2, 255)) for _ in range(size))
                # A shutdown, an unregistration and the like are asked by nobody in random bytes; a long poll may wait.
                with target.connect(timeout=8) as connection:
                    try:
                        connection.send(request(key, version, body, flexible=size % 3 == 0))
                        connection.receive()
                        outcomes.append("answered")
                    except Closed:
                        outcomes.append("closed")
                    except TimeoutError:
                        outcomes.append("silent")
    silent = outcomes.count("silent")
    assert silent <= len(outcomes) // 100, f"{silent} of {len(outcomes)} got neither answer nor close"
    return tally(outcomes)
