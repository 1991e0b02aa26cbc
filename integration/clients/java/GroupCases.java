// What members of a group live through, in both protocols.
package esker;

import static esker.Check.equal;
import static esker.Check.eventually;
import static esker.Check.fails;
import static esker.Check.holds;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

final class GroupCases {
    private final String protocol;

    private GroupCases(String protocol) {
        this.protocol = protocol;
    }

    static void addTo(Check check, String protocol) {
        GroupCases cases = new GroupCases(protocol);
        check.add(protocol + ": members come and go, every record is read, none twice", cases::membersComeAndGo);
        check.add(protocol + ": ten members share twelve partitions evenly", cases::manyMembers);
        check.add(protocol + ": a static member that restarts keeps what it had, the others notice nothing", cases::staticMember);
        check.add(protocol + ": a topic that grows is assigned", cases::newPartitions);
        check.add(protocol + ": a pattern follows new topics", cases::pattern);
        check.add(protocol + ": who hangs is thrown out and cannot commit", cases::hangs);
        check.add(protocol + ": offsets with texts are committed and come back", cases::offsets);
        if (protocol.equals("classic")) {
            for (String assignor : new String[] {"RangeAssignor", "RoundRobinAssignor", "StickyAssignor", "CooperativeStickyAssignor"}) {
                check.add("classic: " + assignor, () -> cases.assignor(assignor));
            }
        } else {
            for (String assignor : new String[] {"uniform", "range"}) {
                check.add("consumer: the assignor " + assignor, () -> cases.remoteAssignor(assignor));
            }
        }
    }

    private String topic(String name, int partitions) throws Exception {
        return Suite.topic(protocol + "-" + name, partitions);
    }

    private Reader reader(String topic, String... pairs) {
        return new Reader("of-" + topic, protocol, topic, pairs);
    }

    private static void write(String topic, int partitions, int from, int to) {
        try (var producer = Suite.producer()) {
            for (int n = from; n < to; n++) {
                producer.send(new ProducerRecord<>(topic, n % partitions, null, ("" + n).getBytes()));
            }
        }
    }

    static boolean shared(int partitions, Reader... readers) {
        int sum = 0;
        Set<TopicPartition> all = new HashSet<>();
        for (Reader reader : readers) {
            int own = reader.assigned().size();
            if (own < partitions / readers.length || own > (partitions + readers.length - 1) / readers.length) {
                return false;
            }
            sum += own;
            all.addAll(reader.assigned());
        }
        return sum == partitions && all.size() == partitions;
    }

    private void membersComeAndGo() throws Exception {
        String topic = topic("come-and-go", 6);
        write(topic, 6, 0, 300);
        Set<String> seen = new HashSet<>();
        int read = 0;
        try (Reader first = reader(topic)) {
            eventually(30, "the first reads all", () -> first.read.size() == 300);
            try (Reader second = reader(topic)) {
                eventually(60, "both share", () -> shared(6, first, second));
                write(topic, 6, 300, 600);
                eventually(30, "both read", () -> first.read.size() + second.read.size() >= 600);
                holds(second.read.size() == 150, "the second read " + second.read.size());
                Thread.sleep(300);
                read += second.read.size();
                seen.addAll(second.read);
            }
            eventually(60, "the first has all", () -> first.partitions().size() == 6);
            write(topic, 6, 600, 900);
            eventually(30, "the first reads on", () -> first.read.size() >= 750);
            Thread.sleep(300);
            read += first.read.size();
            seen.addAll(first.read);
        }
        equal(900, seen.size(), "distinct records");
        equal(900, read, "records");
        try (Reader late = reader(topic)) {
            write(topic, 6, 900, 960);
            eventually(30, "who comes later reads on", () -> late.read.size() >= 60);
            equal(60, late.read.size(), "records after the commit");
        }
    }

    private void manyMembers() throws Exception {
        String topic = topic("many", 12);
        Reader[] readers = new Reader[10];
        for (int n = 0; n < readers.length; n++) {
            readers[n] = reader(topic);
        }
        eventually(90, "all share", () -> shared(12, readers));
        for (int n = 0; n < 6; n++) {
            readers[n].close();
        }
        Reader[] left = {readers[6], readers[7], readers[8], readers[9]};
        eventually(90, "the rest share", () -> shared(12, left));
        for (Reader reader : left) {
            reader.close();
        }
    }

    private void staticMember() throws Exception {
        String topic = topic("static", 4);
        String[] session = protocol.equals("classic") ? new String[] {"session.timeout.ms=30000"} : new String[0];
        try (Reader other = reader(topic, with(session, "group.instance.id=other"))) {
            Reader fixed = reader(topic, with(session, "group.instance.id=fixed"));
            eventually(60, "both share", () -> shared(4, other, fixed));
            Set<Integer> before = fixed.partitions();
            int assignments = other.assignments.get();
            int revoked = other.revoked.get();
            fixed.close();
            Thread.sleep(1500);
            try (Reader back = reader(topic, with(session, "group.instance.id=fixed"))) {
                eventually(30, "it is back", () -> back.partitions().equals(before));
                Thread.sleep(1500);
                equal(assignments, other.assignments.get(), "assignments of the other");
                equal(revoked, other.revoked.get(), "revocations of the other");
            }
        }
    }

