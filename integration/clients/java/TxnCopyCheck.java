// The two ends of a copy: TxnCopyCheck BOOTSTRAP fill FROM PARTITIONS COUNT, or: check FROM TO PARTITIONS COUNT.
package esker;

import static esker.Check.equal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

public final class TxnCopyCheck {
    public static void main(String[] args) throws Exception {
        Suite.bootstrap = args[0];
        if (args[1].equals("fill")) {
            fill(args[2], Integer.parseInt(args[3]), Integer.parseInt(args[4]));
        } else {
            check(args[2], args[3], Integer.parseInt(args[4]), Integer.parseInt(args[5]));
        }
    }

    static void fill(String topic, int partitions, int count) {
        try (var producer = Suite.producer("linger.ms=5")) {
            for (int n = 0; n < count; n++) {
                producer.send(TxnCases.record(topic, n % partitions, Integer.toString(n)));
            }
        }
    }

    // Every number is there once, in the order in which it was written, and nothing is left undecided.
    static void check(String from, String to, int partitions, int count) throws Exception {
        int[] next = new int[partitions];
        for (int p = 0; p < partitions; p++) {
            next[p] = p;
        }
        int seen = 0;
        try (var consumer = Suite.consumer(Suite.partitions(to, partitions), "isolation.level=read_committed")) {
            long deadline = System.nanoTime() + 120_000_000_000L;
            while (seen < count && System.nanoTime() < deadline) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                    int p = record.partition();
                    equal(Integer.toString(next[p]), new String(record.value(), StandardCharsets.UTF_8), "record at " + record.offset() + " of partition " + p);
                    next[p] += partitions;
                    seen++;
                }
            }
            equal(count, seen, "records");
            equal(0, consumer.poll(Duration.ofSeconds(2)).count(), "records too many");
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", Suite.bootstrap))) {
            for (TopicPartition each : Suite.partitions(to, partitions)) {
                long end = admin.listOffsets(Map.of(each, OffsetSpec.latest())).all().get().get(each).offset();
                long stable = admin.listOffsets(Map.of(each, OffsetSpec.latest()), new ListOffsetsOptions(IsolationLevel.READ_COMMITTED)).all().get().get(each).offset();
                equal(end, stable, "last stable offset of " + each);
            }
        }
        System.out.println("  ok: " + seen + " records, each once and in order");
    }
}
