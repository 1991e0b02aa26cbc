"""A proxy in front of an object store that goes wrong on purpose, by a seed: it speaks enough HTTP to know where a request and an answer end,
and passes every byte on as it is, so that signatures hold.

While `share` is above 0, so many of the requests meet one of FAULTS. Everything that reached the store is written down: how many requests came,
and what was stored under which key (`rewritten` are keys that were stored twice with different bytes). Python's standard library only."""

import hashlib
import random
import socket
import struct
import threading
import time

# What can happen to a request: refused without an effect; answered too late, half or not at all, before or after it took effect; delayed.
FAULTS = ("503", "500", "reset before", "reset after", "no answer", "half an answer", "a byte short", "slow")
SLOW_SECONDS = 2.0


class Broken(Exception):
    """The other side closed."""


class Stream:
    """Bytes of a socket, a message at a time."""

    def __init__(self, sock):
        self.socket, self.rest = sock, b""

    def head(self):
        while b"\r\n\r\n" not in self.rest:
            self.more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.strip().lower(): text.strip() for name, _, text in (line.partition(":") for line in lines[1:])}
        return head + b"\r\n\r\n", lines[0], fields

    def more(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise Broken
        self.rest += data

    def take(self, count):
        while len(self.rest) < count:
            self.more()
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def body(self, fields, none=False):
        if none:
            return b""
        if fields.get("transfer-encoding", "").lower() != "chunked":
            return self.take(int(fields.get("content-length", 0)))
        raw = b""
        while True:
            while b"\r\n" not in self.rest:
                self.more()
            size = int(self.rest.split(b"\r\n", 1)[0].split(b";")[0], 16)
            raw += self.take(self.rest.index(b"\r\n") + 2 + size + 2)
            if size == 0:
                return raw


def reset(sock):
    """Closes with a reset, as a crashed peer does."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Proxy:
    def __init__(self, port, upstream_port, seed):
        self.upstream, self.random, self.share = upstream_port, random.Random(seed), 0.0
        # Each fault comes once before any comes again, so that a short storm has them all.
        self.deck = []
        self.lock = threading.Lock()
        self.requests, self.faults, self.stored, self.rewritten = {}, {}, {}, []
        self.listener = socket.create_server(("127.0.0.1", port), backlog=256)
        threading.Thread(target=self.accept, daemon=True).start()

    def count(self, *methods):
        with self.lock:
            return sum(count for method, count in self.requests.items() if method in methods)

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        upstream = None
        try:
            upstream = socket.create_connection(("127.0.0.1", self.upstream), timeout=60)
            asking, answering = Stream(client), Stream(upstream)
            while self.exchange(client, asking, upstream, answering):
                pass
        except (Broken, OSError, ValueError):
            pass
        finally:
            for sock in (client, upstream):
                if sock is not None:
                    sock.close()

    def choose(self, method):
        with self.lock:
            self.requests[method] = self.requests.get(method, 0) + 1
            if self.random.random() >= self.share:
                return None
            if not self.deck:
                self.deck = self.random.sample(FAULTS, len(FAULTS))
            fault = self.deck.pop()
            self.faults[fault] = self.faults.get(fault, 0) + 1
            return fault

    def exchange(self, client, asking, upstream, answering):
        head, line, fields = asking.head()
        method, path = line.split(" ")[:2]
        fault = self.choose(method)
        if fields.get("expect", "").lower() == "100-continue":
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = asking.body(fields)
        if fault in ("503", "500"):
            name, text = ("SlowDown", "Slow Down") if fault == "503" else ("InternalError", "Internal Server Error")
            xml = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{name}</Code><Message>as told</Message></Error>'.encode()
            xml = b"" if method == "HEAD" else xml
            client.sendall(f"HTTP/1.1 {fault} {text}\r\nContent-Type: application/xml\r\nContent-Length: {len(xml)}\r\n\r\n".encode() + xml)
            return True
        if fault == "reset before":
            reset(client)
            return False
        if fault == "slow":
            time.sleep(self.random.random() * SLOW_SECONDS)
        answer_head, answer_body, status = self.forward(method, path, head, body, upstream, answering)
        return self.answer(client, fault, answer_head, answer_body, status)

    def forward(self, method, path, head, body, upstream, answering):
        upstream.sendall(head + body)
        while True:
            answer_head, line, fields = answering.head()
            status = int(line.split(" ")[1])
            if status >= 200:
                break
        answer_body = answering.body(fields, none=method == "HEAD" or status in (204, 304))
        if method == "PUT" and status == 200 and "uploadId" not in path:
            self.note(path.split("?")[0], hashlib.sha256(body).digest())
        return answer_head, answer_body, status

    def note(self, key, digest):
        with self.lock:
            if self.stored.setdefault(key, digest) != digest:
                self.rewritten.append(key)

    def answer(self, client, fault, head, body, status):
        if fault == "reset after":
            reset(client)
            return False
        if fault == "no answer":
            # Half open: nothing comes, and nothing says so, until the other side gives up.
            client.settimeout(30)
            try:
                client.recv(1)
            except OSError:
                pass
            return False
        if fault in ("half an answer", "a byte short") and status < 300 and body:
            cut = len(body) // 2 if fault == "half an answer" else len(body) - 1
            client.sendall(head + body[:cut])
            reset(client)
            return False
        client.sendall(head + body)
        return True
