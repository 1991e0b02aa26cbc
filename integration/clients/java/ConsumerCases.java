// Consumers with assigned partitions: positions, limits, long polls, sessions over many partitions.
package esker;

import static esker.Check.equal;
import static esker.Check.fails;
import static esker.Check.holds;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

final class ConsumerCases {
    static void addTo(Check check) {
        check.add("seek, seek to beginning and end, position, pause, resume", ConsumerCases::seeks);
        check.add("an offset out of range is said, or reset as configured", ConsumerCases::outOfRange);
        check.add("one fetch session over 200 partitions, records in some now and then", ConsumerCases::manyPartitions);
        check.add("small limits still bring every record", ConsumerCases::smallLimits);
        check.add("fetch.min.bytes waits, a record wakes", ConsumerCases::longPoll);
        check.add("read_committed reads plain records to the end", ConsumerCases::readCommitted);
        check.add("a reader at the end follows a writer", ConsumerCases::follows);
    }

    static void fill(String topic, int partitions, int count) {
        try (var producer = Suite.producer("linger.ms=5")) {
            for (int n = 0; n < count; n++) {
                producer.send(new ProducerRecord<>(topic, n % partitions, null, ("" + n).getBytes()));
            }
        }
    }

    static void seeks() throws Exception {
        String topic = Suite.topic("seeks", 2);
        fill(topic, 2, 100);
        TopicPartition first = new TopicPartition(topic, 0);
        TopicPartition second = new TopicPartition(topic, 1);
        try (var consumer = Suite.consumer(List.of(first, second))) {
            equal(100, Suite.read(consumer, 100).size(), "records");
            consumer.seek(first, 45);
            equal(45L, Suite.read(consumer, 5).get(0).offset(), "after seek");
            consumer.seekToBeginning(List.of(second));
            equal(0L, consumer.position(second), "beginning");
            consumer.seekToEnd(List.of(first, second));
            equal(50L, consumer.position(first), "end");
            consumer.seek(first, 10);
            consumer.pause(List.of(first));
            holds(consumer.poll(Duration.ofMillis(700)).isEmpty(), "a paused partition brings nothing");
            consumer.resume(List.of(first));
            equal(10L, Suite.read(consumer, 1).get(0).offset(), "after resume");
        }
    }

    static void outOfRange() throws Exception {
        String topic = Suite.topic("out-of-range", 1);
        fill(topic, 1, 10);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var consumer = Suite.consumer(List.of(partition), "auto.offset.reset=none")) {
            consumer.seek(partition, 11);
            fails(OffsetOutOfRangeException.class, () -> consumer.poll(Duration.ofSeconds(10)));
            consumer.seek(partition, 10);
            holds(consumer.poll(Duration.ofMillis(500)).isEmpty(), "the end itself is in range");
        }
        try (var consumer = Suite.consumer(List.of(partition), "auto.offset.reset=earliest")) {
            consumer.seek(partition, 5000);
            equal(0L, Suite.read(consumer, 1).get(0).offset(), "reset to the earliest");
        }
    }

    static void manyPartitions() throws Exception {
        String topic = Suite.topic("many", 200);
        try (var consumer = Suite.consumer(Suite.partitions(topic, 200)); var producer = Suite.producer()) {
            consumer.poll(Duration.ofMillis(200));
            Set<String> seen = new HashSet<>();
            for (int round = 0; round < 10; round++) {
                for (int p = round; p < 200; p += 10) {
                    producer.send(new ProducerRecord<>(topic, p, null, (round + "/" + p).getBytes()));
                }
                producer.flush();
                Suite.read(consumer, 20).forEach(r -> holds(seen.add(new String(r.value())), "a record twice"));
            }
            equal(200, seen.size(), "distinct records");
        }
    }

    static void smallLimits() throws Exception {
        String topic = Suite.topic("small-limits", 3);
        fill(topic, 3, 3000);
        try (var consumer = Suite.consumer(Suite.partitions(topic, 3), "max.partition.fetch.bytes=200", "fetch.max.bytes=300", "max.poll.records=7")) {
            long[] next = new long[3];
            for (var record : Suite.read(consumer, 3000)) {
                equal(next[record.partition()]++, record.offset(), "offset");
            }
        }
    }

    static void longPoll() throws Exception {
        String topic = Suite.topic("long-poll", 1);
        try (var consumer = Suite.consumer(Suite.partitions(topic, 1), "fetch.min.bytes=1", "fetch.max.wait.ms=4000"); var producer = Suite.producer()) {
            consumer.poll(Duration.ofMillis(1500));
            producer.send(new ProducerRecord<>(topic, 0, null, "wake".getBytes()));
            long began = System.nanoTime();
            Suite.read(consumer, 1);
            holds(System.nanoTime() - began < 2_000_000_000L, "a record wakes a waiting fetch at once");
        }
        try (var consumer = Suite.consumer(Suite.partitions(topic, 1), "fetch.min.bytes=1000000", "fetch.max.wait.ms=1500")) {
            consumer.position(new TopicPartition(topic, 0));
            long began = System.nanoTime();
            Suite.read(consumer, 1);
            double took = (System.nanoTime() - began) / 1e9;
            holds(took > 1.2 && took < 6, "too few bytes wait for fetch.max.wait.ms: " + took + " s");
        }
    }

    static void readCommitted() throws Exception {
        String topic = Suite.topic("committed", 1);
        fill(topic, 1, 500);
        try (var consumer = Suite.consumer(Suite.partitions(topic, 1), "isolation.level=read_committed")) {
            equal(500, Suite.read(consumer, 500).size(), "records");
            TopicPartition partition = new TopicPartition(topic, 0);
            equal(Map.of(partition, 500L), consumer.endOffsets(List.of(partition)), "end offset");
        }
    }

    static void follows() throws Exception {
        String topic = Suite.topic("followed", 1);
        try (var consumer = Suite.consumer(Suite.partitions(topic, 1), "auto.offset.reset=latest"); var producer = Suite.producer()) {
            consumer.position(new TopicPartition(topic, 0));
            for (int n = 0; n < 200; n++) {
                producer.send(new ProducerRecord<>(topic, 0, null, ("" + n).getBytes())).get();
                equal("" + n, new String(Suite.read(consumer, 1).get(0).value()), "record");
            }
        }
    }
}
