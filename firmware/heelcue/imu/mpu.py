"""InvenSense MPU-6050, -6500, -9250/9255, -6515 and M5's MPU-6886.

Register numbers and bits: RM-MPU-6000A rev 4.2, RM-MPU-6500A rev 2.1, MPU-6886 datasheet rev 1.1.
All data are big-endian. What differs between the three generations is in _KINDS.
"""

import time

from heelcue.compat import const
from heelcue.imu.base import MAX_BATCH, MOTION_MG, Imu, gather

_SMPLRT_DIV = const(0x19)
_CONFIG = const(0x1A)  # DLPF_CFG; FIFO_MODE (not on the 6050)
_GYRO_CONFIG = const(0x1B)
_ACCEL_CONFIG = const(0x1C)
_ACCEL_CONFIG2 = const(0x1D)  # 6500 and later: accelerometer's own DLPF
_LP_ACCEL_ODR = const(0x1E)  # 6500
_MOT_THR = const(0x1F)  # 6050: 2 mg/LSB, 6500 (WOM_THR): 4 mg/LSB
_MOT_DUR = const(0x20)  # 6050: ms; 6886, 20689: WOM threshold X (Y, Z follow), 4 mg/LSB
_FIFO_EN = const(0x23)
_INT_PIN_CFG = const(0x37)
_INT_ENABLE = const(0x38)
_INT_STATUS = const(0x3A)
_MOT_DETECT_CTRL = const(0x69)  # 6500 and later: ACCEL_INTEL_CTRL
_USER_CTRL = const(0x6A)
_PWR_MGMT_1 = const(0x6B)
_PWR_MGMT_2 = const(0x6C)
_FIFO_COUNTH = const(0x72)
_FIFO_R_W = const(0x74)

_DEVICE_RESET = const(0x80)
_SLEEP = const(0x40)
_CYCLE = const(0x20)
_CLOCK_GYRO = const(0x01)  # PLL on the gyroscope: +-1 %
_FS_2000_DPS = const(0x18)
_FS_16_G = const(0x18)
_INT_LOW_LATCHED_ANY_READ = const(0xB0)  # active low, push-pull, held until any register is read
_DATA_RDY = const(0x01)
_FIFO_OFLOW = const(0x10)
_MOTION = const(0x40)
_USER_FIFO_EN = const(0x40)
_USER_FIFO_RESET = const(0x04)
_WOM_INTEL = const(0xC0)  # ACCEL_INTEL_EN, compare with the previous sample

# chip: (FIFO bytes, FIFO_EN value, packet layout for gather())
# The 6886 puts the temperature between acceleration and rate (M5's own driver reads 14 bytes too).
_PLAIN = bytes((12, 1, 0, 2, 4, 6, 8, 10))
_WITH_TEMPERATURE = bytes((14, 1, 0, 2, 4, 8, 10, 12))
_KINDS = {
    "MPU6050": (1024, 0x78, _PLAIN),
    "MPU6500": (512, 0x78, _PLAIN),
    "MPU6886": (1024, 0x18, _WITH_TEMPERATURE),
}
# Bandwidth of DLPF_CFG 1.. in Hz (gyroscope, 6050; the others are within 8 Hz of it)
_DLPF_HZ = (188, 98, 42, 20, 10, 5)


