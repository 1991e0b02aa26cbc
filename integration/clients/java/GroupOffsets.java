// Waits until a group's committed offsets are OFFSET in every partition: GroupOffsets BOOTSTRAP GROUP TOPIC PARTITIONS OFFSET SECONDS.
package esker;

import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;

public final class GroupOffsets {
    public static void main(String[] args) throws Exception {
        long offset = Long.parseLong(args[4]);
        AtomicReference<Object> found = new AtomicReference<>("nothing");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
            Check.eventually(Integer.parseInt(args[5]), args[1] + " is at " + offset, () -> {
                var offsets = admin.listConsumerGroupOffsets(args[1]).partitionsToOffsetAndMetadata().get();
                found.set(offsets);
                return Suite.partitions(args[2], Integer.parseInt(args[3])).stream().allMatch(p -> offsets.get(p) != null && offsets.get(p).offset() == offset);
            });
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "; it is at " + found.get());
        }
        System.out.println("  ok: group " + args[1] + " is at " + offset + " in every partition");
    }
}
