"""What a member of a group and a transactional producer say, in versions without compact encodings."""

from wire import Closed, array, i16, i32, i64, i8, octets, request, string, uvarint

OFFSET_COMMIT, OFFSET_FETCH, JOIN_GROUP, HEARTBEAT, LEAVE_GROUP, SYNC_GROUP = 8, 9, 11, 12, 13, 14
INIT_PRODUCER_ID, ADD_PARTITIONS_TO_TXN, ADD_OFFSETS_TO_TXN, END_TXN, TXN_OFFSET_COMMIT = 22, 24, 25, 26, 28
FIND_COORDINATOR, DELETE_GROUPS = 10, 42

OFFSET_METADATA_TOO_LARGE, COORDINATOR_LOADING, NOT_COORDINATOR, ILLEGAL_GENERATION = 12, 14, 16, 22
INVALID_GROUP_ID, UNKNOWN_MEMBER_ID, REBALANCE_IN_PROGRESS = 24, 25, 27
INVALID_TRANSACTION_TIMEOUT, CONCURRENT_TRANSACTIONS = 50, 51
MEMBER_ID_REQUIRED, GROUP_MAX_SIZE_REACHED, PRODUCER_FENCED = 79, 81, 90

NOT_YET = (COORDINATOR_LOADING, NOT_COORDINATOR, 15)


def find(connection, key, kind):
    """Asks for a coordinator, as clients do before all else: with it comes its topic."""
    answer = connection.ask(FIND_COORDINATOR, 1, string(key) + i8(kind))
    answer.take("i")
    return answer.take("h")


def join_body(group, member="", metadata=b"x", session=6000, protocol="range"):
    return (string(group) + i32(session) + i32(session) + string(member) + string("consumer")
            + array(string(protocol) + octets(metadata)))


class Joined:
    """The answer to JoinGroup, version 4 or below."""

    def __init__(self, answer):
        answer.take("i")
        self.error, self.generation = answer.take("hi")
        answer.string()
        self.leader, self.member = answer.string(), answer.string()
        self.members = max(0, answer.take("i"))


def sync_body(group, joined, assignments=()):
    return (string(group) + i32(joined.generation) + string(joined.member)
            + array(*[string(member) + octets(data) for member, data in assignments]))


def synced(answer):
    """(error, assignment)"""
    answer.take("i")
    error = answer.take("h")
    return error, answer.bytes(max(0, answer.take("i")))


def heartbeat(connection, group, generation, member):
    answer = connection.ask(HEARTBEAT, 1, string(group) + i32(generation) + string(member))
    answer.take("i")
    return answer.take("h")


def commit_body(group, offsets, generation=-1, member=""):
    """`offsets`: (partition, offset, metadata) of the topic hostile."""
    rows = [i32(partition) + i64(offset) + string(metadata) for partition, offset, metadata in offsets]
    return string(group) + i32(generation) + string(member) + i64(-1) + array(string("hostile") + array(*rows))


def commit(connection, group, offsets, generation=-1, member=""):
    """The errors, partition by partition."""
    answer = connection.ask(OFFSET_COMMIT, 2, commit_body(group, offsets, generation, member))
    answer.take("i"), answer.string()
    return [answer.take("ih")[1] for _ in range(answer.take("i"))]


def committed(connection, group, partition):
    """(error, offset)"""
    answer = connection.ask(OFFSET_FETCH, 1, string(group) + array(string("hostile") + array(i32(partition))))
    answer.take("i"), answer.string(), answer.take("i"), answer.take("i")
    offset = answer.take("q")
    answer.string()
    return answer.take("h"), offset


def init(connection, transactional_id, timeout=60000):
    """(error, producer id, epoch)"""
    answer = connection.ask(INIT_PRODUCER_ID, 1, string(transactional_id) + i32(timeout))
    answer.take("i")
    return answer.take("hqh")


def add_partition(connection, transactional_id, producer, epoch, topic="hostile", partition=0):
    body = string(transactional_id) + i64(producer) + i16(epoch) + array(string(topic) + array(i32(partition)))
    answer = connection.ask(ADD_PARTITIONS_TO_TXN, 1, body)
    answer.take("i"), answer.take("i"), answer.string(), answer.take("i")
    return answer.take("ih")[1]


def end_body(transactional_id, producer, epoch, commits):
    return string(transactional_id) + i64(producer) + i16(epoch) + i8(commits)


def end_txn(connection, transactional_id, producer, epoch, commits):
    answer = connection.ask(END_TXN, 1, end_body(transactional_id, producer, epoch, commits))
    answer.take("i")
    return answer.take("h")


def compact(text):
    raw = text if isinstance(text, bytes) else text.encode()
    return uvarint(len(raw) + 1) + raw


def end_txn_bytes(transactional_id, producer, epoch, commits):
    """A whole request of version 5, by which the epoch grows with every transaction."""
    return request(END_TXN, 5, compact(transactional_id) + i64(producer) + i16(epoch) + i8(commits) + b"\0", flexible=True)


def ended(answer):
    """(error, producer id, epoch) of version 5."""
    answer.take("b"), answer.take("i")
    return answer.take("hqh")


def produce_bytes(transactional_id, records, topic="hostile"):
    """A whole Produce of version 12, which adds its partition to the transaction by itself."""
    rows = uvarint(2) + compact(topic) + uvarint(2) + i32(0) + uvarint(len(records) + 1) + records + b"\0\0"
    return request(0, 12, compact(transactional_id) + i16(-1) + i32(10000) + rows + b"\0", flexible=True)


def produced(answer):
    """The error of version 12."""
    answer.take("b"), answer.take("b")
    answer.bytes(answer.take("b") - 1)
    answer.take("b")
    return answer.take("ih")[1]


def told(connection, data):
    """The answer to a whole request; None where the connection is closed instead."""
    try:
        connection.send(data)
        return connection.receive()
    except Closed:
        return None
