// Prints the facts of Kafka's own configuration definitions in the form of `cargo run --example config_facts`.

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;

public class KafkaConfigFacts {
    static final List<String> PROBES = List.of(
        "", "x", "-3", "-2", "-1", "0", "1", "2", "5", "9", "10", "17", "18", "100", "1000", "1048576", "9999999999",
        "0.5", "1.5", "true", "TRUE", "a,b", "a,,b", "a,a", "0:1,1:2", "*", "1@h:9", "h:9", "compact,delete", "gzip",
        "GZIP", "PLAINTEXT", "earliest", "by_duration:PT1H", "by_duration:x", "read_committed", "required", "broker",
        "LogAppendTime");

    static final TreeSet<String> lines = new TreeSet<>();

    static void print(String scope, ConfigDef def, Map<String, String> modes, Function<String, String> synonyms) {
        for (ConfigDef.ConfigKey key : def.configKeys().values()) {
            String value = !key.hasDefault() ? "(required)"
                : key.defaultValue == null ? "(null)" : ConfigDef.convertToString(key.defaultValue, key.type);
            StringBuilder probes = new StringBuilder();
            for (String probe : PROBES) probes.append(allows(key, probe) ? '+' : '-');
            lines.add(String.join("\t", scope, key.name, key.type.name().toLowerCase(), value,
                key.importance.name().toLowerCase(), modes.getOrDefault(key.name, "-"), synonyms.apply(key.name),
                key.internalConfig ? "internal" : "-", probes));
        }
    }

    static boolean allows(ConfigDef.ConfigKey key, String probe) {
        try {
            Object value = ConfigDef.parseType(key.name, probe, key.type);
            // Kafka frees lists of repetitions before it uses them.
            if (value instanceof List) value = new ArrayList<>(new LinkedHashSet<>((List<?>) value));
            if (key.validator != null) key.validator.ensureValid(key.name, value);
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    static String topicSynonyms(String name) {
        List<String> names = new ArrayList<>();
        var known = ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS.getOrDefault(name, List.of());
        for (var synonym : known) names.add(synonym.name() + "/" + synonym.converter().apply("1"));
        return String.join(",", names);
    }

    public static void main(String[] args) {
        print("broker", AbstractKafkaConfig.CONFIG_DEF, DynamicBrokerConfig.dynamicConfigUpdateModes(),
            name -> String.join(",", DynamicBrokerConfig.brokerConfigSynonyms(name, true)));
        print("topic", LogConfig.configDefCopy(), Map.of(), KafkaConfigFacts::topicSynonyms);
        print("group", GroupConfig.CONFIG_DEF, Map.of(), name -> GroupConfig.brokerSynonym(name).orElse(""));
        print("client-metrics", ClientMetricsConfigs.configDef(), Map.of(), name -> "");
        lines.forEach(System.out::println);
    }
}
