"""What every key does with requests that say nothing, too little, too much or in the wrong version; frames that are no requests."""

import struct

from codec import encode_request, uvarint
from schema import BY_KEY, MESSAGES
from story import STORIES, Declared, story

# Keys that Esker does not advertise; the story of advertised ranges names them.
NOT_SERVED = [name for name in MESSAGES if "Share" in name or "Streams" in name] + [
    "SaslHandshake", "SaslAuthenticate", "AddRaftVoter", "RemoveRaftVoter", "GetTelemetrySubscriptions", "PushTelemetry"]
# What a request that says nothing asks for is everything: only this story's is compared.
EVERYTHING = {
    "Metadata": "topics", "ListGroups": "groups", "ListTransactions": "transaction_states", "ListConfigResources": "config_resources",
    "DescribeClientQuotas": "entries", "ElectLeaders": "replica_election_results", "DescribeTopicPartitions": "topics", "DescribeUserScramCredentials": "results", "ListPartitionReassignments": "topics",
}

# Where nothing said would mean that no answer is expected, or where Kafka sends none at all.
SAID = {"Produce": {"acks": -1},
        "AddPartitionsToTxn": {"transactions": [{"transactional_id": "", "producer_id": 0, "producer_epoch": 0, "topics": []}]}}


def served():
    return [message for message in MESSAGES.values() if message.broker and message.name not in NOT_SERVED]


def sweep(told):
    """One key in one version: nothing said, then the same cut, lengthened, tagged, and without a client's name."""
    name = told.declared.messages[0]
    message, version, only, said = MESSAGES[name], told.version, EVERYTHING.get(name), SAID.get(name, {})
    told.ask(name, "nothing said", only=only, **said)
    plain = encode_request(message, version, said)
    told.raw(name, "cut by a byte", plain[:-1])
    told.raw(name, "only a header", plain[:len(header(message.key, version)) + (version >= message.flexible)], only=only)
    told.raw(name, "bytes behind the end", plain + b"\0\0\0\0", only=only)
    told.raw(name, "a client without a name", encode_request(message, version, said, client=None), only=only)
    if version >= message.flexible:
        told.ask(name, "a tag nobody knows", only=only, **said, _tags={4000: b"what"})
        told.raw(name, "a tag that is longer than the request", plain[:-1] + uvarint(1) + uvarint(4000) + uvarint(100) + b"x")


def header(key, version): return struct.pack(">hhi", key, version, 7) + struct.pack(">h", 4) + b"diff"


# Values at the end of what a field can hold, by type.
EXTREMES = {"i8": (-1, 127), "i16": (-1, 32767), "i32": (-1, 2**31 - 1, -(2**31)), "i64": (-1, 2**63 - 1)}
# How long a broker is to wait, and what stories of their own try out, stay as they are.
NOT_FILLED = {"timeout_ms": 10000, "max_wait_ms": 0, "isolation_level": 0, "session_id": 0, "session_epoch": -1, "replica_id": -1}


def filled(fields, version, count, value=None):
    """A request that has `count` elements in every list, each field at its default, or whole numbers at `value` where it fits."""
    tree = {}
    for field in fields:
        if not field.within(version) or field.tag is not None:
            continue
        if field.array:
            item = filled(field.fields, version, count, value) if field.fields else one(field, value)
            tree[field.name] = [item] * count
        elif not field.fields:
            tree[field.name] = NOT_FILLED.get(field.name, one(field, value))
    return tree


def one(field, value):
    if field.base in EXTREMES:
        return value if value in EXTREMES[field.base] else 0
    return {"string": "", "bytes": b"", "records": b"", "uuid": bytes(16), "bool": False, "f64": 0.0}.get(field.base, 0)


def fields(told):
    """One key in one version: lists of one and of two, numbers at their ends, null where it is not allowed."""
    name = told.declared.messages[0]
    message, version, only = MESSAGES[name], told.version, EVERYTHING.get(name)
    said = SAID.get(name, {})
    told.ask(name, "one of everything", only=only, **{**filled(message.request, version, 1), **said})
    told.ask(name, "everything twice", only=only, **{**filled(message.request, version, 2), **said})
    for value in (-1, 127, 32767, 2**31 - 1, -(2**31), 2**63 - 1):
        told.ask(name, f"numbers at {value}", only=only, **{**filled(message.request, version, 1, value), **said})
    for field in message.request:
        # Null there means every topic that there is.
        if name == "DescribeLogDirs":
            break
        if field.within(version) and (field.array or field.base in ("string", "bytes")):
            told.ask(name, f"no {field.name}", only=only, **{**said, field.name: None})


def declare(function, title, name):
    declared = Declared(function, (name,), None)
    declared.name = title + "-" + name
    STORIES.append(declared)


for served_message in served():
    declare(sweep, "sweep", served_message.name)
    declare(fields, "fields", served_message.name)


@story()
def versions_that_do_not_exist(told):
    for message in served():
        low, high = message.versions
        for version in (high + 1, -1, *([low - 1] if low > 0 else [])):
            told.raw(message.name, f"version {version}", header(message.key, version) + bytes(64), version=0 if message.name == "ApiVersions" else high)


@story()
def keys_that_do_not_exist(told):
    for key in (4, 5, 6, 7, *(number for number, message in sorted(BY_KEY.items()) if not message.broker), 93, 94, 1000, -1):
        told.raw("ApiVersions", f"key {key}", header(key, 0) + bytes(64))


@story()
def frames(told):
    told.raw("ApiVersions", "an empty frame", b"", version=0)
    told.raw("ApiVersions", "half a header", b"\0\x12\0", version=0)
    told.raw("ApiVersions", "a negative length", struct.pack(">i", -5), framed=False)
    told.raw("ApiVersions", "a length beyond what is allowed", struct.pack(">i", 2**31 - 1), framed=False)
    told.raw("ApiVersions", "a client's name that is longer than the frame", struct.pack(">hhih", 18, 0, 7, 4000) + b"diff", version=0)
    told.raw("ApiVersions", "a client's name of a negative length", struct.pack(">hhih", 18, 0, 7, -2), version=0)
    told.raw("ApiVersions", "a client's name that is no text", struct.pack(">hhih", 18, 0, 7, 2) + b"\xff\xfe", version=0)
    told.raw("Metadata", "after half a frame the connection ends, the next one works", encode_request(MESSAGES["Metadata"], 12, {}), version=12,
             only="topics")
