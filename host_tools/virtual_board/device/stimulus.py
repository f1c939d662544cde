"""What the foot does: raw samples from a file, at any instant, by linear interpolation.

The file holds blocks of little-endian int16 in rows of six (acc x y z, gyr x y z; 2048 LSB/g and
16.384 LSB/(deg/s), the canonical scale); the plan, made by the host (stimulus.py there), is a list
of segments (block, seconds or repeats). Integers only, so that every run gives the same numbers.
"""

from .port import micropython, ptr8, ptr16  # noqa: F401

ROW = micropython.const(12)
CHUNK = micropython.const(1024)  # rows kept in memory


@micropython.viper
def _blend(out, rows, where: int, fraction: int):
    """out[0:6] = rows[where] + (rows[where + 1] - rows[where]) * fraction / 32768, rounded."""
    o = ptr16(out)
    r = ptr16(rows)
    k = where * 6
    for i in range(6):
        a = int(r[k + i] ^ 0x8000) - 0x8000
        b = int(r[k + i + 6] ^ 0x8000) - 0x8000
        o[i] = (((a << 15) + (b - a) * fraction + 16384) >> 15) & 0xFFFF


class Stimulus:
    """Segments played one after another; after the last either all again or its last row held."""

    def __init__(self, stream, plan):
        """`plan`: {"blocks": [[first_row, rows, rate_mhz], ...], "segments": [[block, us], ...],
        "loop": bool}; a segment shorter than its block cuts it, a longer one repeats it.
        """
        self.stream = stream
        self.blocks = plan["blocks"]
        self.segments = plan["segments"]
        self.loop = plan["loop"]
        self.total_us = 0
        for segment in self.segments:
            self.total_us += segment[1]
        self.buffer = bytearray((CHUNK + 1) * ROW)
        self.view = memoryview(self.buffer)
        self.first = 0  # row of the block at the buffer's start
        self.count = 0  # rows in the buffer from `first`, plus one for blending
        self.segment_end = -1
        self.segment_start = 0
        self.block = None
        self.base = 0
        self.rows = 0
        self.rate_mhz = 0
        self.last = False

    def _choose(self, t_us):
        """Find the segment that t_us lies in."""
        start = 0
        if self.loop and self.total_us:
            start = t_us // self.total_us * self.total_us
        for index in range(len(self.segments)):
            block, length = self.segments[index]
            self.last = index == len(self.segments) - 1 and not self.loop
            if t_us < start + length or self.last:
                break
            start += length
        self.segment_start = start
        self.segment_end = (1 << 60) if self.last else start + length
        self.hold_at = start + length if self.last else (1 << 60)
        if self.block != block:
            self.block = block
            self.base, self.rows, self.rate_mhz = self.blocks[block]
            self.count = 0

    def _load(self, row):
        """Read rows from `row` on into the buffer; the row after the last is the first again."""
        self.first = row
        rows = self.rows - row
        if rows > CHUNK:
            rows = CHUNK + 1
            self.stream.seek((self.base + row) * ROW)
            self.stream.readinto(self.view[: rows * ROW])
            self.count = CHUNK
        else:
            self.stream.seek((self.base + row) * ROW)
            self.stream.readinto(self.view[: rows * ROW])
            self.stream.seek(self.base * ROW)
            self.stream.readinto(self.view[rows * ROW : (rows + 1) * ROW])
            self.count = rows

    @micropython.native
    def at(self, t_us, out):
        """The six values at t_us (us since the stimulus began), into out: array('h')."""
        if t_us < 0:
            t_us = 0
        if not self.segment_start <= t_us < self.segment_end:
            self._choose(t_us)
        if t_us >= self.hold_at:
            t_us = self.hold_at - 1
        phase = (t_us - self.segment_start) * self.rate_mhz
        row = phase // 1000000000
        fraction = phase % 1000000000 * 32768 // 1000000000
        if row >= self.rows:
            row %= self.rows
        where = row - self.first
        if not 0 <= where < self.count:
            self._load(row)
            where = 0
        _blend(out, self.buffer, where, fraction)
