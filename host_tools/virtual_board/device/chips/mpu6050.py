"""InvenSense MPU-6050 and its relatives, after the register maps.

Sources: MPU-6000/6050 Register Map rev. 4.2 (RM-MPU-6000A-00; section numbers below), MPU-6000/6050
Product Specification rev. 3.4, MPU-6500 Register Map rev. 2.1 (RM-MPU-6500A-00), MPU-6886 datasheet
rev. 1.1. Differences between them stand in KINDS. Not modelled: the auxiliary I2C bus, the DMP,
self-test drive, and the filters' attenuation (their delay is).
"""

from ..port import micropython
from .base import Imu, fill, put_big, scale, take

SMPLRT_DIV = micropython.const(0x19)  # 4.2
CONFIG = micropython.const(0x1A)  # 4.3
GYRO_CONFIG = micropython.const(0x1B)  # 4.4
ACCEL_CONFIG = micropython.const(0x1C)  # 4.5
LP_ODR = micropython.const(0x1E)  # MPU-6500: wake-up rate in low-power mode
MOT_THR = micropython.const(0x1F)  # 4.6; MPU-6500: wake-on-motion threshold
WOM_THR = micropython.const(0x20)  # MPU-6886: 0x20-0x22, one for each axis
FIFO_EN = micropython.const(0x23)  # 4.8
INT_PIN_CFG = micropython.const(0x37)  # 4.15
INT_ENABLE = micropython.const(0x38)  # 4.16
INT_STATUS = micropython.const(0x3A)  # 4.18
ACCEL_XOUT_H = micropython.const(0x3B)  # 4.19
TEMP_OUT_H = micropython.const(0x41)  # 4.20
GYRO_XOUT_H = micropython.const(0x43)  # 4.21
SIGNAL_PATH_RESET = micropython.const(0x68)  # 4.25
MOT_DETECT_CTRL = micropython.const(0x69)  # 4.26; MPU-6500: ACCEL_INTEL_CTRL
USER_CTRL = micropython.const(0x6A)  # 4.27
PWR_MGMT_1 = micropython.const(0x6B)  # 4.28
PWR_MGMT_2 = micropython.const(0x6C)  # 4.29
FIFO_COUNT_H = micropython.const(0x72)  # 4.30
FIFO_COUNT_L = micropython.const(0x73)
FIFO_R_W = micropython.const(0x74)  # 4.31
WHO_AM_I = micropython.const(0x75)  # 4.32

STATUS_READY = micropython.const(0x01)
STATUS_OVERFLOW = micropython.const(0x10)
STATUS_MOTION = micropython.const(0x40)

# WHO_AM_I: (kind, FIFO bytes, PWR_MGMT_1 after reset)
KINDS = {
    0x68: ("6050", 1024, 0x40),
    0x72: ("6050", 1024, 0x40),  # seen on boards sold as MPU-6050
    0x70: ("6500", 512, 0x01),
    0x71: ("6500", 512, 0x01),  # MPU-9250
    0x73: ("6500", 512, 0x01),  # MPU-9255
    0x98: ("6500", 512, 0x01),  # ICM-20689, sold as MPU-6050; its larger FIFO set to 512
    0x19: ("6886", 1024, 0x41),
}
# Wake on motion with a threshold and an interrupt bit for each axis, its rate by SMPLRT_DIV
# (MPU-6886 datasheet 1.1; DS-000143: ICM-20689)
WOM_BY_AXIS = (0x19, 0x98)
# 4.3: group delay in us by DLPF_CFG (gyroscope; the accelerometer's is within 0.2 ms of it)
DELAY_US = (980, 1900, 2800, 4800, 8300, 13400, 18600, 170)
LOW_POWER_MHZ = (1250, 5000, 20000, 40000)  # 4.29: LP_WAKE_CTRL, in thousandths of Hz
PULSE_US = micropython.const(50)  # 4.15: length of an interrupt pulse that is not latched
HIGH_PASS_MHZ = (0, 5000, 2500, 1250, 630, 0, 0, 0)  # 4.5: ACCEL_HPF


