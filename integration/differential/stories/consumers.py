"""Groups of the consumer protocol (KIP-848): joined, reconciled, left, described, and wrongly used."""

from batches import records
from codec import uuid_bytes
from story import story

BOTH = ("ConsumerGroupHeartbeat", "ConsumerGroupDescribe")


def known(told, *topics):
    """Until the group coordinator knows these topics, which it hears of a little later than the rest of Kafka's broker does."""
    wanted = names(told, *topics)
    for attempt in range(500):
        probe = {"group_id": told.name(f"probe-{attempt}"), "member_id": told.name("probe")}
        answer = told.call("ConsumerGroupHeartbeat", **probe, member_epoch=0, rebalance_timeout_ms=30000, subscribed_topic_names=wanted,
                           topic_partitions=[])
        told.call("ConsumerGroupHeartbeat", **probe, member_epoch=-1)
        told.call("DeleteGroups", groups_names=[probe["group_id"]])
        if len(answer["assignment"]["topic_partitions"]) == len(topics):
            return
    raise AssertionError("the coordinator does not know the topics")


def beat(told, what, member, epoch, group="g", client="diff", **fields):
    return told.ask("ConsumerGroupHeartbeat", what, client=client, group_id=told.name(group), member_id=member, member_epoch=epoch, **fields)


def names(told, *topics): return [told.name(topic) for topic in topics]


def first_beat(told, what, member, topics, group="g", **fields):
    """Everything that a member has to say when it comes."""
    return beat(told, what, member, 0, group, **{"rebalance_timeout_ms": 30000, "subscribed_topic_names": names(told, *topics), "topic_partitions": [],
                                                 **fields})


def owned(answer):
    """What an answer assigns, as the next heartbeat says it."""
    return [{"topic_id": uuid_bytes(row["topic_id"]), "partitions": row["partitions"]} for row in answer["assignment"]["topic_partitions"]]


def describe(told, what, *groups):
    told.ask("ConsumerGroupDescribe", what, group_ids=names(told, *(groups or ("g",))), include_authorized_operations=True)


def own_id(told, text):
    """From version 1 on members bring their ids, before the coordinator makes them."""
    return told.name(text) if told.version >= 1 else ""


@story(*BOTH, "ListGroups", "DescribeGroups")
def a_member_of_a_consumer_group(told):
    told.topic("a", 2)
    known(told, "a")
    describe(told, "before there is one")
    answer = first_beat(told, "the first", own_id(told, "member"), ["a"])
    member, epoch = answer["member_id"], answer["member_epoch"]
    describe(told, "joined")
    mine = owned(answer)
    beat(told, "nothing new", member, epoch)
    beat(told, "it owns what it was given", member, epoch, topic_partitions=mine)
    beat(told, "an older epoch", member, epoch - 1)
    beat(told, "an older epoch, with what it owns", member, epoch - 1, topic_partitions=mine)
    beat(told, "a newer epoch", member, epoch + 1)
    beat(told, "a member nobody knows", "nobody", epoch)
    beat(told, "a group nobody knows", member, epoch, group="none")
    beat(told, "all of it once more", member, epoch, rebalance_timeout_ms=30000, subscribed_topic_names=names(told, "a"), topic_partitions=mine)
    told.ask("ListGroups", "", only="groups")
    told.ask("DescribeGroups", "as a classic group", groups=names(told, "g"))
    told.ask("DeleteGroups", "while it lives", groups_names=names(told, "g"))
    told.ask("JoinGroup", "a classic member", group_id=told.name("g"), session_timeout_ms=30000, rebalance_timeout_ms=30000, member_id="",
             protocol_type="connect", protocols=[{"name": "range", "metadata": b"m"}])
    told.ask("Heartbeat", "a classic heartbeat", group_id=told.name("g"), generation_id=epoch, member_id=member)
    beat(told, "leaves", member, -1)
    beat(told, "leaves again", member, -1)
    describe(told, "empty")
    told.ask("ListGroups", "empty", only="groups")
    told.ask("DeleteGroups", "", groups_names=names(told, "g"))
    describe(told, "deleted")


