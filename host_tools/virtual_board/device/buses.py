"""machine.I2C, SoftI2C and SPI of the ESP32 port, over a wire that chips hang on.

A transfer takes its bits at the bus clock plus the driver's overhead (costs.py). Chips see it when
its address and register have gone over the wire; the firmware sees the data when all is over.
Errors as ports/esp32/machine_i2c.c gives them: nobody answers OSError(ENODEV), a bus held low
OSError(ETIMEDOUT) after the timeout.
"""

import errno

from .port import micropython, os_error

DEFAULT_PINS = {  # scl, sda of I2C(0) and I2C(1)
    "esp32": ((18, 19), (25, 26)),
    "esp32c3": ((5, 4),),
    "esp32c6": ((7, 6),),
    "esp32s3": ((9, 8), (9, 8)),
}
STUCK_CLOCKS = micropython.const(9)
# With i2c_master.h (MICROPY_HW_ESP_NEW_I2C_DRIVER) the timeout becomes whole ticks of 10 ms, for
# each wait in a transfer: the address is not found where it is none, or one that ends at once.
LEAST_TIMEOUT_US = micropython.const(20000)


class Wire:
    """One I2C bus: its two lines, its chips by address, its faults and its byte count."""

    def __init__(self, board, scl, sda):
        self.board = board
        self.scl = scl  # GPIO numbers
        self.sda = sda
        self.chips = {}
        self.nacks = 0  # transfers still to be refused (fault)
        self.nack_address = None  # only for this address; None: any
        self.stuck = 0  # clocks that a chip still needs before it lets go of SDA
        self.bytes = 0
        self.transfers = 0
        self.errors = 0
        board.lines[scl].watchers.append(self)
        board.lines[sda].watchers.append(self)

    def attach(self, chip):
        """Hang a chip on the bus."""
        self.chips[chip.address] = chip

    def line_changed(self, line):
        """SCL driven by hand: a chip that hangs in a read lets go of SDA after its clocks."""
        if self.stuck and line.number == self.scl and line.level:
            self.stuck -= 1
            if self.stuck == 0:
                self.board.lines[self.sda].drive(None)

    def hang(self):
        """Fault: a chip holds SDA low until it has seen nine clocks."""
        self.stuck = STUCK_CLOCKS
        self.board.lines[self.sda].drive(0)

    @micropython.native
    def find(self, address):
        """The chip that acknowledges the address, or None."""
        if self.nacks and (self.nack_address is None or self.nack_address == address):
            self.nacks -= 1
            return None
        chip = self.chips.get(address)
        if chip is None or not chip.powered:
            return None
        return chip


