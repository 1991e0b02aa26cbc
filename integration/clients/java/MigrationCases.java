// Groups whose members change from one protocol to the other while they read.
package esker;

import static esker.Check.equal;
import static esker.Check.eventually;

import java.util.List;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.common.GroupType;

final class MigrationCases {
    static void addTo(Check check) {
        check.add("migration: classic members are replaced by consumers one by one, and back", MigrationCases::thereAndBack);
        check.add("migration: an empty group changes its protocol and keeps its offsets", MigrationCases::empty);
    }

    private static ConsumerGroupDescription described(String group) throws Exception {
        return Suite.admin.describeConsumerGroups(List.of(group)).all().get().get(group);
    }

    private static void thereAndBack() throws Exception {
        String topic = Suite.topic("migrating", 4);
        ConsumerCases.fill(topic, 4, 40);
        Reader classicOne = new Reader("migrating", "classic", topic);
        Reader classicTwo = new Reader("migrating", "classic", topic);
        eventually(60, "classic members share", () -> GroupCases.shared(4, classicOne, classicTwo));
        equal(GroupType.CLASSIC, described("migrating").type(), "type");

        Reader consumerOne = new Reader("migrating", "consumer", topic);
        eventually(60, "both kinds share", () -> GroupCases.shared(4, classicOne, classicTwo, consumerOne));
        equal(GroupType.CONSUMER, described("migrating").type(), "type");
        equal(3, described("migrating").members().size(), "members");
        classicOne.close();
        classicTwo.close();
        eventually(60, "the consumer has all", () -> GroupCases.shared(4, consumerOne));

        Reader back = new Reader("migrating", "classic", topic);
        eventually(60, "a classic member is back", () -> GroupCases.shared(4, consumerOne, back));
        consumerOne.close();
        eventually(60, "the classic member has all", () -> GroupCases.shared(4, back));
        equal(GroupType.CLASSIC, described("migrating").type(), "type");
        back.close();
    }

    private static void empty() throws Exception {
        String topic = Suite.topic("empty-migration", 1);
        ConsumerCases.fill(topic, 1, 20);
        int begin = 0;
        for (String protocol : new String[] {"classic", "consumer", "classic"}) {
            try (Reader reader = new Reader("empty-migration", protocol, topic)) {
                int expected = begin == 0 ? 20 : 5;
                eventually(30, protocol + " reads", () -> reader.read.size() >= expected);
                equal(expected, reader.read.size(), "records of the member that speaks " + protocol);
            }
            ConsumerCases.fill(topic, 1, 5);
            begin++;
        }
    }
}