@story("ConsumerGroupHeartbeat")
def heartbeats_that_are_wrong(told):
    told.topic("a")
    known(told, "a")
    me = own_id(told, "member")
    told.ask("ConsumerGroupHeartbeat", "no group", group_id="", member_id=me, member_epoch=0)
    first_beat(told, "no member", "", ["a"], group="w1")
    first_beat(told, "no topics", me, [], group="w2")
    first_beat(told, "nothing subscribed", me, [], group="w3", subscribed_topic_names=None)
    first_beat(told, "no time for a rebalance", me, ["a"], group="w4", rebalance_timeout_ms=-1)
    first_beat(told, "no time at all", me, ["a"], group="w5", rebalance_timeout_ms=0)
    first_beat(told, "owns something", me, ["a"], group="w6", topic_partitions=[{"topic_id": b"\x11" * 16, "partitions": [0]}])
    first_beat(told, "says nothing of what it owns", me, ["a"], group="w7", topic_partitions=None)
    first_beat(told, "an assignor nobody knows", me, ["a"], group="w8", server_assignor="mine")
    first_beat(told, "an assignor without a name", me, ["a"], group="w9", server_assignor="")
    first_beat(told, "an instance without a name", me, ["a"], group="w10", instance_id="")
    first_beat(told, "a rack without a name", me, ["a"], group="w11", rack_id="")
    first_beat(told, "a topic that does not exist", me, ["none"], group="w12")
    first_beat(told, "a topic twice", me, ["a", "a"], group="w13")
    beat(told, "an epoch below all", me, -3, group="w14")
    beat(told, "an epoch of a group that is not there", me, 5, group="w15")
    beat(told, "leaves what is not there", me or "nobody", -1, group="w16")
    beat(told, "a static member leaves for a while, without a name", me or "nobody", -2, group="w17")
    if told.version >= 1:
        first_beat(told, "a regular expression that is none", me, [], group="w18", subscribed_topic_names=None, subscribed_topic_regex="(")
        first_beat(told, "a member whose name is too long", "x" * 40, ["a"], group="w19")
        first_beat(told, "a regular expression of nothing", me, [], group="w20", subscribed_topic_names=None, subscribed_topic_regex="")


@story(*BOTH)
def assignors(told):
    told.topic("a", 3), told.topic("b", 2)
    known(told, "a", "b")
    for number, assignor in enumerate(("uniform", "range", None)):
        group = f"g{number}"
        answer = first_beat(told, f"by {assignor}", own_id(told, "member"), ["a", "b"], group=group, server_assignor=assignor)
        describe(told, f"by {assignor}", group)
        beat(told, "leaves", answer["member_id"], -1, group=group)


@story(*BOTH)
def subscriptions_that_change(told):
    told.topic("a", 2), told.topic("b", 1)
    known(told, "a", "b")
    answer = first_beat(told, "one topic", own_id(told, "member"), ["a"])
    member, epoch = answer["member_id"], answer["member_epoch"]
    answer = beat(told, "another as well", member, epoch, subscribed_topic_names=names(told, "a", "b"), topic_partitions=owned(answer))
    describe(told, "two topics")
    answer = beat(told, "it owns both", member, answer["member_epoch"], topic_partitions=owned(answer) if answer.get("assignment") else None)
    answer = beat(told, "only the other", member, answer["member_epoch"], subscribed_topic_names=names(told, "b"))
    describe(told, "one has to go")
    answer = beat(told, "nothing is left", member, answer["member_epoch"], topic_partitions=[])
    describe(told, "in the end")


@story(*BOTH)
def static_consumers(told):
    told.topic("a", 2)
    known(told, "a")
    answer = first_beat(told, "the first", own_id(told, "one"), ["a"], instance_id="static")
    member, epoch = answer["member_id"], answer["member_epoch"]
    first_beat(told, "another under the same name", own_id(told, "two"), ["a"], instance_id="static")
    beat(told, "the name is not its own", member, epoch, instance_id="other")
    beat(told, "away for a while", member, -2, instance_id="static")
    describe(told, "away")
    again = first_beat(told, "comes back as another", own_id(told, "two"), ["a"], instance_id="static")
    beat(told, "the old id", member, epoch, instance_id="static")
    describe(told, "back")
    beat(told, "leaves", again["member_id"], -1, instance_id="static")
    describe(told, "empty")


@story(*BOTH)
def two_consumers(told):
    """Partitions move from one member to another in the steps of the protocol."""
    told.topic("a", 4)
    known(told, "a")
    answer = first_beat(told, "the first", own_id(told, "one"), ["a"])
    one, epoch, mine = answer["member_id"], answer["member_epoch"], owned(answer)
    beat(told, "it owns all", one, epoch, topic_partitions=mine)
    answer = first_beat(told, "the second", own_id(told, "two"), ["a"])
    two, later = answer["member_id"], answer["member_epoch"]
    describe(told, "before the first knows")
    answer = beat(told, "the first is to give some back", one, epoch)
    kept = owned(answer)
    beat(told, "the second has to wait", two, later)
    beat(told, "the first has not yet given back", one, epoch, topic_partitions=mine)
    answer = beat(told, "the first has given back", one, epoch, topic_partitions=kept)
    epoch = answer["member_epoch"]
    answer = beat(told, "the second gets them", two, later)
    describe(told, "half and half")
    beat(told, "it owns them", two, answer["member_epoch"], topic_partitions=owned(answer))
    beat(told, "the second leaves", two, -1)
    answer = beat(told, "the first gets all again", one, epoch)
    describe(told, "alone")
    beat(told, "leaves", one, -1)


