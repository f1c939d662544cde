"""TDK ICM-42688-P.

Registers: datasheet DS-000347 rev 1.7. FIFO packets of 16 bytes ("packet 3": header, acceleration,
rate, temperature, time stamp), big-endian as after reset; the chip counts the packets that a full
FIFO loses.
"""

import time

from heelcue.compat import const
from heelcue.imu.base import MAX_BATCH, MOTION_MG, Imu, gather, nearest

_DEVICE_CONFIG = const(0x11)
_INT_CONFIG = const(0x14)
_FIFO_CONFIG = const(0x16)
_INT_STATUS = const(0x2D)
_FIFO_COUNTH = const(0x2E)
_FIFO_DATA = const(0x30)
_INT_STATUS2 = const(0x37)
_SIGNAL_PATH_RESET = const(0x4B)
_INTF_CONFIG0 = const(0x4C)
_PWR_MGMT0 = const(0x4E)
_GYRO_CONFIG0 = const(0x4F)
_ACCEL_CONFIG0 = const(0x50)
_GYRO_ACCEL_CONFIG0 = const(0x52)
_SMD_CONFIG = const(0x57)
_FIFO_CONFIG1 = const(0x5F)
_FIFO_CONFIG2 = const(0x60)
_FIFO_CONFIG3 = const(0x61)
_INT_CONFIG0 = const(0x63)
_INT_CONFIG1 = const(0x64)
_INT_SOURCE0 = const(0x65)
_INT_SOURCE1 = const(0x66)
_FIFO_LOST_PKT0 = const(0x6C)
_BANK_SEL = const(0x76)
_WOM_X_THRESHOLD = const(0x4A)  # bank 4; Y and Z follow; 1 g / 256

_SOFT_RESET = const(0x01)
_RESET_DONE = const(0x10)  # INT_STATUS
_INT1_PUSH_PULL_LOW_LATCHED = const(0x06)
_COUNT_IN_RECORDS = const(0x70)  # FIFO_COUNT_REC; FIFO count and sensor data big-endian
_LOW_NOISE_BOTH = const(0x0F)
_STREAM = const(0x40)
_FIFO_FLUSH = const(0x02)
_WATERMARK_ALWAYS_TEMP_GYRO_ACCEL = const(0x27)  # WM_GT_TH: with every sample, not only the first
_UNTIL_FIFO_IS_READ = const(0x08)  # FIFO_THS_INT_CLEAR
_FIFO_THRESHOLD_INT1 = const(0x04)
_HEADER_EMPTY = const(0x80)

_CODES = (10, 9, 8, 7, 15)
_RATES_HZ = (25, 50, 100, 200, 500)
_LAYOUT = bytes((16, 1, 1, 3, 5, 7, 9, 11))


