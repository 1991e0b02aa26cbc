"""The good client beside the hostile one: writes a record, reads it back, and notes how long each took. Runs as a process of its
own, so that the suite's own work does not show in its figures. Usage: good.py HOST PORT TOPIC NOTES"""

import sys
import time

from wire import Closed, Connection, batch, record

host, port, topic, notes = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


def step(connection, number, offset):
    value = b"%012d" % number + b"x" * 1000
    error, written = connection.produce(topic, 0, batch([record(0, value)]))
    assert error == 0, f"produce answered error {error}"
    assert written == offset, f"record {number} got offset {written}, not {offset}"
    error, _, records = connection.fetch(topic, 0, offset)
    assert error == 0, f"fetch answered error {error}"
    assert value in records, f"record {number} did not come back"


def main():
    out = open(notes, "w", buffering=1)
    connection, number = Connection((host, port), timeout=20), 0
    while True:
        began = time.monotonic()
        try:
            step(connection, number, number)
            out.write(f"{time.monotonic()} {time.monotonic() - began:.6f} ok\n")
            number += 1
        except (Closed, OSError, AssertionError) as e:
            # The record may or may not be there: the suite fails anyway.
            out.write(f"{time.monotonic()} {time.monotonic() - began:.6f} {type(e).__name__}: {e}\n")
            sys.exit(1)
        time.sleep(0.01)


main()
