// What the admin client does with groups.
package esker;

import static esker.Check.equal;
import static esker.Check.eventually;
import static esker.Check.fails;
import static esker.Check.holds;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.GroupSubscribedToTopicException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.UnknownMemberIdException;

final class GroupAdminCases {
    static void addTo(Check check) {
        check.add("admin: groups are listed, described, emptied and deleted", GroupAdminCases::lifeOfAGroup);
        check.add("admin: offsets of a group are altered and deleted", GroupAdminCases::offsets);
        check.add("admin: a group's own timeouts take effect", GroupAdminCases::configs);
        check.add("admin: two thousand groups", GroupAdminCases::manyGroups);
    }

    private static void lifeOfAGroup() throws Exception {
        String topic = Suite.topic("admin-life", 2);
        Reader dynamic = new Reader("admin-life", "classic", topic);
        Reader fixed = new Reader("admin-life", "classic", topic, "group.instance.id=fixed");
        eventually(60, "both share", () -> GroupCases.shared(2, dynamic, fixed));
        var described = Suite.admin.describeConsumerGroups(List.of("admin-life")).all().get().get("admin-life");
        equal(GroupState.STABLE, described.groupState(), "state");
        equal(2, described.members().size(), "members");
        Set<String> instances = described.members().stream().map(m -> m.groupInstanceId().orElse("")).collect(Collectors.toSet());
        equal(Set.of("", "fixed"), instances, "instances");
        var options = ListGroupsOptions.forConsumerGroups().inGroupStates(Set.of(GroupState.STABLE)).withTypes(Set.of(GroupType.CLASSIC));
        holds(Suite.admin.listGroups(options).all().get().stream().anyMatch(g -> g.groupId().equals("admin-life")), "it is listed");
        fails(GroupNotEmptyException.class, () -> Suite.admin.deleteConsumerGroups(List.of("admin-life")).all().get());
        fails(UnknownMemberIdException.class, () -> Suite.admin.removeMembersFromConsumerGroup("admin-life",
            new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("stranger")))).memberResult(new MemberToRemove("stranger")).get());
        dynamic.close();
        fixed.hang();
        Suite.admin.removeMembersFromConsumerGroup("admin-life", new RemoveMembersFromConsumerGroupOptions()).all().get();
        Suite.admin.deleteConsumerGroups(List.of("admin-life")).all().get();
        fails(GroupIdNotFoundException.class, () -> Suite.admin.describeConsumerGroups(List.of("admin-life")).all().get());
        fixed.consumer.close();
    }

    private static void offsets() throws Exception {
        String topic = Suite.topic("admin-offsets", 3);
        TopicPartition first = new TopicPartition(topic, 0);
        TopicPartition second = new TopicPartition(topic, 1);
        Suite.admin.alterConsumerGroupOffsets("admin-offsets", Map.of(first, new OffsetAndMetadata(3), second, new OffsetAndMetadata(4))).all().get();
        equal(Set.of(first, second), Suite.admin.listConsumerGroupOffsets("admin-offsets").partitionsToOffsetAndMetadata().get().keySet(), "offsets");
        Suite.admin.deleteConsumerGroupOffsets("admin-offsets", Set.of(first)).all().get();
        equal(Set.of(second), Suite.admin.listConsumerGroupOffsets("admin-offsets").partitionsToOffsetAndMetadata().get().keySet(), "offsets");
        try (Reader reader = new Reader("admin-offsets", "consumer", topic, "enable.auto.commit=false")) {
            eventually(60, "it is assigned", () -> reader.partitions().size() == 3);
            fails(GroupSubscribedToTopicException.class, () -> Suite.admin.deleteConsumerGroupOffsets("admin-offsets", Set.of(second)).all().get());
            fails(UnknownMemberIdException.class, () -> Suite.admin.alterConsumerGroupOffsets("admin-offsets", Map.of(first, new OffsetAndMetadata(9))).all().get());
        }
        Suite.admin.deleteConsumerGroups(List.of("admin-offsets")).all().get();
    }

    private static void configs() throws Exception {
        String topic = Suite.topic("admin-configs", 1);
        ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, "admin-configs");
        var wanted = List.of(new AlterConfigOp(new ConfigEntry("consumer.heartbeat.interval.ms", "7000"), AlterConfigOp.OpType.SET));
        Suite.admin.incrementalAlterConfigs(Map.of(group, wanted)).all().get();
        try (Reader reader = new Reader("admin-configs", "consumer", topic)) {
            eventually(60, "it is assigned", () -> reader.partitions().size() == 1);
        }
        var tooLong = List.of(new AlterConfigOp(new ConfigEntry("consumer.heartbeat.interval.ms", "700000"), AlterConfigOp.OpType.SET));
        fails(InvalidConfigurationException.class, () -> Suite.admin.incrementalAlterConfigs(Map.of(group, tooLong)).all().get());
    }

    private static void manyGroups() throws Exception {
        String topic = Suite.topic("admin-many", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        List<String> names = java.util.stream.IntStream.range(0, 2000).mapToObj(n -> "many-" + n).toList();
        var altered = names.stream().map(name -> Suite.admin.alterConsumerGroupOffsets(name, Map.of(partition, new OffsetAndMetadata(1))).all()).toList();
        for (var each : altered) {
            each.get();
        }
        long listed = Suite.admin.listGroups().all().get().stream().filter(g -> g.groupId().startsWith("many-")).count();
        equal(2000L, listed, "listed groups");
        Suite.admin.deleteConsumerGroups(names).all().get();
    }
}
