"""Kafka's answers as text: a file per chapter, a line per step and run of versions that answered alike."""

import json
import os

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recordings")


def runs(versions):
    """(first, last, answer) of neighbouring versions whose answers are the same."""
    found = []
    for version in sorted(versions):
        if found and found[-1][1] == version - 1 and found[-1][2] == versions[version]:
            found[-1] = (found[-1][0], version, found[-1][2])
        else:
            found.append((version, version, versions[version]))
    return found


def span(first, last): return f"{first}" if first == last else f"{first}-{last}"


def path(chapter): return os.path.join(HERE, chapter + ".txt")


def save(chapter, stories):
    os.makedirs(HERE, exist_ok=True)
    with open(path(chapter), "w", encoding="utf-8") as file:
        for name, steps in stories.items():
            file.write(f"== {name}\n")
            for label, versions in steps.items():
                file.write(f"-- {label}\n")
                for first, last, answer in runs(versions):
                    file.write(f"{span(first, last)}\t{json.dumps(answer, separators=(',', ':'), ensure_ascii=False)}\n")


def load(chapter):
    stories, steps, versions = {}, {}, {}
    if not os.path.exists(path(chapter)):
        return stories
    with open(path(chapter), encoding="utf-8") as file:
        # A line ends at the line feed only: answers may hold other characters that look like ends.
        for line in file.read().split("\n"):
            if line.startswith("== "):
                steps = stories.setdefault(line[3:], {})
            elif line.startswith("-- "):
                versions = steps.setdefault(line[3:], {})
            elif line:
                which, answer = line.split("\t", 1)
                first, _, last = which.partition("-")
                for version in range(int(first), int(last or first) + 1):
                    versions[version] = json.loads(answer)
    return stories
