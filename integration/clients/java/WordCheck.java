// Compares what was counted with what was written: WordCheck BOOTSTRAP FROM TO PARTITIONS COUNTS.
package esker;

import static esker.Check.equal;
import static esker.Check.holds;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

public final class WordCheck {
    static final long PATIENCE_NANOS = 90_000_000_000L;

    public static void main(String[] args) throws Exception {
        Suite.bootstrap = args[0];
        int partitions = Integer.parseInt(args[3]);
        Map<String, Long> expected = new TreeMap<>();
        for (String line : Files.readAllLines(Path.of(args[4]))) {
            String[] pair = line.split(" ");
            expected.put(pair[0], Long.parseLong(pair[1]));
        }
        long total = expected.values().stream().mapToLong(n -> n).sum();
        equal(expected, counted(args[2], partitions, total), "counts");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
            Suite.admin = admin;
            for (TopicPartition each : Suite.partitions(args[1], partitions)) {
                Check.eventually(60, "everything of " + each + " is committed", () -> committed(each) == end(each));
            }
        }
        System.out.println("  ok: " + total + " words, " + expected.size() + " different ones, each counted once and in order");
    }

    // Every count of a word is one more than the one before.
    static Map<String, Long> counted(String topic, int partitions, long total) {
        Map<String, Long> counts = new TreeMap<>();
        long seen = 0;
        try (var consumer = Suite.consumer(Suite.partitions(topic, partitions), "isolation.level=read_committed")) {
            long moved = System.nanoTime();
            while (seen < total) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                    String word = new String(record.key(), StandardCharsets.UTF_8);
                    long count = Long.parseLong(new String(record.value(), StandardCharsets.UTF_8));
                    long before = counts.getOrDefault(word, 0L);
                    equal(before + 1, count, "count of " + word + " at offset " + record.offset() + " of partition " + record.partition());
                    counts.put(word, count);
                    seen++;
                    moved = System.nanoTime();
                }
                holds(System.nanoTime() - moved < PATIENCE_NANOS, "no more than " + seen + " of " + total + " words are counted");
            }
            equal(0, consumer.poll(Duration.ofSeconds(2)).count(), "counts too many");
        }
        return counts;
    }

    private static long committed(TopicPartition partition) throws Exception {
        var offsets = Suite.admin.listConsumerGroupOffsets(WordCount.APPLICATION).partitionsToOffsetAndMetadata().get();
        return offsets.get(partition) == null ? -1 : offsets.get(partition).offset();
    }

    private static long end(TopicPartition partition) throws Exception {
        return Suite.admin.listOffsets(Map.of(partition, OffsetSpec.latest())).all().get().get(partition).offset();
    }
}
