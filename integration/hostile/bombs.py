"""Compressed data that unpacks to far more than it is, in each of Kafka's codecs, made without any codec library."""

import struct
import zlib

from wire import uvarint, varint

GIB = 1 << 30


def opening(size):
    """The first bytes of a record whose value has `size` bytes, all of them zero."""
    inner = b"\0" + varint(0) + varint(0) + varint(-1) + varint(size)
    return varint(len(inner) + size + 1) + inner


def gzip_bomb(size=GIB):
    start = opening(size)
    piece = 1 << 24
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = pack.compress(start) + pack.flush(zlib.Z_FULL_FLUSH)
    body = pack.compress(bytes(piece)) + pack.flush(zlib.Z_FULL_FLUSH)
    tail = pack.compress(b"\0") + pack.flush(zlib.Z_FINISH)
    crc, zeros = zlib.crc32(start), bytes(piece)
    for _ in range(size // piece):
        crc = zlib.crc32(zeros, crc)
    crc = zlib.crc32(b"\0", crc)
    total = len(start) + size + 1
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + head + body * (size // piece) + tail + struct.pack("<II", crc, total & 0xFFFFFFFF)


def _rotate(value, bits): return ((value << bits) | (value >> (32 - bits))) & 0xFFFFFFFF


def xxh32(data):
    """xxHash32 with seed 0 of fewer than 16 bytes: what an LZ4 frame's header needs."""
    prime1, prime2, prime3, prime4, prime5 = 2654435761, 2246822519, 3266489917, 668265263, 374761393
    h = (prime5 + len(data)) & 0xFFFFFFFF
    at = 0
    while at + 4 <= len(data):
        h = (h + struct.unpack_from("<I", data, at)[0] * prime3) & 0xFFFFFFFF
        h = _rotate(h, 17) * prime4 & 0xFFFFFFFF
        at += 4
    for byte in data[at:]:
        h = _rotate((h + byte * prime5) & 0xFFFFFFFF, 11) * prime1 & 0xFFFFFFFF
    h = (h ^ h >> 15) * prime2 & 0xFFFFFFFF
    h = (h ^ h >> 13) * prime3 & 0xFFFFFFFF
    return h ^ h >> 16


def lz4_block(start, size):
    """One LZ4 block: the literal bytes, then `size` zeros: one of them literal, a long match, five literal ones as the format asks."""
    literals = start + b"\0"
    assert len(literals) < 15 + 255
    token = bytes([0xFF, len(literals) - 15]) if len(literals) >= 15 else bytes([len(literals) << 4 | 15])
    match = size - 6 - 19
    return token + literals + b"\x01\0" + b"\xff" * (match // 255) + bytes([match % 255]) + b"\x50" + bytes(5)


def lz4_frame(blocks, flags=0x60, block_size=0x70, content_size=None):
    descriptor = bytes([flags | (8 if content_size is not None else 0), block_size])
    if content_size is not None:
        descriptor += struct.pack("<Q", content_size)
    out = b"\x04\x22\x4d\x18" + descriptor + bytes([xxh32(descriptor) >> 8 & 0xFF])
    for block in blocks:
        out += struct.pack("<I", len(block)) + block
    return out + bytes(4)


def lz4_bomb(size=GIB // 4, linked=False):
    """4 MiB blocks of zeros; 16 KiB each when packed."""
    block = 4 * 1024 * 1024 - 64
    count = size // block
    first, last = lz4_block(opening(count * block), block), lz4_block(b"", block + 1)
    return lz4_frame([first] + [lz4_block(b"", block)] * (count - 2) + [last], flags=0x40 if linked else 0x60)


def zstd_bomb(size=GIB, window_log=None, content_size=None):
    """Blocks of 128 KiB, each four bytes long: one byte, repeated."""
    block = 1 << 17
    start = opening(size)
    if content_size is not None:
        out = b"\x28\xb5\x2f\xfd" + bytes([0xC0, (17 - 10) << 3]) + struct.pack("<Q", content_size)
    else:
        out = b"\x28\xb5\x2f\xfd" + bytes([0x00, ((window_log or 17) - 10) << 3])
    out += struct.pack("<I", len(start) << 3)[:3] + start
    out += (struct.pack("<I", block << 3 | 1 << 1)[:3] + b"\0") * (size // block)
    return out + struct.pack("<I", 1 << 3 | 1)[:3] + b"\0"


def snappy_raw(size):
    """Zeros as copies of 64 bytes, three bytes each: the most that the format gives."""
    start = opening(size)
    literal = start + b"\0"
    copies = size // 64
    return uvarint(len(start) + 1 + copies * 64) + bytes([(len(literal) - 1) << 2]) + literal + b"\xfe\x01\0" * copies


def xerial(*chunks):
    return b"\x82SNAPPY\0" + struct.pack(">ii", 1, 1) + b"".join(struct.pack(">i", len(c)) + c for c in chunks)


def snappy_bomb(size=1 << 24): return xerial(snappy_raw(size))


def snappy_claims(size):
    """A chunk whose header promises `size` bytes and holds three."""
    return xerial(uvarint(size) + b"\x08abc")


def snappy_long_chunk(): return b"\x82SNAPPY\0" + struct.pack(">iii", 1, 1, 0x7FFFFFFF) + b"\0" * 32
