"""The admin client of kafka-python 3 against a broker: what only this line asks. Usage: script HOST:PORT"""

import sys
import time

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition, errors
from kafka.admin import (
    ConfigResource, ConfigResourceType, MemberToRemove, NewTopic, OffsetSpec, OffsetTimestamp, ScramMechanism, UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from checks import run, wait_until

BOOTSTRAP = sys.argv[1]
BASE_TIME = int(time.time() * 1000) - 3_600_000
ADMIN = KafkaAdminClient(bootstrap_servers=BOOTSTRAP, request_timeout_ms=20000)


def topic(name, partitions=1, **configs):
    ADMIN.create_topics([NewTopic(name, partitions, 1, topic_configs={k.replace("_", "."): v for k, v in configs.items()})])
    ADMIN.wait_for_topics([name])
    return name


def fill(name, count):
    writer = KafkaProducer(bootstrap_servers=BOOTSTRAP)
    for n in range(count):
        writer.send(name, b"%d" % n, partition=0, timestamp_ms=BASE_TIME + n)
    writer.close()


def the_broker_describes_itself():
    cluster = ADMIN.describe_cluster()
    assert [b["broker_id"] for b in cluster["brokers"]] == [1] and cluster["controller_id"] == 1, cluster
    features = ADMIN.describe_features()
    assert features["transaction.version"]["finalized"] == (2, 2) and features["group.version"]["finalized"] == (1, 1), features
    assert all(f["supported"][0] <= f["finalized"][1] <= f["supported"][1] for f in features.values() if "finalized" in f), features
    quorum = ADMIN.describe_metadata_quorum()
    partition = quorum["topics"][0]["partitions"][0]
    assert partition["leader_id"] == 1 and [v["replica_id"] for v in partition["current_voters"]] == [1], quorum
    assert partition["high_watermark"] > 0
    updated = ADMIN.update_features({"group.version": 1}, validate_only=True)
    assert updated == {"group.version": "OK"}, updated


def directories_are_described():
    name = topic("directories")
    fill(name, 100)
    directory = ADMIN.describe_log_dirs({name: [0]})[0]["log_dirs"][0]
    assert directory["error_code"] == 0 and directory["total_bytes"] > directory["usable_bytes"] > 0, directory
    partition = directory["topics"][0]["partitions"][0]
    assert partition["partition_size"] > 100 and partition["offset_lag"] == 0 and not partition["is_future_key"], partition


def partitions_are_described_page_by_page():
    names = [topic(f"page-{n}", 2) for n in range(2)]
    first = ADMIN.describe_topic_partitions(names, response_partition_limit=3)
    assert [(t["name"], [p["partition_index"] for p in t["partitions"]]) for t in first["topics"]] == [("page-0", [0, 1]), ("page-1", [0])]
    cursor = first["next_cursor"]
    assert (cursor["topic_name"], cursor["partition_index"]) == ("page-1", 1), cursor
    rest = ADMIN.describe_topic_partitions(names, cursor={"topic_name": "page-1", "partition_index": 1})
    assert [(t["name"], [p["partition_index"] for p in t["partitions"]]) for t in rest["topics"]] == [("page-1", [1])]
    assert rest["next_cursor"] is None


def offsets_are_listed_by_every_name():
    name, partition = topic("listed"), TopicPartition("listed", 0)
    fill(name, 20)
    expected = {OffsetSpec.EARLIEST: 0, OffsetSpec.LATEST: 20, OffsetSpec.MAX_TIMESTAMP: 19, OffsetSpec.EARLIEST_LOCAL: 0, BASE_TIME + 7: 7}
    for spec, offset in expected.items():
        assert ADMIN.list_partition_offsets({partition: spec})[partition].offset == offset, spec


def leaders_are_elected_and_partitions_moved():
    name, partition = topic("moved"), TopicPartition("moved", 0)
    answer = ADMIN.elect_leaders(0, {name: [0]}).replica_election_results[0].partition_result[0]
    assert (answer.partition_id, answer.error_code) == (0, errors.ElectionNotNeededError.errno), answer
    assert ADMIN.list_partition_reassignments({name: [0]}) == {}
    ADMIN.alter_partition_reassignments({partition: [1]})
    assert ADMIN.describe_topics([name])[0]["partitions"][0]["replica_nodes"] == [1]


def resources_with_configs_are_listed():
    name = topic("resource", retention_ms="600000")
    listed = ADMIN.list_config_resources([ConfigResourceType.TOPIC, ConfigResourceType.BROKER])
    listed = {kind.lower(): names for kind, names in listed.items()}
    assert name in listed["topic"] and listed["broker"] == ["1"], listed
    change = ConfigResource(ConfigResourceType.GROUP, "a group", configs={"consumer.session.timeout.ms": "50000"})
    ADMIN.alter_configs([change], raise_on_unknown=False)
    wait_until("the group is listed", lambda: "a group" in sum(ADMIN.list_config_resources([ConfigResourceType.GROUP]).values(), []))
    ADMIN.reset_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=["retention.ms"])])
    resource = ConfigResource(ConfigResourceType.TOPIC, name)

    def retention():
        return ADMIN.describe_configs([resource], config_filter="all")["topic"][name]["retention.ms"]["value"]

    wait_until("the default", lambda: retention() == "604800000")


