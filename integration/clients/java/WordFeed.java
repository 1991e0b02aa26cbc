// Lines of words at a steady pace, until the file STOP is there: WordFeed BOOTSTRAP TOPIC PARTITIONS LINES_PER_SECOND STOP COUNTS.
// At the end COUNTS holds how often each word was written.
package esker;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;

public final class WordFeed {
    static final int WORDS_A_LINE = 5;
    static final int VOCABULARY = 300;

    public static void main(String[] args) throws Exception {
        Suite.bootstrap = args[0];
        int partitions = Integer.parseInt(args[2]);
        Path stop = Path.of(args[4]);
        Map<String, Long> counts = new TreeMap<>();
        AtomicReference<Exception> failure = new AtomicReference<>();
        long began = System.nanoTime();
        // Long time-outs, because the broker is killed meanwhile; idempotent, so that no line arrives twice.
        try (var producer = Suite.producer("linger.ms=5", "delivery.timeout.ms=300000", "max.block.ms=300000")) {
            for (int n = 0; !Files.exists(stop); n++) {
                waitUntil(began + n * 1_000_000_000L / Integer.parseInt(args[3]));
                send(producer, args[1], n % partitions, line(n, counts), failure);
            }
        }
        if (failure.get() != null) {
            throw failure.get();
        }
        StringBuilder text = new StringBuilder();
        counts.forEach((word, count) -> text.append(word).append(' ').append(count).append('\n'));
        Files.writeString(Path.of(args[5]), text);
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, String topic, int partition, String line, AtomicReference<Exception> failure) {
        producer.send(TxnCases.record(topic, partition, line), (metadata, e) -> {
            if (e != null) {
                failure.set(e);
            }
        });
    }

    // Few words are frequent, as in a language.
    private static String line(int number, Map<String, Long> counts) {
        Random random = new Random(number);
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < WORDS_A_LINE; i++) {
            double share = random.nextDouble();
            String word = "word" + (int) (share * share * VOCABULARY);
            counts.merge(word, 1L, Long::sum);
            line.append(i == 0 ? "" : " ").append(word);
        }
        return line.toString();
    }

    private static void waitUntil(long nanos) throws InterruptedException {
        long wait = (nanos - System.nanoTime()) / 1_000_000;
        if (wait > 0) {
            Thread.sleep(wait);
        }
    }
}
