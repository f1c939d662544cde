"""Log files on flash: segments in a folder, the oldest dropped first. A write here can take as long
as a flash erase, so the loop calls it in calm moments only.
"""

import os

from heelcue import log
from heelcue.compat import const

FOLDER = "log"
SEGMENT_BYTES = const(32_768)
_PRESSING = const(400)  # bytes of strides, of 480; a stride takes 40 at most
BATCH = const(24)  # strides that are written together
_WAIT_MS = const(5_000)  # standing: write what there is after so long
_RETRY_MS = const(60_000)  # after a write that the flash refused
_FAULT_AGAIN_MS = const(600_000)  # the same fault within this time would only fill the log
_NOTES_MOST = const(16)
_RESERVE_BYTES = const(131_072)  # of flash, left to settings, updates and the file system itself


def _number(name):
    """Return the segment's number, or -1 for any other file."""
    # int() would also take "0000_1", and the file looked for then is not there
    is_one = len(name) == 10 and name.endswith(".log") and name[:6].isdigit()
    return int(name[:6]) if is_one else -1


def segments(folder=FOLDER):
    """Return the segments' numbers, oldest first; none when there is no folder yet."""
    try:
        return sorted(n for n in (_number(name) for name in os.listdir(folder)) if n >= 0)
    except OSError:
        return []


def path(number, folder=FOLDER):
    """Return a segment's path."""
    return "%s/%06d.log" % (folder, number)


def free_bytes(folder):
    """Return the free bytes of the flash that the folder is on."""
    return free_of(os.statvfs(folder if folder.startswith("/") else "/"))


def free_of(stat):
    """Return the free bytes that os.statvfs() means.

    littlefs counts some blocks twice: the difference of a full one falls below 0 and wraps.
    """
    return stat[0] * stat[3] if stat[3] <= stat[2] else 0


class LogFiles:
    """Appends blocks; keeps the sum below limit_bytes by removing whole old segments."""

    def __init__(self, limit_bytes, folder=FOLDER):
        self.limit_bytes = limit_bytes
        self.folder = folder
        numbers = segments(folder)
        if not numbers:
            try:
                os.mkdir(folder)
            except OSError:
                pass  # it is there, or the first append will say what is wrong
        self._number = numbers[-1] if numbers else 0
        self._size = self._size_of(self._number) if numbers else 0

    def _size_of(self, number):
        try:
            return os.stat(path(number, self.folder))[6]
        except OSError:
            return 0

    def append(self, data):
        """Write one or more whole blocks at the end; raises OSError when the flash refuses."""
        if self.turns(len(data)):
            self.cut()
        if not self._size:
            self.make_room()
        with open(path(self._number, self.folder), "ab") as f:
            f.write(data)
        self._size += len(data)

    def turns(self, size):
        """Return whether `size` bytes more begin another segment."""
        return self._size and self._size + size > SEGMENT_BYTES

    def cut(self):
        """Let the next append begin another segment; return the number of the last one so far."""
        if self._size:
            self._number += 1
            self._size = 0
        return self._number - 1

    def end(self):
        """Return path and size of the last segment on flash."""
        numbers = segments(self.folder)
        last = numbers[-1] if numbers else 0
        return path(last, self.folder), self._size_of(last)

    def make_room(self):
        """Remove the oldest segments until the limit and the reserve hold."""
        numbers = segments(self.folder)
        while numbers and (
            (len(numbers) + 1) * SEGMENT_BYTES > self.limit_bytes
            or free_bytes(self.folder) < _RESERVE_BYTES
        ):
            oldest = numbers.pop(0)
            if oldest == self._number:
                return
            os.remove(path(oldest, self.folder))

    def erase_oldest(self, last):
        """Remove one segment up to number `last`; False when none of them is left.

        All at once would outlast the FIFO.
        """
        numbers = segments(self.folder)
        if numbers and numbers[0] <= last:
            os.remove(path(numbers.pop(0), self.folder))
        return bool(numbers) and numbers[0] <= last


