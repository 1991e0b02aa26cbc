// Transactions of the Java client: what is committed is seen as a whole, what is aborted is not, and who was fenced stays out.
package esker;

import static esker.Check.equal;
import static esker.Check.fails;
import static esker.Check.holds;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

final class TxnCases {
    static void addTo(Check check) {
        check.add("a committed transaction is seen as a whole, over several partitions", TxnCases::committed);
        check.add("an aborted transaction is seen by those who read everything only", TxnCases::aborted);
        check.add("an open transaction holds readers of committed records back, and nobody else", TxnCases::open);
        check.add("five hundred transactions, some aborted, in a row", TxnCases::many);
        check.add("a transaction without a record", TxnCases::empty);
        check.add("who takes a transactional id over fences its predecessor and aborts its transaction", TxnCases::fenced);
        check.add("a transaction that takes too long is aborted and its producer fenced", TxnCases::timedOut);
        check.add("a time-out longer than the broker allows is refused", TxnCases::timeoutTooLong);
        check.add("offsets are committed with the transaction, or not at all", TxnCases::offsets);
        check.add("records copied from topic to topic with their offsets, exactly once", TxnCases::copied);
        check.add("large batches of every codec in transactions", TxnCases::codecs);
    }

    static KafkaProducer<byte[], byte[]> producer(String id, String... more) {
        List<String> pairs = new ArrayList<>(List.of(more));
        pairs.add("transactional.id=" + id);
        KafkaProducer<byte[], byte[]> producer = Suite.producer(pairs.toArray(String[]::new));
        producer.initTransactions();
        return producer;
    }

    static ProducerRecord<byte[], byte[]> record(String topic, int partition, String value) {
        return new ProducerRecord<>(topic, partition, null, value.getBytes(StandardCharsets.UTF_8));
    }

