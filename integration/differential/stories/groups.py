"""Classic groups: joined, synchronised, kept alive, left; their offsets; what admins ask of them."""

from story import story

REBALANCE, MEMBER_ID_REQUIRED = 27, 79
RANGE = [{"name": "range", "metadata": b"meta"}]
EVERY_VERSION = ("JoinGroup", "SyncGroup", "Heartbeat", "LeaveGroup")


def joining(told, group="g", member="", protocols=None, **fields):
    return {"group_id": told.name(group), "session_timeout_ms": 30000, "rebalance_timeout_ms": 30000, "member_id": member,
            "protocol_type": "consumer", "protocols": RANGE if protocols is None else protocols, **fields}


def join(told, what, group="g", member="", client="diff", **fields):
    return told.ask("JoinGroup", what, client=client, **joining(told, group, member, **fields))


def member_of(told, what, group="g", client="diff", **fields):
    """Joins, in two steps where the version wants it; (member id, answer)."""
    answer = join(told, what, group, client=client, **fields)
    if answer.get("error_code") == MEMBER_ID_REQUIRED:
        answer = join(told, what + ", with its id", group, answer["member_id"], client, **fields)
    return answer["member_id"], answer


def sync(told, what, member, generation, assignments, group="g", client="diff", **fields):
    given = [{"member_id": who, "assignment": data} for who, data in assignments]
    return told.ask("SyncGroup", what, client=client, group_id=told.name(group), generation_id=generation, member_id=member,
                    assignments=given, **{"protocol_type": "consumer", "protocol_name": "range", **fields})


def beat(told, what, member, generation, group="g", client="diff", **fields):
    return told.ask("Heartbeat", what, client=client, group_id=told.name(group), generation_id=generation, member_id=member, **fields)


def leave(told, what, *members, group="g", client="diff"):
    return told.ask("LeaveGroup", what, client=client, group_id=told.name(group), member_id=members[0][0],
                    members=[{"member_id": member, "group_instance_id": instance, "reason": "done"} for member, instance in members])


def describe(told, what, group="g"):
    told.ask("DescribeGroups", what, groups=[told.name(group)], include_authorized_operations=True)


@story(*EVERY_VERSION, "DescribeGroups", "ListGroups")
def a_member_of_a_classic_group(told):
    describe(told, "before there is one")
    member, joined = member_of(told, "the first member")
    generation = joined["generation_id"]
    beat(told, "before the assignment", member, generation)
    describe(told, "before the assignment")
    sync(told, "the assignment", member, generation, [(member, b"everything")])
    beat(told, "", member, generation)
    describe(told, "stable")
    told.ask("ListGroups", "stable", only="groups")
    sync(told, "again", member, generation, [])
    beat(told, "an older generation", member, generation - 1)
    beat(told, "a newer generation", member, generation + 1)
    beat(told, "a member nobody knows", "nobody", generation)
    beat(told, "no member", "", generation)
    beat(told, "a group nobody knows", member, generation, group="none")
    told.ask("Heartbeat", "no group", group_id="", generation_id=generation, member_id=member)
    beat(told, "a static member that is none", member, generation, group_instance_id="static")
    sync(told, "an older generation", member, generation - 1, [])
    sync(told, "a member nobody knows", "nobody", generation, [])
    sync(told, "a group nobody knows", member, generation, [], group="none")
    sync(told, "another protocol", member, generation, [], protocol_name="other")
    sync(told, "another type of protocol", member, generation, [], protocol_type="other")
    sync(told, "no protocol", member, generation, [], protocol_name=None, protocol_type=None)
    told.ask("SyncGroup", "no group", group_id="", generation_id=generation, member_id=member, protocol_type="consumer", protocol_name="range")
    join(told, "again, nothing new", member=member)
    join(told, "again, other metadata", member=member, protocols=[{"name": "range", "metadata": b"other"}])
    sync(told, "the assignment of the next generation", member, generation + 1, [(member, b"more")])
    leave(told, "a member nobody knows", ("nobody", None))
    leave(told, "a group nobody knows", (member, None), group="none")
    told.ask("LeaveGroup", "no group", group_id="", member_id=member, members=[{"member_id": member}])
    told.ask("LeaveGroup", "nobody leaves", group_id=told.name("g"), member_id="", members=[])
    leave(told, "", (member, None))
    beat(told, "after leaving", member, generation + 1)
    describe(told, "empty")
    told.ask("ListGroups", "empty", only="groups")


