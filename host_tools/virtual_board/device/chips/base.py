"""What all chips share: a register file behind a pointer; and what IMUs share: a sample clock, the
stimulus, faults of the data and a ring FIFO.
"""

from array import array

from .. import trace
from ..clock import NEVER, Source
from ..port import micropython, ptr8, ptr16


@micropython.viper
def scale(values, first: int, factor: int):
    """values[first:first+3] *= factor / 65536, rounded and clipped to int16."""
    v = ptr16(values)
    for i in range(first, first + 3):
        x = ((int(v[i] ^ 0x8000) - 0x8000) * factor + 32768) >> 16
        if x > 32767:
            x = 32767
        elif x < -32768:
            x = -32768
        v[i] = x & 0xFFFF


@micropython.viper
def put_big(target, where: int, size: int, values):
    """Write values[first:first+3] big-endian at `where`, wrapping at `size`.

    `values` is array('h'); the first index comes in the upper half of size (size | first << 16).
    """
    t = ptr8(target)
    v = ptr16(values)
    first = size >> 16
    size = size & 0xFFFF
    for i in range(first, first + 3):
        x = int(v[i])
        t[where] = x >> 8
        where += 1
        if where == size:
            where = 0
        t[where] = x & 0xFF
        where += 1
        if where == size:
            where = 0


@micropython.viper
def put_little(target, where: int, size: int, values):
    """put_big() for chips with the low byte first."""
    t = ptr8(target)
    v = ptr16(values)
    first = size >> 16
    size = size & 0xFFFF
    for i in range(first, first + 3):
        x = int(v[i])
        t[where] = x & 0xFF
        where += 1
        if where == size:
            where = 0
        t[where] = x >> 8
        where += 1
        if where == size:
            where = 0


@micropython.viper
def take(target, count: int, ring, where_size: int) -> int:
    """Copy count bytes from a ring at where into target; where_size = where | size << 16."""
    t = ptr8(target)
    r = ptr8(ring)
    where = where_size & 0xFFFF
    size = where_size >> 16
    for i in range(count):
        t[i] = r[where]
        where += 1
        if where == size:
            where = 0
    return where


def fill(registers, values):
    """Set a register file to 0, and those in values (number: value) to these."""
    for i in range(len(registers)):
        registers[i] = 0
    for register, value in values.items():
        registers[register] = value


class Chip(Source):
    """A register file behind an auto-incrementing pointer, on I2C or SPI."""

    KEEP = ("pointer", "powered")  # attributes kept over a reset of the processor
    SPI_READ = 0x80  # bit of the first byte that asks for a read

    def __init__(self, board, address):
        self.board = board
        self.clock = board.clock
        self.address = address
        self.pointer = 0
        self.powered = True
        self.samples_taken = 0  # samples read out since the bus asked last
        self.due = NEVER

    def select(self, register):
        """The bus names a register."""
        self.pointer = register

    def read_bytes(self, buf):
        """The bus reads; the pointer moves on."""
        for i in range(len(buf)):
            buf[i] = self.read(self.pointer)
            self.pointer = self.following(self.pointer)

    def write_bytes(self, buf, count):
        """The bus writes; the pointer moves on."""
        for i in range(count):
            register = self.pointer
            self.pointer = self.following(register)
            self.write(register, buf[i])

    def following(self, register):
        """The register after this one in a burst."""
        return (register + 1) & 0xFF

    def read(self, register):
        """Value of a register, with what reading it does."""
        raise NotImplementedError

    def write(self, register, value):
        """Write a register."""
        raise NotImplementedError

    def spi_write(self, buf):
        """SPI: the first byte after CS names the register, its upper bit asks for a read."""
        first = buf[0]
        self.select(first & 0x7F)
        if not first & self.SPI_READ:
            self.write_bytes(memoryview(buf)[1:], len(buf) - 1)

    def spi_read(self, buf):
        """SPI: read on from the register named."""
        self.read_bytes(buf)

    def spi_exchange(self, write_buf, read_buf):
        """SPI: register out, values in, in one go; the first byte in means nothing."""
        self.select(write_buf[0] & 0x7F)
        if write_buf[0] & self.SPI_READ:
            read_buf[0] = 0
            view = memoryview(read_buf)[1:]
            self.read_bytes(view)
        else:
            self.write_bytes(memoryview(write_buf)[1:], len(write_buf) - 1)

    def power(self, on):
        """Supply on or off; on means reset values."""
        self.powered = on
        if on:
            self.power_on()
        else:
            self.due = NEVER

    def power_on(self):
        """Reset values of everything."""
        raise NotImplementedError

    def save(self):
        """What survives a reset of the processor, as plain values."""
        kept = {"due": self.due}
        for name in self.KEEP:
            value = getattr(self, name)
            if isinstance(value, bytearray):
                value = {"hex": value.hex()}
            kept[name] = value
        return kept

    def load(self, kept):
        """Take what save() gave."""
        for name in self.KEEP:
            value = kept[name]
            if isinstance(value, dict):
                getattr(self, name)[:] = bytes.fromhex(value["hex"])
            else:
                setattr(self, name, value)
        if kept["due"] != NEVER:
            self.clock.at(self, kept["due"])


