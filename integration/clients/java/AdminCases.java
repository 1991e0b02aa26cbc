// What the Java admin client can ask of one broker.
package esker;

import static esker.Check.equal;
import static esker.Check.eventually;
import static esker.Check.fails;
import static esker.Check.holds;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

final class AdminCases {
    static void addTo(Check check) {
        check.add("a created topic answers with its id and configs, and is usable at once", AdminCases::created);
        check.add("validateOnly creates nothing", AdminCases::validateOnly);
        check.add("several topics in one request: each gets its own answer", AdminCases::mixedCreate);
        check.add("topics are described and deleted by id", AdminCases::byId);
        check.add("partitions are added, validated, refused", AdminCases::partitions);
        check.add("the cluster is described", AdminCases::cluster);
        check.add("configs: set, append, subtract, delete, validate only, refused", AdminCases::configs);
        check.add("configs: only the keys that were asked for, with their documentation", AdminCases::chosenKeys);
        check.add("log directories are described", AdminCases::logDirs);
        check.add("records are deleted", AdminCases::deleteRecords);
        check.add("config resources are listed", AdminCases::configResources);
    }

    // Last, because Kafka takes its time to make so many logs.
    static void addLargeTo(Check check) {
        check.add("2,400 partitions are described over several pages", AdminCases::pages);
    }

    static TopicDescription describe(String topic) throws Exception {
        return Suite.admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
    }

    static void created() throws Exception {
        var result = Suite.admin.createTopics(List.of(new NewTopic("admin", 3, (short) 1).configs(Map.of("retention.ms", "1234567"))));
        Uuid id = result.topicId("admin").get();
        equal(3, result.numPartitions("admin").get(), "partitions");
        equal(1, result.replicationFactor("admin").get(), "replication factor");
        equal("1234567", result.config("admin").get().get("retention.ms").value(), "config");
        TopicDescription topic = describe("admin");
        equal(id, topic.topicId(), "topic id");
        equal(List.of(0, 1, 2), topic.partitions().stream().map(p -> p.partition()).toList(), "partitions");
        holds(topic.partitions().stream().allMatch(p -> p.leader().id() == 1 && p.isr().size() == 1), "each has its leader");
    }

    static void validateOnly() throws Exception {
        Suite.admin.createTopics(List.of(new NewTopic("not-made", 1, (short) 1)), new CreateTopicsOptions().validateOnly(true)).all().get();
        fails(UnknownTopicOrPartitionException.class, () -> describe("not-made"));
    }

    static void mixedCreate() throws Exception {
        Suite.topic("exists", 1);
        var result = Suite.admin.createTopics(List.of(
            new NewTopic("exists", 1, (short) 1), new NewTopic("fresh", 1, (short) 1), new NewTopic("minus", -2, (short) 1)));
        fails(TopicExistsException.class, () -> result.values().get("exists").get());
        fails(InvalidPartitionsException.class, () -> result.values().get("minus").get());
        result.values().get("fresh").get();
    }

    static void byId() throws Exception {
        Suite.topic("by-id", 1);
        Uuid id = describe("by-id").topicId();
        equal("by-id", Suite.admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds().get().get(id).name(), "name");
        Suite.admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get();
        eventually(10, "the topic is gone", () -> !Suite.admin.listTopics().names().get().contains("by-id"));
        fails(UnknownTopicIdException.class, () -> Suite.admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get());
        fails(UnknownTopicIdException.class, () -> Suite.admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds().get());
    }

    static void partitions() throws Exception {
        Suite.topic("grows", 1);
        Suite.admin.createPartitions(Map.of("grows", NewPartitions.increaseTo(4))).all().get();
        eventually(10, "four partitions", () -> describe("grows").partitions().size() == 4);
        fails(InvalidPartitionsException.class, () -> Suite.admin.createPartitions(Map.of("grows", NewPartitions.increaseTo(3))).all().get());
        fails(UnknownTopicOrPartitionException.class, () -> Suite.admin.createPartitions(Map.of("nowhere", NewPartitions.increaseTo(3))).all().get());
    }

    static void pages() throws Exception {
        List<NewTopic> topics = IntStream.range(0, 12).mapToObj(n -> new NewTopic("page-" + n, 200, (short) 1)).toList();
        Suite.admin.createTopics(topics).all().get();
        List<String> names = topics.stream().map(NewTopic::name).toList();
        eventually(60, "every topic is there with every partition", () -> {
            try {
                var described = Suite.admin.describeTopics(names).allTopicNames().get();
                return described.size() == 12 && described.values().stream().allMatch(t -> t.partitions().size() == 200);
            } catch (ExecutionException e) {
                holds(e.getCause() instanceof UnknownTopicOrPartitionException, "" + e.getCause());
                return false;
            }
        });
    }

    static void cluster() throws Exception {
        var cluster = Suite.admin.describeCluster();
        equal(1, cluster.nodes().get().size(), "nodes");
        equal(1, cluster.controller().get().id(), "controller");
        equal(22, cluster.clusterId().get().length(), "length of the cluster id");
    }

