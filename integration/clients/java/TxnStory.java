// One transaction: TxnStory BOOTSTRAP commit|abort|leave TRANSACTIONAL_ID TOPIC PARTITION COUNT. `leave` goes away in the middle.
package esker;

public final class TxnStory {
    public static void main(String[] args) {
        Suite.bootstrap = args[0];
        var producer = TxnCases.producer(args[2], "transaction.timeout.ms=600000");
        producer.beginTransaction();
        for (int n = 0; n < Integer.parseInt(args[5]); n++) {
            producer.send(TxnCases.record(args[3], Integer.parseInt(args[4]), args[2] + "-" + n));
        }
        producer.flush();
        switch (args[1]) {
            case "commit" -> producer.commitTransaction();
            case "abort" -> producer.abortTransaction();
            default -> System.exit(0);
        }
        producer.close();
    }
}
