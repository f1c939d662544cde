"""ST LSM6DS3TR-C and LSM6DSO/LSM6DSOX.

Sources: LSM6DS3TR-C datasheet DocID030071 rev 3 (tables by name), AN5130; LSM6DSO datasheet DS12140
rev 2, AN5192. Both share the sensor registers; their FIFOs have nothing in common. Not modelled:
pedometer, tap, sensor hub, FIFO compression, the filters' attenuation (a delay stands for them).
"""

from ..port import micropython
from .base import Imu, fill, put_little, scale, take

INT1_CTRL = micropython.const(0x0D)
WHO_AM_I = micropython.const(0x0F)
CTRL1_XL = micropython.const(0x10)  # ODR_XL, FS_XL
CTRL2_G = micropython.const(0x11)  # ODR_G, FS_G, FS_125
CTRL3_C = micropython.const(0x12)  # BOOT BDU H_LACTIVE PP_OD SIM IF_INC - SW_RESET
CTRL9_XL = micropython.const(0x18)
WAKE_UP_SRC = micropython.const(0x1B)
STATUS_REG = micropython.const(0x1E)  # TDA GDA XLDA
OUT_TEMP_L = micropython.const(0x20)
OUTX_L_G = micropython.const(0x22)
OUTX_L_A = micropython.const(0x28)
FIFO_STATUS1 = micropython.const(0x3A)
FIFO_STATUS2 = micropython.const(0x3B)
TAP_CFG0 = micropython.const(0x56)  # DSO: LIR in bit 0
TAP_CFG = micropython.const(0x58)  # DS3TR-C: INTERRUPTS_ENABLE, LIR; DSO (TAP_CFG2): the former
WAKE_UP_THS = micropython.const(0x5B)
WAKE_UP_DUR = micropython.const(0x5C)
MD1_CFG = micropython.const(0x5E)
INTERNAL_FREQ_FINE = micropython.const(0x63)

# ODR codes 1.. in thousandths of Hz as the DS3TR-C's datasheet names them
ODR_MHZ = (0, 12500, 26000, 52000, 104000, 208000, 416000, 833000, 1660000, 3330000, 6660000)
# AN5192 6.4: the DSO's true rate is 6667 Hz / coefficient, trimmed by FREQ_FINE * 0.15 %
ODR_DIVIDER = (0, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1)
ACCEL_NG = (61000, 488000, 122000, 244000)  # per LSB by FS_XL 0-3: 2, 16, 4, 8 g
GYRO_UDPS = (8750, 17500, 35000, 70000)  # per LSB by FS_G 0-3: 250, 500, 1000, 2000 deg/s
TURN_ON_US = micropython.const(70000)  # gyroscope, from power-down (AN5130 table 15, AN5192 18)


