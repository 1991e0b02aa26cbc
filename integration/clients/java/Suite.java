// The Java client's suite: Suite BOOTSTRAP. Its cases are in the files beside it.
package esker;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public final class Suite {
    static String bootstrap;
    static Admin admin;

    public static void main(String[] args) {
        bootstrap = args[0];
        Check check = new Check();
        try (Admin shared = Admin.create(Map.of("bootstrap.servers", bootstrap, "default.api.timeout.ms", "20000", "request.timeout.ms", "10000"))) {
            admin = shared;
            ProducerCases.addTo(check);
            ConsumerCases.addTo(check);
            OffsetCases.addTo(check);
            AdminCases.addTo(check);
            TierCases.addTo(check);
            AdminCases.addLargeTo(check);
            System.exit(check.runAll() == 0 ? 0 : 1);
        }
    }

    static String topic(String name, int partitions, String... configs) throws Exception {
        Map<String, String> map = new HashMap<>();
        for (String config : configs) {
            String[] pair = config.split("=", 2);
            map.put(pair[0], pair[1]);
        }
        admin.createTopics(List.of(new NewTopic(name, Optional.of(partitions), Optional.<Short>empty()).configs(map))).all().get();
        settled(name, partitions);
        return name;
    }

    // Kafka answers a creation before its broker has made the logs.
    static void settled(String topic, int partitions) throws Exception {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        partitions(topic, partitions).forEach(p -> asked.put(p, OffsetSpec.latest()));
        Check.eventually(20, topic + " is usable", () -> {
            try {
                return admin.listOffsets(asked).all().get() != null;
            } catch (ExecutionException e) {
                return !(e.getCause() instanceof UnknownTopicOrPartitionException) && rethrow(e);
            }
        });
    }

    private static boolean rethrow(ExecutionException e) throws ExecutionException {
        throw e;
    }

    static Map<String, Object> config(String... pairs) {
        Map<String, Object> map = new HashMap<>();
        map.put("bootstrap.servers", bootstrap);
        for (String pair : pairs) {
            String[] sides = pair.split("=", 2);
            map.put(sides[0], sides[1]);
        }
        return map;
    }

    static KafkaProducer<byte[], byte[]> producer(String... pairs) {
        return new KafkaProducer<>(config(pairs), new ByteArraySerializer(), new ByteArraySerializer());
    }

    static KafkaConsumer<byte[], byte[]> consumer(List<TopicPartition> partitions, String... pairs) {
        Map<String, Object> config = config(pairs);
        config.putIfAbsent("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", "false");
        KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.assign(partitions);
        return consumer;
    }

    static List<TopicPartition> partitions(String topic, int count) {
        List<TopicPartition> list = new ArrayList<>();
        for (int p = 0; p < count; p++) {
            list.add(new TopicPartition(topic, p));
        }
        return list;
    }

    // The next records, until there are `count`; fails after 60 seconds, and when more come than were asked for.
    static List<ConsumerRecord<byte[], byte[]>> read(KafkaConsumer<byte[], byte[]> consumer, int count) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (records.size() < count) {
            Check.holds(System.nanoTime() < deadline, records.size() + " of " + count + " records came");
            consumer.poll(java.time.Duration.ofMillis(500)).forEach(records::add);
        }
        return records;
    }
}
