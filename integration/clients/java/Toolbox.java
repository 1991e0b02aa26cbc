// Runs Kafka's command-line tools one after the other in one process, each in a thread of its own: starting a JVM costs more than the tool.
// Prints the port on which it takes commands; ends with its standard input. A command is a line with its length in bytes and as many bytes
// of NUL-terminated words, the class first; the answer is a line "o" or "e" with what was written, in base64, as often as output changes
// between standard output and error, and a last line "x" with the exit code.
package esker;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.utils.Exit;

public final class Toolbox {
    private static volatile CompletableFuture<Integer> running = new CompletableFuture<>();

    public static void main(String[] args) throws Exception {
        PrintStream console = System.out;
        // A tool that exits does nothing more; its thread stays where it is.
        Exit.setExitProcedure((code, message) -> stop(code));
        Exit.setHaltProcedure((code, message) -> stop(code));
        try (ServerSocket server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
            console.println(server.getLocalPort());
            Thread watch = new Thread(Toolbox::endWithInput);
            watch.setDaemon(true);
            watch.start();
            while (true) {
                try (Socket client = server.accept()) {
                    serve(client);
                } catch (IOException e) {
                    e.printStackTrace();
                }
            }
        }
    }

    private static void endWithInput() {
        try {
            while (System.in.read() != -1) {
            }
        } catch (IOException e) {
            e.printStackTrace();
        }
        Runtime.getRuntime().halt(0);
    }

    private static void stop(int code) {
        running.complete(code);
        while (true) {
            LockSupport.park();
        }
    }

    private static void serve(Socket client) throws IOException {
        DataInputStream in = new DataInputStream(client.getInputStream());
        String[] words = words(in);
        Output output = new Output();
        CompletableFuture<Integer> outcome = new CompletableFuture<>();
        running = outcome;
        PrintStream out = System.out;
        PrintStream err = System.err;
        System.setOut(output.stream('o'));
        System.setErr(output.stream('e'));
        Thread tool = new Thread(() -> run(words[0], Arrays.copyOfRange(words, 1, words.length), outcome), "main");
        tool.setDaemon(true);
        tool.start();
        new Thread(() -> untilGone(in, outcome)).start();
        int code = outcome.join();
        System.setOut(out);
        System.setErr(err);
        client.getOutputStream().write(output.answer(code).getBytes(StandardCharsets.US_ASCII));
    }

    private static String[] words(DataInputStream in) throws IOException {
        StringBuilder length = new StringBuilder();
        for (int next = in.read(); next != '\n' && next != -1; next = in.read()) {
            length.append((char) next);
        }
        byte[] bytes = new byte[Integer.parseInt(length.toString())];
        in.readFully(bytes);
        String[] words = new String(bytes, StandardCharsets.UTF_8).split("\0", -1);
        return Arrays.copyOf(words, words.length - 1);
    }

    // Whoever asked has given up: the next command need not wait for this one.
    private static void untilGone(DataInputStream in, CompletableFuture<Integer> outcome) {
        try {
            while (in.read() != -1) {
            }
        } catch (IOException e) {
            // Closed here, after the answer.
        }
        outcome.complete(124);
    }

    private static void run(String tool, String[] args, CompletableFuture<Integer> outcome) {
        try {
            Class.forName(tool).getMethod("main", String[].class).invoke(null, (Object) args);
            outcome.complete(0);
        } catch (InvocationTargetException e) {
            System.err.print("Exception in thread \"main\" ");
            e.getCause().printStackTrace();
            outcome.complete(1);
        } catch (ReflectiveOperationException e) {
            e.printStackTrace();
            outcome.complete(127);
        }
    }

    // What a tool writes, in the order in which it does.
    private static final class Output {
        private final StringBuilder done = new StringBuilder();
        private final ByteArrayOutputStream part = new ByteArrayOutputStream();
        private char kind = 'o';

        PrintStream stream(char of) {
            OutputStream bytes = new OutputStream() {
                @Override
                public void write(int b) {
                    write(new byte[] {(byte) b}, 0, 1);
                }

                @Override
                public void write(byte[] b, int from, int length) {
                    append(of, b, from, length);
                }
            };
            return new PrintStream(bytes, true, StandardCharsets.UTF_8);
        }

        private synchronized void append(char of, byte[] bytes, int from, int length) {
            if (of != kind) {
                close();
                kind = of;
            }
            part.write(bytes, from, length);
        }

        private void close() {
            if (part.size() > 0) {
                done.append(kind).append(' ').append(Base64.getEncoder().encodeToString(part.toByteArray())).append('\n');
            }
            part.reset();
        }

        synchronized String answer(int code) {
            close();
            return done + "x " + code + "\n";
        }
    }
}
