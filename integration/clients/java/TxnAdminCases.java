// Transactions as the admin client sees them.
package esker;

import static esker.Check.equal;
import static esker.Check.fails;
import static esker.Check.holds;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRegularExpression;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;

final class TxnAdminCases {
    static void addTo(Check check) {
        check.add("a transaction is described from its beginning to its end", TxnAdminCases::described);
        check.add("transactions are listed by state, producer, age and pattern", TxnAdminCases::listed);
        check.add("producers are described, and an open transaction can be aborted by hand", TxnAdminCases::abortedByHand);
        check.add("a producer is fenced by hand", TxnAdminCases::fencedByHand);
    }

    static TransactionDescription describe(String id) throws Exception {
        return Suite.admin.describeTransactions(List.of(id)).description(id).get();
    }

    static void described() throws Exception {
        String topic = Suite.topic("txn-described", 2);
        fails(TransactionalIdNotFoundException.class, () -> describe("nobody"));
        try (var producer = TxnCases.producer("described", "transaction.timeout.ms=45000")) {
            TransactionDescription begun = describe("described");
            equal(TransactionState.EMPTY, begun.state(), "state");
            equal(45000L, begun.transactionTimeoutMs(), "time-out");
            equal(0, begun.producerEpoch(), "epoch");
            holds(begun.transactionStartTimeMs().isEmpty(), "no start");
            long before = System.currentTimeMillis();
            producer.beginTransaction();
            producer.send(TxnCases.record(topic, 1, "x"));
            producer.flush();
            TransactionDescription open = describe("described");
            equal(TransactionState.ONGOING, open.state(), "state");
            equal(Set.of(new TopicPartition(topic, 1)), open.topicPartitions(), "partitions");
            holds(Math.abs(open.transactionStartTimeMs().getAsLong() - before) < 10_000, "start");
            producer.commitTransaction();
            Check.eventually(20, "complete", () -> describe("described").state() == TransactionState.COMPLETE_COMMIT);
            TransactionDescription done = describe("described");
            equal(open.producerId(), done.producerId(), "producer id");
            equal(1, done.producerEpoch(), "the epoch grows with every transaction");
            equal(Set.of(), done.topicPartitions(), "partitions");
        }
    }

    static Set<String> ids(ListTransactionsOptions options) throws Exception {
        return Set.copyOf(Suite.admin.listTransactions(options).all().get().stream().map(TransactionListing::transactionalId).filter(id -> id.startsWith("listed-")).toList());
    }

    static void listed() throws Exception {
        String topic = Suite.topic("txn-listed", 1);
        try (var idle = TxnCases.producer("listed-idle"); var open = TxnCases.producer("listed-open")) {
            open.beginTransaction();
            open.send(TxnCases.record(topic, 0, "x"));
            open.flush();
            equal(Set.of("listed-idle", "listed-open"), ids(new ListTransactionsOptions()), "all");
            equal(Set.of("listed-open"), ids(new ListTransactionsOptions().filterStates(List.of(TransactionState.ONGOING))), "by state");
            equal(Set.of("listed-idle"), ids(new ListTransactionsOptions().filterProducerIds(List.of(describe("listed-idle").producerId()))), "by producer");
            equal(Set.of("listed-open"), ids(new ListTransactionsOptions().filterOnTransactionalIdPattern("listed-o.*")), "by pattern");
            equal(Set.of(), ids(new ListTransactionsOptions().filterOnTransactionalIdPattern("listed")), "by a pattern of a part");
            equal(Set.of("listed-idle"), ids(new ListTransactionsOptions().filterOnDuration(3_600_000)), "by age");
            fails(InvalidRegularExpression.class, () -> Suite.admin.listTransactions(new ListTransactionsOptions().filterOnTransactionalIdPattern("(")).all().get());
            open.abortTransaction();
        }
    }

    static void abortedByHand() throws Exception {
        String topic = Suite.topic("txn-by-hand", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        var producer = TxnCases.producer("by-hand");
        producer.beginTransaction();
        producer.send(TxnCases.record(topic, 0, "x"));
        producer.send(TxnCases.record(topic, 0, "y"));
        producer.flush();
        var states = Suite.admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers();
        equal(1, states.size(), "producers");
        var state = states.get(0);
        equal(describe("by-hand").producerId(), state.producerId(), "producer id");
        equal(0, state.producerEpoch(), "epoch");
        equal(1, state.lastSequence(), "last sequence");
        equal(0L, state.currentTransactionStartOffset().getAsLong(), "where the transaction begins");
        holds(state.coordinatorEpoch().isEmpty(), "no marker was written");
        Suite.admin.abortTransaction(new AbortTransactionSpec(partition, state.producerId(), (short) state.producerEpoch(), 0)).all().get();
        equal(List.of(), TxnCases.all(topic, 1, "read_committed"), "committed");
        equal(3L, Suite.admin.listOffsets(Map.of(partition, org.apache.kafka.clients.admin.OffsetSpec.latest())).all().get().get(partition).offset(), "two records and a marker");
        var after = Suite.admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers().get(0);
        holds(after.currentTransactionStartOffset().isEmpty(), "no transaction is open");
        producer.close(Duration.ZERO);
    }

    static void fencedByHand() throws Exception {
        String topic = Suite.topic("txn-fenced-by-hand", 1);
        try (var producer = TxnCases.producer("fenced-by-hand")) {
            producer.beginTransaction();
            producer.send(TxnCases.record(topic, 0, "x"));
            producer.flush();
            Suite.admin.fenceProducers(List.of("fenced-by-hand")).all().get();
            fails(org.apache.kafka.common.errors.ProducerFencedException.class, () -> {
                producer.commitTransaction();
                return null;
            });
            producer.close(Duration.ZERO);
        }
        equal(List.of(), TxnCases.all(topic, 1, "read_committed"), "committed");
    }
}
