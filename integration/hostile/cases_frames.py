"""Frames, headers, connections: what arrives before any request is understood."""

import os
import socket
import struct
import time

from harness import case, said
from wire import (API_VERSIONS, FETCH, I32_MAX, I32_MIN, METADATA, UNSUPPORTED_VERSION, Closed, array, batch, frame, header, i8, i16, i32, i64,
                  record, request, string, uvarint)


@case("H1", "negative frame length")
def negative_length(target):
    for length in (-1, I32_MIN):
        target.closes(i32(length) + b"x" * 100)
    return "closed"


@case("H2", "frame of length 0")
def empty_frame(target):
    target.closes(i32(0))
    return "closed"


@case("H3", "length above the limit")
def oversized(target):
    for length in (100 * 1024 * 1024 + 1, I32_MAX):
        target.closes(i32(length) + b"x" * 1000)
    return "closed"


@case("H3", "forty connections that announce 90 MiB and send a little", kafka="it reserves what the length says")
def announced(target):
    connections = [target.connect() for _ in range(40)]
    for connection in connections:
        connection.send(i32(90 * 1024 * 1024) + header(METADATA, 1) + b"x" * 10_000)
    time.sleep(2)
    for connection in connections:
        connection.socket.close()
    return "nothing reserved"


@case("H4", "2,000 connections that send a byte now and then", kafka="it reserves what the length says")
def slowloris(target):
    before = target.rss()
    connections = []
    refused = 0
    for _ in range(2000):
        try:
            connection = target.connect(timeout=5)
            connection.send(i32(1 << 20) + b"\0")
            connections.append(connection)
        except (Closed, OSError):
            refused += 1
    for _ in range(3):
        time.sleep(2)
        for connection in connections:
            try:
                connection.send(b"\0")
            except Closed:
                pass
    each = (target.rss() - before) / max(1, len(connections))
    for connection in connections:
        connection.socket.close()
    # Without optimisation the allocator and the stacks take half as much again.
    allowed = (24 if "/debug/" in os.readlink(f"/proc/{target.pid}/exe") else 16) * 1024
    assert each <= allowed, f"{each:.0f} bytes for each connection"
    return f"{each:.0f} bytes each, {refused} refused"


@case("H5", "1,000 half frames, then FIN or RST")
def half_frames(target):
    before = target.descriptors()
    for n in range(1000):
        with target.connect() as connection:
            connection.send(i32(1000) + b"x" * 500)
            if n % 2:
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    deadline = time.monotonic() + 10
    while target.descriptors() > before + 10:
        assert time.monotonic() < deadline, f"{target.descriptors() - before} descriptors stay open"
        time.sleep(0.1)
    return "descriptors freed"


@case("H6", "HTTP, TLS and SSH on the Kafka port")
def other_protocols(target):
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(507)
    for opening in (b"GET / HTTP/1.1\r\nHost: broker\r\n\r\n", hello, b"SSH-2.0-OpenSSH_9.2\r\n", b"\x1f\x8b\x08\0" * 20):
        target.closes(opening)
    return "closed"


@case("H11", "20 million tagged fields", kafka="it keeps every unknown field and runs out of memory")
def tagged_fields(target):
    head = header(API_VERSIONS, 3)
    body = uvarint(8) + b"hostile" + uvarint(2) + b"1" + b"\0"
    outcomes = [
        target.judge(frame(head + uvarint(20_000_000) + body)),
        target.judge(frame(head + uvarint(20_000_000) + b"\x64\0" * 20_000_000 + body), seconds=60),
        target.judge(frame(head + b"\0" + body[:-1] + uvarint(0xFFFFFFFF))),
        target.judge(frame(head + uvarint(1) + uvarint(7) + uvarint(0xFFFFFFF) + body)),
    ]
    return ", ".join(said(o) for o in outcomes)


@case("H12", "unknown keys and versions")
def unknown_versions(target):
    for key, version in ((999, 0), (-1, 0), (METADATA, -1), (METADATA, 32767), (FETCH, 0), (7, 0)):
        target.closes(request(key, version))
    target.judge(request(API_VERSIONS, -1))
    with target.connect() as connection:
        answer = connection.ask(API_VERSIONS, 99, flexible=True)
        assert answer.take("h") == UNSUPPORTED_VERSION, "the error is UNSUPPORTED_VERSION"
        keys = [answer.take("hhh") for _ in range(answer.take("i"))]
        assert any(k[0] == API_VERSIONS for k in keys), "and its own versions are named"
        # The connection lives on.
        assert connection.ask(API_VERSIONS, 0).take("h") == 0
    return "closed; ApiVersions names its versions"


@case("H13", "client ids that are absent, too long, not UTF-8")
def client_ids(target):
    outcomes = []
    for raw in (i16(-1), i16(-2), i16(32767), i16(4) + b"\xff\xfe\x80\x80", i16(32767) + b"a" * 32767):
        outcomes.append(said(target.judge(frame(i16(API_VERSIONS) + i16(0) + i32(1) + raw))))
    assert outcomes[0] == "answered", "no client id is allowed"
    return ", ".join(outcomes)


@case("H14", "10,000 requests in flight, answers unread, then read in order")
def pipelined(target):
    sent, count = 0, 10_000
    data = b"".join(request(METADATA, 4, i32(-1) + i8(0), n) for n in range(count))
    with target.connect() as connection:
        connection.socket.setblocking(False)
        deadline = time.monotonic() + 5
        while sent < len(data) and time.monotonic() < deadline:
            try:
                sent += connection.socket.send(data[sent:sent + 65536])
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:
                return "dropped"
        connection.socket.setblocking(True)
        connection.socket.settimeout(30)
        whole = sent // (len(data) // count)
        for n in range(whole):
            connection.receive()
            assert connection.correlation == n, f"answer {connection.correlation} came as number {n}"
    return f"{whole} answered in order"


@case("H14", "requests for large answers, never read")
def unread(target):
    """Each asks for ten megabytes; forty connections ask a hundred times."""
    with target.connect() as connection:
        if connection.create_topic("unread") == 0:
            time.sleep(1)
        while connection.list_offset("unread", 0)[1] < 12:
            connection.produce("unread", 0, batch([record(0, b"u" * 900_000)]))
    part = i32(0) + i64(0) + i32(10_000_000)
    body = i32(-1) + i32(100) + i32(1) + i32(10_000_000) + i8(0) + array(string("unread") + array(part))
    data = b"".join(request(FETCH, 4, body, n) for n in range(100))
    connections = [target.connect() for _ in range(40)]
    for connection in connections:
        connection.send(data)
    time.sleep(5)
    for connection in connections:
        connection.socket.close()
    return "bounded"


@case("H15", "3,000 idle connections; the existing ones go on")
def idle(target):
    connections, refused = [], 0
    for _ in range(3000):
        try:
            connections.append(target.connect(timeout=5))
        except OSError:
            refused += 1
    time.sleep(1)
    target.probe()
    for connection in connections:
        connection.socket.close()
    return f"{len(connections)} open, {refused} refused"
