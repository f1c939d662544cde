"""TDK ICM-42688-P, after its datasheet DS-000347 rev 1.7 (section 14: user bank 0, 17: bank 4).

Not modelled: notch filters, APEX, the 20-byte high-resolution packets, the clock input, and the
filters' attenuation (a delay stands for them).
"""

from ..port import micropython
from .base import Imu, fill, put_big, put_little, scale, take

DEVICE_CONFIG = micropython.const(0x11)
INT_CONFIG = micropython.const(0x14)
FIFO_CONFIG = micropython.const(0x16)
TEMP_DATA1 = micropython.const(0x1D)
ACCEL_DATA_X1 = micropython.const(0x1F)
GYRO_DATA_X1 = micropython.const(0x25)
INT_STATUS = micropython.const(0x2D)
FIFO_COUNTH = micropython.const(0x2E)
FIFO_DATA = micropython.const(0x30)
INT_STATUS2 = micropython.const(0x37)
SIGNAL_PATH_RESET = micropython.const(0x4B)
INTF_CONFIG0 = micropython.const(0x4C)
INTF_CONFIG1 = micropython.const(0x4D)
PWR_MGMT0 = micropython.const(0x4E)
GYRO_CONFIG0 = micropython.const(0x4F)
ACCEL_CONFIG0 = micropython.const(0x50)
SMD_CONFIG = micropython.const(0x57)
FIFO_CONFIG1 = micropython.const(0x5F)
FIFO_CONFIG2 = micropython.const(0x60)
INT_CONFIG0 = micropython.const(0x63)
INT_CONFIG1 = micropython.const(0x64)
INT_SOURCE0 = micropython.const(0x65)
INT_SOURCE1 = micropython.const(0x66)
FIFO_LOST_PKT0 = micropython.const(0x6C)
WHO_AM_I = micropython.const(0x75)
REG_BANK_SEL = micropython.const(0x76)
ACCEL_WOM_X_THR = micropython.const(0x4A)  # bank 4

RESETS = {
    INTF_CONFIG0: 0x30,
    INTF_CONFIG1: 0x91,
    GYRO_CONFIG0: 0x06,
    ACCEL_CONFIG0: 0x06,
    0x51: 0x16,
    0x52: 0x11,
    0x53: 0x0D,
    0x54: 0x23,
    INT_CONFIG1: 0x10,
    INT_SOURCE0: 0x10,
}
# 14.35, 14.36: ODR code -> thousandths of Hz
ODR_MHZ = (0, 32000000, 16000000, 8000000, 4000000, 2000000, 1000000, 200000, 100000, 50000)
ODR_MHZ = ODR_MHZ + (25000, 12500, 6250, 3125, 1562, 500000)
GYRO_START_US = micropython.const(30000)  # 3.1: until then its data are -32768 in the FIFO
PULSE_US = micropython.const(100)  # INT_CONFIG1: INT_TPULSE_DURATION


