// Prints the committed records of a topic, partition by partition, as far as they are there: Records BOOTSTRAP TOPIC PARTITIONS values|whole.
// `whole` is everything that a copy in another cluster has as well: not the offset.
package esker;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

public final class Records {
    public static void main(String[] args) throws Exception {
        Suite.bootstrap = args[0];
        try (OutputStream out = new BufferedOutputStream(System.out)) {
            for (TopicPartition each : Suite.partitions(args[1], Integer.parseInt(args[2]))) {
                print(each, args[3].equals("whole"), out);
            }
        }
    }

    private static void print(TopicPartition partition, boolean whole, OutputStream out) throws IOException {
        try (var consumer = Suite.consumer(List.of(partition), "isolation.level=read_committed")) {
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            long moved = System.nanoTime();
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                    moved = System.nanoTime();
                    if (whole) {
                        out.write((record.partition() + " " + record.timestampType() + " " + record.timestamp() + " " + text(record.key())).getBytes(StandardCharsets.UTF_8));
                        for (Header header : record.headers()) {
                            out.write((" " + header.key() + "=" + text(header.value())).getBytes(StandardCharsets.UTF_8));
                        }
                        out.write(' ');
                    }
                    out.write(text(record.value()).getBytes(StandardCharsets.UTF_8));
                    out.write('\n');
                }
                Check.holds(System.nanoTime() - moved < 60_000_000_000L, "nothing came for a minute at " + consumer.position(partition) + " of " + end);
            }
        }
    }

    private static String text(byte[] bytes) {
        return bytes == null ? "null" : new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
