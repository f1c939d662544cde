"""Bosch BMI270, after its datasheet BST-BMI270-DS000 rev 1.3 (section 5.2: registers).

The chip gives no data before it has been loaded with the maker's configuration (4.4): 8192 bytes
through INIT_DATA, at addresses counted in 16-bit words, between INIT_CTRL 0 and 1, with advanced
power save off. The model checks that every byte was written under those rules; what is in them it
cannot know. Not modelled: the features inside that configuration, the auxiliary interface, FIFO
downsampling, and the filters' attenuation (a delay stands for them).
"""

from ..port import micropython
from .base import Imu, fill, put_little, scale, take

CHIP_ID = micropython.const(0x00)
STATUS = micropython.const(0x03)
ACC_X_LSB = micropython.const(0x0C)
GYR_X_LSB = micropython.const(0x12)
INT_STATUS_1 = micropython.const(0x1D)
INTERNAL_STATUS = micropython.const(0x21)
FIFO_LENGTH_0 = micropython.const(0x24)
FIFO_DATA = micropython.const(0x26)
ACC_CONF = micropython.const(0x40)
ACC_RANGE = micropython.const(0x41)
GYR_CONF = micropython.const(0x42)
GYR_RANGE = micropython.const(0x43)
FIFO_DOWNS = micropython.const(0x45)
FIFO_WTM_0 = micropython.const(0x46)
FIFO_CONFIG_0 = micropython.const(0x48)
FIFO_CONFIG_1 = micropython.const(0x49)
INT1_IO_CTRL = micropython.const(0x53)
INT_MAP_DATA = micropython.const(0x58)
INIT_CTRL = micropython.const(0x59)
INIT_ADDR_0 = micropython.const(0x5B)
INIT_ADDR_1 = micropython.const(0x5C)
INIT_DATA = micropython.const(0x5E)
PWR_CONF = micropython.const(0x7C)
PWR_CTRL = micropython.const(0x7D)
CMD = micropython.const(0x7E)

RESETS = {
    ACC_CONF: 0xA8,
    ACC_RANGE: 0x02,
    GYR_CONF: 0xA9,
    FIFO_DOWNS: 0x88,
    FIFO_WTM_0 + 1: 0x02,
    FIFO_CONFIG_0: 0x02,
    FIFO_CONFIG_1: 0x10,
    PWR_CONF: 0x03,
}
CONFIG_BYTES = micropython.const(8192)
INIT_US = micropython.const(20000)  # 4.4: the status is there within 20 ms
NOT_INIT, INIT_OK, INIT_ERR = 0, 1, 2