@story("JoinGroup")
def joining_wrongly(told):
    told.ask("JoinGroup", "no group", **{**joining(told), "group_id": ""})
    join(told, "a session that is too short", session_timeout_ms=1)
    join(told, "a session that is too long", session_timeout_ms=1 << 30)
    join(told, "a session below zero", session_timeout_ms=-1)
    join(told, "no protocols", protocols=[])
    join(told, "no type of protocol", protocol_type="")
    join(told, "a member nobody knows", member="nobody")
    join(told, "a static member that has an id nobody knows", member="nobody", group_instance_id="static")
    if told.version >= 5:
        for number, instance in enumerate(("", "a b", ".", "..", "x" * 250, "ü")):
            told.ask("JoinGroup", f"an instance called {instance[:9]!r}", **joining(told, f"i{number}", group_instance_id=instance))
    member, _ = member_of(told, "the first of another group", group="other")
    join(told, "another type of protocol", group="other", protocol_type="connect")
    join(told, "another protocol", group="other", protocols=[{"name": "roundrobin", "metadata": b"m"}])
    join(told, "the member, with another type of protocol", group="other", member=member, protocol_type="connect")
    join(told, "the member, with another protocol", group="other", member=member, protocols=[{"name": "roundrobin", "metadata": b"m"}])
    join(told, "a rebalance that has no time", group="timeless", rebalance_timeout_ms=0)


@story(*EVERY_VERSION, "DescribeGroups")
def two_members_of_a_classic_group(told):
    both = [{"name": "range", "metadata": b"r"}, {"name": "roundrobin", "metadata": b"rr"}]
    first, joined = member_of(told, "the first", client="one", protocols=both)
    sync(told, "the first's assignment", first, joined["generation_id"], [(first, b"all")], client="one")
    second = ""
    if told.version >= 4:
        second = join(told, "the second asks for an id", client="two")["member_id"]
    told.begin("JoinGroup", client="two", **joining(told, member=second))
    # Kafka tells a member of the rebalance as soon as the other's request is in.
    told.ask("Heartbeat", "the first hears of it", client="one", group_id=told.name("g"), generation_id=joined["generation_id"],
             member_id=first, until=REBALANCE)
    describe(told, "while it rebalances")
    again = join(told, "the first joins again", member=first, client="one", protocols=both)
    other = told.end("JoinGroup", "the second's answer", client="two")
    assert again["generation_id"] == other["generation_id"], "two generations"
    generation, second = again["generation_id"], other["member_id"]
    told.begin("SyncGroup", client="two", group_id=told.name("g"), generation_id=generation, member_id=second, protocol_type="consumer",
               protocol_name="range")
    sync(told, "the leader gives out the assignment", first, generation, [(first, b"half"), (second, b"other half")], client="one")
    told.end("SyncGroup", "the second's share", client="two")
    beat(told, "of the second", second, generation, client="two")
    describe(told, "two members")
    leave(told, "the second leaves", (second, None), client="two")
    beat(told, "the first hears of it", first, generation, client="one")
    alone = join(told, "the first joins again, alone", member=first, client="one", protocols=both)
    sync(told, "without an assignment for itself", first, alone["generation_id"], [], client="one")
    leave(told, "the first leaves and one nobody knows", (first, None), ("nobody", None), client="one")
    describe(told, "empty")


