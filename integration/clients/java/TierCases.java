// A topic whose older segments are in the remote tier: read whole, by offset and by time, and asked about.
package esker;

import static esker.Check.equal;
import static esker.Check.eventually;
import static esker.Check.holds;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

final class TierCases {
    static final int RECORDS = 400;
    static final int SIZE = 50_000;

    static void addTo(Check check) {
        for (String codec : List.of("none", "zstd")) {
            check.add("a topic in both tiers is read whole and asked about: " + codec, () -> tiered(codec));
        }
    }

    static void tiered(String codec) throws Exception {
        String topic = Suite.topic("tiered-" + codec, 1, "remote.storage.enable=true", "segment.bytes=1048576",
            "local.retention.bytes=1", "retention.ms=-1");
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var producer = Suite.producer("compression.type=" + codec, "linger.ms=0")) {
            for (int n = 0; n < RECORDS; n++) {
                producer.send(Seed.record(topic, 0, n, SIZE)).get();
            }
        }
        eventually(90, "everything but the active segment is only in the tier", () -> {
            long local = OffsetCases.ask(partition, OffsetSpec.earliestLocal()).offset();
            return local > RECORDS / 2 && OffsetCases.ask(partition, OffsetSpec.latestTiered()).offset() == local - 1
                && OffsetCases.ask(partition, OffsetSpec.earliestPendingUpload()).offset() == local;
        });
        long local = OffsetCases.ask(partition, OffsetSpec.earliestLocal()).offset();
        readWhole(partition);
        byOffset(partition, local);
        byTime(partition, local);
        trim(partition);
    }

    static void readWhole(TopicPartition partition) {
        for (String isolation : List.of("read_uncommitted", "read_committed")) {
            try (var consumer = Suite.consumer(List.of(partition), "check.crcs=true", "isolation.level=" + isolation)) {
                long next = 0;
                for (ConsumerRecord<byte[], byte[]> record : Suite.read(consumer, RECORDS)) {
                    equal(next, record.offset(), "offset");
                    holds(Arrays.equals(Seed.value((int) next, SIZE), record.value()), "value of " + next);
                    next++;
                }
            }
        }
    }

    // Around the seam, backwards, and with a limit smaller than a record.
    static void byOffset(TopicPartition partition, long local) {
        try (var consumer = Suite.consumer(List.of(partition), "auto.offset.reset=none", "max.poll.records=1", "max.partition.fetch.bytes=1000")) {
            for (long offset : new long[] {local - 1, local, local + 1, 17, 0, RECORDS - 1, local - 2}) {
                consumer.seek(partition, offset);
                ConsumerRecord<byte[], byte[]> record = Suite.read(consumer, 1).get(0);
                equal(offset, record.offset(), "offset");
                holds(Arrays.equals(Seed.value((int) offset, SIZE), record.value()), "value of " + offset);
            }
        }
    }

    static void byTime(TopicPartition partition, long local) throws Exception {
        for (long offset : new long[] {0, 1, 57, local - 1, local, RECORDS - 1}) {
            long time = Seed.FIRST_TIMESTAMP + offset * 1000;
            OffsetCases.answers(offset, time, partition, OffsetSpec.forTimestamp(time - 500), "time of " + offset);
        }
        OffsetCases.answers(-1, -1, partition, OffsetSpec.forTimestamp(Seed.FIRST_TIMESTAMP + RECORDS * 1000L), "after the last");
        OffsetCases.answers(RECORDS - 1, Seed.FIRST_TIMESTAMP + (RECORDS - 1) * 1000L, partition, OffsetSpec.maxTimestamp(), "largest timestamp");
    }

    static void trim(TopicPartition partition) throws Exception {
        Suite.admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(33))).all().get();
        OffsetCases.answers(33, -1, partition, OffsetSpec.earliest(), "earliest after deleting records");
        try (var consumer = Suite.consumer(List.of(partition))) {
            equal(33L, Suite.read(consumer, 1).get(0).offset(), "first offset after deleting records");
        }
    }
}
