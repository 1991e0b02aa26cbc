// The Java client's suite of groups: GroupSuite BOOTSTRAP.
package esker;

import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

public final class GroupSuite {
    public static void main(String[] args) {
        Suite.bootstrap = args[0];
        Check check = new Check();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0], "default.api.timeout.ms", "20000", "request.timeout.ms", "10000"))) {
            Suite.admin = admin;
            for (String protocol : new String[] {"classic", "consumer"}) {
                GroupCases.addTo(check, protocol);
            }
            MigrationCases.addTo(check);
            GroupAdminCases.addTo(check);
            System.exit(check.runAll() == 0 ? 0 : 1);
        }
    }
}