@story(*EVERY_VERSION, "DescribeGroups", versions=range(5, 10))
def static_members(told):
    member, joined = member_of(told, "the first", group_instance_id="static")
    generation = joined["generation_id"]
    sync(told, "", member, generation, [(member, b"everything")], group_instance_id="static")
    describe(told, "stable")
    beat(told, "", member, generation, group_instance_id="static")
    beat(told, "the name without the id", "nobody", generation, group_instance_id="static")
    beat(told, "a name nobody knows", member, generation, group_instance_id="other")
    again = join(told, "it comes back without its id", group_instance_id="static")
    beat(told, "the old id", member, generation, group_instance_id="static")
    sync(told, "the old id", member, generation, [], group_instance_id="static")
    join(told, "the old id", member=member, group_instance_id="static")
    beat(told, "the new id", again["member_id"], again["generation_id"], group_instance_id="static")
    sync(told, "the new id", again["member_id"], again["generation_id"], [], group_instance_id="static")
    join(told, "it comes back with other metadata", member=again["member_id"], group_instance_id="static", protocols=[{"name": "range", "metadata": b"new"}])
    leave(told, "by the old id", (member, "static"))
    leave(told, "by a name nobody knows", ("", "other"))
    leave(told, "by name", ("", "static"))
    leave(told, "by name, again", ("", "static"))
    describe(told, "empty")


@story("FindCoordinator")
def find_coordinator(told):
    def ask(what, key, kind=0, keys=None):
        told.ask("FindCoordinator", what, key=key, key_type=kind, coordinator_keys=[key] if keys is None else keys)
    ask("of a group", told.name("g"))
    ask("of a transaction", told.name("t"), 1)
    ask("of nothing", "")
    ask("of a transaction without a name", "", 1)
    ask("of a share partition that is none", "no share partition", 2)
    ask("of a kind nobody knows", told.name("g"), 9)
    ask("of a kind below zero", told.name("g"), -1)
    ask("of a name of other letters", "grüppe")
    ask("of none", "", keys=[])
    ask("of two", told.name("g"), keys=[told.name("g"), told.name("h")])
    ask("of one twice", told.name("g"), keys=[told.name("g")] * 2)


def commit(told, what, group="g", name="a", partition=0, offset=5, member="", generation=-1, topic_id=None, metadata="note", epoch=3, **fields):
    return told.ask("OffsetCommit", what, group_id=told.name(group), member_id=member, generation_id_or_member_epoch=generation, topics=[
        {"name": told.name(name), "topic_id": topic_id or bytes(16), "partitions": [{
            "partition_index": partition, "committed_offset": offset, "committed_leader_epoch": epoch, "committed_metadata": metadata}]}], **fields)


def fetch(told, what, group="g", topics=(), **fields):
    """`topics`: (name, id, partitions); None for all."""
    rows = None if topics is None else [{"name": told.name(name), "partition_indexes": parts} for name, _, parts in topics]
    by_id = None if topics is None else [
        {"name": told.name(name), "topic_id": topic_id, "partition_indexes": parts} for name, topic_id, parts in topics]
    return told.ask("OffsetFetch", what, group_id=told.name(group), topics=rows, groups=[{"group_id": told.name(group), "topics": by_id}], **fields)


