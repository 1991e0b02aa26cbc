// Copies a topic record by record in transactions, with its offsets: TxnCopier BOOTSTRAP FROM TO PARTITIONS COUNT GROUP.
// Goes on where the last one was killed; ends when COUNT records are committed.
package esker;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

public final class TxnCopier {
    public static void main(String[] args) throws Exception {
        Suite.bootstrap = args[0];
        String from = args[1];
        String to = args[2];
        int partitions = Integer.parseInt(args[3]);
        long count = Long.parseLong(args[4]);
        while (true) {
            try {
                if (copy(from, to, partitions, count, args[5])) {
                    return;
                }
            } catch (KafkaException e) {
                // A broker that was killed, or a transaction that took too long: begin again behind the last commit.
                System.out.println("again: " + e);
                Thread.sleep(200);
            }
        }
    }

    static boolean copy(String from, String to, int partitions, long count, String group) {
        try (KafkaProducer<byte[], byte[]> producer = Suite.producer("transactional.id=copier-" + group, "transaction.timeout.ms=20000", "linger.ms=1", "delivery.timeout.ms=60000", "max.block.ms=60000");
                var consumer = TxnCases.member(group, "max.poll.records=5")) {
            producer.initTransactions();
            List<TopicPartition> sources = Suite.partitions(from, partitions);
            consumer.assign(sources);
            long done = 0;
            for (TopicPartition each : sources) {
                done += consumer.position(each, Duration.ofSeconds(60));
            }
            while (done < count) {
                var records = consumer.poll(Duration.ofMillis(500));
                if (records.isEmpty()) {
                    continue;
                }
                producer.beginTransaction();
                Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
                for (ConsumerRecord<byte[], byte[]> each : records) {
                    producer.send(new ProducerRecord<>(to, each.partition(), null, each.value()));
                    next.put(new TopicPartition(from, each.partition()), new OffsetAndMetadata(each.offset() + 1));
                }
                producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
                producer.commitTransaction();
                done += records.count();
                System.out.println("done " + done);
            }
            return true;
        }
    }
}