class I2C:
    """machine.I2C(id, scl=, sda=, freq=400000, timeout=50000)."""

    board_ = None

    def __init__(self, id, scl=None, sda=None, freq=400000, timeout=50000):
        board = self.board_
        defaults = DEFAULT_PINS[board.target]
        if not 0 <= id < len(defaults):
            raise ValueError("I2C(%d) doesn't exist" % id)
        self._id = id
        self._setup(
            defaults[id][0] if scl is None else scl,
            defaults[id][1] if sda is None else sda,
            freq,
            timeout,
        )
        self._overhead_us = board.costs["i2c_transfer_us"]
        self._byte_ns = 9 * 1000000000 // self._hz
        if timeout < LEAST_TIMEOUT_US:
            self._wire = None

    def _setup(self, scl, sda, freq, timeout):
        board = self.board_
        self._scl = board.line_of(scl)
        self._sda = board.line_of(sda)
        for line in (self._scl, self._sda):
            if line.number >= board.input_only_from:
                raise ValueError("invalid pin")
            line.pull |= 2
            line.mode = 7
            line.latch = 1
            line.resolve()
        self._hz = freq
        self._timeout_us = timeout
        self._wire = board.wire_on(self._scl.number, self._sda.number)
        self._clock = board.clock
        self._one = bytearray(1)

    def __repr__(self):
        return "I2C(%d, scl=%d, sda=%d, freq=%d)" % (
            self._id,
            self._scl.number,
            self._sda.number,
            self._hz,
        )

    @micropython.native
    def _begin(self, address, bytes_first):
        """Address and what is written go over the wire; returns the chip or raises OSError."""
        clock = self._clock
        wire = self._wire
        if wire is None:
            clock.spend(self._overhead_us + self._byte_ns // 1000)
            raise os_error(errno.ENODEV)
        wire.transfers += 1
        if wire.stuck or self._scl.level == 0:
            wire.errors += 1
            clock.spend(self._timeout_us)
            raise os_error(errno.ETIMEDOUT)
        chip = wire.find(address)
        if chip is None:
            wire.errors += 1
            clock.spend(self._overhead_us + self._byte_ns // 1000)
            raise os_error(errno.ENODEV)
        wire.bytes += bytes_first
        clock.run(clock.now + self._overhead_us // 2 + bytes_first * self._byte_ns // 1000)
        return chip

    @micropython.native
    def _end(self, bytes_last):
        """The rest of the transfer; then soft callbacks run."""
        self._wire.bytes += bytes_last
        clock = self._clock
        clock.spend(self._overhead_us // 2 + bytes_last * self._byte_ns // 1000 + clock.call_us)

    def scan(self):
        """Addresses that answer."""
        found = []
        for address in range(0x08, 0x78):
            try:
                self._begin(address, 1)
            except OSError:
                continue
            self._end(0)
            found.append(address)
        return found

    @micropython.native
    def readfrom_mem_into(self, addr, memaddr, buf, addrsize=8):
        """Read a register block into buf."""
        chip = self._begin(addr, 3 if addrsize == 8 else 4)
        if addrsize == 16:
            chip.select(memaddr >> 8)
            chip.write_bytes(bytes((memaddr & 0xFF,)), 1)
        else:
            chip.select(memaddr)
        chip.read_bytes(buf)
        self._end(len(buf))
        self._charge(chip)

    def readfrom_mem(self, addr, memaddr, nbytes, addrsize=8):
        """Read a register block."""
        buf = bytearray(nbytes)
        self.readfrom_mem_into(addr, memaddr, buf, addrsize)
        return bytes(buf)

    def writeto_mem(self, addr, memaddr, buf, addrsize=8):
        """Write a register block."""
        chip = self._begin(addr, 2 if addrsize == 8 else 3)
        if addrsize == 16:
            chip.select(memaddr >> 8)
            chip.write_bytes(bytes((memaddr & 0xFF,)), 1)
        else:
            chip.select(memaddr)
        chip.write_bytes(buf, len(buf))
        self._end(len(buf))

    def readfrom_into(self, addr, buf, stop=True):
        """Read from the register that was selected last."""
        chip = self._begin(addr, 1)
        chip.read_bytes(buf)
        self._end(len(buf))
        self._charge(chip)

    def readfrom(self, addr, nbytes, stop=True):
        """Read from the register that was selected last."""
        buf = bytearray(nbytes)
        self.readfrom_into(addr, buf, stop)
        return bytes(buf)

    def writeto(self, addr, buf, stop=True):
        """Write; the first byte selects the register. Returns the number of ACKs."""
        chip = self._begin(addr, 1)
        if len(buf):
            view = memoryview(buf)
            chip.select(view[0])
            chip.write_bytes(view[1:], len(buf) - 1)
        self._end(len(buf))
        return len(buf)

    def writevto(self, addr, vector, stop=True):
        """Write several buffers as one transfer."""
        joined = b"".join(bytes(part) for part in vector)
        return self.writeto(addr, joined, stop)

    @micropython.native
    def _charge(self, chip):
        """The firmware's work on the samples that it has just read."""
        samples = chip.samples_taken
        if samples:
            chip.samples_taken = 0
            clock = self._clock
            clock.spend(samples * clock.costs["sample_us"])


class SoftI2C(I2C):
    """machine.SoftI2C(scl, sda, freq=400000, timeout=50000): the same, bit by bit in software."""

    def __init__(self, scl, sda, freq=400000, timeout=50000):
        self._id = -1
        self._setup(scl, sda, freq, timeout)
        costs = self.board_.costs
        self._overhead_us = 2 * costs["soft_i2c_bit_us"]
        self._byte_ns = 9 * max(1000000000 // freq, 1000 * costs["soft_i2c_bit_us"])

    def __repr__(self):
        return "SoftI2C(scl=%d, sda=%d, freq=%d)" % (
            self._scl.number,
            self._sda.number,
            self._hz,
        )


class SPI:
    """machine.SPI(id, baudrate, ...): chips are selected by their CS line."""

    MSB = 0
    LSB = 1
    board_ = None

    def __init__(self, id, baudrate=500000, **options):
        if id not in (1, 2):
            raise ValueError("SPI(%d) doesn't exist" % id)
        self._clock = self.board_.clock
        self.init(baudrate, **options)

    def init(
        self,
        baudrate=500000,
        polarity=0,
        phase=0,
        bits=8,
        firstbit=0,
        sck=None,
        mosi=None,
        miso=None,
    ):
        """Configure."""
        self._hz = baudrate
        self._overhead_us = self.board_.costs["spi_transfer_us"]

    def deinit(self):
        """Stop."""

    def _chip(self):
        return self.board_.spi_selected()

    def _spend(self, count):
        clock = self._clock
        clock.spend(self._overhead_us + count * 8 * 1000000 // self._hz + clock.call_us)
        chip = self._chip()
        if chip is not None and chip.samples_taken:
            samples = chip.samples_taken
            chip.samples_taken = 0
            clock.spend(samples * clock.costs["sample_us"])

    def write(self, buf):
        """Shift out."""
        chip = self._chip()
        if chip is not None:
            chip.spi_write(buf)
        self._spend(len(buf))

    def readinto(self, buf, write=0):
        """Shift in."""
        chip = self._chip()
        if chip is None:
            for i in range(len(buf)):
                buf[i] = 0xFF
        else:
            chip.spi_read(buf)
        self._spend(len(buf))

    def read(self, nbytes, write=0):
        """Shift in."""
        buf = bytearray(nbytes)
        self.readinto(buf, write)
        return bytes(buf)

    def write_readinto(self, write_buf, read_buf):
        """Shift out and in at once: first byte is the register."""
        chip = self._chip()
        if chip is None:
            for i in range(len(read_buf)):
                read_buf[i] = 0xFF
        else:
            chip.spi_exchange(write_buf, read_buf)
        self._spend(len(read_buf))