@story("OffsetCommit", "OffsetFetch")
def offsets_of_a_group_without_members(told):
    a = told.topic("a", 2)
    b = told.topic("b")
    fetch(told, "before there is one", topics=[("a", a, [0])])
    commit(told, "the first", topic_id=a)
    commit(told, "another", partition=1, offset=7, topic_id=a, metadata=None)
    commit(told, "another topic, nothing noted", name="b", offset=0, topic_id=b, metadata="", epoch=-1)
    fetch(told, "", topics=[("a", a, [0, 1]), ("b", b, [0])])
    commit(told, "back", offset=2, topic_id=a)
    commit(told, "a negative offset", offset=-1, topic_id=a)
    commit(told, "a negative offset, lower", offset=-5, topic_id=a)
    commit(told, "a partition that does not exist", partition=9, topic_id=a)
    commit(told, "a negative partition", partition=-1, topic_id=a)
    commit(told, "a topic that does not exist", name="none", topic_id=b"\x11" * 16)
    commit(told, "more noted than is allowed", topic_id=a, metadata="x" * 5000)
    commit(told, "a member nobody knows", member="nobody", generation=1, topic_id=a)
    commit(told, "a generation without a member", generation=1, topic_id=a)
    commit(told, "a static member nobody knows", group_instance_id="static", topic_id=a)
    commit(told, "a retention", topic_id=a, retention_time_ms=1000)
    told.ask("OffsetCommit", "no group", group_id="", topics=[])
    told.ask("OffsetCommit", "no topics", group_id=told.name("g"), topics=[])
    told.ask("OffsetCommit", "no partitions", group_id=told.name("g"), topics=[{"name": told.name("a"), "topic_id": a, "partitions": []}])
    if told.version >= 10:
        commit(told, "the zero id")
    told.ask("OffsetCommit", "a partition twice", group_id=told.name("g"), topics=[{"name": told.name("a"), "topic_id": a, "partitions": [
        {"partition_index": 0, "committed_offset": offset, "committed_metadata": None} for offset in (20, 21)]}])
    fetch(told, "all", topics=None if told.versions["OffsetFetch"] >= 2 else [("a", a, [0, 1])])
    fetch(told, "what has none", topics=[("a", a, [5, -1]), ("none", b"\x11" * 16, [0])])
    fetch(told, "nothing", topics=[])
    fetch(told, "no partitions", topics=[("a", a, [])])
    fetch(told, "a partition twice", topics=[("a", a, [0, 0])])
    fetch(told, "a group nobody knows", group="none", topics=[("a", a, [0])])
    fetch(told, "all of a group nobody knows", group="none", topics=None if told.versions["OffsetFetch"] >= 2 else [])
    fetch(told, "what is stable", topics=[("a", a, [0])], require_stable=True)
    told.ask("OffsetFetch", "no group", group_id="", topics=[], groups=[{"group_id": "", "topics": []}])
    if told.versions["OffsetFetch"] >= 8:
        told.ask("OffsetFetch", "two groups", groups=[
            {"group_id": told.name(name), "topics": [{"name": told.name("a"), "topic_id": a, "partition_indexes": [0]}]} for name in ("g", "none")])
        told.ask("OffsetFetch", "a group twice", groups=[
            {"group_id": told.name("g"), "topics": [{"name": told.name("a"), "topic_id": a, "partition_indexes": [0]}]}] * 2)
        told.ask("OffsetFetch", "no groups", groups=[])
        told.ask("OffsetFetch", "a member nobody knows", groups=[{"group_id": told.name("g"), "member_id": "nobody", "member_epoch": 3, "topics": [
            {"name": told.name("a"), "topic_id": a, "partition_indexes": [0]}]}])


@story("OffsetCommit")
def offsets_of_a_member(told):
    a = told.topic("a")
    member, joined = member_of(told, "")
    generation = joined["generation_id"]
    commit(told, "before the assignment", member=member, generation=generation, topic_id=a)
    sync(told, "", member, generation, [(member, b"x")])
    commit(told, "", member=member, generation=generation, topic_id=a)
    commit(told, "an older generation", member=member, generation=generation - 1, topic_id=a)
    commit(told, "a newer generation", member=member, generation=generation + 1, topic_id=a)
    commit(told, "no generation", member=member, topic_id=a)
    commit(told, "a member nobody knows", member="nobody", generation=generation, topic_id=a)
    commit(told, "nobody, while there are members", topic_id=a)
    commit(told, "a static name that is not its own", member=member, generation=generation, group_instance_id="static", topic_id=a)
    leave(told, "", (member, None))
    commit(told, "after leaving", member=member, generation=generation, topic_id=a)
    commit(told, "nobody, when it is empty", topic_id=a)


