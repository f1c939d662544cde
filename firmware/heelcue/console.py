"""The console on the USB serial line: JSON lines in and out, next to the REPL.

Input is taken byte by byte as far as it is there, output leaves in small pieces, both between two
samples; nothing here waits for the host. Answers are always sent; unasked lines (events, raw data)
are dropped, and counted, when the host does not keep up. Ctrl-C is left to MicroPython, so the REPL
is always one keystroke away. The requests are described in firmware/README.md.
"""

import json
import time

from heelcue import faults
from heelcue.compat import const
from heelcue.log import to_json

LINE_MOST = const(512)  # longest request
_QUEUE_MOST = const(3_000)  # bytes that wait for the host
_IN_MOST = const(48)  # bytes taken in one go: about a millisecond's work
_OUT_MOST = const(44)  # bytes sent in one go: less than an UART at 115200 sends in a sample
_OUT_EVERY_MS = const(4)
_SLOW_MS = const(20)  # a write that took so long means that nobody reads
_BACK_OFF_MS = const(1_000)  # then twice as long each time: an USB write to nobody takes 500 ms
_BACK_OFF_MOST_MS = const(32_000)


class RequestError(Exception):
    """A request that is refused: a sentence, and the key it is about."""

    def __init__(self, sentence, key=""):
        super().__init__(sentence)
        self.key = key


class Console:
    """Assembles lines, answers them through `handle(request dict) -> dict`, queues output.

    `write(bytes)` sends, and returns how many if not all; `faults` counts what goes wrong. Input
    comes through feed_byte().
    """

    def __init__(self, handle, write, counts):
        self._handle = handle
        self._write = write
        self.faults = counts
        self._line = bytearray(LINE_MOST)
        self._length = 0
        self._too_long = False
        self._queue = []
        self._queued = 0
        self._at = 0  # sent bytes of the first in the queue
        self._sent_ms = None  # nothing sent yet; 0 would be far ahead of late ticks
        self._blocked_until = None
        self._back_off_ms = _BACK_OFF_MS
        self.dropped = 0
        self.hearing = False  # input comes just now: the port keeps no more than 260 bytes of it
        self.heard_ms = None  # ticks_ms of the last request

    def feed_byte(self, byte):
        """Take one byte of input."""
        if byte in (10, 13):  # not a set: one would be made for each byte
            if self._too_long:
                self._too_long = False
                self._refuse("the line is longer than %d bytes" % LINE_MOST)
            elif self._length:
                self._take_line()
            self._length = 0
        elif byte == 3:  # Ctrl-C that came while flash was written
            raise KeyboardInterrupt
        elif not byte:
            pass  # a break: the generic C3 build listens on UART0 too, whose RX drives our trigger
        elif self._length < LINE_MOST:
            self._line[self._length] = byte
            self._length += 1
        else:
            self._too_long = True

    def _take_line(self):
        self._blocked_until = None  # a host that asks will read
        try:
            request = json.loads(bytes(memoryview(self._line)[: self._length]).decode())
        except (ValueError, UnicodeError, MemoryError, RuntimeError):
            self._refuse("not a JSON object in one line")
            return
        if not isinstance(request, dict) or not isinstance(request.get("cmd"), str):
            self._refuse('a request is an object with "cmd"')
            return
        try:
            answer = self._handle(request)
            answer["ok"] = True
        except RequestError as error:
            self.faults.add(faults.CONSOLE)
            answer = {"ok": False, "error": str(error)}
            if error.key:
                answer["key"] = error.key
        except OSError as error:
            answer = {"ok": False, "error": "input or output failed: %s" % (error.args[0],)}
        except Exception as error:  # a bug of ours must not stop the walk
            self.faults.add(faults.CRASH, "a request failed: %r" % (error,))
            answer = {"ok": False, "error": "internal error: %r" % (error,)}
        if "id" in request and isinstance(request["id"], (int, str)):
            answer["id"] = request["id"]
        self.heard_ms = time.ticks_ms()
        self._enqueue(answer)

    def _refuse(self, sentence):
        self.faults.add(faults.CONSOLE)
        self._enqueue({"ok": False, "error": sentence})

    def _enqueue(self, fields):
        """Queue a line. For answers there is always room, see listen()."""
        data = to_json(fields) + b"\n"
        self._queue.append(data)
        self._queued += len(data)

    def tell(self, fields):
        """Queue an unasked line; dropped, and counted, when too much waits already."""
        if self._queued > _QUEUE_MOST // 2 or self._blocked_until is not None:
            self.dropped += 1
            return
        self._enqueue(fields)

    @property
    def waiting(self):
        """Bytes that wait to be sent."""
        return self._queued - self._at

    @property
    def unread(self):
        """Whether nobody has taken a line for a minute."""
        return self._back_off_ms == _BACK_OFF_MOST_MS

    def pump(self, now):
        """Send a little of what waits; now: ticks_ms."""
        if self._blocked_until is not None:
            if time.ticks_diff(now, self._blocked_until) < 0:
                return
            self._blocked_until = None
        if not self._queue:
            return
        # Not before 0: after six days without a line the difference has wrapped
        if self._sent_ms is not None and 0 <= time.ticks_diff(now, self._sent_ms) < _OUT_EVERY_MS:
            return
        self._sent_ms = now
        first = self._queue[0]
        end = min(self._at + _OUT_MOST, len(first))
        began = time.ticks_ms()
        sent = self._write(memoryview(first)[self._at : end])
        if sent is not None and sent < end - self._at:
            end = self._at + sent  # TinyUSB gave up: the rest later, or the line is broken
        if end >= len(first):
            self._queue.pop(0)
            self._queued -= len(first)
            self._at = 0
        else:
            self._at = end
        if time.ticks_diff(time.ticks_ms(), began) > _SLOW_MS:
            self.faults.add(faults.SLOW_OUTPUT)
            self._blocked_until = time.ticks_add(now, self._back_off_ms)
            self._back_off_ms = min(2 * self._back_off_ms, _BACK_OFF_MOST_MS)
        else:
            self._back_off_ms = _BACK_OFF_MS

    def drain(self):
        """Send all that waits; only for moments when there is no sample to lose."""
        while self._queue and self._blocked_until is None:
            self.pump(time.ticks_ms())
            time.sleep_ms(_OUT_EVERY_MS)


class SerialConsole(Console):
    """The console on stdin and stdout."""

    def __init__(self, handle, counts):
        import select
        import sys

        super().__init__(handle, sys.stdout.buffer.write, counts)
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self._stdin = sys.stdin.buffer
        self._one = bytearray(1)

    def listen(self):
        """Take what has arrived, a bounded number of bytes; none while answers wait to be sent."""
        self.hearing = False
        if self._queued > _QUEUE_MOST // 2:
            return
        poll = self._poll
        one = self._one
        for _ in range(_IN_MOST):
            there = False
            for _ in poll.ipoll(0):
                there = True
            if not there or not self._stdin.readinto(one):
                return
            self.hearing = True
            self.feed_byte(one[0])
            if self._queued > _QUEUE_MOST // 2:
                return
