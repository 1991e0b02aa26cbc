// Named cases with assertions: run one after the other, a failing one does not hide the others.
package esker;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;

final class Check {
    interface Case {
        void run() throws Exception;
    }

    private record Named(String name, Case body) {}

    private final List<Named> cases = new ArrayList<>();

    void add(String name, Case body) {
        cases.add(new Named(name, body));
    }

    int runAll() {
        int failures = 0;
        for (Named each : cases) {
            long began = System.nanoTime();
            try {
                each.body.run();
                System.out.printf("  ok: %s (%.1f s)%n", each.name, (System.nanoTime() - began) / 1e9);
            } catch (Throwable e) {
                failures++;
                System.out.println("  FAILED: " + each.name);
                e.printStackTrace(System.out);
            }
        }
        System.out.printf("  %d of %d cases passed%n", cases.size() - failures, cases.size());
        return failures;
    }

    static void equal(Object expected, Object actual, String what) {
        if (!Objects.equals(expected, actual)) {
            throw new AssertionError(what + ": expected " + expected + ", was " + actual);
        }
    }

    static void holds(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }

    // The failure's cause, as the futures of Kafka's clients wrap it.
    static <T> String fails(Class<? extends Throwable> kind, Callable<T> action) throws Exception {
        try {
            action.call();
        } catch (Exception e) {
            Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
            holds(kind.isInstance(cause), "expected " + kind.getSimpleName() + ", was " + cause);
            return cause.getMessage();
        }
        throw new AssertionError("expected " + kind.getSimpleName() + ", but it succeeded");
    }

    static void eventually(int seconds, String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + seconds * 1_000_000_000L;
        while (!condition.call()) {
            holds(System.nanoTime() < deadline, "not within " + seconds + " s: " + what);
            Thread.sleep(100);
        }
    }
}
