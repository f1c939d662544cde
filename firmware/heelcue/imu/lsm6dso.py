"""ST LSM6DSO and LSM6DSOX (the same but for the machine-learning core, which is not used).

Registers: LSM6DSO datasheet DS12140 rev 2, application note AN5192. FIFO words are tagged (AN5192,
9.9): one for the gyroscope and one for the accelerometer in every time slot; a full FIFO drops the
oldest words. Data are little-endian.
"""

import time
from array import array

from heelcue.compat import const
from heelcue.imu.base import MAX_BATCH, Imu, nearest, pair_tagged

_FIFO_CTRL1 = const(0x07)  # watermark, in words of 7 bytes
_FIFO_CTRL2 = const(0x08)
_FIFO_CTRL3 = const(0x09)  # batch rates: gyroscope, accelerometer
_FIFO_CTRL4 = const(0x0A)  # mode
_INT1_CTRL = const(0x0D)
_CTRL1_XL = const(0x10)
_CTRL2_G = const(0x11)
_CTRL3_C = const(0x12)
_CTRL5_C = const(0x14)
_CTRL6_C = const(0x15)
_CTRL8_XL = const(0x17)
_CTRL9_XL = const(0x18)
_WAKE_UP_SRC = const(0x1B)
_FIFO_STATUS1 = const(0x3A)
_TAP_CFG0 = const(0x56)
_TAP_CFG2 = const(0x58)
_WAKE_UP_THR = const(0x5B)
_WAKE_UP_DUR = const(0x5C)
_MD1_CFG = const(0x5E)
_INTERNAL_FREQ_FINE = const(0x63)
_FIFO_DATA_OUT_TAG = const(0x78)

_SW_RESET = const(0x01)
_BDU_ACTIVE_LOW_INCREMENT = const(0x64)  # BDU, H_LACTIVE, IF_INC
_FS_16_G = const(0x04)
_FS_2000_DPS = const(0x0C)
_MODE_BYPASS = const(0x00)
_MODE_CONTINUOUS = const(0x06)
_INT1_FIFO_THRESHOLD = const(0x08)
_OVERRUN = const(0x48)  # FIFO_STATUS2: FIFO_OVR_IA, FIFO_OVR_LATCHED
_WORD = const(7)

# Output data rates: code -> Hz (DS12140, table 44)
_CODES = (2, 3, 4, 5, 6)
_RATES_HZ = (26, 52, 104, 208, 416)


class Driver(Imu):
    """LSM6DSO(X); see heelcue.imu.base.Imu for the interface."""

    motion_status = _WAKE_UP_SRC
    packet_bytes = 2 * _WORD
    fifo_samples = 256  # 512 words

    def __init__(self, i2c, address, name, int_pin=None):
        super().__init__(i2c, address, name, int_pin)
        self.gyro_lsb_per_dps = 1000 / 70  # 70 mdps/LSB at +-2000 deg/s
        self.acc_lsb_per_g = 1000 / 0.488  # 0.488 mg/LSB at +-16 g
        self._pair = array("h", [0] * 8)
        # Views by words, not samples: after an overflow the first word can be half a sample
        self._words = [self._raw[: n * _WORD] for n in range(2 * MAX_BATCH + 1)]

    def _reset(self):
        self._set(_CTRL3_C, _SW_RESET)
        self._wait(_CTRL3_C, _SW_RESET, 0, 50, "reset does not end")

    def start(self, rate_hz):
        """Run at the output rate nearest to rate_hz, FIFO on.

        Filters: the gyroscope's LPF2 cuts at about a third of the rate by itself; the
        accelerometer's first stage at half of it (DS12140, figures 18 and 20).
        """
        at = nearest(rate_hz, _RATES_HZ)
        code = _CODES[at] << 4
        self._set(_FIFO_CTRL4, _MODE_BYPASS)
        self._set_checked(_CTRL3_C, _BDU_ACTIVE_LOW_INCREMENT)
        self._set(_CTRL9_XL, self._get(_CTRL9_XL) | 0x02)  # I3C off
        self._set_checked(_CTRL1_XL, code | _FS_16_G)
        self._set_checked(_CTRL2_G, code | _FS_2000_DPS)
        self._set(_FIFO_CTRL1, 2)  # interrupt from one sample (two words) on
        self._set(_FIFO_CTRL2, 0)
        self._set(_FIFO_CTRL3, _CODES[at] << 4 | _CODES[at])
        # The true rate is trimmed in steps of 0.15 % (AN5192, 6.4)
        fine = self._get(_INTERNAL_FREQ_FINE)
        if fine > 127:
            fine -= 256
        self.rate_hz = _RATES_HZ[at] * (1 + 0.0015 * fine)
        time.sleep_ms(80)  # gyroscope turn-on: 70 ms (AN5192, table 18)
        self.overflowed = 0
        self._pair[0] = self._pair[1] = 0
        self._set(_FIFO_CTRL4, _MODE_CONTINUOUS)
        self._set(_INT1_CTRL, _INT1_FIFO_THRESHOLD)

    def read(self, buf):
        """Read up to len(buf) // 6 samples from the FIFO into buf; return how many.

        -1: what the chip answered cannot be.
        """
        two = self._two
        self.i2c.readfrom_mem_into(self.address, _FIFO_STATUS1, two)
        words = (two[1] & 0x03) << 8 | two[0]
        if words > 2 * self.fifo_samples:
            return -1  # not possible: a read that went wrong
        if two[1] & _OVERRUN:
            # Reading FIFO_STATUS2 clears the latch; what is in the FIFO is the newest and whole
            self.overflowed += 1
        n = min(words, len(buf) // 6 * 2, 2 * MAX_BATCH)
        self.left = (words - n) // 2
        if n == 0:
            return 0
        self.i2c.readfrom_mem_into(self.address, _FIFO_DATA_OUT_TAG, self._words[n])
        return pair_tagged(self._raw, buf, n, self._pair)

    def stop(self):
        """Power down both sensors (3 uA)."""
        self._set(_INT1_CTRL, 0)
        self._set(_FIFO_CTRL4, _MODE_BYPASS)
        self._set(_CTRL1_XL, 0)
        self._set(_CTRL2_G, 0)

    def watch_motion(self, threshold_mg=80):
        """Gyroscope off, accelerometer at 26 Hz; INT1 goes low on motion (AN5192, 5.3). True."""
        self._reset()
        self._set(_CTRL3_C, _BDU_ACTIVE_LOW_INCREMENT)
        self._set(_CTRL6_C, 0x10)  # accelerometer: no high-performance mode
        self._set(_CTRL1_XL, 0x20)  # 26 Hz, +-2 g
        self._set(_TAP_CFG0, 0x01)  # slope filter, latched until WAKE_UP_SRC is read
        self._set(_WAKE_UP_THR, max(1, min(63, threshold_mg * 64 // 2000)))  # 2 g / 64
        self._set(_WAKE_UP_DUR, 0)
        self._set(_TAP_CFG2, 0x80)  # INTERRUPTS_ENABLE
        time.sleep_ms(100)  # the slope filter settles
        self._get(_WAKE_UP_SRC)
        self._set(_MD1_CFG, 0x20)  # INT1_WU
        return self.clear_motion()

    def selfcheck(self):
        """Return "" when the settings are still in the chip, else a sentence."""
        if self._get(_CTRL2_G) & 0x0E != _FS_2000_DPS:
            return "%s lost its settings (power dip?)" % self.name
        return ""