    private static String[] with(String[] pairs, String more) {
        String[] all = java.util.Arrays.copyOf(pairs, pairs.length + 1);
        all[pairs.length] = more;
        return all;
    }

    private void newPartitions() throws Exception {
        String topic = topic("grows", 2);
        try (Reader one = reader(topic); Reader two = reader(topic)) {
            eventually(60, "both share two", () -> shared(2, one, two));
            Suite.admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(8))).all().get();
            eventually(60, "both share eight", () -> shared(8, one, two));
        }
    }

    private void pattern() throws Exception {
        topic("pattern-a", 1);
        Reader.Subscribe subscribe = protocol.equals("classic")
            ? (consumer, listener) -> consumer.subscribe(java.util.regex.Pattern.compile("classic-pattern-.*"), listener)
            : (consumer, listener) -> consumer.subscribe(new SubscriptionPattern("consumer-pattern-.*"), listener);
        try (Reader reader = new Reader("of-" + protocol + "-pattern", protocol, subscribe)) {
            eventually(60, "the first topic", () -> reader.assigned().size() == 1);
            topic("pattern-b", 2);
            topic("other", 1);
            eventually(60, "the second topic", () -> reader.assigned().size() == 3);
        }
    }

    private void hangs() throws Exception {
        String topic = topic("hangs", 2);
        write(topic, 2, 0, 10);
        try (Reader healthy = reader(topic)) {
            Reader hanging = reader(topic, "max.poll.interval.ms=4000", "enable.auto.commit=false");
            eventually(60, "both share", () -> shared(2, healthy, hanging));
            hanging.hang();
            eventually(60, "the healthy one has all", () -> healthy.partitions().size() == 2);
            fails(CommitFailedException.class, () -> {
                hanging.consumer.commitSync(Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(1)));
                return null;
            });
            hanging.consumer.close();
        }
    }

    private void offsets() throws Exception {
        String topic = topic("offsets", 2);
        write(topic, 2, 0, 100);
        TopicPartition first = new TopicPartition(topic, 0);
        TopicPartition second = new TopicPartition(topic, 1);
        Map<TopicPartition, OffsetAndMetadata> wanted =
            Map.of(first, new OffsetAndMetadata(17, java.util.Optional.of(0), "so far"), second, new OffsetAndMetadata(0, ""));
        try (Reader reader = reader(topic, "enable.auto.commit=false")) {
            eventually(60, "it is assigned", () -> reader.partitions().size() == 2);
            reader.with(consumer -> {
                consumer.commitSync(wanted);
                equal(wanted, consumer.committed(Set.of(first, second)), "offsets");
            });
        }
        equal(wanted, Suite.admin.listConsumerGroupOffsets("of-" + topic).partitionsToOffsetAndMetadata().get(), "offsets of the group");
        try (var consumer = Suite.consumer(List.of(first, second), "group.id=of-" + topic, "group.protocol=" + protocol)) {
            equal(17L, consumer.position(first, Duration.ofSeconds(20)), "where the next one begins");
            consumer.commitSync(Map.of(first, new OffsetAndMetadata(18)));
            equal(18L, consumer.committed(Set.of(first)).get(first).offset(), "a commit without a subscription");
        }
    }

    private void assignor(String name) throws Exception {
        String topic = topic(name, 6);
        String strategy = "partition.assignment.strategy=org.apache.kafka.clients.consumer." + name;
        try (Reader one = reader(topic, strategy)) {
            eventually(30, "the first has all", () -> one.partitions().size() == 6);
            try (Reader two = reader(topic, strategy); Reader three = reader(topic, strategy)) {
                eventually(60, "all share", () -> shared(6, one, two, three));
                if (name.startsWith("Cooperative")) {
                    holds(one.revoked.get() <= 4, "revoked " + one.revoked.get());
                }
            }
        }
    }

    private void remoteAssignor(String name) throws Exception {
        String topic = topic(name, 6);
        String assignor = "group.remote.assignor=" + name;
        try (Reader one = reader(topic, assignor); Reader two = reader(topic, assignor)) {
            eventually(60, "both share", () -> shared(6, one, two));
            var described = Suite.admin.describeConsumerGroups(List.of("of-" + topic)).all().get().get("of-" + topic);
            equal(name, described.partitionAssignor(), "assignor");
            if (name.equals("range")) {
                holds(one.partitions().equals(Set.of(0, 1, 2)) || one.partitions().equals(Set.of(3, 4, 5)), "" + one.partitions());
            }
        }
    }
}
