// Writes records that are the same in every run: fixed timestamps, contents from the record's number, one batch each.
package esker;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public final class Seed {
    static final long FIRST_TIMESTAMP = 1_700_000_000_000L;

    // Seed BOOTSTRAP TOPIC PARTITION COUNT SIZE [producer key=value...]
    public static void main(String[] args) throws Exception {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", args[0]);
        config.put("linger.ms", "0");
        config.put("max.request.size", "20000000");
        for (int i = 5; i < args.length; i++) {
            String[] pair = args[i].split("=", 2);
            config.put(pair[0], pair[1]);
        }
        int count = Integer.parseInt(args[3]);
        int size = Integer.parseInt(args[4]);
        try (var producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int n = 0; n < count; n++) {
                producer.send(record(args[1], Integer.parseInt(args[2]), n, size)).get();
            }
        }
    }

    static ProducerRecord<byte[], byte[]> record(String topic, int partition, int number, int size) {
        List<Header> headers = List.of(new RecordHeader("number", Integer.toString(number).getBytes()));
        byte[] key = ("key-" + number).getBytes();
        return new ProducerRecord<>(topic, partition, FIRST_TIMESTAMP + number * 1000L, key, value(number, size), headers);
    }

    // Printable and half compressible.
    static byte[] value(int number, int size) {
        Random random = new Random(number);
        byte[] value = new byte[size];
        for (int i = 0; i < size; i++) {
            value[i] = (byte) (i % 2 == 0 ? 'a' + number % 26 : 'A' + random.nextInt(26));
        }
        return value;
    }
}
