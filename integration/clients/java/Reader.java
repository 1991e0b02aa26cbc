// A member of a group in a thread of its own: it polls, and says what it was assigned and what it read.
package esker;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

final class Reader implements AutoCloseable {
    final KafkaConsumer<byte[], byte[]> consumer;
    final AtomicInteger assignments = new AtomicInteger();
    final AtomicInteger revoked = new AtomicInteger();
    final ConcurrentLinkedQueue<String> read = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile Set<TopicPartition> assigned = Set.of();
    private volatile boolean stop;
    volatile Throwable failure;

    Reader(String group, String protocol, String topic, String... pairs) {
        this(group, protocol, (consumer, listener) -> consumer.subscribe(Set.of(topic), listener), pairs);
    }

    interface Subscribe {
        void to(KafkaConsumer<byte[], byte[]> consumer, ConsumerRebalanceListener listener);
    }

    Reader(String group, String protocol, Subscribe subscribe, String... pairs) {
        Map<String, Object> config = Suite.config(pairs);
        config.put("group.id", group);
        config.put("group.protocol", protocol);
        config.putIfAbsent("auto.offset.reset", "earliest");
        config.putIfAbsent("auto.commit.interval.ms", "100");
        config.putIfAbsent("metadata.max.age.ms", "1000");
        if (protocol.equals("classic")) {
            config.putIfAbsent("session.timeout.ms", "6000");
            config.putIfAbsent("heartbeat.interval.ms", "300");
        }
        consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        subscribe.to(consumer, new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                revoked.addAndGet(partitions.size());
            }

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                assignments.incrementAndGet();
            }
        });
        thread = new Thread(this::run, group);
        thread.start();
    }

    private void run() {
        try {
            while (!stop) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> read.add(new String(record.value())));
                assigned = Set.copyOf(consumer.assignment());
            }
        } catch (Throwable e) {
            failure = e;
        }
    }

    Set<Integer> partitions() {
        Set<Integer> numbers = new TreeSet<>();
        assigned.forEach(partition -> numbers.add(partition.partition()));
        return numbers;
    }

    Set<TopicPartition> assigned() {
        return assigned;
    }

    // Stops polling without a word to the group, as a process that hangs does.
    void hang() throws InterruptedException {
        stop = true;
        thread.join();
    }

    void with(Consumer<KafkaConsumer<byte[], byte[]>> action) throws InterruptedException {
        hang();
        action.accept(consumer);
    }

    @Override
    public void close() throws Exception {
        hang();
        consumer.close();
    }
}
