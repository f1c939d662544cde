"""Bosch BMI270.

Registers: datasheet BST-BMI270-DS000 rev 1.3. The chip does nothing before it has been given the
maker's configuration file (8 kB), which is not ours to ship. It is taken from `bmi270.bin` on the
board, else from micropython-lib's driver (`mpremote mip install bmi270`), which carries it.

FIFO without headers: frames of 12 bytes, gyroscope then accelerometer, little-endian; a full FIFO
drops whole frames, the oldest first (DS000, 4.6.2).
"""

import gc
import sys
import time

from heelcue.compat import const
from heelcue.imu import NO_CONFIG, ImuError
from heelcue.imu.base import MAX_BATCH, Imu, gather, nearest

CONFIG_FILE = "bmi270.bin"

_INTERNAL_STATUS = const(0x21)
_FIFO_LENGTH_0 = const(0x24)
_FIFO_DATA = const(0x26)
_ACC_CONF = const(0x40)
_ACC_RANGE = const(0x41)
_GYR_CONF = const(0x42)
_GYR_RANGE = const(0x43)
_FIFO_DOWNS = const(0x45)
_FIFO_WTM_0 = const(0x46)
_FIFO_WTM_1 = const(0x47)
_FIFO_CONFIG_0 = const(0x48)
_FIFO_CONFIG_1 = const(0x49)
_INT1_IO_CTRL = const(0x53)
_INT_MAP_DATA = const(0x58)
_INIT_CTRL = const(0x59)
_INIT_ADDR_0 = const(0x5B)
_INIT_DATA = const(0x5E)
_PWR_CONF = const(0x7C)
_PWR_CTRL = const(0x7D)
_CMD = const(0x7E)

_SOFT_RESET = const(0xB6)
_FIFO_FLUSH = const(0xB0)
_INIT_OK = const(0x01)
_CONFIG_BYTES = const(8192)
_CHUNK = const(32)
_PERFORMANCE = const(0xA0)  # filter_perf; normal bandwidth (DS000, 5.2.28)
_GYR_PERFORMANCE = const(0xE0)  # filter_perf, noise_perf, normal bandwidth
_RANGE_16_G = const(0x03)
_FIFO_FILTERED = const(0x88)  # filtered data, no downsampling
_GYR_ACC_NO_HEADER = const(0xC0)
_OUTPUT_PUSH_PULL_LOW = const(0x08)
_WATERMARK_INT1 = const(0x02)
_GYR_ACC_ON = const(0x06)

_CODES = (6, 7, 8, 9, 10)
_RATES_HZ = (25, 50, 100, 200, 400)
_LAYOUT = bytes((12, 0, 6, 8, 10, 0, 2, 4))


