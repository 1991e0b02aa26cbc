"""confluent-kafka's admin client against a broker. Usage: script HOST:PORT"""

import confluent_kafka
from confluent_kafka import (
    ConsumerGroupState, ConsumerGroupTopicPartitions, ElectionType, IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition,
)
from confluent_kafka.admin import (
    AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic,
    OffsetSpec, ResourcePatternType, ResourceType, ScramCredentialInfo, ScramMechanism, UserScramCredentialDeletion, UserScramCredentialUpsertion,
)

from checks import run, wait_until
from confluent_base import ADMIN, consumer, done, producer, read, refusal, send, topic


def topics_are_created_described_and_deleted():
    name = topic("made", partitions=3, retention_ms="600000")
    assert refusal(ADMIN.create_topics([NewTopic(name, 1, 1)])) == KafkaError.TOPIC_ALREADY_EXISTS
    assert refusal(ADMIN.create_topics([NewTopic("made-2", 1, 3)])) == KafkaError.INVALID_REPLICATION_FACTOR
    assert refusal(ADMIN.create_topics([NewTopic("made-3", 1, 1, config={"retention.ms": "x"})])) == KafkaError.INVALID_CONFIG
    described = done(ADMIN.describe_topics(TopicCollection([name])))[name]
    assert [(p.id, p.leader.id) for p in described.partitions] == [(0, 1), (1, 1), (2, 1)]
    done(ADMIN.create_partitions([NewPartitions(name, 5)]))
    wait_until("five partitions", lambda: len(ADMIN.list_topics(name, 20).topics[name].partitions) == 5)
    assert refusal(ADMIN.create_partitions([NewPartitions(name, 2)])) == KafkaError.INVALID_PARTITIONS
    done(ADMIN.delete_topics([name]))
    assert refusal(ADMIN.delete_topics([name])) == KafkaError.UNKNOWN_TOPIC_OR_PART
    cluster = ADMIN.describe_cluster().result(timeout=20)
    assert [n.id for n in cluster.nodes] == [1] and cluster.controller.id == 1 and cluster.cluster_id


def configs_are_described_and_altered():
    name = topic("configs", retention_ms="600000")
    resource = ConfigResource(ConfigResource.Type.TOPIC, name)

    def described():
        return {key: entry.value for key, entry in done(ADMIN.describe_configs([resource]))[resource].items()}

    assert (described()["retention.ms"], described()["cleanup.policy"]) == ("600000", "delete")
    change = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=[
        ConfigEntry("retention.ms", "700000", incremental_operation=AlterConfigOpType.SET),
        ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.APPEND)])
    done(ADMIN.incremental_alter_configs([change]))
    wait_until("the new values", lambda: (described()["retention.ms"], described()["cleanup.policy"]) == ("700000", "delete,compact"))
    wrong = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=[
        ConfigEntry("retention.ms", "soon", incremental_operation=AlterConfigOpType.SET)])
    assert refusal(ADMIN.incremental_alter_configs([wrong])) == KafkaError.INVALID_CONFIG


def offsets_are_listed_and_records_deleted():
    name = topic("offsets")
    send(producer(), name, [(None, b"%d" % n) for n in range(20)])
    partition = TopicPartition(name, 0)

    def listed(spec):
        return done(ADMIN.list_offsets({partition: spec}, isolation_level=IsolationLevel.READ_COMMITTED))[partition].offset

    reader = consumer("watermarks")
    assert reader.get_watermark_offsets(partition, timeout=20) == (0, 20)
    assert name in reader.list_topics(timeout=20).topics
    reader.close()
    assert (listed(OffsetSpec.earliest()), listed(OffsetSpec.latest())) == (0, 20)
    assert 0 <= listed(OffsetSpec.max_timestamp()) < 20
    assert listed(OffsetSpec.for_timestamp(0)) == 0 and listed(OffsetSpec.for_timestamp(1 << 42)) == -1
    assert done(ADMIN.delete_records([TopicPartition(name, 0, 12)]))[partition].low_watermark == 12
    assert listed(OffsetSpec.earliest()) == 12
    assert refusal(ADMIN.delete_records([TopicPartition(name, 0, 21)])) == KafkaError.OFFSET_OUT_OF_RANGE


def groups_are_listed_moved_and_deleted():
    name = topic("moved")
    send(producer(), name, [(None, b"%d" % n) for n in range(10)])
    reader = consumer(name)
    reader.subscribe([name])
    read(reader, 10)
    reader.commit(asynchronous=False)
    assert refusal(ADMIN.delete_consumer_groups([name])) == KafkaError.NON_EMPTY_GROUP
    reader.close()
    listed = ADMIN.list_consumer_groups(states={ConsumerGroupState.EMPTY}).result(timeout=20)
    assert name in [g.group_id for g in listed.valid] and listed.errors == []

    def offset():
        found = done(ADMIN.list_consumer_group_offsets([ConsumerGroupTopicPartitions(name, [TopicPartition(name, 0)])]))
        return found[name].topic_partitions[0].offset

    assert offset() == 10
    done(ADMIN.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(name, [TopicPartition(name, 0, 4)])]))
    assert offset() == 4
    done(ADMIN.delete_consumer_groups([name]))
    assert refusal(ADMIN.delete_consumer_groups([name])) == KafkaError.GROUP_ID_NOT_FOUND
    assert offset() == -1001


def credentials_are_stored_and_never_shown():
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 8192)
    done(ADMIN.alter_user_scram_credentials([UserScramCredentialUpsertion("alice", info, b"secret")]))

    def described():
        try:
            found = ADMIN.describe_user_scram_credentials(["alice"])["alice"].result(timeout=20)
            return [(i.mechanism, i.iterations) for i in found.scram_credential_infos]
        except KafkaException as error:
            return error.args[0].code()

    wait_until("the credential", lambda: described() == [(ScramMechanism.SCRAM_SHA_256, 8192)])
    deletion = [UserScramCredentialDeletion("alice", ScramMechanism.SCRAM_SHA_256)]
    done(ADMIN.alter_user_scram_credentials(deletion))
    wait_until("no credential", lambda: described() == KafkaError.RESOURCE_NOT_FOUND)
    assert refusal(ADMIN.alter_user_scram_credentials(deletion)) == KafkaError.RESOURCE_NOT_FOUND


def leaders_are_elected():
    partition = TopicPartition(topic("elected"), 0)
    answers = ADMIN.elect_leaders(ElectionType.PREFERRED, [partition]).result(timeout=20)
    assert answers[partition].code() == KafkaError.ELECTION_NOT_NEEDED, answers


def access_rules_are_switched_off():
    everything = (ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY)
    # The library's describe_acls does not look at the answer's error.
    assert refusal(ADMIN.delete_acls([AclBindingFilter(*everything)])) == KafkaError.SECURITY_DISABLED
    rule = AclBinding(ResourceType.TOPIC, "t", ResourcePatternType.LITERAL, "User:u", "*", AclOperation.READ, AclPermissionType.ALLOW)
    assert refusal(ADMIN.create_acls([rule])) == KafkaError.SECURITY_DISABLED


run(f"confluent-kafka {confluent_kafka.version()}, administration", [
    topics_are_created_described_and_deleted,
    configs_are_described_and_altered,
    offsets_are_listed_and_records_deleted,
    groups_are_listed_moved_and_deleted,
    credentials_are_stored_and_never_shown,
    leaders_are_elected,
    access_rules_are_switched_off,
])
