"""GetTelemetrySubscriptions and PushTelemetry (KIP-714), one row for each answer, ordinary and wrong. Argument: host:port."""

import gzip
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "hostile"))
from wire import API_VERSIONS, INCREMENTAL_ALTER_CONFIGS, Connection, array, i8, i32, string, uvarint  # noqa: E402

GET, PUSH, CLIENT_METRICS = 71, 72, 16
# So long that a busy machine asks twice within it.
INTERVAL = 3.0
ME = 0x1234567890ABCDEF1234567890


def connect(address):
    """A connection of a client that has named its software."""
    connection = Connection(address)
    connection.ask(API_VERSIONS, 3, uvarint(5) + b"test" + uvarint(4) + b"1.0" + b"\0", flexible=True)
    return connection


def alter(connection, name, configs):
    entries = [string(key) + i8(0) + string(value) for key, value in configs]
    answer = connection.ask(INCREMENTAL_ALTER_CONFIGS, 0, array(i8(CLIENT_METRICS) + string(name) + array(*entries)) + i8(0))
    answer.take("i"), answer.take("i")
    return answer.take("h")


def get(connection, client):
    """Error, id, subscription, codecs, interval, largest push, whether changes are wanted, metrics."""
    answer = connection.ask(GET, 0, client.to_bytes(16, "big") + b"\0", flexible=True)
    answer.take("b"), answer.take("i")
    error, own, subscription = answer.take("h"), answer.bytes(16).hex(), answer.take("i")
    codecs = [answer.take("b") for _ in range(max(answer.take("b") - 1, 0))]
    interval, largest, changes = answer.take("iib")
    metrics = [answer.bytes(answer.take("b") - 1).decode() for _ in range(max(answer.take("b") - 1, 0))]
    return error, own, subscription, codecs, interval, largest, changes, metrics


def push(connection, client, subscription, terminating=0, codec=0, data=b""):
    body = client.to_bytes(16, "big") + i32(subscription) + i8(terminating) + i8(codec) + uvarint(len(data) + 1) + data + b"\0"
    answer = connection.ask(PUSH, 0, body, flexible=True)
    answer.take("b"), answer.take("i")
    return answer.take("h")


def later():
    time.sleep(INTERVAL * 1.1)


def row(what, *answer): print(what + ":", *answer)


def subscribed(connection):
    row("nothing matches", get(connection, ME))
    row("again", get(connection, ME))
    prefixes = "org.apache.kafka.producer.,org.apache.kafka.consumer.,a,b,org.apache.kafka.admin."
    configs = [("metrics", prefixes), ("interval.ms", str(int(INTERVAL * 1000))), ("match", "client_software_name=te.*,client_id=hostile")]
    row("alter", alter(connection, "m", configs))
    later()
    told = get(connection, ME)
    row("a subscription", told)
    return told[2]


def pushed(connection, subscription):
    row("push for another subscription", push(connection, ME, subscription + 1))
    row("get at once", get(connection, ME))
    row("get again", get(connection, ME)[0])
    row("push too soon", push(connection, ME, subscription))
    later()
    row("push nothing", push(connection, ME, subscription))
    later()
    row("codec 7", push(connection, ME, subscription, codec=7), "then get", get(connection, ME)[0])
    later()
    row("too large", push(connection, ME, subscription, data=bytes((1 << 20) + 1)), "then get", get(connection, ME)[0])
    later()
    row("a bomb", push(connection, ME, subscription, codec=1, data=gzip.compress(bytes(1 << 21))), "then get", get(connection, ME)[0])
    later()
    row("no gzip", push(connection, ME, subscription, codec=1, data=b"xyz"))
    row("the last push", push(connection, ME, subscription, terminating=1))
    row("a push after it", push(connection, ME, subscription), "then get", get(connection, ME)[0])


def odd(address, connection):
    for client in (0, 1):
        row(f"push of client {client}", push(connection, client, 0))
    row("get of client 1", get(connection, 1))
    row("get without an id", get(connection, 0)[4:])
    with connect(address) as other:
        row("another client", get(other, 0x99)[0])
    time.sleep(0.5)
    with connect(address) as other:
        row("it comes back on another connection", get(other, 0x99)[0])
    row("alter", alter(connection, "n", [("metrics", "*")]))
    later()
    with connect(address) as other:
        row("all metrics", get(other, 0x77))
        row("a first push without a question", push(other, 0x78, 0))


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    address = (host, int(port))
    with connect(address) as connection:
        pushed(connection, subscribed(connection))
        odd(address, connection)


main()
