// Every question that ListOffsets knows, on plain topics.
package esker;

import static esker.Check.equal;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

final class OffsetCases {
    static final long BASE = System.currentTimeMillis() - 3_600_000;

    static void addTo(Check check) {
        check.add("ListOffsets: earliest, latest, by time, largest timestamp, tier questions", OffsetCases::everySpec);
        check.add("ListOffsets: an empty partition", OffsetCases::empty);
        check.add("ListOffsets: timestamps out of order", OffsetCases::outOfOrder);
        check.add("ListOffsets: inside a compressed batch", OffsetCases::insideBatch);
        check.add("offsetsForTimes, beginningOffsets, endOffsets", OffsetCases::consumerCalls);
    }

    static ListOffsetsResultInfo ask(TopicPartition partition, OffsetSpec spec) throws Exception {
        return Suite.admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get();
    }

    static void answers(long offset, long timestamp, TopicPartition partition, OffsetSpec spec, String what) throws Exception {
        ListOffsetsResultInfo info = ask(partition, spec);
        equal(offset, info.offset(), what + ": offset");
        equal(timestamp, info.timestamp(), what + ": timestamp");
    }

    static TopicPartition filled(String name, String codec, long... times) throws Exception {
        String topic = Suite.topic(name, 1);
        try (var producer = Suite.producer("compression.type=" + codec, "linger.ms=100")) {
            for (long time : times) {
                producer.send(new ProducerRecord<>(topic, 0, BASE + time, null, "x".getBytes()));
            }
        }
        return new TopicPartition(topic, 0);
    }

    static void everySpec() throws Exception {
        TopicPartition partition = filled("offsets", "none", 0, 10, 20, 30, 40);
        answers(0, -1, partition, OffsetSpec.earliest(), "earliest");
        answers(5, -1, partition, OffsetSpec.latest(), "latest");
        answers(4, BASE + 40, partition, OffsetSpec.maxTimestamp(), "largest timestamp");
        answers(0, BASE, partition, OffsetSpec.forTimestamp(0), "time 0");
        answers(2, BASE + 20, partition, OffsetSpec.forTimestamp(BASE + 11), "between two");
        answers(4, BASE + 40, partition, OffsetSpec.forTimestamp(BASE + 40), "the last");
        answers(-1, -1, partition, OffsetSpec.forTimestamp(BASE + 41), "after the last");
        answers(0, -1, partition, OffsetSpec.earliestLocal(), "earliest local");
        answers(-1, -1, partition, OffsetSpec.latestTiered(), "latest tiered");
        answers(-1, -1, partition, OffsetSpec.earliestPendingUpload(), "earliest pending upload");
    }

    static void empty() throws Exception {
        TopicPartition partition = filled("offsets-empty", "none");
        answers(0, -1, partition, OffsetSpec.earliest(), "earliest");
        answers(0, -1, partition, OffsetSpec.latest(), "latest");
        answers(-1, -1, partition, OffsetSpec.maxTimestamp(), "largest timestamp");
        answers(-1, -1, partition, OffsetSpec.forTimestamp(0), "time 0");
    }

    static void outOfOrder() throws Exception {
        TopicPartition partition = filled("offsets-mixed", "none", 50, 10, 90, 20, 30);
        answers(2, BASE + 90, partition, OffsetSpec.maxTimestamp(), "largest timestamp");
        answers(0, BASE + 50, partition, OffsetSpec.forTimestamp(BASE + 20), "the first at or after, by offset");
        answers(2, BASE + 90, partition, OffsetSpec.forTimestamp(BASE + 51), "above the first");
    }

    static void insideBatch() throws Exception {
        TopicPartition partition = filled("offsets-batch", "zstd", 0, 10, 20, 30, 40);
        answers(3, BASE + 30, partition, OffsetSpec.forTimestamp(BASE + 21), "inside a batch");
        answers(4, BASE + 40, partition, OffsetSpec.maxTimestamp(), "largest timestamp");
    }

    static void consumerCalls() throws Exception {
        TopicPartition partition = filled("offsets-consumer", "lz4", 0, 10, 20);
        try (var consumer = Suite.consumer(List.of(partition))) {
            OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(partition, BASE + 5)).get(partition);
            equal(1L, found.offset(), "offset");
            equal(BASE + 10, found.timestamp(), "timestamp");
            equal(0, found.leaderEpoch().orElse(-1), "leader epoch");
            equal(null, consumer.offsetsForTimes(Map.of(partition, BASE + 21)).get(partition), "none");
            equal(Map.of(partition, 0L), consumer.beginningOffsets(List.of(partition)), "beginning");
            equal(Map.of(partition, 3L), consumer.endOffsets(List.of(partition)), "end");
        }
    }
}