class Imu(Chip):
    """A chip that samples the stimulus on its own clock.

    Sample k since sampling (re)started is taken at start_us + k * period_ns / 1000. Subclasses say
    what a sample does (`store`), when an interrupt is next (`alarm`) and what reading means.
    """

    KEEP = Chip.KEEP + (
        "period_ns",
        "start_us",
        "taken",
        "index",
        "delay_us",
        "last_us",
        "fifo_head",
        "fifo_used",
        "produced",
        "lost",
        "newest_read",
    )  # fmt: skip
    FIFO_BYTES = 1024

    def __init__(self, board, address, options):
        Chip.__init__(self, board, address)
        self.options = options
        self.ppm = options.get("clock_ppm", 0)  # how much faster the chip's oscillator runs
        self.int_line = None
        self.raw = array("h", [0] * 6)
        self.frozen_us = -1  # instant that the data are stuck at (fault)
        self.saturated = False
        self.period_ns = 0  # 0: not sampling
        self.start_us = 0
        self.taken = 0  # samples since start_us
        self.index = 0  # samples since power-on: the number that the trace knows
        self.delay_us = 0  # group delay of the digital filter
        self.last_us = 0
        self.fifo = bytearray(self.FIFO_BYTES)
        self.fifo_head = 0  # where the oldest byte lies
        self.fifo_used = 0
        self.produced = 0
        self.lost = 0
        self.newest_read = -1  # instant of the newest sample that the firmware has, us
        self.overrun_since_reset = False
        self.frame = 0  # bytes that a sample takes in the FIFO, 0: none go there
        self.faulty_reads = 0  # reads still to return rubbish (fault)

    def begin(self, period_ns):
        """(Re)start sampling with this period; 0 stops."""
        self.period_ns = period_ns * 1000000 // (1000000 + self.ppm)
        self.start_us = self.clock.now
        self.taken = 0
        if period_ns:
            self.board.trace.put(
                trace.SAMPLING,
                self.start_us + self.period_ns // 1000,
                0,
                0,
                self.index,
                self.period_ns,
            )
        self.plan()

    def due_of(self, k):
        """Instant (us) of sample k since sampling began, k from 1."""
        return self.start_us + k * self.period_ns // 1000

    @micropython.native
    def sync(self):
        """Take all samples up to now; cheap when none is due."""
        if not self.period_ns:
            return
        due = self.start_us + (self.taken + 1) * self.period_ns // 1000
        now = self.clock.now
        if now - due > 100000 and self.only_last_counts():
            # Nobody can ever see those in between: leave all but a few out
            skipped = (now - due) * 1000 // self.period_ns - 4
            self.taken += skipped
            self.index += skipped
            self.produced += skipped
            due = self.start_us + (self.taken + 1) * self.period_ns // 1000
        while due <= now:
            self.last_us = due
            if self.saturated:
                for i in range(6):
                    self.raw[i] = 32767
            else:
                seen = due if self.frozen_us < 0 else self.frozen_us
                self.board.stimulus.at(seen - self.delay_us, self.raw)
            self.taken += 1
            self.index += 1
            self.produced += 1
            self.store(due)
            due = self.start_us + (self.taken + 1) * self.period_ns // 1000

    def only_last_counts(self):
        """True while samples leave no trace but in the data registers."""
        return not self.frame and not self.alarm() and self.period_ns > 0

    def store(self, t):
        """One sample is in self.raw (canonical scale): registers, FIFO, status."""
        raise NotImplementedError

    def alarm(self):
        """How many samples from now the interrupt line may change; 0 means never."""
        return 0

    @micropython.native
    def plan(self):
        """Set the next event: only interrupts need one, samples are caught up with when read."""
        ahead = self.alarm() if self.period_ns and self.powered else 0
        if ahead:
            self.clock.at(self, self.start_us + (self.taken + ahead) * self.period_ns // 1000)
        else:
            self.due = NEVER

    @micropython.native
    def fire(self):
        """The time of an alarm has come."""
        self.sync()
        self.plan()

    @micropython.native
    def instant_of(self, index):
        """Instant (us) of sample `index` (0 is the first since power-on)."""
        return self.due_of(self.taken - (self.index - 1 - index))

    def fifo_reset(self):
        """Empty the FIFO."""
        self.fifo_head = 0
        self.fifo_used = 0
        self.overrun_since_reset = False
        self.fifo_begins()

    def fifo_begins(self):
        """Say which sample will be the first in the FIFO from now on."""
        self.board.trace.put(trace.FIFO_RESET, self.clock.now, 0, 0, self.index)

    def lose(self, count, first):
        """Samples that the firmware can never read: overwritten, or dropped by a full FIFO."""
        self.overrun_since_reset = True
        self.lost += count
        self.board.trace.put(trace.LOST, self.clock.now, 0, 0, count, first)

    def overflow(self, over, stops):
        """A full FIFO: the new sample is lost if it `stops`, else the oldest, and `over` bytes go.

        Returns `stops`.
        """
        first = self.index - 1
        if not stops:
            first -= self.fifo_used // self.frame
            self.fifo_head = (self.fifo_head + over) % self.FIFO_BYTES
            self.fifo_used -= over
        self.lose(1, first)
        return stops

    def discard_unread(self):
        """The firmware empties the FIFO: after an overflow what was in it is lost too."""
        if not self.frame or not self.fifo_used:
            return
        count = self.fifo_used // self.frame
        if self.overrun_since_reset:
            self.lose(count, self.index - count)
        else:
            self.board.trace.put(trace.LOST, self.clock.now, 1, 0, count, self.index - count)

    def spoil(self, buf):
        """Let a read go wrong, where one is to (fault): ones all over. Returns whether it did."""
        if not self.faulty_reads:
            return False
        self.faulty_reads -= 1
        for i in range(len(buf)):
            buf[i] = 0xFF
        return True

    def read_registers(self, buf, gyro):
        """A burst; with the first gyroscope register in it the newest sample has been read."""
        first = self.pointer
        Chip.read_bytes(self, buf)
        if first <= gyro < first + len(buf) and self.last_us and self.last_us != self.newest_read:
            self.samples_taken += 1
            self.newest_read = self.last_us

    def drive_int(self, level):
        """Drive the interrupt line."""
        if self.int_line is not None:
            self.int_line.drive(level)
