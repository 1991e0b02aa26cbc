"""One connection to a broker: frames out, frames in, each with a deadline."""

import os
import socket
import struct

from codec import decode_response, encode_request
from schema import MESSAGES


def seconds():
    """How long an answer may take. Some requests Kafka never answers, which is not waited for longer than need be."""
    return 8.0 if os.environ.get("BROKER") == "kafka" else 60.0


class Closed(Exception):
    """The broker closed the connection instead of answering."""


class Silent(Exception):
    """The broker did not answer in time."""


class Connection:
    def __init__(self, address, client="diff"):
        self.client, self.socket = client, socket.create_connection(address, seconds())
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self): self.socket.close()

    def send(self, payload): self.send_raw(struct.pack(">i", len(payload)) + payload)

    def send_raw(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as e:
            raise Closed from e

    def _read(self, size):
        data = b""
        while len(data) < size:
            try:
                part = self.socket.recv(size - len(data))
            except ConnectionResetError as e:
                raise Closed from e
            except (TimeoutError, socket.timeout) as e:
                raise Silent from e
            if not part:
                raise Closed
            data += part
        return data

    def receive(self):
        """One frame without its length."""
        return self._read(struct.unpack(">i", self._read(4))[0])

    def request(self, name, version, fields):
        self.send(encode_request(MESSAGES[name], version, fields, client=self.client))

    def answer(self, name, version): return decode_response(MESSAGES[name], version, self.receive())

    def ask(self, name, version, fields):
        self.request(name, version, fields)
        return self.answer(name, version)
