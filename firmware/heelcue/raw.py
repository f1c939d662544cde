"""Raw samples: recorded to flash, or streamed to the console, beside the walk.

add() copies samples into a ring without allocating; the console and the flash take them out between
samples. What does not fit is not kept, and counted: lost samples show as a gap in the indices.
"""

import os
import struct
from binascii import b2a_base64

from heelcue import log
from heelcue.compat import const
from heelcue.store import free_bytes

FOLDER = "rec"
_RING = const(360)  # samples: 1.6 s at 208 Hz, the longest time between two calm moments
_BLOCK = const(60)  # samples per block on flash
_LINE = const(12)  # samples per line on the console
_SAMPLE = const(12)  # bytes
MOST = const(16)  # recordings: a longer folder takes too long to read
_FREE_BYTES = const(262_144)  # flash that a recording leaves free
# littlefs forgets what was written since the last flush when the supply goes away (10 s of walking)
_FLUSH_BYTES = const(24_576)


def numbers():
    """Return the numbers of the recordings on flash."""
    try:
        return [int(name[:4]) for name in os.listdir(FOLDER) if name[:4].isdigit()]
    except OSError:
        return []


class Ring:
    """Samples with the index of each run's first; one reader."""

    def __init__(self):
        self.data = bytearray(_RING * _SAMPLE)
        self.view = memoryview(self.data)
        self.head = 0  # where the next sample is written
        self.count = 0
        self.first_n = 0  # index of the oldest sample kept
        self.lost = 0

    def add(self, buf, count, n):
        """Take `count` samples from buf (array 'h'); n is the index of the first. No allocation.

        After a gap, or when the ring is full, what waits is dropped, so that indices stay in line.
        """
        if self.count and n != self.first_n + self.count:
            self.lost += self.count
            self.count = 0
        if self.count + count > _RING:
            self.lost += count
            return
        if self.count == 0:
            self.first_n = n
        head = self.head
        data = self.data
        i = 0
        while count:
            count -= 1
            struct.pack_into(
                "<6h", data, head * _SAMPLE,
                buf[i], buf[i + 1], buf[i + 2], buf[i + 3], buf[i + 4], buf[i + 5],
            )  # fmt: skip
            i += 6
            head += 1
            if head == _RING:
                head = 0
            self.count += 1
        self.head = head

    def take(self, most):
        """Return (index of the first, bytes) of up to `most` samples in one piece."""
        tail = self.head - self.count
        if tail < 0:
            tail += _RING
        count = min(most, self.count, _RING - tail)
        n = self.first_n
        self.first_n += count
        self.count -= count
        return n, bytes(self.view[tail * _SAMPLE : (tail + count) * _SAMPLE])


class Stream:
    """Raw samples as console lines {"ev": "raw", "n": index, "d": base64}."""

    def __init__(self, console):
        self.console = console
        self.ring = Ring()

    def tick(self):
        """Queue a line when enough samples wait and the host keeps up."""
        if self.ring.count >= _LINE and self.console.waiting < 700:
            n, data = self.ring.take(_LINE)
            text = b2a_base64(data)[:-1].decode()
            self.console.tell({"ev": "raw", "n": n, "d": text})


class Recording:
    """Raw samples into a file of log blocks (heelcue.log): a session, then raw blocks.

    The file is begun with the first write, in a calm moment; until then the ring holds the samples.
    """

    def __init__(self, session, seconds, rate_hz, numbers):
        self.path = "%s/%04d.rec" % (FOLDER, max(numbers) + 1 if numbers else 1)
        self.ring = Ring()
        self.left = int(seconds * rate_hz)  # samples to go
        self.bytes = 0
        self.notes = []
        self._file = None
        self._flushed = 0
        self._most = 0
        self._session = log.json_block(log.SESSION, session)

    def _begin(self):
        try:
            os.mkdir(FOLDER)
        except OSError:
            pass  # it is there, or opening the file says what is wrong
        self._most = free_bytes(FOLDER) - _FREE_BYTES
        if self._most <= 0:
            raise OSError(28)  # ENOSPC; not in MicroPython's errno
        self._file = open(self.path, "wb")
        self._put(self._session)

    def _put(self, data):
        if self._file is None:
            self._begin()
        self._file.write(data)
        self.bytes += len(data)

    def mark(self, label, n):
        """Put a mark into the recording."""
        self.notes.append(log.json_block(log.NOTE, {"ev": "mark", "label": label, "n": n}))

    def _write_block(self):
        n, data = self.ring.take(min(_BLOCK, self.left))
        self._put(log.block(log.RAW, struct.pack("<I", n) + data))
        # Else the log would make room for itself, of the walks of weeks
        self.left = self.left - len(data) // _SAMPLE if self.bytes < self._most else 0

    @property
    def pressing(self):
        """Whether the ring is so full that it must be written now, calm or not."""
        return self.ring.count > _RING * 3 // 4

    def calm(self):
        """Write what waits; True if it took time. Raises OSError when the flash refuses."""
        if self.left <= 0 or (self.ring.count < min(_BLOCK, self.left) and not self.notes):
            return False
        while self.notes:
            self._put(self.notes.pop(0))
        while self.left > 0 and self.ring.count >= min(_BLOCK, self.left):
            self._write_block()
        if self.bytes - self._flushed >= _FLUSH_BYTES:
            self._flushed = self.bytes
            self._file.flush()
        return True

    def close(self):
        """Write the rest and close the file."""
        while self.ring.count and self.left > 0:
            self._write_block()
        for note in self.notes:
            self._put(note)
        if self._file is not None:
            self._file.close()
