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
    def __init__(self, function, messages, versions, options=()):
        self.function, self.messages, self.only, self.options = function, messages, versions, options
        self.name = function.__name__.replace("_", "-")
        self.chapter = function.__module__.rsplit(".", 1)[-1]

    def expansions(self):
        """(the telling's number, the messages' versions): the number is the version of the message that has most of them; the others
        end with their newest as well, and begin where they can."""
        ranges = {name: MESSAGES[name].versions for name in self.messages}
        low, high = max(ranges.values(), key=lambda pair: pair[1] - pair[0], default=(0, 0))
        for number in range(low, high + 1):
            if self.only is None or number in self.only:
                yield number, {name: max(oldest, newest - (high - number)) for name, (oldest, newest) in ranges.items()}


class Told:
    """One telling: what a story's function works with."""

    def __init__(self, declared, target, number, versions):
        self.declared, self.target, self.versions = declared, target, versions
        self.version = versions[declared.messages[0]] if declared.messages else 0
        # As long in every version, because some answers tell lengths.
        self.prefix = f"{declared.name}-v{number:02}-"
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

    def ask(self, name, what="", *, client="diff", version=None, only=None, patient=(), until=None, **fields):
        """Sends a request and keeps the answer. `only`: of a list of everything, only what is this story's. `patient`: error codes
        after which it is asked again, because they say that something is on its way; `until`: the code that is on its way."""
        version = self.newest(name) if version is None else version
        return self.keep(name, what, lambda: self.patiently(name, version, fields, client, patient, until), only, client)

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

    def patiently(self, name, version, fields, client, patient, until=None):
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.connection(client).ask(name, version, fields)
            self.normaliser.learn(name, answer)
            codes = set(error_codes(answer))
            if (until in codes or until is None and not codes & set(patient)) or time.monotonic() > deadline:
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

    def caught_up(self):
        """Until the broker knows of every change that was made before: Kafka's controller answers earlier than that."""
        self.topic(f"marker-{self.step}")

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
    for number, versions in declared.expansions():
        told = Told(declared, target, number, versions)
        try:
            declared.function(told)
        except (AssertionError, KeyError, IndexError, TypeError, OSError, Closed, Silent, Malformed) as e:
            told.answers.append((f"{told.step + 1:02} the story ends", f"{type(e).__name__}: {told.normaliser.masked(str(e))[:300]}"))
        finally:
            told.close()
        for label, answer in told.answers:
            steps.setdefault(label, {})[number] = answer
    return steps