class Mpu6050(Imu):
    """The chip at 0x68 (AD0 low) or 0x69, whose WHO_AM_I decides which relative it is."""

    KEEP = Imu.KEEP + ("regs", "fifo", "status", "pulse_us", "count_latch", "frame", "who")

    def __init__(self, board, address=0x68, options=None):
        options = options or {}
        self.who = options.get("identity", 0x68)
        self.kind, self.FIFO_BYTES, self.reset_power = KINDS.get(self.who, KINDS[0x68])
        self.regs = bytearray(128)
        self.status = 0
        self.pulse_us = 0
        self.count_latch = 0
        self.frame = 0
        self.reference = [0, 0, 0]
        Imu.__init__(self, board, address, options)
        self.power_on()

    # --- state ---

    def power_on(self):
        """Register 0x6B resets to sleep on the MPU-6050, the rest to 0 (section 3)."""
        self.reset()

    def set_identity(self, value):
        """WHO_AM_I becomes something else; the chip stays what it was."""
        self.who = self.regs[WHO_AM_I] = value

    def reset(self):
        """DEVICE_RESET."""
        fill(self.regs, {PWR_MGMT_1: self.reset_power, WHO_AM_I: self.who})
        self.status = 0
        self.frame = 0
        self.fifo_head = self.fifo_used = 0
        self.reclock()
        self.show_int()

    def reclock(self):
        """Sampling as the power and rate registers say."""
        regs = self.regs
        power = regs[PWR_MGMT_1]
        if power & 0x40:
            self.begin(0)
            return
        dlpf = regs[CONFIG] & 7
        if power & 0x20 and (self.kind == "6050" or regs[PWR_MGMT_2] & 0x07 == 0x07):
            if self.kind == "6050":
                rate = LOW_POWER_MHZ[regs[PWR_MGMT_2] >> 6]
                period = 1000000000000 // rate
            elif self.who not in WOM_BY_AXIS:  # LPOSC_CLKSEL: 0.24 Hz doubled each step
                period = 1000000000000 // (244 << min(regs[LP_ODR] & 15, 11))
            else:
                period = 1000000 * (1 + regs[SMPLRT_DIV])
            self.delay_us = 0
        else:
            base_ns = 125000 if dlpf in (0, 7) else 1000000  # 4.2: 8 kHz, or 1 kHz with a filter
            period = base_ns * (1 + regs[SMPLRT_DIV])
            if self.kind != "6050" and dlpf in (0, 7):
                period = base_ns  # the divider works on the filtered 1 kHz only
            self.delay_us = DELAY_US[dlpf] if self.options.get("filter_delay", True) else 0
        self.begin(period)

    def measure_frame(self):
        """Bytes that one sample puts into the FIFO."""
        enabled = self.regs[FIFO_EN]
        size = 6 if enabled & 0x08 else 0
        if self.kind == "6886":  # FIFO_EN bits 4 and 3; the temperature comes with either
            if enabled & 0x10:
                size += 6
            if size:
                size += 2
        else:
            for bit in (0x10, 0x20, 0x40, 0x80):
                if enabled & bit:
                    size += 2
        self.frame = size

    # --- samples ---

    @micropython.native
    def store(self, t):
        """Scale to the ranges (4.4, 4.5), fill the data registers and the FIFO."""
        raw = self.raw
        regs = self.regs
        accel_shift = 3 - (regs[ACCEL_CONFIG] >> 3 & 3)
        gyro_shift = 3 - (regs[GYRO_CONFIG] >> 3 & 3)
        if accel_shift:
            scale(raw, 0, 65536 << accel_shift)
        if gyro_shift:
            scale(raw, 3, 65536 << gyro_shift)
        put_big(regs, ACCEL_XOUT_H, 0x80, raw)
        put_big(regs, GYRO_XOUT_H, 0x30080, raw)
        regs[TEMP_OUT_H] = 0xF5  # 4.20: 340 LSB/degC, 36.53 degC at 0: about 28 degC
        regs[TEMP_OUT_H + 1] = 0xC0
        status = STATUS_READY
        if self.frame and regs[USER_CTRL] & 0x40:
            status |= self.push()
        if regs[PWR_MGMT_1] & 0x20 or regs[INT_ENABLE] & 0xE0:
            status |= self.motion()
        self.status |= status
        enabled = regs[INT_ENABLE]
        if status & enabled:
            self.raise_int()

    @micropython.native
    def push(self):
        """One frame into the FIFO; returns the overflow bit when it does not fit."""
        regs = self.regs
        size = self.FIFO_BYTES
        frame = self.frame
        overflow = 0
        free = size - self.fifo_used
        if frame > free:
            overflow = STATUS_OVERFLOW
            if regs[CONFIG] & 0x40:  # FIFO_MODE (MPU-6500): the new sample is dropped
                self.lose(1, self.index - 1)
                return overflow
            # 4.31: oldest bytes are overwritten, and the frames lose their alignment
            self.lose(1, self.index - 1 - self.fifo_used // frame)
        where = (self.fifo_head + self.fifo_used) % size
        enabled = regs[FIFO_EN]
        fifo = self.fifo
        raw = self.raw
        if enabled & 0x08:
            put_big(fifo, where, size, raw)
            where = (where + 6) % size
        if enabled & 0x80 or self.kind == "6886":
            for k in (TEMP_OUT_H, TEMP_OUT_H + 1):
                fifo[where] = regs[k]
                where = (where + 1) % size
        if self.kind == "6886":
            if enabled & 0x10:
                put_big(fifo, where, size | 0x30000, raw)
        elif enabled & 0x70 == 0x70:
            put_big(fifo, where, size | 0x30000, raw)
        else:
            for axis in range(3):
                if enabled & (0x40 >> axis):
                    value = raw[3 + axis] & 0xFFFF
                    fifo[where] = value >> 8
                    fifo[(where + 1) % size] = value & 0xFF
                    where = (where + 2) % size
        self.fifo_used += frame
        if self.fifo_used > size:
            self.fifo_head = (self.fifo_head + self.fifo_used - size) % size
            self.fifo_used = size
        return overflow

    def motion(self):
        """Motion detection: high-passed (6050) or against the last sample (6500, 6886)."""
        regs = self.regs
        raw = self.raw
        shift = 3 - (regs[ACCEL_CONFIG] >> 3 & 3)
        found = 0
        per_axis = self.who in WOM_BY_AXIS
        hold = self.kind == "6050" and regs[ACCEL_CONFIG] & 7 == 7
        corner = HIGH_PASS_MHZ[regs[ACCEL_CONFIG] & 7] if self.kind == "6050" else 0
        for axis in range(3):
            value = raw[axis] * 1000 // (2048 << shift)  # mg
            change = abs(value - self.reference[axis])
            if per_axis:
                limit = regs[WOM_THR + axis] * 4
            elif self.kind == "6500":
                limit = regs[MOT_THR] * 4
            else:
                limit = regs[MOT_THR] * 2
            if change > limit:
                found |= 0x80 >> axis if per_axis else STATUS_MOTION
            if self.kind != "6050":
                self.reference[axis] = value
            elif corner:
                # one pole at the corner: 2 pi f T in 1/1024
                step = 6434 * corner // 1000 * (self.period_ns // 1000) // 1000000
                self.reference[axis] += (value - self.reference[axis]) * min(1024, step) // 1024
            elif not hold:
                self.reference[axis] = 0
        if self.kind != "6050" and not regs[MOT_DETECT_CTRL] & 0x80:
            found = 0
        return found

    # --- interrupt line (4.15) ---

    def active(self):
        """Level of the line while an interrupt is on."""
        return 0 if self.regs[INT_PIN_CFG] & 0x80 else 1

    def raise_int(self):
        """An enabled interrupt has come."""
        self.drive_int(self.active())
        if not self.regs[INT_PIN_CFG] & 0x20:
            self.pulse_us = self.clock.now + PULSE_US

    def show_int(self):
        """The line as status and configuration say."""
        if self.regs[INT_PIN_CFG] & 0x20 and self.status & self.regs[INT_ENABLE]:
            self.drive_int(self.active())
        elif not self.pulse_us:
            self.drive_int(1 - self.active())

    @micropython.native
    def alarm(self):
        """Samples until the line may change."""
        enabled = self.regs[INT_ENABLE]
        if enabled & 0xE1:
            return 1
        if enabled & STATUS_OVERFLOW and self.frame:
            return (self.FIFO_BYTES - self.fifo_used) // self.frame + 1
        return 0

    @micropython.native
    def plan(self):
        """The next event: a sample that may interrupt, or the end of a pulse."""
        Imu.plan(self)
        if self.pulse_us and self.pulse_us < self.due:
            self.clock.at(self, self.pulse_us)

    @micropython.native
    def fire(self):
        """A sample with an interrupt, or the end of a pulse."""
        if self.pulse_us and self.pulse_us <= self.clock.now:
            self.pulse_us = 0
            self.drive_int(1 - self.active())
        self.sync()
        self.plan()

    # --- registers ---

    def following(self, register):
        """Bursts stay at FIFO_R_W (4.31)."""
        return register if register == FIFO_R_W else (register + 1) & 0x7F

    @micropython.native
    def read_bytes(self, buf):
        """A burst; from the FIFO it is copied at once."""
        self.sync()
        if self.pointer == FIFO_R_W:
            self.pull(buf)
            return
        if self.spoil(buf):
            return
        self.read_registers(buf, GYRO_XOUT_H)

    @micropython.native
    def pull(self, buf):
        """Read the FIFO; what is not there repeats the last byte (4.31)."""
        count = len(buf)
        used = self.fifo_used
        if count > used:
            last = self.fifo[(self.fifo_head + used - 1) % self.FIFO_BYTES]
            for i in range(used, count):
                buf[i] = last
            count = used
        if count:
            self.fifo_head = take(buf, count, self.fifo, self.fifo_head | self.FIFO_BYTES << 16)
            frame = self.frame
            if frame:
                left = used - count
                self.samples_taken += used // frame - left // frame
                self.newest_read = self.instant_of(self.index - 1 - left // frame)
            self.fifo_used = used - count
        if self.regs[INT_ENABLE] & STATUS_OVERFLOW:
            self.plan()

    def read(self, register):
        """Value of one register."""
        if register == INT_STATUS:
            value = self.status
            self.status = 0
            self.show_int()
            return value
        if self.regs[INT_PIN_CFG] & 0x10 and self.status:  # INT_RD_CLEAR
            self.status = 0
            self.show_int()
        if register == FIFO_COUNT_H:  # 4.30: reading it latches both
            self.count_latch = self.fifo_used
            return self.count_latch >> 8
        if register == FIFO_COUNT_L:
            return self.count_latch & 0xFF
        if register == FIFO_R_W:
            one = bytearray(1)
            self.pull(one)
            return one[0]
        return self.regs[register & 0x7F]

    def write(self, register, value):
        """Write one register; those that only the chip sets ignore it."""
        self.sync()
        regs = self.regs
        if register == WHO_AM_I or INT_STATUS <= register < SIGNAL_PATH_RESET:
            return
        if register == PWR_MGMT_1:
            if value & 0x80:
                self.reset()
                return
            slept = regs[PWR_MGMT_1]
            regs[PWR_MGMT_1] = value
            if (slept ^ value) & 0x60:
                self.reclock()
        elif register == USER_CTRL:
            if value & 0x04:  # FIFO_RESET, only while disabled on the MPU-6050 (4.27)
                self.discard_unread()
                self.fifo_reset()
            started = value & ~regs[USER_CTRL] & 0x40
            regs[USER_CTRL] = value & 0xF8
            if started:
                self.fifo_begins()
            self.plan()
        elif register == FIFO_R_W:
            return
        else:
            if register == PWR_MGMT_2 and self.kind != "6050" and value & 0x40:
                raise ValueError("bit 6 of PWR_MGMT_2 is reserved (RM-MPU-6500A-00, register 108)")
            regs[register & 0x7F] = value
            if register in (SMPLRT_DIV, CONFIG, PWR_MGMT_2, LP_ODR):
                self.reclock()
            elif register == FIFO_EN:
                self.measure_frame()
                self.fifo_begins()
            elif register in (INT_PIN_CFG, INT_ENABLE):
                self.show_int()
                self.plan()
