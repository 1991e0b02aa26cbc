"""Where two brokers' answers differ, and which of the differences are meant (differences.txt)."""

import json
import os
import re

from recordings import runs, span

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "differences.txt")
WIDTH = 400


def leaves(path, kafka, other):
    """(path, Kafka's, other's) of every place where the two are not the same."""
    if isinstance(kafka, dict) and isinstance(other, dict):
        for name in [*kafka, *(name for name in other if name not in kafka)]:
            yield from leaves(f"{path}.{name}".lstrip("."), kafka.get(name, "(absent)"), other.get(name, "(absent)"))
    elif isinstance(kafka, list) and isinstance(other, list):
        yield from lists(path, kafka, other)
    elif kafka != other or type(kafka) is not type(other):
        yield path, kafka, other


def lists(path, kafka, other):
    ours, theirs = by_name(kafka), by_name(other)
    if ours is not None and theirs is not None and (kafka or other):
        for name in [*ours, *(name for name in theirs if name not in ours)]:
            yield from leaves(f"{path}[{name}]", ours.get(name, "(absent)"), theirs.get(name, "(absent)"))
        if [name for name in ours if name in theirs] != [name for name in theirs if name in ours]:
            yield f"{path} order", list(ours), list(theirs)
    elif len(kafka) == len(other):
        for index, (one, another) in enumerate(zip(kafka, other)):
            yield from leaves(f"{path}[{index}]", one, another)
    else:
        yield path, kafka, other


def by_name(items):
    """A list of things with different names, by these; None for any other list."""
    names = [item.get("name", item.get("api_key")) if isinstance(item, dict) else None for item in items]
    return dict(zip(names, items)) if None not in names and len(set(names)) == len(names) else None


def shown(value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= WIDTH else text[:WIDTH] + f"... ({len(text)} characters)"


def differences(story, kafka, other):
    """One line for every difference in a story, with the versions that have it."""
    found = {}
    for label in [*kafka, *(label for label in other if label not in kafka)]:
        ours, theirs = kafka.get(label, {}), other.get(label, {})
        for version in sorted({*ours, *theirs}):
            for path, one, another in leaves("", ours.get(version, "(not asked)"), theirs.get(version, "(not asked)")):
                line = f"{story} | {label} | {path} | {shown(one)} -> {shown(another)}"
                found.setdefault(line, {})[version] = True
    return [(line, ",".join(span(first, last) for first, last, _ in runs(versions))) for line, versions in found.items()]


def listed():
    """The listed differences: a regular expression for the line and the reason, between them a tab."""
    with open(LIST, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]
    return [(re.compile(pattern), reason) for pattern, reason in rows]


class Meant:
    """Differences that are there on purpose, and how often each was met."""

    def __init__(self, rules): self.rules, self.hits = rules, [0] * len(rules)

    def covers(self, line):
        for number, (pattern, _) in enumerate(self.rules):
            if pattern.search(line):
                self.hits[number] += 1
                return True
        return False

    def report(self): return [(hits, pattern.pattern, reason) for hits, (pattern, reason) in zip(self.hits, self.rules)]
