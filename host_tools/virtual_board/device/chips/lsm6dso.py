"""ST LSM6DSO/LSM6DSOX: the FIFO of 512 tagged words of 7 bytes. Sources: see lsm6.py."""

from .base import put_little, take
from .lsm6 import (
    CTRL3_C,
    CTRL9_XL,
    FIFO_STATUS1,
    FIFO_STATUS2,
    INTERNAL_FREQ_FINE,
    ODR_DIVIDER,
    TAP_CFG0,
    WAKE_UP_DUR,
    Lsm6,
)

WORD = 7
TAG_GYRO = 1  # AN5192 table 85
TAG_ACCEL = 2


def tag(sensor, slot):
    """FIFO_DATA_OUT_TAG: TAG_SENSOR, TAG_CNT, and TAG_PARITY that makes the ones even."""
    value = sensor << 3 | (slot & 3) << 1
    ones = 0
    for bit in range(8):
        ones += value >> bit & 1
    return value | (ones & 1)


class Lsm6dso(Lsm6):
    """LSM6DSO and DSOX answer alike for what is modelled."""

    FIFO_BYTES = 512 * WORD
    IDENTITY = 0x6C
    RESETS = {CTRL3_C: 0x04, CTRL9_XL: 0xE0}
    FIFO_CTRL1, FIFO_CTRL2, FIFO_CTRL3, FIFO_CTRL4 = 0x07, 0x08, 0x09, 0x0A
    FIFO_DATA_OUT_TAG = 0x78
    KEEP = Lsm6.KEEP + ("slot", "overrun", "overrun_latched", "frame")

    def __init__(self, board, address=0x6A, options=None):
        self.slot = 0
        self.overrun = False
        self.overrun_latched = False
        self.tags = [[tag(sensor, slot) for slot in range(4)] for sensor in range(3)]
        Lsm6.__init__(self, board, address, options)

    def power_on(self):
        """FREQ_FINE is trimmed in the factory to what the oscillator does (0.15 % a step)."""
        Lsm6.power_on(self)
        self.regs[INTERNAL_FREQ_FINE] = round(self.ppm / 1500) & 0xFF

    def odr_ns(self, code):
        """AN5192 6.4."""
        return 1000000000 * ODR_DIVIDER[code] // 6667

    def latched(self):
        """LIR."""
        return self.regs[TAP_CFG0] & 0x01

    def wake_unit(self):
        """WAKE_THS_W: full scale / 256 instead of / 64."""
        return 128 if self.regs[WAKE_UP_DUR] & 0x10 else 512

    def configure(self):
        """Bypass empties; the batch rates must be those of the sensors (what is modelled)."""
        regs = self.regs
        words = (1 if regs[self.FIFO_CTRL3] >> 4 else 0) + (1 if regs[self.FIFO_CTRL3] & 15 else 0)
        if regs[self.FIFO_CTRL4] & 0x07 == 0:
            if self.frame or self.fifo_used:
                self.fifo_reset()
            self.frame = 0
            self.overrun = self.overrun_latched = False
        elif self.frame != words * WORD:
            self.frame = words * WORD
            self.fifo_reset()

    def threshold(self):
        """WTM in words."""
        return (self.regs[self.FIFO_CTRL2] & 0x01) << 8 | self.regs[self.FIFO_CTRL1]

    def push(self):
        """One word for each sensor in this time slot; a full FIFO drops the oldest words."""
        size = self.FIFO_BYTES
        over = self.fifo_used + self.frame - size
        if over > 0:
            self.overrun = self.overrun_latched = True
            if self.overflow(over, self.regs[self.FIFO_CTRL4] & 0x07 == 1):  # stop when full
                return
        where = (self.fifo_head + self.fifo_used) % size
        fifo = self.fifo
        slot = self.slot
        if self.regs[self.FIFO_CTRL3] >> 4:
            fifo[where] = self.tags[TAG_GYRO][slot]
            put_little(fifo, where + 1, size | 0x30000, self.raw)
            where = (where + WORD) % size
        if self.regs[self.FIFO_CTRL3] & 15:
            fifo[where] = self.tags[TAG_ACCEL][slot]
            put_little(fifo, where + 1, size, self.raw)
        self.slot = (slot + 1) & 3
        self.fifo_used += self.frame

    def fifo_int(self, enabled):
        """INT1_FIFO_TH, INT1_FIFO_OVR, INT1_FIFO_FULL."""
        words = self.fifo_used // WORD
        if enabled & 0x08 and words >= self.threshold() > 0:
            return True
        return bool(enabled & 0x10 and self.overrun)

    def until_watermark(self):
        """Samples to WTM."""
        missing = self.threshold() * WORD - self.fifo_used
        return (missing + self.frame - 1) // self.frame if missing > 0 else 0

    def is_fifo(self, register):
        """A burst from the tag rolls from 0x7E back to 0x78."""
        return register == self.FIFO_DATA_OUT_TAG

    def pull(self, buf):
        """Words of seven bytes; an empty FIFO gives tag 0."""
        count = min(len(buf) // WORD * WORD, self.fifo_used)
        before = self.fifo_used
        if count:
            self.fifo_head = take(buf, count, self.fifo, self.fifo_head | self.FIFO_BYTES << 16)
            self.fifo_used -= count
            self.overrun = False
        for i in range(count, len(buf)):
            buf[i] = 0
        if self.frame and count:
            left = self.fifo_used // self.frame
            self.samples_taken += before // self.frame - left
            self.newest_read = self.instant_of(self.index - 1 - left)

    def read(self, register):
        """FIFO status is made when it is read; reading FIFO_STATUS2 clears the overrun's latch."""
        words = self.fifo_used // WORD
        if register == FIFO_STATUS1:
            return words & 0xFF
        if register == FIFO_STATUS2:
            value = words >> 8 & 0x03
            if words >= self.threshold() > 0:
                value |= 0x80
            if self.overrun:
                value |= 0x40
            if self.fifo_used + self.frame > self.FIFO_BYTES and self.frame:
                value |= 0x20
            if self.overrun_latched:
                value |= 0x08
                self.overrun_latched = False
            return value
        return Lsm6.read(self, register)