class Icm42688(Imu):
    """The chip at 0x68 (AD0 low) or 0x69."""

    FIFO_BYTES = 2048
    KEEP = Imu.KEEP + ("regs", "bank4", "fifo", "status", "status2", "lost_packets", "identity",
                       "frame", "gyro_from_us", "bank", "pulse_us")  # fmt: skip

    def __init__(self, board, address=0x68, options=None):
        options = options or {}
        self.identity = options.get("identity", 0x47)
        self.regs = bytearray(128)
        self.bank4 = bytearray(128)
        self.bank = 0
        self.status = 0
        self.status2 = 0
        self.lost_packets = 0
        self.frame = 0
        self.gyro_from_us = 0
        self.pulse_us = 0  # end of the pulse on INT1
        self.fresh = 0  # bits of INT_STATUS that a sample sets
        self.previous = [0, 0, 0]
        self.stamp = 0
        Imu.__init__(self, board, address, options)
        self.power_on()

    def power_on(self):
        """Reset values; both sensors off; RESET_DONE_INT is set."""
        fill(self.regs, RESETS)
        fill(self.bank4, {})
        self.regs[WHO_AM_I] = self.identity
        self.bank = 0
        self.status = 0x10
        self.status2 = 0
        self.lost_packets = 0
        self.pulse_us = 0
        self.frame = 0
        self.fifo_head = self.fifo_used = 0
        self.begin(0)
        self.show_int()

    def set_identity(self, value):
        """WHO_AM_I becomes something else."""
        self.identity = self.regs[WHO_AM_I] = value

    def reclock(self):
        """The faster of the sensors that are on."""
        regs = self.regs
        modes = regs[PWR_MGMT0]
        rate = 0
        if modes & 0x03 >= 2:
            rate = ODR_MHZ[regs[ACCEL_CONFIG0] & 15]
        if modes & 0x0C == 0x0C:
            rate = max(rate, ODR_MHZ[regs[GYRO_CONFIG0] & 15])
        period = 1000000000000 // rate if rate else 0
        # UI filters: bandwidth ODR/2 by default setting 0, second order: about 0.45 periods
        self.delay_us = period * 45 // 100000 if self.options.get("filter_delay", True) else 0
        self.begin(period)

    def measure_frame(self):
        """Packet 1 or 2: 8 bytes, packet 3: 16 (6.1)."""
        enabled = self.regs[FIFO_CONFIG1] & 0x03
        if not self.regs[FIFO_CONFIG] & 0xC0 or not enabled:
            self.frame = 0
        else:
            self.frame = 16 if enabled == 3 else 8

    def store(self, t):
        """Scale, fill the data registers and the FIFO."""
        raw = self.raw
        regs = self.regs
        accel_shift = regs[ACCEL_CONFIG0] >> 5  # 0: 16 g, 3: 2 g
        if accel_shift:
            scale(raw, 0, 65536 << min(accel_shift, 3))
        # 16.4 LSB/(deg/s) at 2000 deg/s, twice that with each step
        scale(raw, 3, 65600 << min(regs[GYRO_CONFIG0] >> 5, 7))
        modes = regs[PWR_MGMT0]
        if modes & 0x03 < 2:
            raw[0] = raw[1] = raw[2] = -32768
        if modes & 0x0C != 0x0C or t < self.gyro_from_us:
            raw[3] = raw[4] = raw[5] = -32768
        put = put_big if regs[INTF_CONFIG0] & 0x10 else put_little
        put(regs, ACCEL_DATA_X1, 0x80, raw)
        put(regs, GYRO_DATA_X1, 0x30080, raw)
        self.fresh = 0x08
        if self.frame:
            self.push(put)
        self.status |= self.fresh
        moved = self.status2
        if regs[INT_SOURCE1] & 0x07 and regs[SMD_CONFIG] & 0x03 == 1:
            self.look_for_motion()
        if self.fresh & regs[INT_SOURCE0] or self.status2 & ~moved & regs[INT_SOURCE1]:
            self.pulse_us = self.clock.now + PULSE_US
        self.show_int()

    def push(self, put):
        """One packet; a full FIFO drops the oldest one in stream mode, and counts it (14.62)."""
        size = self.FIFO_BYTES
        frame = self.frame
        if self.fifo_used + frame > size:
            self.fresh |= 0x02
            self.lost_packets = (self.lost_packets + 1) & 0xFFFF
            if self.overflow(frame, self.regs[FIFO_CONFIG] & 0xC0 != 0x40):
                return
        where = (self.fifo_head + self.fifo_used) % size
        fifo = self.fifo
        raw = self.raw
        if frame == 16:
            fifo[where] = 0x68  # accel, gyro, ODR time stamp (6.2)
            put(fifo, where + 1, size, raw)
            put(fifo, where + 7, size | 0x30000, raw)
            fifo[where + 13] = 4  # 2.07 LSB/degC, 25 degC at 0
            fifo[where + 14] = self.stamp >> 8
            fifo[where + 15] = self.stamp & 0xFF
        else:
            accel = self.regs[FIFO_CONFIG1] & 0x01
            fifo[where] = 0x40 if accel else 0x20
            put(fifo, where + 1, size | (0 if accel else 0x30000), raw)
            fifo[where + 7] = 4
        self.stamp = (self.stamp + self.period_ns // 1000) & 0xFFFF
        self.fifo_used += frame
        count = self.count_units()
        threshold = self.threshold()
        # FIFO_WM_GT_TH: with every sample at or above the watermark, else only as it is reached
        if count == threshold or (count > threshold > 0 and self.regs[FIFO_CONFIG1] & 0x20):
            self.fresh |= 0x04

    def threshold(self):
        """FIFO_WM, in records or bytes as FIFO_COUNT_REC says."""
        return (self.regs[FIFO_CONFIG2 + 1] & 0x0F) << 8 | self.regs[FIFO_CONFIG2]

    def count_units(self):
        """What FIFO_COUNT says."""
        if self.regs[INTF_CONFIG0] & 0x40:
            return self.fifo_used // self.frame if self.frame else 0
        return self.fifo_used

    def look_for_motion(self):
        """Wake on motion (8.7): thresholds of 1 g / 256 against the sample before."""
        raw = self.raw
        shift = 11 + min(self.regs[ACCEL_CONFIG0] >> 5, 3)
        for axis in range(3):
            change = abs(raw[axis] - self.previous[axis]) * 256 >> shift
            if change > self.bank4[ACCEL_WOM_X_THR + axis]:
                self.status2 |= 1 << axis
            self.previous[axis] = raw[axis]

    # --- interrupt line ---

    def show_int(self):
        """INT1 (14.5): polarity, what is routed to it; a pulse, or held until it is cleared."""
        regs = self.regs
        if regs[INT_CONFIG] & 0x04:
            on = self.status & regs[INT_SOURCE0] & 0x1F or self.status2 & regs[INT_SOURCE1] & 0x0F
        else:
            on = self.pulse_us
        active = regs[INT_CONFIG] & 0x01
        self.drive_int(active if on else 1 - active)

    def plan(self):
        """The next event: a sample that may interrupt, or the end of a pulse."""
        Imu.plan(self)
        if self.pulse_us and self.pulse_us < self.due:
            self.clock.at(self, self.pulse_us)

    def fire(self):
        """A sample with an interrupt, or the end of a pulse."""
        if self.pulse_us and self.pulse_us <= self.clock.now:
            self.pulse_us = 0
            self.show_int()
        self.sync()
        self.plan()

    def alarm(self):
        """Samples until the line may change."""
        regs = self.regs
        if regs[INT_SOURCE0] & 0x08 or regs[INT_SOURCE1] & 0x07:
            return 1
        if regs[INT_SOURCE0] & 0x06 and self.frame:
            missing = self.threshold() * (self.frame if regs[INTF_CONFIG0] & 0x40 else 1)
            missing -= self.fifo_used
            return (missing + self.frame - 1) // self.frame if missing > 0 else 1
        return 0

    # --- registers ---

    def following(self, register):
        """Bursts stay at FIFO_DATA."""
        return register if register == FIFO_DATA else (register + 1) & 0x7F

    def read_bytes(self, buf):
        """A burst."""
        self.sync()
        if self.spoil(buf):
            return
        if self.pointer == FIFO_DATA and not self.bank:
            self.pull(buf)
        else:
            self.read_registers(buf, GYRO_DATA_X1)
        self.show_int()
        self.plan()

    def pull(self, buf):
        """Whole packets; an empty FIFO gives the header "empty" (6.2) and 0xFF."""
        frame = self.frame
        count = min(len(buf), self.fifo_used)
        if frame:
            count = count // frame * frame
        if count:
            self.fifo_head = take(buf, count, self.fifo, self.fifo_head | self.FIFO_BYTES << 16)
            self.fifo_used -= count
            if frame:
                self.samples_taken += count // frame
                self.newest_read = self.instant_of(self.index - 1 - self.fifo_used // frame)
        for i in range(count, len(buf)):
            buf[i] = 0xFF
        if self.regs[INT_CONFIG0] & 0x08:  # FIFO_THS_INT_CLEAR: by reading the FIFO
            self.status &= ~0x04 & 0xFF

    def read(self, register):
        """Value of one register of the bank chosen."""
        if register == REG_BANK_SEL:
            return self.bank
        if self.bank == 4:
            return self.bank4[register]
        if self.bank:
            return 0
        if register == INT_STATUS:
            value = self.status
            self.status = 0
            return value
        if register == INT_STATUS2:
            value = self.status2
            self.status2 = 0
            return value
        if register in (FIFO_COUNTH, FIFO_COUNTH + 1):
            count = self.count_units()
            big = self.regs[INTF_CONFIG0] & 0x20
            high = (register == FIFO_COUNTH) == bool(big)
            return count >> 8 if high else count & 0xFF
        if register == FIFO_DATA:
            one = bytearray(1)
            self.pull(one)
            return one[0]
        if register == FIFO_LOST_PKT0:
            return self.lost_packets & 0xFF
        if register == FIFO_LOST_PKT0 + 1:
            return self.lost_packets >> 8
        return self.regs[register]

    def write(self, register, value):
        """Write one register of the bank chosen."""
        self.sync()
        if register == REG_BANK_SEL:
            self.bank = value & 0x07
            return
        if self.bank == 4:
            self.bank4[register] = value
            return
        if self.bank:
            return
        regs = self.regs
        if register == DEVICE_CONFIG:
            if value & 0x01:
                self.power_on()
            return
        if register == WHO_AM_I or TEMP_DATA1 <= register <= INT_STATUS2:
            return
        before = regs[register]
        regs[register] = value
        if register == PWR_MGMT0:
            if value & 0x0C == 0x0C and before & 0x0C != 0x0C:
                self.gyro_from_us = self.clock.now + GYRO_START_US
            if (value ^ before) & 0x0F:
                self.reclock()
        elif register in (GYRO_CONFIG0, ACCEL_CONFIG0):
            if (value ^ before) & 0x0F:
                self.reclock()
        elif register == SIGNAL_PATH_RESET:
            regs[register] = 0
            if value & 0x02:
                self.flush()
        elif register in (FIFO_CONFIG, FIFO_CONFIG1):
            frame = self.frame
            self.measure_frame()
            if frame != self.frame:
                self.fifo_reset()
        self.show_int()
        self.plan()

    def flush(self):
        """FIFO_FLUSH."""
        self.discard_unread()
        self.fifo_reset()
        self.status &= ~0x06 & 0xFF
