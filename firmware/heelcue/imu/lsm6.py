"""What ST's LSM6DS3TR-C and LSM6DSO share: reset, scales, rates, motion wake.

Registers: LSM6DS3TR-C datasheet DocID030071 rev 3, LSM6DSO datasheet DS12140 rev 2.
"""

import time

from heelcue.compat import const
from heelcue.imu.base import MOTION_MG, Imu, nearest

_INT1_CTRL = const(0x0D)
_CTRL1_XL = const(0x10)
_CTRL2_G = const(0x11)
_CTRL3_C = const(0x12)
_CTRL6_C = const(0x15)
_WAKE_UP_SRC = const(0x1B)
_WAKE_UP_THR = const(0x5B)
_WAKE_UP_DUR = const(0x5C)
_MD1_CFG = const(0x5E)

_SW_RESET = const(0x01)
_BDU_ACTIVE_LOW_INCREMENT = const(0x64)  # BDU, H_LACTIVE, IF_INC
_FS_16_G = const(0x04)
_FS_2000_DPS = const(0x0C)
_INT1_FIFO_THRESHOLD = const(0x08)

# Output data rates: code -> Hz (DS12140, table 44; the DS3TR-C codes them alike)
_CODES = (2, 3, 4, 5, 6)
_RATES_HZ = (26, 52, 104, 208, 416)


class Lsm6(Imu):
    """Common part of the two drivers; they differ in their FIFOs and in `fifo_mode`, `tap`."""

    gyro_lsb_per_dps = 1000 / 70  # 70 mdps/LSB at +-2000 deg/s
    acc_lsb_per_g = 1000 / 0.488  # 0.488 mg/LSB at +-16 g
    motion_status = _WAKE_UP_SRC
    fifo_mode = 0  # register that, set to 0, stops and empties the FIFO
    tap: tuple = ()  # (register, value): slope filter, latched wake-up interrupt, interrupts on

    def _reset(self):
        self._set(_CTRL3_C, _SW_RESET)
        self._wait(_CTRL3_C, _SW_RESET, 0, 50, "reset does not end")

    def _start_sensors(self, rate_hz):
        """FIFO off, both sensors on at the rate nearest to rate_hz; return the rate's code."""
        at = nearest(rate_hz, _RATES_HZ)
        code = _CODES[at]
        self._set(self.fifo_mode, 0)
        self._set_checked(_CTRL3_C, _BDU_ACTIVE_LOW_INCREMENT)
        self._set_checked(_CTRL1_XL, code << 4 | _FS_16_G)
        self._set_checked(_CTRL2_G, code << 4 | _FS_2000_DPS)
        self.rate_hz = _RATES_HZ[at]
        return code

    def _start_fifo(self, mode):
        """Once the gyroscope runs: FIFO on, INT1 low while a sample waits."""
        time.sleep_ms(80)  # gyroscope turn-on: 70 ms (AN5130, table 15; AN5192, table 18)
        self.overflowed = 0
        self._set(self.fifo_mode, mode)
        self._set(_INT1_CTRL, _INT1_FIFO_THRESHOLD)

    def stop(self):
        """Power down both sensors (3 uA)."""
        self._set(_INT1_CTRL, 0)
        self._set(self.fifo_mode, 0)
        self._set(_CTRL1_XL, 0)
        self._set(_CTRL2_G, 0)

    def watch_motion(self):
        """Gyroscope off, accelerometer at 26 Hz; INT1 goes low on motion. True.

        AN5130, 5.3, and AN5192, 5.3: wake-up interrupt.
        """
        self._reset()
        self._set(_CTRL3_C, _BDU_ACTIVE_LOW_INCREMENT)
        self._set(_CTRL6_C, 0x10)  # accelerometer: no high-performance mode
        self._set(_CTRL1_XL, 0x20)  # 26 Hz, +-2 g
        self._set(_WAKE_UP_THR, MOTION_MG * 64 // 2000)  # 2 g / 64
        self._set(_WAKE_UP_DUR, 0)
        for register, value in self.tap:
            self._set(register, value)
        time.sleep_ms(100)  # the slope filter settles
        self._get(_WAKE_UP_SRC)
        self._set(_MD1_CFG, 0x20)  # INT1_WU
        return self.clear_motion()

    def selfcheck(self):
        """Return "" when the settings are still in the chip, else a sentence."""
        if self._get(_CTRL2_G) & 0x0E != _FS_2000_DPS:
            return "%s lost its settings (power dip?)" % self.name
        return ""
