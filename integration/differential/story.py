"""A story is a sequence of requests that is told once for every version of the messages it is about. Each answer is kept, normalised,
under the name of its step; Kafka's answers are the recording, and every other broker's must be the same."""

import time

from codec import Malformed, decode_response, encode_request, uuid_bytes
from connection import Closed, Connection, Silent
from normalise import Normaliser
from schema import MESSAGES

STORIES = []
# Answers that mean "not yet": coordinators that are being loaded, a transaction whose markers are being written.
LOADING, UNAVAILABLE, NOT_COORDINATOR, CONCURRENT, NOT_LEADER, UNKNOWN_TOPIC, UNKNOWN_ID = 14, 15, 16, 51, 6, 3, 100
PATIENCE = 30


def story(*messages, versions=None):
    """Declares a story; it is told for every version of `messages`, all others are used in their newest."""
    def declare(function):
        STORIES.append(Declared(function, messages, versions))
        return function
    return declare


class Declared:
    def __init__(self, function, messages, versions):
        self.function, self.messages, self.only = function, messages, versions
        self.name = function.__name__.replace("_", "-")
        self.chapter = function.__module__.rsplit(".", 1)[-1]

    def expansions(self):
        """The messages' versions, one dictionary for every time the story is told."""
        lows = {name: MESSAGES[name].versions for name in self.messages}
        length = max((high - low + 1 for low, high in lows.values()), default=1)
        for step in range(length):
            versions = {name: min(low + step, high) for name, (low, high) in lows.items()}
            first = versions[self.messages[0]] if self.messages else 0
            if self.only is None or first in self.only:
                yield first, versions


class Told:
    """One telling: what a story's function works with."""

    def __init__(self, declared, target, version, versions):
        self.declared, self.target, self.version, self.versions = declared, target, version, versions
        # As long in every version, because some answers tell lengths.
        self.prefix = f"{declared.name}-v{version:02}-"
        self.normaliser = Normaliser(target, self.prefix)
        self.answers, self.connections, self.step = [], {}, 0

    def close(self):
        for connection in self.connections.values():
            connection.close()

    def name(self, text): return self.prefix + text

    def connection(self, client="diff"):
        if client not in self.connections:
            self.connections[client] = Connection(self.target.address, client)
        return self.connections[client]

    def newest(self, name): return self.versions.get(name, MESSAGES[name].versions[1])

    # Steps whose answers are compared.

    def ask(self, name, what="", *, client="diff", version=None, only=None, patient=(), **fields):
        """Sends a request and keeps the answer. `only`: of a list of everything, only what is this story's. `patient`: error codes
        after which it is asked again, because they say that something is on its way."""
        version = self.newest(name) if version is None else version
        return self.keep(name, what, lambda: self.patiently(name, version, fields, client, patient), only, client)

    def begin(self, name, *, client, **fields):
        """Sends a request whose answer comes later."""
        self.connection(client).request(name, self.newest(name), fields)

    def end(self, name, what="", *, client):
        """The answer to what `begin` sent."""
        return self.keep(name, what, lambda: self.connection(client).answer(name, self.newest(name)), None, client)

    def raw(self, name, what, payload, version=None, framed=True, only=None):
        """Sends bytes as they are; the answer is read as one to `name`."""
        version = self.newest(name) if version is None else version

        def exchange():
            connection = self.connection("raw")
            (connection.send if framed else connection.send_raw)(payload)
            return decode_response(MESSAGES[name], version, connection.receive())
        return self.keep(name, what, exchange, only, "raw")

    def encoded(self, name, version=None, **fields):
        return encode_request(MESSAGES[name], self.newest(name) if version is None else version, fields)

    def keep(self, name, what, exchange, only, client):
        self.step += 1
        label = f"{self.step:02} {name}" + (f": {what}" if what else "")
        try:
            answer = exchange()
            shown = self.normaliser.tree(name, self.mine(answer, only))
        except Closed:
            answer, shown = {}, "closed"
        except Silent:
            answer, shown = {}, "no answer"
        except (Malformed, UnicodeDecodeError, KeyError) as e:
            answer, shown = {}, f"malformed: {e}"
        if not isinstance(shown, dict):
            self.forget(client)
        self.answers.append((label, shown))
        return answer

    def forget(self, client):
        """The next request of this client goes over a new connection."""
        connection = self.connections.pop(client, None)
        if connection:
            connection.close()

    def mine(self, answer, only):
        if only is None or only not in answer or answer[only] is None:
            return answer
        kept = [item for item in answer[only] if self.prefix in repr(item)]
        return {**answer, only: kept}

    def patiently(self, name, version, fields, client, patient):
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.connection(client).ask(name, version, fields)
            if not patient or not set(patient) & set(error_codes(answer)) or time.monotonic() > deadline:
                return answer
            time.sleep(0.02)

    # What a story needs and does not compare.

    def call(self, name, *, patient=(), client="diff", version=None, **fields):
        version = MESSAGES[name].versions[1] if version is None else version
        return self.patiently(name, version, fields, client, (LOADING, UNAVAILABLE, NOT_COORDINATOR, *patient))

    def topic(self, name, partitions=1, **configs):
        """A topic that is there and has its leaders; its id."""
        name = self.name(name)
        made = self.call("CreateTopics", topics=[{
            "name": name, "num_partitions": partitions, "replication_factor": 1,
            "configs": [{"name": key.replace("_", "."), "value": value} for key, value in configs.items()]}])
        assert made["topics"][0]["error_code"] == 0, made
        wanted = [{"partition_index": n, "timestamp": -1} for n in range(partitions)]
        self.call("ListOffsets", replica_id=-1, topics=[{"name": name, "partitions": wanted}],
                  patient=(UNKNOWN_TOPIC, NOT_LEADER, UNAVAILABLE))
        return uuid_bytes(made["topics"][0]["topic_id"])

    def produce(self, topic, data, partition=0):
        answer = self.call("Produce", version=12, acks=-1, timeout_ms=10000, topic_data=[
            {"name": self.name(topic), "partition_data": [{"index": partition, "records": data}]}])
        part = answer["responses"][0]["partition_responses"][0]
        assert part["error_code"] == 0, part
        return part["base_offset"]


def error_codes(tree):
    """Every error code that an answer has anywhere."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name.endswith("error_code"):
                yield value
            else:
                yield from error_codes(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from error_codes(item)


def tell(declared, target):
    """All tellings of one story: {step: {version: answer}}."""
    steps = {}
    for version, versions in declared.expansions():
        told = Told(declared, target, version, versions)
        try:
            declared.function(told)
        except (AssertionError, KeyError, IndexError, TypeError, OSError, Closed, Silent, Malformed) as e:
            told.answers.append((f"{told.step + 1:02} the story ends", f"{type(e).__name__}: {told.normaliser.masked(str(e))[:300]}"))
        finally:
            told.close()
        for label, answer in told.answers:
            steps.setdefault(label, {})[version] = answer
    return steps