def credentials_are_stored_and_never_shown():
    assert ADMIN.alter_user_scram_credentials([UserScramCredentialUpsertion("bob", ScramMechanism.SCRAM_SHA_512, "secret")]) == {"bob": None}

    def described():
        return ADMIN.describe_user_scram_credentials(["bob"])["bob"]

    wait_until("the credential", lambda: described().get("credential_infos"))
    assert [(i["mechanism"], i["iterations"]) for i in described()["credential_infos"]] == [(2, 4096)], described()
    assert ADMIN.alter_user_scram_credentials([UserScramCredentialDeletion("bob", ScramMechanism.SCRAM_SHA_512)]) == {"bob": None}
    wait_until("no credential", lambda: not described().get("credential_infos"))


def group_offsets_are_reset_and_members_removed():
    name, partition = topic("group"), TopicPartition("group", 0)
    fill(name, 20)
    reader = KafkaConsumer(name, bootstrap_servers=BOOTSTRAP, group_id=name, group_instance_id="one", auto_offset_reset="earliest")
    wait_until("the member reads", lambda: reader.poll(timeout_ms=5000))
    reader.commit()
    removed = ADMIN.remove_group_members(name, [MemberToRemove(group_instance_id="one"), MemberToRemove(group_instance_id="two")])
    assert removed == {"one": errors.NoError, "two": errors.UnknownMemberIdError}, removed
    described = ADMIN.describe_groups([name])[name]
    assert described["group_state"] == "Empty"
    assert sorted(described["authorized_operations"]) == ["ALTER_CONFIGS", "DELETE", "DESCRIBE", "DESCRIBE_CONFIGS", "READ"], described
    for spec, offset in ((OffsetSpec.EARLIEST, 0), (OffsetTimestamp(BASE_TIME + 12), 12), (15, 15), (OffsetSpec.LATEST, 20)):
        answer = ADMIN.reset_group_offsets(name, {partition: spec})[partition]
        assert (answer["error"], answer["offset"]) == (errors.NoError, offset), (spec, answer)
        assert ADMIN.list_group_offsets(name)[name][partition].offset == offset
    reader.close(autocommit=False)


run(f"kafka-python {kafka.__version__}, administration", [
    the_broker_describes_itself,
    directories_are_described,
    partitions_are_described_page_by_page,
    offsets_are_listed_by_every_name,
    leaders_are_elected_and_partitions_moved,
    resources_with_configs_are_listed,
    credentials_are_stored_and_never_shown,
    group_offsets_are_reset_and_members_removed,
])