    // What is there up to the end as the isolation level sees it.
    static List<String> all(String topic, int partitions, String isolation) throws Exception {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        Suite.partitions(topic, partitions).forEach(p -> asked.put(p, OffsetSpec.latest()));
        IsolationLevel level = isolation.equals("read_committed") ? IsolationLevel.READ_COMMITTED : IsolationLevel.READ_UNCOMMITTED;
        var ends = Suite.admin.listOffsets(asked, new ListOffsetsOptions(level)).all().get();
        List<String> values = new ArrayList<>();
        try (var consumer = Suite.consumer(Suite.partitions(topic, partitions), "isolation.level=" + isolation)) {
            long deadline = System.nanoTime() + 30_000_000_000L;
            while (!ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue().offset())) {
                holds(System.nanoTime() < deadline, "the end of " + topic + " was not reached");
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    values.add(new String(record.value(), StandardCharsets.UTF_8));
                }
            }
        }
        values.sort(null);
        return values;
    }

    // Markers are written behind the answer to a commit.
    static void eventually(List<String> expected, String topic, int partitions, String isolation) throws Exception {
        Check.eventually(20, isolation + " of " + topic + " is " + expected.size() + " records", () -> all(topic, partitions, isolation).equals(expected));
    }

    static void committed() throws Exception {
        String topic = Suite.topic("txn-committed", 3);
        try (var producer = producer("committed")) {
            producer.beginTransaction();
            for (int n = 0; n < 6; n++) {
                producer.send(record(topic, n % 3, "c" + n));
            }
            producer.commitTransaction();
        }
        List<String> expected = List.of("c0", "c1", "c2", "c3", "c4", "c5");
        eventually(expected, topic, 3, "read_committed");
        equal(expected, all(topic, 3, "read_uncommitted"), "everything");
        // Two records and a marker.
        var end = Suite.admin.listOffsets(Map.of(new TopicPartition(topic, 0), OffsetSpec.latest())).all().get();
        equal(3L, end.values().iterator().next().offset(), "end of partition 0");
    }

    static void aborted() throws Exception {
        String topic = Suite.topic("txn-aborted", 2);
        try (var producer = producer("aborted")) {
            producer.beginTransaction();
            producer.send(record(topic, 0, "a0"));
            producer.send(record(topic, 1, "a1"));
            producer.flush();
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(record(topic, 0, "b0"));
            producer.commitTransaction();
        }
        eventually(List.of("b0"), topic, 2, "read_committed");
        equal(List.of("a0", "a1", "b0"), all(topic, 2, "read_uncommitted"), "everything");
    }

    static void open() throws Exception {
        String topic = Suite.topic("txn-open", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var producer = producer("open"); var plain = Suite.producer()) {
            plain.send(record(topic, 0, "before")).get();
            producer.beginTransaction();
            producer.send(record(topic, 0, "inside"));
            producer.flush();
            plain.send(record(topic, 0, "behind")).get();
            equal(List.of("before"), all(topic, 1, "read_committed"), "committed");
            equal(List.of("before", "behind", "inside"), all(topic, 1, "read_uncommitted"), "everything");
            var stable = Suite.admin.listOffsets(Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(IsolationLevel.READ_COMMITTED)).all().get();
            equal(1L, stable.get(partition).offset(), "last stable offset");
            producer.commitTransaction();
            eventually(List.of("before", "behind", "inside"), topic, 1, "read_committed");
        }
    }

    static void many() throws Exception {
        String topic = Suite.topic("txn-many", 4);
        List<String> expected = new ArrayList<>();
        Random random = new Random(7);
        try (var producer = producer("many")) {
            for (int n = 0; n < 500; n++) {
                boolean commits = random.nextInt(4) > 0;
                producer.beginTransaction();
                for (int r = 0; r <= random.nextInt(5); r++) {
                    String value = n + "-" + r;
                    producer.send(record(topic, random.nextInt(4), value));
                    if (commits) {
                        expected.add(value);
                    }
                }
                if (commits) {
                    producer.commitTransaction();
                } else {
                    producer.abortTransaction();
                }
            }
        }
        expected.sort(null);
        eventually(expected, topic, 4, "read_committed");
    }

    static void empty() throws Exception {
        String topic = Suite.topic("txn-empty", 1);
        try (var producer = producer("empty")) {
            producer.beginTransaction();
            producer.commitTransaction();
            producer.beginTransaction();
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(record(topic, 0, "x"));
            producer.commitTransaction();
        }
        eventually(List.of("x"), topic, 1, "read_committed");
    }

    static void fenced() throws Exception {
        String topic = Suite.topic("txn-fenced", 1);
        var first = producer("fenced");
        first.beginTransaction();
        first.send(record(topic, 0, "of the first"));
        first.flush();
        try (var second = producer("fenced")) {
            second.beginTransaction();
            second.send(record(topic, 0, "of the second"));
            second.commitTransaction();
            fails(ProducerFencedException.class, () -> {
                first.commitTransaction();
                return null;
            });
        } finally {
            first.close(Duration.ZERO);
        }
        eventually(List.of("of the second"), topic, 1, "read_committed");
    }

    static void timedOut() throws Exception {
        String topic = Suite.topic("txn-timed-out", 1);
        var producer = producer("timed-out", "transaction.timeout.ms=1000");
        producer.beginTransaction();
        producer.send(record(topic, 0, "late"));
        producer.flush();
        equal(List.of(), all(topic, 1, "read_committed"), "committed");
        TopicPartition partition = new TopicPartition(topic, 0);
        Check.eventually(30, "the transaction is aborted", () -> {
            var stable = Suite.admin.listOffsets(Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(IsolationLevel.READ_COMMITTED)).all().get();
            return stable.get(partition).offset() == 2;
        });
        // Which of these it is depends on whether the producer wrote once more before it noticed.
        try {
            producer.commitTransaction();
            throw new AssertionError("a transaction that was aborted is committed");
        } catch (ProducerFencedException | InvalidProducerEpochException | InvalidTxnStateException e) {
            System.out.println("    " + e.getClass().getSimpleName());
        } finally {
            producer.close(Duration.ZERO);
        }
        equal(List.of(), all(topic, 1, "read_committed"), "committed");
        producer("timed-out").close();
    }

    static void timeoutTooLong() throws Exception {
        try (var producer = Suite.producer("transactional.id=too-long", "transaction.timeout.ms=900001")) {
            String message = fails(KafkaException.class, () -> {
                producer.initTransactions();
                return null;
            });
            holds(message.contains("transaction timeout") || message.contains("Unexpected error"), message);
        }
    }

    static long committedOffset(String group, TopicPartition partition) throws Exception {
        OffsetAndMetadata offset = Suite.admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition);
        return offset == null ? -1 : offset.offset();
    }

    static void offsets() throws Exception {
        String topic = Suite.topic("txn-offsets", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var producer = producer("offsets"); var consumer = member("txn-offsets-group")) {
            consumer.subscribe(List.of(topic));
            Check.eventually(30, "the group has its partition", () -> {
                consumer.poll(Duration.ofMillis(100));
                return !consumer.assignment().isEmpty();
            });
            producer.beginTransaction();
            producer.send(record(topic, 0, "x"));
            producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(41)), consumer.groupMetadata());
            producer.abortTransaction();
            equal(-1L, committedOffset("txn-offsets-group", partition), "after an abort");
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(42)), consumer.groupMetadata());
            producer.commitTransaction();
            Check.eventually(20, "the offset is committed", () -> committedOffset("txn-offsets-group", partition) == 42);
        }
    }

    static KafkaConsumer<byte[], byte[]> member(String group, String... pairs) {
        Map<String, Object> config = Suite.config(pairs);
        config.putAll(Map.of("group.id", group, "enable.auto.commit", "false", "auto.offset.reset", "earliest", "isolation.level", "read_committed"));
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    static void copied() throws Exception {
        String from = Suite.topic("txn-copy-from", 2);
        String to = Suite.topic("txn-copy-to", 2);
        List<String> expected = new ArrayList<>();
        try (var plain = Suite.producer()) {
            for (int n = 0; n < 2000; n++) {
                plain.send(record(from, n % 2, "r" + n));
                expected.add("r" + n);
            }
        }
        expected.sort(null);
        int moved = 0;
        // Every third round gives up behind its writes, so that another producer begins where the last commit was.
        for (int round = 0; moved < 2000; round++) {
            holds(round < 200, moved + " records were copied");
            try (var producer = producer("copier"); var consumer = member("copiers")) {
                consumer.subscribe(List.of(from));
                for (int batch = 0; batch < 5 && moved < 2000; batch++) {
                    var records = consumer.poll(Duration.ofMillis(1000));
                    if (records.isEmpty()) {
                        continue;
                    }
                    producer.beginTransaction();
                    Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
                    int count = 0;
                    for (ConsumerRecord<byte[], byte[]> each : records) {
                        producer.send(new ProducerRecord<>(to, each.partition(), null, each.value()));
                        next.put(new TopicPartition(from, each.partition()), new OffsetAndMetadata(each.offset() + 1));
                        count++;
                    }
                    producer.flush();
                    if (round % 3 == 0) {
                        producer.abortTransaction();
                        break;
                    }
                    producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
                    producer.commitTransaction();
                    moved += count;
                }
            }
        }
        eventually(expected, to, 2, "read_committed");
    }

    static void codecs() throws Exception {
        String topic = Suite.topic("txn-codecs", 1, "retention.ms=-1");
        int count = 0;
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            try (var producer = producer("codec-" + codec, "compression.type=" + codec, "linger.ms=5", "batch.size=65536")) {
                for (int txn = 0; txn < 4; txn++) {
                    producer.beginTransaction();
                    for (int n = 0; n < 500; n++) {
                        producer.send(Seed.record(topic, 0, n, 300));
                    }
                    // What is not sent yet when a transaction is aborted never is.
                    producer.flush();
                    if (txn % 2 == 0) {
                        producer.commitTransaction();
                        count += 500;
                    } else {
                        producer.abortTransaction();
                    }
                }
            }
        }
        int expected = count;
        Check.eventually(20, "all committed records are there", () -> all(topic, 1, "read_committed").size() == expected);
        equal(2 * expected, all(topic, 1, "read_uncommitted").size(), "everything");
    }
}
