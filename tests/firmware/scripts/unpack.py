"""Runs on MicroPython: the machine-code unpackers against the plain ones, on random FIFO bytes."""

import random
from array import array

from heelcue.imu import unpack_fast, unpack_plain

random.seed(1)
LAYOUTS = (
    bytes((12, 1, 0, 2, 4, 6, 8, 10)),
    bytes((14, 1, 0, 2, 4, 8, 10, 12)),
    bytes((12, 0, 6, 8, 10, 0, 2, 4)),
    bytes((16, 1, 1, 3, 5, 7, 9, 11)),
)
same = 0
for _ in range(200):
    data = bytes(random.getrandbits(8) for _ in range(16 * 16))
    for layout in LAYOUTS:
        for n in (0, 1, 16):
            a = array("h", [7] * 96)
            b = array("h", [7] * 96)
            unpack_plain.gather(data, a, n, layout)
            unpack_fast.gather(data, b, n, layout)
            assert a == b, (layout, n)
            same += 1
    words = bytearray(data[: 7 * 32])
    for i in range(0, len(words), 7):  # mostly real tags, in and out of order
        words[i] = random.choice((1, 2, 2, 1, 3, 31)) << 3 | random.getrandbits(2) << 1
    state_a = array("h", [0] * 8)
    state_b = array("h", [0] * 8)
    for count in (0, 1, 2, 7, 32):
        a = array("h", [7] * 96)
        b = array("h", [7] * 96)
        got = unpack_plain.pair_tagged(words, a, count, state_a)
        assert got == unpack_fast.pair_tagged(words, b, count, state_b)
        assert a == b and state_a == state_b
        same += 1
print(same)
