"""Reads the message schema of src/protocol/schema: which fields every message has in every version. It shares no code with the
generator of the broker's own messages, so what is encoded and decoded here checks those as well."""

import os
import re

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "protocol", "schema")
INT_FORMS = {"i8": "b", "i16": "h", "i32": "i", "i64": "q", "u16": "H", "u32": "I"}
INDENT = 4


class Field:
    """One field: its type and the versions that have it, may be null in it, carry it as a tag."""

    def __init__(self, name, kind, versions, parent):
        self.name, self.tag, self.default, self.fields = name, None, None, []
        self.versions = span(versions, parent) if versions else parent
        kind, mark, nullable = kind.partition("?")
        self.nullable = (span(nullable, self.versions) if nullable else self.versions) if mark else None
        self.array = kind.startswith("[]")
        self.base = kind.removeprefix("[]")

    def within(self, version): return self.versions[0] <= version <= self.versions[1]

    def may_be_null(self, version): return self.nullable is not None and self.nullable[0] <= version <= self.nullable[1]

    def zero(self):
        """What stands in a message that says nothing about the field."""
        if self.default is not None:
            return None if self.default == "null" else self.default
        if self.array:
            return []
        return {"bool": False, "string": "", "bytes": b"", "records": None, "f64": 0.0, "uuid": bytes(16)}.get(
            self.base, 0 if self.base in INT_FORMS else {})


class Message:
    """A request and its response."""

    def __init__(self, key, name):
        self.key, self.name, self.flexible = key, name, 1 << 15
        self.versions, self.request, self.response, self.broker = (0, 0), [], [], False

    def fields(self, what): return self.request if what == "request" else self.response

    def range(self): return range(self.versions[0], self.versions[1] + 1)


def span(text, parent):
    if text.endswith("+"):
        return int(text[:-1]), parent[1]
    low, _, high = text.partition("-")
    return int(low), int(high or low)


def literal(word, base):
    if word in ("null", "true"):
        return word if word == "null" else True
    if word in ("min", "max"):
        bits = int(base[1:])
        return -(1 << bits - 1) if word == "min" else (1 << bits - 1) - 1
    return int(word)


def parse_field(text, parent):
    words = text.split()
    name, kind = words[:2]
    rest = words[2:]
    versions = rest.pop(0) if rest and rest[0][0].isdigit() else None
    field = Field(name, kind, versions, parent)
    while rest:
        word = rest.pop(0)
        if word == "tag":
            field.tag = int(rest.pop(0))
        elif word == "=":
            field.default = literal(rest.pop(0), field.base)
    return field


def parse_fields(lines, indent, parent, structs):
    fields = []
    while lines and lines[0][0] >= indent:
        field = parse_field(lines.pop(0)[1], parent)
        if lines and lines[0][0] > indent:
            field.fields = parse_fields(lines, indent + INDENT, field.versions, structs)
            structs[field.base] = field.fields
        fields.append(field)
    return fields


def link(fields, structs):
    """Gives fields whose structure stands elsewhere in the file its fields."""
    for field in fields:
        if not field.fields and field.base in structs:
            field.fields = structs[field.base]
        link(field.fields, structs)


def parse(text):
    rows = [line.split("#")[0].rstrip() for line in text.splitlines()]
    lines = [(len(row) - len(row.lstrip()), row.strip()) for row in rows if row.strip()]
    kind, *rest = lines.pop(0)[1].split()
    if kind != "api":
        return None
    message, structs = Message(int(rest[0]), rest[1]), {}
    while lines:
        words = lines.pop(0)[1].split()
        if words[0] == "versions":
            message.versions = span(words[1], (0, 0))
            if words[2:] == ["latest", "unstable"]:
                message.versions = (message.versions[0], message.versions[1] - 1)
        elif words[0] == "flexible" and words[1] != "never":
            message.flexible = int(words[1].rstrip("+"))
        elif words[0] == "listeners":
            message.broker = "broker" in words
        elif words[0] in ("request", "response"):
            setattr(message, words[0], parse_fields(lines, INDENT, (0, 1 << 15), structs))
        elif words[0] == "struct":
            structs[words[1]] = parse_fields(lines, INDENT, (0, 1 << 15), structs)
    for what in ("request", "response"):
        link(message.fields(what), structs)
    return message


def load():
    """All messages by name."""
    messages = {}
    for name in sorted(os.listdir(SCHEMA)):
        if re.fullmatch(r"[a-z_0-9]+\.schema", name):
            with open(os.path.join(SCHEMA, name), encoding="utf-8") as file:
                message = parse(file.read())
            if message:
                messages[message.name] = message
    return messages


MESSAGES = load()
BY_KEY = {message.key: message for message in MESSAGES.values()}
