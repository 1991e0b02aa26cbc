// What producers write comes back: every codec, acks, shapes of records, limits, duplicates.
package esker;

import static esker.Check.equal;
import static esker.Check.fails;
import static esker.Check.holds;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;

final class ProducerCases {
    static final int MANY = 20_000;

    static void addTo(Check check) {
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            check.add("an idempotent producer with five requests in flight: " + codec, () -> idempotent(codec));
            check.add("a topic that forces " + codec + " on records of every codec", () -> forced(codec));
        }
        check.add("acks 0, 1 and all", ProducerCases::everyAcks);
        check.add("keys, values and headers may be null or empty", ProducerCases::shapes);
        check.add("timestamps are kept, or the broker's with LogAppendTime", ProducerCases::timestamps);
        check.add("timestamps outside the topic's limits are refused", ProducerCases::timestampLimits);
        check.add("a batch larger than max.message.bytes is refused, the next is taken", ProducerCases::tooLarge);
        check.add("records of several megabytes", ProducerCases::large);
        check.add("an invalid topic name is refused", ProducerCases::invalidName);
        check.add("a topic is made by writing to it", ProducerCases::autoCreated);
        check.add("a topic that is deleted and made again takes a running producer's records", ProducerCases::remade);
    }

    static void idempotent(String codec) throws Exception {
        String topic = Suite.topic("idempotent-" + codec, 3, "retention.ms=-1");
        try (var producer = Suite.producer("compression.type=" + codec, "linger.ms=1", "batch.size=4096", "max.in.flight.requests.per.connection=5")) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int n = 0; n < MANY; n++) {
                sent.add(producer.send(Seed.record(topic, n % 3, n, 50 + n % 200)));
            }
            for (int n = 0; n < MANY; n++) {
                equal((long) n / 3, sent.get(n).get().offset(), "acknowledged offset of " + n);
            }
        }
        int[] next = {0, 1, 2};
        try (var consumer = Suite.consumer(Suite.partitions(topic, 3), "check.crcs=true")) {
            long[] offset = new long[3];
            for (ConsumerRecord<byte[], byte[]> record : Suite.read(consumer, MANY)) {
                int p = record.partition();
                int n = next[p];
                equal(offset[p]++, record.offset(), "offset in partition " + p);
                equal("key-" + n, new String(record.key(), StandardCharsets.UTF_8), "key at " + record.offset());
                holds(Arrays.equals(Seed.value(n, 50 + n % 200), record.value()), "value of " + n);
                equal(Seed.FIRST_TIMESTAMP + n * 1000L, record.timestamp(), "timestamp of " + n);
                equal(Integer.toString(n), new String(record.headers().lastHeader("number").value(), StandardCharsets.UTF_8), "header of " + n);
                next[p] += 3;
            }
        }
    }

    static void forced(String codec) throws Exception {
        String type = codec.equals("none") ? "uncompressed" : codec;
        String topic = Suite.topic("forced-" + codec, 1, "compression.type=" + type, "retention.ms=-1");
        int n = 0;
        for (String own : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            try (var producer = Suite.producer("compression.type=" + own, "linger.ms=20")) {
                for (int i = 0; i < 100; i++) {
                    producer.send(Seed.record(topic, 0, n++, 100));
                }
            }
        }
        try (var consumer = Suite.consumer(Suite.partitions(topic, 1), "check.crcs=true")) {
            int i = 0;
            for (ConsumerRecord<byte[], byte[]> record : Suite.read(consumer, n)) {
                equal((long) i, record.offset(), "offset");
                holds(Arrays.equals(Seed.value(i, 100), record.value()), "value of " + i);
                i++;
            }
        }
    }

    static void everyAcks() throws Exception {
        String topic = Suite.topic("acks", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        for (String acks : List.of("0", "1", "all")) {
            try (var producer = Suite.producer("acks=" + acks, "enable.idempotence=false")) {
                for (int n = 0; n < 100; n++) {
                    Future<RecordMetadata> sent = producer.send(new ProducerRecord<>(topic, 0, null, ("" + n).getBytes()));
                    holds(acks.equals("0") != sent.get().hasOffset(), "acks=" + acks + " and the offset in the answer");
                }
            }
        }
        try (var consumer = Suite.consumer(List.of(partition))) {
            equal(300, Suite.read(consumer, 300).size(), "records");
        }
    }

    static void shapes() throws Exception {
        String topic = Suite.topic("shapes", 1);
        List<Header> headers = List.of(new RecordHeader("h", "1".getBytes()), new RecordHeader("h", null), new RecordHeader("", new byte[0]));
        try (var producer = Suite.producer()) {
            producer.send(new ProducerRecord<>(topic, 0, (byte[]) null, (byte[]) null));
            producer.send(new ProducerRecord<>(topic, 0, new byte[0], new byte[0]));
            producer.send(new ProducerRecord<>(topic, 0, null, "k".getBytes(), null, headers));
        }
        try (var consumer = Suite.consumer(Suite.partitions(topic, 1))) {
            var records = Suite.read(consumer, 3);
            holds(records.get(0).key() == null && records.get(0).value() == null, "null stays null");
            holds(records.get(1).key().length == 0 && records.get(1).value().length == 0, "empty stays empty");
            equal(headers, List.of(records.get(2).headers().toArray()), "headers");
        }
    }

    static void timestamps() throws Exception {
        String own = Suite.topic("create-time", 1, "retention.ms=-1");
        String stamped = Suite.topic("append-time", 1, "message.timestamp.type=LogAppendTime");
        long before = System.currentTimeMillis();
        try (var producer = Suite.producer("compression.type=lz4", "linger.ms=50")) {
            for (String topic : List.of(own, stamped)) {
                for (int n = 0; n < 10; n++) {
                    producer.send(new ProducerRecord<>(topic, 0, 1000L + n, null, ("" + n).getBytes()));
                }
            }
            RecordMetadata metadata = producer.send(new ProducerRecord<>(stamped, 0, 5L, null, "x".getBytes())).get();
            holds(metadata.timestamp() >= before, "the answer carries the broker's time");
        }
        try (var consumer = Suite.consumer(Suite.partitions(own, 1), "check.crcs=true")) {
            for (var record : Suite.read(consumer, 10)) {
                equal(1000L + record.offset(), record.timestamp(), "timestamp");
                equal(TimestampType.CREATE_TIME, record.timestampType(), "type");
            }
        }
        try (var consumer = Suite.consumer(Suite.partitions(stamped, 1), "check.crcs=true")) {
            for (var record : Suite.read(consumer, 11)) {
                holds(record.timestamp() >= before && record.timestamp() <= System.currentTimeMillis() + 1000, "stamped " + record.timestamp());
                equal(TimestampType.LOG_APPEND_TIME, record.timestampType(), "type");
            }
        }
    }

    static void timestampLimits() throws Exception {
        String topic = Suite.topic("limits", 1, "message.timestamp.before.max.ms=60000", "message.timestamp.after.max.ms=60000");
        long now = System.currentTimeMillis();
        try (var producer = Suite.producer()) {
            fails(InvalidTimestampException.class, () -> producer.send(new ProducerRecord<>(topic, 0, now - 120_000, null, "x".getBytes())).get());
            fails(InvalidTimestampException.class, () -> producer.send(new ProducerRecord<>(topic, 0, now + 120_000, null, "x".getBytes())).get());
            equal(0L, producer.send(new ProducerRecord<>(topic, 0, now, null, "x".getBytes())).get().offset(), "offset of the record in range");
        }
    }

    static void tooLarge() throws Exception {
        String topic = Suite.topic("small-batches", 1, "max.message.bytes=10000");
        try (var producer = Suite.producer("max.request.size=10000000")) {
            fails(RecordTooLargeException.class, () -> producer.send(Seed.record(topic, 0, 0, 20_000)).get());
            equal(0L, producer.send(Seed.record(topic, 0, 1, 9_000)).get().offset(), "offset of the record that fits");
        }
        try (var producer = Suite.producer("max.request.size=10000000", "compression.type=gzip")) {
            byte[] zeros = new byte[2_000_000];
            equal(1L, producer.send(new ProducerRecord<>(topic, 0, null, zeros)).get().offset(), "the limit is on the compressed size");
        }
    }

    static void large() throws Exception {
        String topic = Suite.topic("large", 1, "max.message.bytes=20000000", "retention.ms=-1");
        try (var producer = Suite.producer("max.request.size=20000000", "buffer.memory=67108864")) {
            for (int n = 0; n < 5; n++) {
                producer.send(Seed.record(topic, 0, n, 8_000_000)).get();
            }
        }
        try (var consumer = Suite.consumer(Suite.partitions(topic, 1), "max.partition.fetch.bytes=1000", "fetch.max.bytes=1000")) {
            for (var record : Suite.read(consumer, 5)) {
                holds(Arrays.equals(Seed.value((int) record.offset(), 8_000_000), record.value()), "value of " + record.offset());
            }
        }
    }

    static void invalidName() throws Exception {
        try (var producer = Suite.producer("max.block.ms=10000")) {
            fails(InvalidTopicException.class, () -> producer.send(new ProducerRecord<>("no spaces", "x".getBytes())).get());
        }
    }

    static void autoCreated() throws Exception {
        try (var producer = Suite.producer()) {
            equal(0L, producer.send(new ProducerRecord<>("auto-created", "x".getBytes())).get().offset(), "first offset");
        }
        equal(1, Suite.admin.describeTopics(List.of("auto-created")).allTopicNames().get().get("auto-created").partitions().size(), "partitions");
    }

    static void remade() throws Exception {
        String topic = Suite.topic("remade", 1);
        try (KafkaProducer<byte[], byte[]> producer = Suite.producer("metadata.max.age.ms=1000")) {
            for (int n = 0; n < 10; n++) {
                producer.send(new ProducerRecord<>(topic, 0, null, ("old " + n).getBytes())).get();
            }
            Suite.admin.deleteTopics(List.of(topic)).all().get();
            Check.eventually(10, "the topic is gone", () -> !Suite.admin.listTopics().names().get().contains(topic));
            Suite.topic("remade", 1);
            RecordMetadata sent = producer.send(new ProducerRecord<>(topic, 0, null, "new".getBytes())).get();
            equal(0L, sent.offset(), "the new topic starts at 0");
        }
        try (var consumer = Suite.consumer(Suite.partitions(topic, 1))) {
            equal("new", new String(Suite.read(consumer, 1).get(0).value()), "only the new topic's record");
        }
    }
}
