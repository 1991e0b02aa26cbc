"""Just enough of Kafka's wire protocol to say it wrongly: primitives, headers, record batches, a connection."""

import socket
import struct
import time

PRODUCE, FETCH, LIST_OFFSETS, METADATA = 0, 1, 2, 3
API_VERSIONS, CREATE_TOPICS, DELETE_TOPICS, DELETE_RECORDS = 18, 19, 20, 21
INIT_PRODUCER_ID, OFFSET_FOR_LEADER_EPOCH = 22, 23
DESCRIBE_CONFIGS, ALTER_CONFIGS, DESCRIBE_LOG_DIRS, CREATE_PARTITIONS = 32, 33, 35, 37
INCREMENTAL_ALTER_CONFIGS, DESCRIBE_CLUSTER, LIST_CONFIG_RESOURCES, DESCRIBE_TOPIC_PARTITIONS = 44, 60, 74, 75

I32_MAX, I32_MIN, I64_MAX, I64_MIN = 2**31 - 1, -(2**31), 2**63 - 1, -(2**63)

OFFSET_OUT_OF_RANGE, CORRUPT_MESSAGE, UNKNOWN_TOPIC_OR_PARTITION = 1, 2, 3
MESSAGE_TOO_LARGE, INVALID_TOPIC, RECORD_LIST_TOO_LARGE = 10, 17, 18
INVALID_TIMESTAMP, UNSUPPORTED_VERSION, INVALID_REQUEST = 32, 35, 42
OUT_OF_ORDER_SEQUENCE, DUPLICATE_SEQUENCE, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE = 45, 46, 47, 48
UNSUPPORTED_COMPRESSION, INVALID_RECORD = 76, 87


def i8(n): return struct.pack(">b", n)
def i16(n): return struct.pack(">h", n)
def i32(n): return struct.pack(">i", n)
def i64(n): return struct.pack(">q", n)


def string(text):
    """A nullable string; bytes go as they are."""
    if text is None:
        return i16(-1)
    raw = text if isinstance(text, bytes) else text.encode()
    return i16(len(raw)) + raw


def octets(raw): return i32(-1) if raw is None else i32(len(raw)) + raw
def array(*items): return i32(len(items)) + b"".join(items)


def uvarint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def varint(n): return uvarint((n << 1) ^ (n >> 63) if n >= 0 else ((-n) << 1) - 1)


def header(key, version, correlation=1, client=b"hostile", flexible=False):
    return i16(key) + i16(version) + i32(correlation) + string(client) + (b"\0" if flexible else b"")


def frame(payload): return i32(len(payload)) + payload


def request(key, version, body=b"", correlation=1, flexible=False):
    return frame(header(key, version, correlation, flexible=flexible) + body)


def _crc_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = (n >> 1) ^ 0x82F63B78 if n & 1 else n >> 1
        table.append(n)
    return table


_TABLE = _crc_table()


def crc32c(data):
    crc, table = 0xFFFFFFFF, _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def record(delta, value=b"v", key=None, timestamp_delta=0, headers=b"\0", length=None):
    body = b"\0" + varint(timestamp_delta) + varint(delta)
    body += varint(-1) if key is None else varint(len(key)) + key
    body += varint(-1) if value is None else varint(len(value)) + value
    body += headers
    return varint(len(body) if length is None else length) + body


def batch(records=None, count=None, last_delta=None, attributes=0, magic=2, base_time=None, max_time=None, producer=(-1, -1, -1),
          crc=None, length=None, base_offset=0, payload=None):
    """A record batch v2; every field may be set to something untrue."""
    records = [record(0)] if records is None else records
    now = int(time.time() * 1000)
    base_time = now if base_time is None else base_time
    payload = b"".join(records) if payload is None else payload
    count = len(records) if count is None else count
    tail = i16(attributes) + i32(count - 1 if last_delta is None else last_delta)
    tail += i64(base_time) + i64(base_time if max_time is None else max_time)
    tail += i64(producer[0]) + i16(producer[1]) + i32(producer[2]) + i32(count) + payload
    crc = crc32c(tail) if crc is None else crc
    length = 9 + len(tail) if length is None else length
    return i64(base_offset) + i32(length) + i32(-1) + struct.pack(">bI", magic, crc) + tail


def produce_body(topic, partition, records, acks=-1, timeout=10000, transactional=None):
    return string(transactional) + i16(acks) + i32(timeout) + array(string(topic) + array(i32(partition) + octets(records)))


class Closed(Exception):
    """The broker closed the connection."""