class Driver(Imu):
    """MPU family; see heelcue.imu.base.Imu for the interface."""

    motion_status = _INT_STATUS

    def __init__(self, i2c, address, name, int_pin=None):
        if name.startswith("MPU6050"):
            self.kind = "MPU6050"
        elif name == "MPU6886":
            self.kind = "MPU6886"
        else:
            self.kind = "MPU6500"
        # Wakes by axis, although its FIFO is the 6500's (DS-000143)
        self._wakes_by_axis = self.kind == "MPU6886" or name == "ICM20689"
        self._fifo_bytes, self._fifo_en, self._layout = _KINDS[self.kind]
        self.packet_bytes = self._layout[0]
        self.fifo_samples = self._fifo_bytes // self.packet_bytes
        self._full = self.fifo_samples * self.packet_bytes
        super().__init__(i2c, address, name, int_pin)

    def _reset(self):
        self._set(_PWR_MGMT_1, _DEVICE_RESET)
        time.sleep_ms(100)  # RM-MPU-6000A 4.30: 100 ms
        self._wait(_PWR_MGMT_1, _DEVICE_RESET, 0, 100, "reset does not end")
        self._set(_PWR_MGMT_1, _CLOCK_GYRO)
        time.sleep_ms(1)

    def start(self, rate_hz):
        """Run at the rate nearest to rate_hz (1 kHz divided by a whole number), FIFO on."""
        # nearest of 1000 / (1 + div), rounded on the rate, not on the divisor
        div = max(1, 1000 // rate_hz)
        if abs(1000 / (div + 1) - rate_hz) < abs(1000 / div - rate_hz):
            div += 1
        self.rate_hz = 1000 / div
        dlpf = 1
        while dlpf < 6 and _DLPF_HZ[dlpf - 1] * 2 > self.rate_hz:
            dlpf += 1
        self._set(_PWR_MGMT_1, _CLOCK_GYRO)
        self._set(_PWR_MGMT_2, 0)
        self._set(_INT_ENABLE, 0)
        self._set(_USER_CTRL, 0)
        self._set(_FIFO_EN, 0)
        self._set_checked(_SMPLRT_DIV, div - 1)
        self._set_checked(_CONFIG, dlpf)  # FIFO_MODE 0: a full FIFO drops the oldest bytes
        self._set_checked(_GYRO_CONFIG, _FS_2000_DPS)
        self._set_checked(_ACCEL_CONFIG, _FS_16_G)
        if self.kind != "MPU6050":
            self._set_checked(_ACCEL_CONFIG2, dlpf)
        self._set(_INT_PIN_CFG, _INT_LOW_LATCHED_ANY_READ)
        time.sleep_ms(35)  # gyroscope start-up (MPU-6000 product specification, 6.1: 30 ms)
        self._set(_FIFO_EN, self._fifo_en)
        self.overflowed = 0
        self._flush()
        self._set(_INT_ENABLE, _DATA_RDY | _FIFO_OFLOW)

    def _flush(self):
        self._set(_USER_CTRL, 0)
        self._set(_USER_CTRL, _USER_FIFO_RESET)
        self._set(_USER_CTRL, _USER_FIFO_EN)

    def read(self, buf):
        """Read up to len(buf) // 6 samples from the FIFO into buf; return how many.

        -1: what the chip answered cannot be.
        """
        two = self._two
        self.i2c.readfrom_mem_into(self.address, _FIFO_COUNTH, two)
        count = two[0] << 8 | two[1]
        size = self.packet_bytes
        if count < size:
            return 0
        if count > self._fifo_bytes:
            return -1  # not possible: a read that went wrong
        if count >= self._full or (self.suspect and count % size):
            # Bytes were or are about to be overwritten, and 512 or 1024 is no multiple of the
            # packet: where a packet starts is not known any more, no more than after a transfer
            # that broke off. Start afresh.
            self.overflowed += 1
            self.left = 0
            self.suspect = False
            self._flush()
            return 0
        self.suspect = bool(count % size)
        if self.suspect:
            return 0  # in the middle of a packet: asked again, and afresh if it still is
        n = min(count // size, len(buf) // 6, MAX_BATCH)
        self.left = count // size - n
        self.i2c.readfrom_mem_into(self.address, _FIFO_R_W, self._views[n])
        gather(self._raw, buf, n, self._layout)
        return n

    def stop(self):
        """Sleep (about 5 uA)."""
        self._set(_INT_ENABLE, 0)
        self._set(_USER_CTRL, 0)
        self._set(_PWR_MGMT_1, _SLEEP | _CLOCK_GYRO)

    def watch_motion(self):
        """Gyroscope off, accelerometer at a few hertz; the interrupt goes low on motion. True."""
        self._reset()
        self._set(_INT_PIN_CFG, 0xA0)  # active low, held until INT_STATUS is read
        self._set(_INT_ENABLE, 0xE0 if self._wakes_by_axis else _MOTION)
        if self.kind == "MPU6050":
            self._set(_CONFIG, 0x01)  # 1 kHz, noise filtered
            self._set(_ACCEL_CONFIG, 0x01)  # high-pass 5 Hz, +-2 g
            self._set(_MOT_THR, MOTION_MG // 2)
            self._set(_MOT_DUR, 1)
            time.sleep_ms(250)  # it settles on gravity, ...
            self._set(_ACCEL_CONFIG, 0x07)  # ... which is held: from now on, the change counts
        else:
            self._set(_ACCEL_CONFIG2, 0x01)
            self._set(_MOT_DETECT_CTRL, _WOM_INTEL)
            if self._wakes_by_axis:
                for register in (_MOT_DUR, _MOT_DUR + 1, _MOT_DUR + 2):
                    self._set(register, MOTION_MG // 4)
                self._set(_SMPLRT_DIV, 99)  # 10 Hz
            else:
                self._set(_MOT_THR, MOTION_MG // 4)
                self._set(_LP_ACCEL_ODR, 6)  # 15.6 Hz
        # Gyroscope in standby; 5 Hz wake-up (6050: the others have reserved bits there)
        self._set(_PWR_MGMT_2, 0x47 if self.kind == "MPU6050" else 0x07)
        self._set(_PWR_MGMT_1, _CYCLE)
        time.sleep_ms(20)
        self._get(_INT_STATUS)
        return self.clear_motion()

    def selfcheck(self):
        """Return "" when the settings are still in the chip, else a sentence."""
        if self._get(_GYRO_CONFIG) != _FS_2000_DPS or self._get(_ACCEL_CONFIG) != _FS_16_G:
            return "%s lost its settings (power dip?)" % self.name
        return ""