class Lsm6(Imu):
    """What both have in common."""

    KEEP = Imu.KEEP + ("regs", "fifo", "wake", "identity")
    RESETS = {CTRL3_C: 0x04}
    IDENTITY = 0x6A

    def __init__(self, board, address=0x6A, options=None):
        options = options or {}
        self.regs = bytearray(128)
        self.identity = options.get("identity", self.IDENTITY)
        self.wake = 0
        self.frame = 0
        self.previous = [0, 0, 0]
        self.first_good = 0
        Imu.__init__(self, board, address, options)
        self.power_on()

    def power_on(self):
        """Reset values; both sensors in power-down."""
        regs = self.regs
        fill(regs, self.RESETS)
        regs[WHO_AM_I] = self.identity
        self.wake = 0
        self.fifo_head = self.fifo_used = 0
        self.configure()
        self.begin(0)

    def set_identity(self, value):
        """WHO_AM_I becomes something else."""
        self.regs[WHO_AM_I] = value

    def odr_ns(self, code):
        """Sample period of an ODR code in ns."""
        raise NotImplementedError

    def reclock(self):
        """Sampling runs at the faster of the two sensors' rates."""
        regs = self.regs
        code = max(min(regs[CTRL1_XL] >> 4, 10), min(regs[CTRL2_G] >> 4, 10))
        period = self.odr_ns(code) if code else 0
        # Gyroscope LPF2 cuts at about 0.32 ODR (DS12140 table 18); second order: 0.7 periods
        slow = self.options.get("filter_delay", True) and regs[CTRL2_G] >> 4
        self.delay_us = period * 7 // 10000 if slow else 0
        self.begin(period)

    def store(self, t):
        """Scale to the ranges, fill data registers and FIFO, watch for motion."""
        raw = self.raw
        regs = self.regs
        xl = regs[CTRL1_XL] >> 2 & 3
        scale(raw, 0, 65536 * 1000000 // 2048 * 1000 // ACCEL_NG[xl])
        udps = 4375 if regs[CTRL2_G] & 0x02 else GYRO_UDPS[regs[CTRL2_G] >> 2 & 3]
        scale(raw, 3, 65536 * 1000000 // 16384 * 1000 // udps)
        if not regs[CTRL2_G] >> 4 or t < self.first_good:
            raw[3] = raw[4] = raw[5] = 0
        if regs[CTRL1_XL] >> 4:
            put_little(regs, OUTX_L_A, 0x80, raw)
            regs[STATUS_REG] |= 0x01
        if regs[CTRL2_G] >> 4:
            put_little(regs, OUTX_L_G, 0x30080, raw)
            regs[STATUS_REG] |= 0x02
        regs[OUT_TEMP_L] = 0x00  # 256 LSB/degC, 25 degC at 0: 27 degC
        regs[OUT_TEMP_L + 1] = 0x02
        if self.frame:
            self.push()
        if self.wake_enabled():
            self.look_for_motion()
        self.show_int()

    def push(self):
        """One sample into the FIFO."""
        raise NotImplementedError

    def configure(self):
        """FIFO configuration has changed."""
        raise NotImplementedError

    # --- wake-up (AN5130 5.3, AN5192 5.3): slope filter ---

    def wake_enabled(self):
        """Whether the wake-up interrupt is on."""
        return self.regs[TAP_CFG] & 0x80 and self.regs[MD1_CFG] & 0x20

    def latched(self):
        """LIR."""
        return self.regs[TAP_CFG] & 0x01

    def look_for_motion(self):
        """|a(n) - a(n-1)| / 2 above WK_THS, in units of full scale / 64 (1 LSB = 512 counts)."""
        raw = self.raw
        found = 0
        limit = (self.regs[WAKE_UP_THS] & 0x3F) * self.wake_unit()
        for axis in range(3):
            if abs(raw[axis] - self.previous[axis]) // 2 > limit:
                found |= 4 >> axis
            self.previous[axis] = raw[axis]
        if found:
            self.wake = 0x08 | found
        elif not self.latched():
            self.wake = 0

    def wake_unit(self):
        """Counts of one LSB of WK_THS."""
        return 512

    # --- interrupt line ---

    def show_int(self):
        """INT1: active high unless H_LACTIVE."""
        regs = self.regs
        on = bool(self.wake & 0x08 and self.wake_enabled())
        enabled = regs[INT1_CTRL]
        if enabled & 0x03 & regs[STATUS_REG]:
            on = True
        if enabled & 0x38 and not on:
            on = self.fifo_int(enabled)
        self.drive_int(on != bool(regs[CTRL3_C] & 0x20))

    def fifo_int(self, enabled):
        """Whether a FIFO condition routed to INT1 holds."""
        raise NotImplementedError

    def drive_int(self, level):
        """The pin, 0 or 1."""
        Imu.drive_int(self, 1 if level else 0)

    def until_watermark(self):
        """Samples until the FIFO interrupt comes on (0: on already, or never)."""
        raise NotImplementedError

    def alarm(self):
        """Samples until the line may change."""
        enabled = self.regs[INT1_CTRL]
        if enabled & 0x03 or self.wake_enabled():
            return 1
        if enabled & 0x38 and self.frame:
            return self.until_watermark()
        return 0

    # --- registers ---

    def following(self, register):
        """IF_INC."""
        if not self.regs[CTRL3_C] & 0x04:
            return register
        return (register + 1) & 0x7F

    def read_bytes(self, buf):
        """A burst."""
        self.sync()
        if self.spoil(buf):
            return
        if self.is_fifo(self.pointer):
            self.pull(buf)
            self.show_int()
            self.plan()
            return
        self.read_registers(buf, OUTX_L_G)

    def is_fifo(self, register):
        """Whether the register is the FIFO's output."""
        raise NotImplementedError

    def pull(self, buf):
        """Read the FIFO."""
        raise NotImplementedError

    def read(self, register):
        """Value of one register."""
        register &= 0x7F
        value = self.regs[register]
        if register == WAKE_UP_SRC:
            value = self.wake
            self.wake = 0
            self.show_int()
        elif register == OUTX_L_G + 5:
            self.regs[STATUS_REG] &= ~0x02 & 0xFF
            self.show_int()
        elif register == OUTX_L_A + 5:
            self.regs[STATUS_REG] &= ~0x01 & 0xFF
            self.show_int()
        return value

    def write(self, register, value):
        """Write one register."""
        self.sync()
        regs = self.regs
        if register in (WHO_AM_I, STATUS_REG, WAKE_UP_SRC, INTERNAL_FREQ_FINE):
            return
        if OUT_TEMP_L <= register < OUT_TEMP_L + 14 or register in (FIFO_STATUS1, FIFO_STATUS2):
            return
        if register == CTRL3_C and value & 0x81:
            self.power_on()  # done within 50 us: SW_RESET reads 0 again
            return
        before = regs[register]
        regs[register] = value
        if register in (CTRL1_XL, CTRL2_G):
            if register == CTRL2_G and value >> 4 and not before >> 4:
                self.first_good = self.clock.now + TURN_ON_US
            if (value ^ before) >> 4:
                self.reclock()
        elif register < INT1_CTRL:
            self.configure()
        self.show_int()
        self.plan()


class Lsm6ds3trc(Lsm6):
    """LSM6DS3TR-C: a FIFO of 2048 words of 16 bits; FIFO_PATTERN tells which comes next."""

    FIFO_BYTES = 4096
    FIFO_CTRL1, FIFO_CTRL2, FIFO_CTRL3, FIFO_CTRL5 = 0x06, 0x07, 0x08, 0x0A
    FIFO_PATTERN1, FIFO_DATA_OUT_L = 0x3C, 0x3E
    KEEP = Lsm6.KEEP + ("pattern", "overrun", "frame")

    def __init__(self, board, address=0x6A, options=None):
        self.pattern = 0  # which word of a sample comes next, 0-5
        self.overrun = False
        Lsm6.__init__(self, board, address, options)

    def odr_ns(self, code):
        """The nominal rate."""
        return 1000000000000 // ODR_MHZ[code]

    def configure(self):
        """Bypass empties; decimation 1 for both sensors is what is modelled."""
        regs = self.regs
        mode = regs[self.FIFO_CTRL5] & 0x07
        words = 0
        if regs[self.FIFO_CTRL3] & 0x38 == 0x08:
            words += 3
        if regs[self.FIFO_CTRL3] & 0x07 == 0x01:
            words += 3
        if mode == 0 or not regs[self.FIFO_CTRL5] & 0x78:
            if self.frame or self.fifo_used:
                self.fifo_reset()
            self.frame = 0
            self.pattern = 0
            self.overrun = False
        elif not self.frame:
            self.frame = 2 * words
            self.fifo_reset()

    def threshold(self):
        """FTH in words."""
        return (self.regs[self.FIFO_CTRL2] & 0x07) << 8 | self.regs[self.FIFO_CTRL1]

    def push(self):
        """Gyroscope, then accelerometer; a full FIFO overwrites (mode 6) or stops (mode 1)."""
        size = self.FIFO_BYTES
        frame = self.frame
        over = self.fifo_used + frame - size
        if over > 0:
            self.overrun = True
            if self.overflow(over, self.regs[self.FIFO_CTRL5] & 0x07 != 6):
                return
            self.pattern = (self.pattern + over // 2) % (frame // 2)
        where = (self.fifo_head + self.fifo_used) % size
        if self.regs[self.FIFO_CTRL3] & 0x38:
            put_little(self.fifo, where, size | 0x30000, self.raw)
            where = (where + 6) % size
        if self.regs[self.FIFO_CTRL3] & 0x07:
            put_little(self.fifo, where, size, self.raw)
        self.fifo_used += frame

    def fifo_int(self, enabled):
        """INT1_FTH, INT1_FIFO_OVR, INT1_FULL_FLAG."""
        words = self.fifo_used // 2
        if enabled & 0x08 and words >= self.threshold() > 0:
            return True
        return bool(enabled & 0x30 and self.overrun)

    def until_watermark(self):
        """Samples to FTH."""
        missing = self.threshold() * 2 - self.fifo_used
        return (missing + self.frame - 1) // self.frame if missing > 0 else 0

    def is_fifo(self, register):
        """A burst from 0x3E goes on between 0x3E and 0x3F."""
        return register == self.FIFO_DATA_OUT_L

    def pull(self, buf):
        """Words come out in their order; an empty FIFO repeats."""
        count = min(len(buf), self.fifo_used)
        before = self.fifo_used
        if count:
            self.fifo_head = take(buf, count, self.fifo, self.fifo_head | self.FIFO_BYTES << 16)
            self.fifo_used -= count
        for i in range(count, len(buf)):
            buf[i] = 0
        if self.frame and count:
            self.overrun = False
            self.pattern = (self.pattern + count // 2) % (self.frame // 2)
            left = self.fifo_used // self.frame
            self.samples_taken += before // self.frame - left
            self.newest_read = self.instant_of(self.index - 1 - left)

    def read(self, register):
        """FIFO status is made when it is read."""
        words = self.fifo_used // 2
        if register == FIFO_STATUS1:
            return words & 0xFF
        if register == FIFO_STATUS2:
            value = words >> 8 & 0x07
            if words >= self.threshold() > 0:
                value |= 0x80
            if self.overrun:
                value |= 0x40
            if self.fifo_used + self.frame >= self.FIFO_BYTES and self.frame:
                value |= 0x20
            if not words:
                value |= 0x10
            return value
        if register == self.FIFO_PATTERN1:
            return self.pattern
        if register == self.FIFO_PATTERN1 + 1:
            return 0
        return Lsm6.read(self, register)