@story("JoinGroup", "SyncGroup", "Heartbeat", "ConsumerGroupHeartbeat", versions=range(4, 10))
def from_one_protocol_to_the_other(told):
    """A classic group becomes a group of the consumer protocol with its first member that speaks that, and back with the last."""
    told.topic("a", 2)
    known(told, "a")
    topics = len(told.name("a")).to_bytes(2, "big") + told.name("a").encode()
    wants = [{"name": "range", "metadata": b"\0\1\0\0\0\1" + topics + b"\xff\xff\xff\xff" + b"\0\0\0\0"}]

    def join(what, member):
        return told.ask("JoinGroup", what, group_id=told.name("g"), session_timeout_ms=30000, rebalance_timeout_ms=30000, member_id=member,
                        protocol_type="consumer", protocols=wants)
    classic = join("asks for an id", "")["member_id"]
    joined = join("with its id", classic)
    generation = joined["generation_id"]

    def sync(what, at, *given):
        told.ask("SyncGroup", what, group_id=told.name("g"), generation_id=at, member_id=classic, protocol_type="consumer", protocol_name="range",
                 assignments=[{"member_id": classic, "assignment": data} for data in given])

    def beat_classic(what, at):
        return told.ask("Heartbeat", what, group_id=told.name("g"), generation_id=at, member_id=classic)
    sync("it has all", generation, b"\0\1\0\0\0\1" + topics + b"\0\0\0\2\0\0\0\0\0\0\0\1" + b"\xff\xff\xff\xff")
    answer = first_beat(told, "a consumer comes", told.name("new"), ["a"])
    assert answer["error_code"] == 0, answer
    describe(told, "both kinds of members")
    beat_classic("the classic member hears of it", generation)
    again = join("the classic member joins again", classic)
    sync("and is told what it has", again["generation_id"])
    beat_classic("it lives on", again["generation_id"])
    beat(told, "the consumer", answer["member_id"], answer["member_epoch"])
    describe(told, "half and half")
    beat(told, "the consumer leaves", answer["member_id"], -1)
    told.ask("DescribeGroups", "classic again", groups=names(told, "g"))
    told.ask("ListGroups", "classic again", only="groups")


@story("ConsumerGroupHeartbeat", versions=(1,))
def regular_expressions(told):
    told.topic("a", 1), told.topic("b", 1)
    known(told, "a", "b")
    answer = first_beat(told, "all of the story", told.name("member"), [], subscribed_topic_names=None, subscribed_topic_regex=told.prefix + "[ab]")
    assert answer["error_code"] == 0


@story("OffsetCommit", "OffsetFetch", versions=range(8, 11))
def offsets_of_a_consumer(told):
    a = told.topic("a", 2)
    known(told, "a")
    told.produce("a", records("one"))
    answer = first_beat(told, "", told.name("member"), ["a"])
    member, epoch = answer["member_id"], answer["member_epoch"]

    def commit(what, who, at, offset=1):
        told.ask("OffsetCommit", what, group_id=told.name("g"), member_id=who, generation_id_or_member_epoch=at, topics=[
            {"name": told.name("a"), "topic_id": a, "partitions": [{"partition_index": 0, "committed_offset": offset, "committed_metadata": ""}]}])

    def fetch(what, who, at):
        told.ask("OffsetFetch", what, groups=[{"group_id": told.name("g"), "member_id": who, "member_epoch": at, "topics": [
            {"name": told.name("a"), "topic_id": a, "partition_indexes": [0, 1]}]}])
    commit("in its epoch", member, epoch)
    commit("an older epoch", member, epoch - 1)
    commit("a newer epoch", member, epoch + 1)
    commit("a member nobody knows", "nobody", epoch)
    commit("nobody, while there are members", "", -1)
    fetch("in its epoch", member, epoch)
    fetch("an older epoch", member, epoch - 1)
    fetch("a newer epoch", member, epoch + 1)
    fetch("a member nobody knows", "nobody", epoch)
    fetch("nobody", None, -1)
    told.ask("OffsetDelete", "what it reads", group_id=told.name("g"), topics=[{"name": told.name("a"), "partitions": [{"partition_index": 0}]}])
    beat(told, "leaves", member, -1)
    commit("nobody, when it is empty", "", -1, 0)
    fetch("nobody", None, -1)


@story("ConsumerGroupDescribe")
def consumer_groups_described(told):
    told.ask("OffsetCommit", "makes a classic group", group_id=told.name("c"), version=9, topics=[])
    describe(told, "one nobody knows and one that is classic", "none", "c")
    told.ask("ConsumerGroupDescribe", "no name", group_ids=[""])
    told.ask("ConsumerGroupDescribe", "one twice", group_ids=names(told, "none", "none"))
    told.ask("ConsumerGroupDescribe", "none", group_ids=[])