class Driver(Imu):
    """ICM-42688-P; see heelcue.imu.base.Imu for the interface."""

    gyro_lsb_per_dps = 16.4
    motion_status = _INT_STATUS2
    packet_bytes = 16
    fifo_samples = 128  # 2 kB

    def _reset(self):
        self._set(_BANK_SEL, 0)
        self._set(_DEVICE_CONFIG, _SOFT_RESET)
        time.sleep_ms(2)  # DS-000347, 14.1: 1 ms
        self._wait(_INT_STATUS, _RESET_DONE, _RESET_DONE, 50, "reset does not end")

    def start(self, rate_hz):
        """Run at the output rate nearest to rate_hz, FIFO on, filters at half the rate."""
        at = nearest(rate_hz, _RATES_HZ)
        code = _CODES[at]
        self._set(_FIFO_CONFIG, 0)
        self._set_checked(_INTF_CONFIG0, _COUNT_IN_RECORDS)
        # Held until the FIFO is read: a pulse lasts 100 us, and the pin is only looked at
        self._set(_INT_CONFIG, _INT1_PUSH_PULL_LOW_LATCHED)
        self._set(_INT_CONFIG0, _UNTIL_FIFO_IS_READ)
        self._set(_INT_CONFIG1, self._get(_INT_CONFIG1) & ~0x10)  # INT_ASYNC_RESET, 14.50
        self._set_checked(_GYRO_CONFIG0, code)  # +-2000 deg/s
        self._set_checked(_ACCEL_CONFIG0, code)  # +-16 g
        self._set(_GYRO_ACCEL_CONFIG0, 0)  # both bandwidths: rate / 2
        self._set(_FIFO_CONFIG1, _WATERMARK_ALWAYS_TEMP_GYRO_ACCEL)
        self._set(_FIFO_CONFIG2, 1)  # watermark: one record
        self._set(_FIFO_CONFIG3, 0)
        self._set(_PWR_MGMT0, _LOW_NOISE_BOTH)
        time.sleep_ms(50)  # gyroscope start-up 30 ms, and 45 ms before it may be switched off
        self.rate_hz = _RATES_HZ[at]
        self.overflowed = 0
        self._set(_FIFO_CONFIG, _STREAM)
        self._set(_SIGNAL_PATH_RESET, _FIFO_FLUSH)
        self._lost = self._count_lost()
        self._set(_INT_SOURCE0, _FIFO_THRESHOLD_INT1)

    def _count_lost(self):
        """Return the chip's running count of lost packets, modulo 2**16."""
        self.i2c.readfrom_mem_into(self.address, _FIFO_LOST_PKT0, self._two)
        return self._two[1] << 8 | self._two[0]

    def read(self, buf):
        """Read up to len(buf) // 6 samples from the FIFO into buf; return how many.

        -1: what the chip answered cannot be.
        """
        two = self._two
        self.i2c.readfrom_mem_into(self.address, _FIFO_COUNTH, two)
        records = two[0] << 8 | two[1]
        if records == 0:
            return 0
        if records > 2 * self.fifo_samples:
            return -1  # not possible: a read that went wrong
        if records >= self.fifo_samples - 1:
            lost = self._count_lost()
            if lost != self._lost:
                self.overflowed += 1
                self.lost_exactly = (lost - self._lost) & 0xFFFF
                self._lost = lost
        n = min(records, len(buf) // 6, MAX_BATCH)
        self.left = records - n
        self.i2c.readfrom_mem_into(self.address, _FIFO_DATA, self._views[n])
        if self._raw[0] & _HEADER_EMPTY:
            return 0
        gather(self._raw, buf, n, _LAYOUT)
        return n

    def stop(self):
        """Both sensors off (8 uA)."""
        self._set(_INT_SOURCE0, 0)
        self._set(_FIFO_CONFIG, 0)
        self._set(_PWR_MGMT0, 0)

    def watch_motion(self):
        """Gyroscope off, accelerometer at 50 Hz in low power; INT1 goes low on motion. True.

        DS-000347, 8.7: wake on motion.
        """
        self._reset()
        self._set(_INT_CONFIG, _INT1_PUSH_PULL_LOW_LATCHED)
        self._set(_INT_CONFIG1, self._get(_INT_CONFIG1) & ~0x10)
        self._set(_ACCEL_CONFIG0, 9)
        self._set(_PWR_MGMT0, 0x02)
        time.sleep_ms(1)
        self._set(_BANK_SEL, 4)
        for axis in range(3):
            self._set(_WOM_X_THRESHOLD + axis, MOTION_MG * 256 // 1000)
        self._set(_BANK_SEL, 0)
        time.sleep_ms(1)
        self._set(_INT_SOURCE1, 0x07)
        time.sleep_ms(50)
        self._get(_INT_STATUS2)
        self._set(_SMD_CONFIG, 0x05)  # compare with the previous sample; wake on motion
        return self.clear_motion()

    def selfcheck(self):
        """Return "" when the settings are still in the chip, else a sentence."""
        if self._get(_INTF_CONFIG0) != _COUNT_IN_RECORDS:
            return "%s lost its settings (power dip?)" % self.name
        return ""