class Reader:
    def __init__(self, data): self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from(">" + form, self.data, self.at)
        self.at += struct.calcsize(">" + form)
        return values[0] if len(values) == 1 else values

    def string(self):
        length = self.take("h")
        return None if length < 0 else self.bytes(length)

    def bytes(self, length):
        self.at += length
        return self.data[self.at - length:self.at]


class Connection:
    """One blocking connection with a deadline on every operation."""

    def __init__(self, address, timeout=30.0):
        self.socket = socket.create_connection(address, timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self): return self
    def __exit__(self, *_): self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as e:
            raise Closed from e

    def _read(self, count):
        parts = []
        while count:
            try:
                part = self.socket.recv(min(count, 1 << 20))
            except ConnectionResetError as e:
                raise Closed from e
            if not part:
                raise Closed
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def receive(self):
        """The next response, its frame length taken off: a Reader behind the correlation id, which is kept."""
        size = struct.unpack(">i", self._read(4))[0]
        reader = Reader(self._read(size))
        self.correlation = reader.take("i")
        return reader

    def ask(self, key, version, body=b"", correlation=1, flexible=False):
        self.send(request(key, version, body, correlation, flexible))
        return self.receive()

    def closed_within(self, seconds):
        """True when the broker closes without another byte."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except (TimeoutError, socket.timeout):
            return False

    # What the cases ask again and again.

    def produce(self, topic, partition, records, acks=-1, version=7, transactional=None):
        """(error code, base offset)"""
        answer = self.ask(PRODUCE, version, produce_body(topic, partition, records, acks, transactional=transactional))
        answer.take("i"), answer.string(), answer.take("i")
        _, error, offset = answer.take("ihq")
        return error, offset

    def list_offset(self, topic, partition, timestamp=-1):
        """(error code, offset)"""
        body = i32(-1) + i8(0) + array(string(topic) + array(i32(partition) + i64(timestamp)))
        answer = self.ask(LIST_OFFSETS, 2, body)
        answer.take("i"), answer.take("i"), answer.string(), answer.take("i")
        _, error, _, offset = answer.take("ihqq")
        return error, offset

    def tier_offset(self, topic, timestamp):
        """(error code, offset) of partition 0 for -4, -5 and -6, which only the compact versions know."""
        name = uvarint(len(topic) + 1) + topic.encode()
        body = i32(-1) + i8(0) + uvarint(2) + name + uvarint(2) + i32(0) + i32(-1) + i64(timestamp) + bytes(2) + i32(10000) + b"\0"
        answer = self.ask(LIST_OFFSETS, 11, body, flexible=True)
        answer.take("b"), answer.take("i"), answer.take("b"), answer.bytes(len(name)), answer.take("b")
        _, error, _, offset = answer.take("ihqq")
        return error, offset

    def create_topic(self, name, partitions=1, configs=(), replication=1, timeout=10000):
        entries = [string(k) + string(v) for k, v in configs]
        body = array(string(name) + i32(partitions) + i16(replication) + array() + array(*entries)) + i32(timeout) + i8(0)
        answer = self.ask(CREATE_TOPICS, 2, body)
        answer.take("i"), answer.take("i"), answer.string()
        return answer.take("h")

    def fetch(self, topic, partition, offset, max_bytes=1 << 20, max_wait=500, min_bytes=1, partition_max_bytes=None):
        """(error code, high watermark, records). Before version 6 a storage error is called NOT_LEADER_OR_FOLLOWER."""
        part = i32(partition) + i64(offset) + i64(0) + i32(max_bytes if partition_max_bytes is None else partition_max_bytes)
        body = i32(-1) + i32(max_wait) + i32(min_bytes) + i32(max_bytes) + i8(0) + array(string(topic) + array(part))
        answer = self.ask(FETCH, 6, body)
        answer.take("i"), answer.take("i"), answer.string(), answer.take("i")
        _, error, high, _, _ = answer.take("ihqqq")
        for _ in range(max(0, answer.take("i"))):
            answer.take("qq")
        return error, high, answer.bytes(max(0, answer.take("i")))

    def delete_records(self, topic, partition, offset):
        body = array(string(topic) + array(i32(partition) + i64(offset))) + i32(10000)
        answer = self.ask(DELETE_RECORDS, 0, body)
        answer.take("i"), answer.take("i"), answer.string(), answer.take("i")
        _, low, error = answer.take("iqh")
        return error, low

    def init_producer_id(self):
        answer = self.ask(INIT_PRODUCER_ID, 0, string(None) + i32(60000))
        _, error, producer, epoch = answer.take("ihqh")
        assert error == 0, f"InitProducerId answered error {error}"
        return producer, epoch
