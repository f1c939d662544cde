"""The board's record of what happened: fixed records, written without allocation.

Each record is RECORD_BYTES long, little-endian: kind (1), a (1), b (2), c (4), t_us (8), t2_us (8).
The host reads them (host_tools/virtual_board/trace.py).
"""

import struct

from .port import micropython

FORMAT = "<BBHiqq"
RECORD_BYTES = micropython.const(24)

# kind: a, b, c, t2
MOTOR = micropython.const(1)  # b: strength 0-65535; t2: instant of the newest sample read out
PIN = micropython.const(2)  # a: GPIO, b: level
CONSOLE = micropython.const(3)  # c: bytes written
SAMPLING = micropython.const(4)  # c: sample index at t; t2: sample period in ns
FIFO_RESET = micropython.const(5)  # c: index of the first sample that the FIFO will hold
LOST = micropython.const(6)  # c: samples, t2: first index; a 0: overflow, 1: thrown away unread
HORIZON = micropython.const(7)  # the run has reached its end; the board waits for its host
RESET = micropython.const(8)  # a: cause; b: 1 when the state was saved; the host starts anew
FAULT = micropython.const(9)  # a: code of the fault (faults.py)
SLEEP = micropython.const(10)  # a: 1 light, 2 deep; b: 1 enters, 0 leaves
STATS = micropython.const(11)  # a: which figure, its place in STAT_NAMES; t2: its value
PROMPT = micropython.const(12)  # the board waits at a prompt; a: 1 raw
TAKEN = micropython.const(13)  # one "input" command was taken

# Causes of a RESET, as machine.reset_cause() tells them
POWER_ON = micropython.const(1)
HARD = micropython.const(2)
WATCHDOG = micropython.const(3)
DEEP_SLEEP = micropython.const(4)
SOFT = micropython.const(5)

STAT_NAMES = (
    "samples_produced",
    "samples_lost",
    "bus_bytes",
    "bus_transfers",
    "bus_errors",
    "flash_operations",
    "callbacks_dropped",
    "events",
)


class Trace:
    """Writes records to a stream; with none, keeps them in `records` (tests on CPython)."""

    def __init__(self, stream=None):
        self.stream = stream
        self.buffer = bytearray(RECORD_BYTES)
        self.records = [] if stream is None else None

    def put(self, kind, t, a=0, b=0, c=0, t2=0):
        """Write one record; t and t2 in us."""
        if self.stream is None:
            self.records.append((kind, t, a, b, c, t2))
            return
        struct.pack_into(FORMAT, self.buffer, 0, kind, a, b, c, t, t2)
        self.stream.write(self.buffer)
