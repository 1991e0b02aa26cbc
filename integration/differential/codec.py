"""Writes requests and reads responses by the schema, in any version. Reading is strict: what is left over, or what the version's
schema does not allow, is an error and so a difference."""

import base64
import struct

from schema import INT_FORMS


class Malformed(Exception):
    """The bytes are not what the schema says."""


def uvarint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def count(n, flexible, form="i"):
    """A length; None is null."""
    n = -1 if n is None else n
    return uvarint(n + 1) if flexible else struct.pack(">" + form, n)


def check_names(fields, value):
    unknown = set(value) - {field.name for field in fields} - {"_tags"}
    assert not unknown, f"no field is called {', '.join(sorted(unknown))}"


def encode_struct(fields, version, flexible, value):
    check_names(fields, value)
    out, tags = bytearray(), {}
    for field in fields:
        if not field.within(version):
            continue
        if field.tag is not None:
            if field.name in value:
                tags[field.tag] = encode_field(field, version, flexible, value[field.name])
            continue
        out += encode_field(field, version, flexible, value.get(field.name, field.zero()))
    if flexible:
        tags.update(value.get("_tags", {}))
        out += uvarint(len(tags))
        for tag in sorted(tags):
            out += uvarint(tag) + uvarint(len(tags[tag])) + tags[tag]
    return bytes(out)


def encode_field(field, version, flexible, value):
    if not field.array:
        return encode_one(field, version, flexible, value)
    if value is None:
        return count(None, flexible)
    return count(len(value), flexible) + b"".join(encode_one(field, version, flexible, item) for item in value)


def encode_one(field, version, flexible, value):
    base = field.base
    if base in INT_FORMS:
        return struct.pack(">" + INT_FORMS[base], value)
    if base == "bool":
        return b"\1" if value else b"\0"
    if base == "f64":
        return struct.pack(">d", value)
    if base == "uuid":
        return value
    if base in ("string", "bytes", "records"):
        form = "h" if base == "string" else "i"
        if value is None:
            return count(None, flexible, form)
        raw = value.encode() if isinstance(value, str) else value
        return count(len(raw), flexible, form) + raw
    nullable = field.may_be_null(version) and not field.array
    if value is None:
        return b"\xff"
    return (b"\1" if nullable else b"") + encode_struct(field.fields, version, flexible, value)


def encode_request(message, version, fields, correlation=7, client="diff"):
    """Header and body, without the frame's length."""
    flexible = version >= message.flexible
    client = None if client is None else client.encode()
    head = struct.pack(">hhi", message.key, version, correlation) + count(None if client is None else len(client), False, "h")
    return head + (client or b"") + (b"\0" if flexible else b"") + encode_struct(message.request, version, flexible, fields)


class Reader:
    def __init__(self, data): self.data, self.at = data, 0

    def take(self, form):
        if self.at + struct.calcsize(">" + form) > len(self.data):
            raise Malformed("the response ends too early")
        value = struct.unpack_from(">" + form, self.data, self.at)[0]
        self.at += struct.calcsize(">" + form)
        return value

    def bytes(self, length):
        if not 0 <= length <= len(self.data) - self.at:
            raise Malformed(f"{length} bytes where {len(self.data) - self.at} are left")
        self.at += length
        return self.data[self.at - length:self.at]

    def uvarint(self):
        value = shift = 0
        while True:
            byte = self.take("B")
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def count(self, flexible, form="i"): return self.uvarint() - 1 if flexible else self.take(form)


def decode_struct(reader, fields, version, flexible):
    tree, tagged = {}, {}
    for field in fields:
        if not field.within(version):
            continue
        if field.tag is not None:
            tagged[field.tag] = field
        else:
            tree[field.name] = decode_field(reader, field, version, flexible)
    if flexible:
        decode_tags(reader, tagged, version, tree)
    return tree


def decode_tags(reader, tagged, version, tree):
    before = -1
    for _ in range(reader.uvarint()):
        tag = reader.uvarint()
        if tag <= before:
            raise Malformed(f"tag {tag} behind tag {before}")
        before = tag
        inner = Reader(reader.bytes(reader.uvarint()))
        if tag not in tagged:
            raise Malformed(f"tag {tag} is not in the schema")
        tree[tagged[tag].name] = decode_field(inner, tagged[tag], version, True)
        if inner.at != len(inner.data):
            raise Malformed(f"tag {tag} has bytes left over")


def decode_field(reader, field, version, flexible):
    if not field.array:
        return decode_one(reader, field, version, flexible)
    length = reader.count(flexible)
    if length < 0:
        return null_of(field, version)
    return [decode_one(reader, field, version, flexible) for _ in range(length)]


def null_of(field, version):
    if not field.may_be_null(version):
        raise Malformed(f"{field.name} is null")


def decode_one(reader, field, version, flexible):
    base = field.base
    if base in INT_FORMS:
        return reader.take(INT_FORMS[base])
    if base == "bool":
        return {0: False, 1: True}[reader.take("b")]
    if base == "f64":
        return reader.take("d")
    if base == "uuid":
        return base64.urlsafe_b64encode(reader.bytes(16)).decode().rstrip("=")
    if base in ("string", "bytes", "records"):
        length = reader.count(flexible, "h" if base == "string" else "i")
        if length < 0:
            # Kafka writes records that are not there as null or as nothing, whatever the schema says.
            return None if base == "records" else null_of(field, version)
        raw = reader.bytes(length)
        return raw.decode() if base == "string" else raw
    if field.may_be_null(version) and not field.array and reader.take("b") < 0:
        return None
    return decode_struct(reader, field.fields, version, flexible)


def decode_response(message, version, data, correlation=7):
    """The body as a tree of dictionaries, lists, numbers, texts and bytes."""
    flexible = version >= message.flexible
    reader = Reader(data)
    if reader.take("i") != correlation:
        raise Malformed("another correlation id")
    if flexible and message.name != "ApiVersions" and reader.uvarint() != 0:
        raise Malformed("tags in the header")
    tree = decode_struct(reader, message.response, version, flexible)
    if reader.at != len(data):
        raise Malformed(f"{len(data) - reader.at} bytes left over")
    return tree


def uuid_bytes(text):
    """A topic id from an answer, for the next request."""
    return base64.urlsafe_b64decode(text + "==")