    static String value(ConfigResource resource, String key) throws Exception {
        ConfigEntry entry = Suite.admin.describeConfigs(List.of(resource)).all().get().get(resource).get(key);
        return entry == null ? null : entry.value();
    }

    static void alter(ConfigResource resource, OpType type, String key, String value) throws Exception {
        Suite.admin.incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(new ConfigEntry(key, value), type)))).all().get();
    }

    static void configs() throws Exception {
        Suite.topic("configured", 1);
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "configured");
        alter(topic, OpType.SET, "retention.ms", "777000");
        eventually(10, "set", () -> "777000".equals(value(topic, "retention.ms")));
        alter(topic, OpType.APPEND, "cleanup.policy", "compact");
        eventually(10, "appended", () -> "delete,compact".equals(value(topic, "cleanup.policy")));
        alter(topic, OpType.SUBTRACT, "cleanup.policy", "delete");
        eventually(10, "subtracted", () -> "compact".equals(value(topic, "cleanup.policy")));
        alter(topic, OpType.DELETE, "cleanup.policy", "");
        alter(topic, OpType.DELETE, "retention.ms", "");
        eventually(10, "deleted", () -> "604800000".equals(value(topic, "retention.ms")) && "delete".equals(value(topic, "cleanup.policy")));
        fails(InvalidConfigurationException.class, () -> { alter(topic, OpType.SET, "retention.ms", "long"); return null; });
        fails(InvalidConfigurationException.class, () -> { alter(topic, OpType.APPEND, "retention.ms", "1"); return null; });
        ConfigResource missing = new ConfigResource(ConfigResource.Type.TOPIC, "never-made");
        fails(UnknownTopicOrPartitionException.class, () -> { alter(missing, OpType.SET, "retention.ms", "1"); return null; });
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        fails(InvalidRequestException.class, () -> { alter(broker, OpType.SET, "broker.id", "9"); return null; });
        ConfigResource all = new ConfigResource(ConfigResource.Type.BROKER, "");
        alter(all, OpType.SET, "log.flush.interval.ms", "30000");
        eventually(10, "cluster default", () -> "30000".equals(value(broker, "log.flush.interval.ms")));
        alter(all, OpType.DELETE, "log.flush.interval.ms", "");
    }

    static void chosenKeys() throws Exception {
        Suite.topic("chosen", 1);
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "chosen");
        var options = new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true);
        ConfigEntry entry = Suite.admin.describeConfigs(List.of(topic), options).all().get().get(topic).get("segment.bytes");
        equal("1073741824", entry.value(), "value");
        equal(ConfigEntry.ConfigSource.DEFAULT_CONFIG, entry.source(), "source");
        equal(ConfigEntry.ConfigType.INT, entry.type(), "type");
        equal(List.of("log.segment.bytes"), entry.synonyms().stream().map(s -> s.name()).toList(), "synonyms");
        holds(entry.documentation() != null && entry.documentation().length() > 20, "documentation");
        fails(UnknownTopicOrPartitionException.class,
            () -> Suite.admin.describeConfigs(List.of(new ConfigResource(ConfigResource.Type.TOPIC, "never-made"))).all().get());
    }

    static void logDirs() throws Exception {
        Suite.topic("sized", 2);
        try (var producer = Suite.producer()) {
            producer.send(Seed.record("sized", 0, 0, 10_000)).get();
        }
        var dirs = Suite.admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1);
        equal(1, dirs.size(), "directories");
        var dir = dirs.values().iterator().next();
        holds(dir.totalBytes().getAsLong() > 0 && dir.usableBytes().getAsLong() > 0, "the volume's size");
        equal(10_086L, dir.replicaInfos().get(new TopicPartition("sized", 0)).size(), "size of partition 0");
        equal(0L, dir.replicaInfos().get(new TopicPartition("sized", 1)).size(), "size of partition 1");
    }

    static void deleteRecords() throws Exception {
        Suite.topic("trimmed", 1);
        ConsumerCases.fill("trimmed", 1, 20);
        TopicPartition partition = new TopicPartition("trimmed", 0);
        var result = Suite.admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(12)));
        equal(12L, result.lowWatermarks().get(partition).get().lowWatermark(), "low watermark");
        fails(OffsetOutOfRangeException.class, () -> Suite.admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(21))).all().get());
        try (var consumer = Suite.consumer(List.of(partition))) {
            equal(12L, Suite.read(consumer, 8).get(0).offset(), "first offset");
        }
    }

    static void configResources() throws Exception {
        Suite.topic("listed", 1);
        var topics = Suite.admin.listConfigResources(Set.of(ConfigResource.Type.TOPIC), new ListConfigResourcesOptions()).all().get();
        holds(topics.contains(new ConfigResource(ConfigResource.Type.TOPIC, "listed")), "the topic is listed");
        var brokers = Suite.admin.listConfigResources(Set.of(ConfigResource.Type.BROKER), new ListConfigResourcesOptions()).all().get();
        holds(brokers.contains(new ConfigResource(ConfigResource.Type.BROKER, "1")), "the broker is listed");
    }
}