class Driver(Imu):
    """BMI270; see heelcue.imu.base.Imu for the interface."""

    fifo_samples = 170  # 2 kB
    _full = 169 * 12

    def _reset(self):
        self._set(_CMD, _SOFT_RESET)
        time.sleep_ms(3)  # DS000, 5.2.90: 2 ms
        self._get(0x00)
        self._set(_PWR_CONF, 0)  # advanced power save off
        time.sleep_ms(1)  # 450 us
        self._configure()
        self._wait(_INTERNAL_STATUS, 0x0F, _INIT_OK, 150, "the configuration did not take")

    def _configure(self):
        """Give the chip its configuration (DS000, 4.4 and figure 3)."""
        try:
            source = open(CONFIG_FILE, "rb")
        except OSError:
            self._configure_by_library()
            return
        try:
            self._set(_INIT_CTRL, 0)
            part = bytearray(_CHUNK)
            at = 0
            while source.readinto(part) == _CHUNK:
                self._load(part, at)
                at += _CHUNK
        finally:
            source.close()
        if at != _CONFIG_BYTES:
            raise ImuError(
                NO_CONFIG,
                "%s is %d bytes long, the BMI270's configuration %d: copy it again"
                % (CONFIG_FILE, at, _CONFIG_BYTES),
            )
        self._set(_INIT_CTRL, 1)

    def _configure_by_library(self):
        try:
            import bmi270
        except ImportError:
            raise ImuError(
                NO_CONFIG,
                "the BMI270 needs its maker's configuration: mpremote mip install bmi270, "
                "or put it on the board as " + CONFIG_FILE,
            ) from None
        data = getattr(bmi270, "_CONFIG_DATA", None)
        if data is None:  # not to be had from outside: let the library do it
            bmi270.BMI270(self.i2c, address=self.address)
        else:
            self._set(_INIT_CTRL, 0)
            view = memoryview(data)
            for at in range(0, len(view), _CHUNK):
                self._load(view[at : at + _CHUNK], at)
            self._set(_INIT_CTRL, 1)
        del sys.modules["bmi270"]
        gc.collect()

    def _load(self, part, at):
        """Write one piece of the configuration; addresses count 16-bit words."""
        words = at // 2
        self._two[0] = words & 0x0F
        self._two[1] = words >> 4
        self.i2c.writeto_mem(self.address, _INIT_ADDR_0, self._two)
        self.i2c.writeto_mem(self.address, _INIT_DATA, part)

    def start(self, rate_hz):
        """Run at the output rate nearest to rate_hz, FIFO on; the filters follow the rate."""
        at = nearest(rate_hz, _RATES_HZ)
        self._set(_PWR_CONF, 0)
        time.sleep_ms(1)
        self._set_checked(_ACC_CONF, _PERFORMANCE | _CODES[at])
        self._set_checked(_ACC_RANGE, _RANGE_16_G)
        self._set_checked(_GYR_CONF, _GYR_PERFORMANCE | _CODES[at])
        self._set(_GYR_RANGE, 0)  # +-2000 deg/s
        self._set(_FIFO_DOWNS, _FIFO_FILTERED)
        self._set(_FIFO_CONFIG_0, 0)  # no time frames, overwrite when full
        self._set(_FIFO_CONFIG_1, _GYR_ACC_NO_HEADER)
        self._set(_FIFO_WTM_0, 12)  # interrupt from one sample on
        self._set(_FIFO_WTM_1, 0)
        self._set(_INT1_IO_CTRL, _OUTPUT_PUSH_PULL_LOW)
        self._set(_INT_MAP_DATA, _WATERMARK_INT1)
        self._set(_PWR_CTRL, _GYR_ACC_ON)
        time.sleep_ms(50)  # gyroscope start-up: 45 ms
        self.rate_hz = _RATES_HZ[at]
        self.overflowed = 0
        self._was_full = False
        self._set(_CMD, _FIFO_FLUSH)

    def read(self, buf):
        """Read up to len(buf) // 6 samples from the FIFO into buf; return how many.

        -1: what the chip answered cannot be.
        """
        two = self._two
        self.i2c.readfrom_mem_into(self.address, _FIFO_LENGTH_0, two)
        count = (two[1] & 0x3F) << 8 | two[0]
        if count < 12:
            return 0
        if count > 2048:
            return -1  # not possible: a read that went wrong
        if count >= self._full:
            # Full or one frame short of it: taken as an overflow once, until it has been emptied
            if not self._was_full:
                self._was_full = True
                self.overflowed += 1
        else:
            self._was_full = False
        n = min(count // 12, len(buf) // 6, MAX_BATCH)
        self.left = count // 12 - n
        self.i2c.readfrom_mem_into(self.address, _FIFO_DATA, self._views[n])
        gather(self._raw, buf, n, _LAYOUT)
        return n

    def stop(self):
        """Both sensors off, power save on (3.5 uA)."""
        self._set(_INT_MAP_DATA, 0)
        self._set(_PWR_CTRL, 0)
        self._set(_PWR_CONF, 0x03)

    def watch_motion(self):
        """Not offered: the any-motion feature lives in the maker's configuration. False."""
        self.stop()
        return False

    def selfcheck(self):
        """Return "" when the settings are still in the chip, else a sentence."""
        if self._get(_INTERNAL_STATUS) & 0x0F != _INIT_OK or self._get(_ACC_RANGE) != _RANGE_16_G:
            return "%s lost its settings (power dip?)" % self.name
        return ""