class StrideLog:
    """Takes a stride from the pipeline into memory, and writes batches in calm moments."""

    def __init__(self, limit_bytes, session, on_error):
        self.files = LogFiles(limit_bytes)
        self.pending = log.StrideBlock()
        self._session = log.to_json(session)
        self._notes = [log.block(log.SESSION, self._session)]
        self._begun = False  # the session is on flash; not before there is more to say
        self._faults_ms = {}  # fault code -> when it was noted
        self._on_error = on_error
        self._since_ms = 0
        self._retry_ms = 0
        self.written = 0
        self.lost = 0
        self.paused = False

    def begin(self, session):
        """Begin another session; what waits belongs to the one before."""
        if self.pending.count:
            self._close_block()
        elif not self._begun and len(self._notes) == 1:
            self._notes.clear()  # nothing came of it
        self._session = log.to_json(session)
        self._notes.append(log.block(log.SESSION, self._session))

    def cut(self):
        """What is written so far may be removed; return the number of its last segment."""
        self._tell_again()
        return self.files.cut()

    def _tell_again(self):
        """What is still to come is nothing without its session, which may be gone by then."""
        if self._begun:
            self._begun = False
            self._notes.insert(0, log.block(log.AGAIN, self._session))

    def _close_block(self):
        self._notes.append(log.block(log.STRIDES, self.pending.payload()))
        self.written += self.pending.count
        self.pending.clear()

    def add(self, record, latency_us, now_ms):
        """Keep one stride; no allocation. When the flash refuses for long, the newest are lost."""
        if self.pending.count == 0:
            self._since_ms = now_ms
        if not self.pending.add(record, latency_us):
            if self.pending.full():
                self.lost += 1
                return
            self._close_block()  # the index has wrapped, after a month awake
            self.pending.add(record, latency_us)

    def note(self, fields):
        """Keep one note (a dict with n and ev); at most 16 wait."""
        if len(self._notes) < _NOTES_MOST:
            self._notes.append(log.json_block(log.NOTE, fields))

    def fault(self, code, fields, now_ms):
        """Keep the note of a fault, unless this one was noted lately.

        A sensor that is gone is looked for every 2 s, for as long as the battery lasts: 260 kB of
        notes an hour, and the walks of a month are pushed out of the log in four.
        """
        last = self._faults_ms.get(code)
        if last is None or (now_ms - last) & 0x3FFFFFFF >= _FAULT_AGAIN_MS:
            self._faults_ms[code] = now_ms
            self.note(fields)

    def _empty(self):
        """Whether there is nothing to write: a start alone (a bump that woke it) is nothing."""
        return not self.pending.count and len(self._notes) <= (0 if self._begun else 1)

    def due(self, now_ms, walking):
        """Return True when there is a batch worth a write."""
        if self.paused:
            if (now_ms - self._retry_ms) & 0x3FFFFFFF < _RETRY_MS:
                return False
            self.paused = False
        if self.pending.count >= BATCH or len(self._notes) > _NOTES_MOST // 2:
            return True
        if walking or self._empty():
            return False
        waited = (now_ms - self._since_ms) & 0x3FFFFFFF
        return bool(self._notes) or waited > _WAIT_MS

    @property
    def pressing(self):
        """Whether the next strides may find no room: they must be written now, calm or not.

        So it is where pulses fill every calm moment, or a recording takes them.
        """
        return self.pending.used > _PRESSING and not self.paused

    def flush(self, now_ms):
        """Write everything that waits; True when done. The flash refusing is a counted fault."""
        if self._empty():
            return True
        data = b"".join(self._notes)
        count = self.pending.count
        if count:
            data += log.block(log.STRIDES, self.pending.payload())
        if self._begun and self.files.turns(len(data)):
            self._tell_again()
            data = self._notes[0] + data
        try:
            self.files.append(data)
        except OSError as error:
            self._on_error("the log could not be written (error %s)" % error.args[0])
            self.paused = True
            self._retry_ms = now_ms
            try:
                self.files.make_room()
            except OSError:
                pass
            return False
        self._notes.clear()
        self._begun = True
        self.pending.clear()
        self.written += count
        return True
