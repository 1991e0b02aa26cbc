// The transactional producer's suite: TxnSuite BOOTSTRAP.
package esker;

import org.apache.kafka.clients.admin.Admin;
import java.util.Map;

public final class TxnSuite {
    public static void main(String[] args) {
        Suite.bootstrap = args[0];
        Check check = new Check();
        try (Admin shared = Admin.create(Map.of("bootstrap.servers", args[0], "default.api.timeout.ms", "20000", "request.timeout.ms", "10000"))) {
            Suite.admin = shared;
            TxnCases.addTo(check);
            TxnAdminCases.addTo(check);
            System.exit(check.runAll() == 0 ? 0 : 1);
        }
    }
}
