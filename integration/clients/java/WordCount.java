// A stateful Streams application that counts words exactly once: WordCount BOOTSTRAP FROM TO STATE_DIR.
// Says how many words it has counted since its start; runs until it is killed.
package esker;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;

public final class WordCount {
    static final String APPLICATION = "word-count";

    public static void main(String[] args) {
        KafkaStreams streams = new KafkaStreams(topology(args[1], args[2]), config(args[0], args[3]));
        streams.setUncaughtExceptionHandler(e -> {
            System.out.println("again: " + e);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(20))));
        streams.start();
    }

    // Grouping by word sends every word through a repartition topic, counting keeps a store with its changelog.
    static Topology topology(String from, String to) {
        AtomicLong counted = new AtomicLong();
        StreamsBuilder builder = new StreamsBuilder();
        builder.<String, String>stream(from)
                .flatMapValues(line -> Arrays.asList(line.toLowerCase(Locale.ROOT).split(" ")))
                .groupBy((key, word) -> word, Grouped.as("words"))
                .count(Materialized.as("counts"))
                .toStream()
                .peek((word, count) -> {
                    long n = counted.incrementAndGet();
                    if (n % 100 == 0) {
                        System.out.println("counted " + n);
                    }
                })
                .mapValues(count -> Long.toString(count))
                .to(to);
        return builder.build();
    }

    static Properties config(String bootstrap, String stateDir) {
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, APPLICATION);
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        config.put(StreamsConfig.STATE_DIR_CONFIG, stateDir);
        config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        config.put(StreamsConfig.GROUP_PROTOCOL_CONFIG, "classic");
        config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        // Without a cache every count is written: a word's counts are 1, 2, 3 and so on without a gap, or a record was lost or counted twice.
        config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        // Whoever starts gets its share of the counting at once, and restores it from the changelog.
        config.put(StreamsConfig.ACCEPTABLE_RECOVERY_LAG_CONFIG, 1_000_000_000L);
        // A killed member leaves no word behind: others wait for its session and for the end of its transaction.
        config.put("session.timeout.ms", 3000);
        config.put("heartbeat.interval.ms", 500);
        config.put("transaction.timeout.ms", 5000);
        return config;
    }
}
