// Reads messages from standard input, one per line as "request|response KEY VERSION HEX", with Kafka's own classes, writes each of
// them again, and fails where the bytes differ or are left over.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

public class RoundTrip {
    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        int messages = 0;
        int faults = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ", -1);
            byte[] bytes = HexFormat.of().parseHex(words[3]);
            messages++;
            String fault = faultOf(words[0].equals("request"), Short.parseShort(words[1]), Short.parseShort(words[2]), bytes);
            if (fault != null && faults++ < 20) {
                System.out.println(fault + ": " + line);
            }
        }
        System.out.println(messages + " messages read and written by Kafka's own classes, " + faults + " differ");
        System.exit(faults == 0 && messages > 0 ? 0 : 1);
    }

    private static String faultOf(boolean isRequest, short key, short version, byte[] bytes) {
        try {
            ApiMessageType type = ApiMessageType.fromApiKey(key);
            ApiMessage message = isRequest ? type.newRequest() : type.newResponse();
            ByteBuffer input = ByteBuffer.wrap(bytes);
            message.read(new ByteBufferAccessor(input), version);
            if (input.hasRemaining()) {
                return input.remaining() + " bytes left over by " + message;
            }
            ObjectSerializationCache cache = new ObjectSerializationCache();
            ByteBuffer output = ByteBuffer.allocate(message.size(cache, version));
            message.write(new ByteBufferAccessor(output), cache, version);
            return java.util.Arrays.equals(output.array(), bytes) ? null : "not the same bytes from " + message;
        } catch (Exception error) {
            return error.toString();
        }
    }
}
