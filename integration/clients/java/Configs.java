// Every configuration key of a resource with what kafka-configs does not print: Configs BOOTSTRAP TYPE NAME.
// A line a key: name, type, whether it can be changed, whether it is a secret, where its value is from.
package esker;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;

public final class Configs {
    public static void main(String[] args) throws Exception {
        ConfigResource.Type type = ConfigResource.Type.valueOf(args[1].toUpperCase(Locale.ROOT));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
            ConfigResource resource = new ConfigResource(type, args[2]);
            admin.describeConfigs(List.of(resource)).all().get().get(resource).entries().stream()
                    .sorted(Comparator.comparing(ConfigEntry::name))
                    .forEach(Configs::print);
        }
    }

    private static void print(ConfigEntry entry) {
        System.out.printf("  %s %s%s%s %s%n", entry.name(), entry.type(), entry.isReadOnly() ? " read-only" : "", entry.isSensitive() ? " secret" : "", entry.source());
    }
}