@story("OffsetDelete")
def offset_delete(told):
    a = told.topic("a", 2)
    told.topic("b")

    def ask(what, *parts, group="g", name="a"):
        told.ask("OffsetDelete", what, group_id=told.name(group), topics=[
            {"name": told.name(name), "partitions": [{"partition_index": index} for index in parts]}])
    commit(told, "", topic_id=a), commit(told, "", partition=1, topic_id=a)
    ask("one", 0)
    ask("again", 0)
    ask("a partition that does not exist", 9)
    ask("a topic that does not exist", 0, name="none")
    ask("of a topic without offsets", 0, name="b")
    ask("no partitions")
    ask("a group nobody knows", 0, group="none")
    told.ask("OffsetDelete", "no group", group_id="", topics=[])
    told.ask("OffsetDelete", "nothing", group_id=told.name("g"), topics=[])
    told.ask("OffsetDelete", "a partition twice", group_id=told.name("g"), topics=[
        {"name": told.name("a"), "partitions": [{"partition_index": 1}, {"partition_index": 1}]}])
    member, joined = member_of(told, "a member that reads it", protocols=[{
        "name": "range", "metadata": b"\0\0\0\0\0\1" + len(told.name("a")).to_bytes(2, "big") + told.name("a").encode() + b"\xff\xff\xff\xff"}])
    sync(told, "", member, joined["generation_id"], [(member, b"x")])
    ask("what a member reads", 0)
    ask("what no member reads", 0, name="b")


@story("DeleteGroups", "DescribeGroups", "ListGroups")
def groups_for_admins(told):
    a = told.topic("a")
    commit(told, "one that has offsets", group="offsets", topic_id=a)
    member, joined = member_of(told, "one that has a member", group="alive")
    sync(told, "", member, joined["generation_id"], [(member, b"x")], group="alive")
    join(told, "one whose member has only asked for an id", group="asked")
    n = told.name
    told.ask("DescribeGroups", "four", groups=[n("offsets"), n("alive"), n("asked"), n("none")])
    told.ask("DescribeGroups", "one twice", groups=[n("alive"), n("alive")])
    told.ask("DescribeGroups", "no name", groups=[""])
    told.ask("DescribeGroups", "none", groups=[])
    told.ask("DescribeGroups", "with operations", groups=[n("alive")], include_authorized_operations=True)
    told.ask("ListGroups", "all", only="groups")
    for states in (["Stable"], ["stable"], ["Empty", "Dead"], ["nothing"], [""], ["CompletingRebalance"]):
        told.ask("ListGroups", f"in states {states}", states_filter=states, only="groups")
    for types in (["classic"], ["Classic"], ["consumer"], ["nothing"], ["classic", "consumer"], ["share"], [""]):
        told.ask("ListGroups", f"of types {types}", types_filter=types, only="groups")
    told.ask("DeleteGroups", "one that has a member", groups_names=[n("alive")])
    told.ask("DeleteGroups", "one nobody knows", groups_names=[n("none")])
    told.ask("DeleteGroups", "no name", groups_names=[""])
    told.ask("DeleteGroups", "one and one nobody knows", groups_names=[n("offsets"), n("none")])
    told.ask("DeleteGroups", "again", groups_names=[n("offsets")])
    told.ask("DeleteGroups", "none", groups_names=[])
    leave(told, "", (member, None), group="alive")
    told.ask("DeleteGroups", "one twice", groups_names=[n("alive"), n("alive")])
    fetch(told, "of what was deleted", group="offsets", topics=[("a", a, [0])])


@story("JoinGroup", versions=(3, 9))
def joining_with_a_protocol_twice(told):
    join(told, "a protocol twice", group="twice", protocols=RANGE * 2)
