"""Record batches: made as requests need them, right and wrong, and shown as answers hold them."""

import hashlib
import os
import struct
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "hostile"))

from wire import batch, crc32c, i8, i32, i64, record  # noqa: E402

# A time that is the same in every run; the broker of this suite keeps records for ever.
TIME = 1_700_000_000_000
HEAD = struct.Struct(">qiibIhiqqqhii")
HEAD_FIELDS = ("base_offset", "length", "leader_epoch", "magic", "crc", "attributes", "last_delta", "base_timestamp", "max_timestamp",
               "producer_id", "producer_epoch", "base_sequence", "count")
TRANSACTIONAL, CONTROL = 0x10, 0x20


def records(*values, time=TIME, key=None, **fields):
    """A batch with these values, one record each; fields as `batch` has them."""
    rows = [record(n, value.encode() if isinstance(value, str) else value, key=key) for n, value in enumerate(values)]
    return batch(rows, base_time=time, **fields)


def transactional(producer, epoch, sequence, *values):
    return records(*values, attributes=TRANSACTIONAL, producer=(producer, epoch, sequence))


def old_message(value, magic=1, time=TIME):
    """A message of the formats before batches."""
    body = i8(magic) + i8(0) + (i64(time) if magic else b"") + i32(-1) + i32(len(value)) + value
    message = struct.pack(">I", zlib.crc32(body)) + body
    return i64(0) + i32(len(message)) + message


def shown(data):
    """What an answer's records hold, with the checksum judged."""
    if data is None:
        return None
    batches = []
    while len(data) >= HEAD.size:
        head = dict(zip(HEAD_FIELDS, HEAD.unpack_from(data)))
        whole = data[:12 + head["length"]]
        if head["magic"] != 2 or len(whole) < 12 + head["length"]:
            break
        head["crc"] = "right" if crc32c(whole[21:]) == head["crc"] else "WRONG"
        rest = whole[HEAD.size:]
        head["records"] = rest.hex() if len(rest) <= 64 else f"{len(rest)} bytes, {hashlib.sha1(rest).hexdigest()[:12]}"
        batches.append(head)
        data = data[len(whole):]
    if data:
        batches.append(f"{len(data)} bytes more")
    return batches