class Bmi270(Imu):
    """The chip at 0x68 (SDO low) or 0x69."""

    FIFO_BYTES = 2048
    KEEP = Imu.KEEP + ("regs", "fifo", "message", "message_at", "frame", "status1", "identity")

    def __init__(self, board, address=0x68, options=None):
        options = options or {}
        self.identity = options.get("identity", 0x24)
        self.regs = bytearray(128)
        self.message = NOT_INIT
        self.message_at = 0
        self.status1 = 0
        self.frame = 0
        self.loaded = None  # which 16-bit words of the configuration have come
        self.offset = 0
        Imu.__init__(self, board, address, options)
        self.power_on()

    def power_on(self):
        """Reset values; suspended, not configured."""
        regs = self.regs
        fill(regs, RESETS)
        regs[CHIP_ID] = self.identity
        self.message = NOT_INIT
        self.status1 = 0
        self.frame = 0
        self.loaded = None
        self.fifo_head = self.fifo_used = 0
        self.begin(0)
        self.show_int()

    def set_identity(self, value):
        """CHIP_ID becomes something else."""
        self.identity = self.regs[CHIP_ID] = value

    def configured(self):
        """Whether the configuration has been taken."""
        return self.message == INIT_OK and self.clock.now >= self.message_at

    def reclock(self):
        """The faster of the sensors that are on; nothing without the configuration."""
        regs = self.regs
        rate = 0
        if self.configured():
            if regs[PWR_CTRL] & 0x04:
                rate = self.rate_mhz(regs[ACC_CONF])
            if regs[PWR_CTRL] & 0x02:
                rate = max(rate, self.rate_mhz(regs[GYR_CONF]))
        period = 1000000000000 // rate if rate else 0
        # Normal bandwidth: about 0.4 ODR; second order: half a period
        self.delay_us = period // 2000 if self.options.get("filter_delay", True) else 0
        self.begin(period)

    @staticmethod
    def rate_mhz(conf):
        """ODR of ACC_CONF or GYR_CONF: 100 Hz * 2 ** (code - 8)."""
        code = conf & 15
        if not 1 <= code <= 13:
            return 0
        return 100000 << (code - 8) if code >= 8 else 100000 >> (8 - code)

    def measure_frame(self):
        """Bytes of a FIFO frame: 6 for each sensor, one more with headers (4.6)."""
        enabled = self.regs[FIFO_CONFIG_1]
        size = (6 if enabled & 0x40 else 0) + (6 if enabled & 0x80 else 0)
        if size and enabled & 0x10:
            size += 1
        self.frame = size

    def store(self, t):
        """Scale, fill the data registers and the FIFO."""
        raw = self.raw
        regs = self.regs
        accel_shift = 3 - (regs[ACC_RANGE] & 3)
        gyro_shift = min(regs[GYR_RANGE] & 7, 4)
        if accel_shift:
            scale(raw, 0, 65536 << accel_shift)
        if gyro_shift:
            scale(raw, 3, 65536 << gyro_shift)
        on = regs[PWR_CTRL]
        if on & 0x04:
            put_little(regs, ACC_X_LSB, 0x80, raw)
            regs[STATUS] |= 0x80
            self.status1 |= 0x80
        if on & 0x02:
            put_little(regs, GYR_X_LSB, 0x30080, raw)
            regs[STATUS] |= 0x40
            self.status1 |= 0x40
        if self.frame:
            self.push(on)
        self.show_int()

    def push(self, on):
        """One frame: gyroscope, then accelerometer; a full FIFO drops its oldest frames (4.6.2)."""
        size = self.FIFO_BYTES
        frame = self.frame
        if self.fifo_used + frame > size:
            self.status1 |= 0x01
            if self.overflow(frame, self.regs[FIFO_CONFIG_0] & 0x01):  # fifo_stop_on_full
                return
        where = (self.fifo_head + self.fifo_used) % size
        enabled = self.regs[FIFO_CONFIG_1]
        if enabled & 0x10:
            header = 0x80 | (0x08 if enabled & 0x80 else 0) | (0x04 if enabled & 0x40 else 0)
            self.fifo[where] = header
            where = (where + 1) % size
        if enabled & 0x80:
            put_little(self.fifo, where, size | 0x30000, self.raw)
            where = (where + 6) % size
        if enabled & 0x40:
            put_little(self.fifo, where, size, self.raw)
        self.fifo_used += frame
        if self.fifo_used >= self.threshold():
            self.status1 |= 0x02

    def threshold(self):
        """Watermark in bytes."""
        return (self.regs[FIFO_WTM_0 + 1] & 0x1F) << 8 | self.regs[FIFO_WTM_0]

    # --- interrupt line ---

    def show_int(self):
        """INT1 (5.2.46, 5.2.50): level of what is mapped, in its polarity, when it is an output."""
        regs = self.regs
        control = regs[INT1_IO_CTRL]
        if not control & 0x08:
            Imu.drive_int(self, None)
            return
        mapped = regs[INT_MAP_DATA]
        on = False
        if mapped & 0x02 and self.frame and self.fifo_used >= self.threshold() > 0:
            on = True
        if mapped & 0x01 and self.status1 & 0x01:
            on = True
        if mapped & 0x04 and self.status1 & 0xC0:
            on = True
        active = 1 if control & 0x02 else 0
        Imu.drive_int(self, active if on else 1 - active)

    def alarm(self):
        """Samples until the line may change."""
        mapped = self.regs[INT_MAP_DATA]
        if mapped & 0x04:
            return 1
        if mapped & 0x03 and self.frame:
            target = self.threshold() if mapped & 0x02 else self.FIFO_BYTES
            missing = target - self.fifo_used
            return (missing + self.frame - 1) // self.frame if missing > 0 else 0
        return 0

    # --- registers ---

    def following(self, register):
        """Bursts stay at FIFO_DATA and INIT_DATA."""
        return register if register in (FIFO_DATA, INIT_DATA) else (register + 1) & 0x7F

    def read_bytes(self, buf):
        """A burst."""
        self.sync()
        if self.spoil(buf):
            return
        if self.pointer == FIFO_DATA:
            self.pull(buf)
        else:
            self.read_registers(buf, GYR_X_LSB)
        self.show_int()
        self.plan()

    def pull(self, buf):
        """Whole frames; one that is read in part comes again (4.6.3); empty: 0x80, then 0x00."""
        frame = self.frame
        used = self.fifo_used
        count = min(len(buf), used)
        head = self.fifo_head
        if count:
            take(buf, count, self.fifo, head | self.FIFO_BYTES << 16)
            whole = count // frame * frame if frame else count
            self.fifo_head = (head + whole) % self.FIFO_BYTES
            self.fifo_used = used - whole
            if frame and whole:
                self.samples_taken += whole // frame
                self.newest_read = self.instant_of(self.index - 1 - self.fifo_used // frame)
        for i in range(count, len(buf)):
            buf[i] = 0x80 if i == count else 0x00
        if self.fifo_used < self.threshold():
            self.status1 &= ~0x02 & 0xFF

    def read(self, register):
        """Value of one register."""
        register &= 0x7F
        if register == INTERNAL_STATUS:
            return self.message if self.clock.now >= self.message_at else NOT_INIT
        if register == INT_STATUS_1:
            value = self.status1
            self.status1 = 0
            return value
        if register == FIFO_LENGTH_0:
            return self.fifo_used & 0xFF
        if register == FIFO_LENGTH_0 + 1:
            return self.fifo_used >> 8
        if register == STATUS:
            return self.regs[STATUS] | 0x10
        if register == ACC_X_LSB:
            self.regs[STATUS] &= 0x7F
        elif register == GYR_X_LSB:
            self.regs[STATUS] &= 0xBF
        return self.regs[register]

    def write(self, register, value):
        """Write one register."""
        self.sync()
        regs = self.regs
        if register < ACC_CONF:
            return
        if register == CMD:
            if value == 0xB6:
                self.power_on()
            elif value == 0xB0:
                self.flush()
            return
        if register == INIT_DATA:
            self.load_byte(value)
            return
        before = regs[register]
        regs[register] = value
        if register == INIT_CTRL:
            self.load_control(value)
        elif register in (INIT_ADDR_0, INIT_ADDR_1):
            self.offset = 2 * (regs[INIT_ADDR_1] << 4 | regs[INIT_ADDR_0] & 15)
        elif register == PWR_CTRL:
            if (value ^ before) & 0x06 or not self.period_ns:
                self.reclock()
        elif register in (ACC_CONF, GYR_CONF):
            if (value ^ before) & 0x0F:
                self.reclock()
        elif register == FIFO_CONFIG_1:
            self.measure_frame()
            self.fifo_reset()
        self.show_int()
        self.plan()

    def flush(self):
        """FIFO flush."""
        self.discard_unread()
        self.fifo_reset()
        self.status1 &= ~0x03 & 0xFF

    # --- the configuration (4.4) ---

    def load_control(self, value):
        """INIT_CTRL: 0 begins to load, 1 ends it and starts the chip up."""
        if value == 0:
            self.loaded = bytearray(CONFIG_BYTES // 8)
            self.offset = 0
            self.message = NOT_INIT
            self.reclock()
        elif value == 1:
            whole = self.loaded is not None and self.loaded == b"\xff" * (CONFIG_BYTES // 8)
            self.loaded = None
            self.message = INIT_OK if whole else INIT_ERR
            self.message_at = self.clock.now + INIT_US

    def load_byte(self, value):
        """One byte of the configuration; lost while advanced power save is on."""
        if self.loaded is None or self.regs[PWR_CONF] & 0x01:
            return
        if self.offset < CONFIG_BYTES:
            self.loaded[self.offset >> 3] |= 1 << (self.offset & 7)
        self.offset += 1
