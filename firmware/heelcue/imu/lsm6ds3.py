"""ST LSM6DS3TR-C (and the older LSM6DS3, which answers alike for what is used here).

Registers: LSM6DS3TR-C datasheet DocID030071 rev 3, application note AN5130. The FIFO is a row of
16-bit words, gyroscope x y z then accelerometer x y z; FIFO_PATTERN says which of them comes next,
so that the order is never lost, not even when an overflow has overwritten the oldest words.
"""

import time

from heelcue.compat import const
from heelcue.imu.base import MAX_BATCH, Imu, gather, nearest

_FIFO_CTRL1 = const(0x06)  # watermark in 16-bit words
_FIFO_CTRL2 = const(0x07)
_FIFO_CTRL3 = const(0x08)  # decimation
_FIFO_CTRL4 = const(0x09)
_FIFO_CTRL5 = const(0x0A)  # rate, mode
_INT1_CTRL = const(0x0D)
_CTRL1_XL = const(0x10)
_CTRL2_G = const(0x11)
_CTRL3_C = const(0x12)
_CTRL6_C = const(0x15)
_WAKE_UP_SRC = const(0x1B)
_FIFO_STATUS1 = const(0x3A)
_FIFO_DATA_OUT_L = const(0x3E)
_TAP_CFG = const(0x58)
_WAKE_UP_THR = const(0x5B)
_WAKE_UP_DUR = const(0x5C)
_MD1_CFG = const(0x5E)

_SW_RESET = const(0x01)
_BDU_ACTIVE_LOW_INCREMENT = const(0x64)  # BDU, H_LACTIVE, IF_INC
_FS_16_G = const(0x04)
_FS_2000_DPS = const(0x0C)
_NO_DECIMATION = const(0x09)  # both sensors
_MODE_CONTINUOUS = const(0x06)
_INT1_FIFO_THRESHOLD = const(0x08)
_OVERRUN = const(0x40)  # FIFO_STATUS2
_EMPTY = const(0x10)
_SAMPLE_WORDS = const(6)

_CODES = (2, 3, 4, 5, 6)
_RATES_HZ = (26, 52, 104, 208, 416)
_LAYOUT = bytes((12, 0, 6, 8, 10, 0, 2, 4))  # little-endian, gyroscope first


class Driver(Imu):
    """LSM6DS3TR-C; see heelcue.imu.base.Imu for the interface."""

    motion_status = _WAKE_UP_SRC
    packet_bytes = 12
    fifo_samples = 341  # 4 kB

    def __init__(self, i2c, address, name, int_pin=None):
        super().__init__(i2c, address, name, int_pin)
        self.gyro_lsb_per_dps = 1000 / 70  # 70 mdps/LSB at +-2000 deg/s
        self.acc_lsb_per_g = 1000 / 0.488  # 0.488 mg/LSB at +-16 g
        self._status = bytearray(4)

    def _reset(self):
        self._set(_CTRL3_C, _SW_RESET)
        self._wait(_CTRL3_C, _SW_RESET, 0, 50, "reset does not end")

    def start(self, rate_hz):
        """Run at the output rate nearest to rate_hz, FIFO on.

        Filters: the gyroscope's LPF2 and the accelerometer's LPF1 cut below half the rate by
        themselves (DocID030071, tables 17 and 67).
        """
        at = nearest(rate_hz, _RATES_HZ)
        code = _CODES[at]
        self._set(_FIFO_CTRL5, 0)  # bypass: empties it
        self._set_checked(_CTRL3_C, _BDU_ACTIVE_LOW_INCREMENT)
        self._set_checked(_CTRL1_XL, code << 4 | _FS_16_G)
        self._set_checked(_CTRL2_G, code << 4 | _FS_2000_DPS)
        self._set(_FIFO_CTRL1, _SAMPLE_WORDS)  # interrupt from one sample on
        self._set(_FIFO_CTRL2, 0)
        self._set(_FIFO_CTRL3, _NO_DECIMATION)
        self._set(_FIFO_CTRL4, 0)
        self.rate_hz = _RATES_HZ[at]
        time.sleep_ms(80)  # gyroscope turn-on: 70 ms (AN5130, table 15)
        self.overflowed = 0
        self._set(_FIFO_CTRL5, code << 3 | _MODE_CONTINUOUS)
        self._set(_INT1_CTRL, _INT1_FIFO_THRESHOLD)

    def read(self, buf):
        """Read up to len(buf) // 6 samples from the FIFO into buf; return how many.

        -1: what the chip answered cannot be.
        """
        status = self._status
        self.i2c.readfrom_mem_into(self.address, _FIFO_STATUS1, status)
        if status[1] & _EMPTY:
            return 0
        words = (status[1] & 0x07) << 8 | status[0]
        if status[3] & 0xFC:
            return -1  # bits that are always 0: a read that went wrong
        pattern = (status[3] & 0x03) << 8 | status[2]
        if status[1] & _OVERRUN:
            self.overflowed += 1
            if words == 0:
                words = 6 * self.fifo_samples  # 11 bits cannot say 2048
        if pattern:
            # In the middle of a sample (after an overflow): drop words up to its end
            rest = (_SAMPLE_WORDS - pattern % _SAMPLE_WORDS) % _SAMPLE_WORDS
            for _ in range(min(rest, words)):
                self.i2c.readfrom_mem_into(self.address, _FIFO_DATA_OUT_L, self._two)
            words -= rest
        n = min(words // _SAMPLE_WORDS, len(buf) // 6, MAX_BATCH)
        if n <= 0:
            self.left = 0
            return 0
        self.left = words // _SAMPLE_WORDS - n
        self.i2c.readfrom_mem_into(self.address, _FIFO_DATA_OUT_L, self._views[n])
        gather(self._raw, buf, n, _LAYOUT)
        return n

    def stop(self):
        """Power down both sensors (3 uA)."""
        self._set(_INT1_CTRL, 0)
        self._set(_FIFO_CTRL5, 0)
        self._set(_CTRL1_XL, 0)
        self._set(_CTRL2_G, 0)

    def watch_motion(self, threshold_mg=80):
        """Gyroscope off, accelerometer at 26 Hz; INT1 goes low on motion (AN5130, 5.3). True."""
        self._reset()
        self._set(_CTRL3_C, _BDU_ACTIVE_LOW_INCREMENT)
        self._set(_CTRL6_C, 0x10)  # accelerometer: no high-performance mode
        self._set(_CTRL1_XL, 0x20)  # 26 Hz, +-2 g
        self._set(_WAKE_UP_THR, max(1, min(63, threshold_mg * 64 // 2000)))  # 2 g / 64
        self._set(_WAKE_UP_DUR, 0)
        self._set(_TAP_CFG, 0x81)  # INTERRUPTS_ENABLE, slope filter, latched
        time.sleep_ms(100)  # the slope filter settles
        self._get(_WAKE_UP_SRC)
        self._set(_MD1_CFG, 0x20)  # INT1_WU
        return self.clear_motion()

    def selfcheck(self):
        """Return "" when the settings are still in the chip, else a sentence."""
        if self._get(_CTRL2_G) & 0x0E != _FS_2000_DPS:
            return "%s lost its settings (power dip?)" % self.name
        return ""
