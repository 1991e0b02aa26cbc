"""Reads and checks the first COUNT records that history.py wrote; a line for each fetch: when it began, milliseconds, bytes.

  replay.py HOST:PORT COUNT"""

import sys

from load import connect, read_all

try:
    with connect() as connection:
        read_all(connection, int(sys.argv[2]), lambda began, took, size: print(began, took, size))
except AssertionError as e:
    sys.exit(f"FAILED: {e}")
