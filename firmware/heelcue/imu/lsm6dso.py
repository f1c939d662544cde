"""ST LSM6DSO and LSM6DSOX (the same but for the machine-learning core, which is not used).

Registers: LSM6DSO datasheet DS12140 rev 2, application note AN5192. FIFO words are tagged (AN5192,
9.9): one for the gyroscope and one for the accelerometer in every time slot; a full FIFO drops the
oldest words. Data are little-endian.
"""

from array import array

from heelcue.compat import const
from heelcue.imu.base import MAX_BATCH, pair_tagged
from heelcue.imu.lsm6 import Lsm6

_FIFO_CTRL1 = const(0x07)  # watermark, in words of 7 bytes
_FIFO_CTRL2 = const(0x08)
_FIFO_CTRL3 = const(0x09)  # batch rates: gyroscope, accelerometer
_FIFO_CTRL4 = const(0x0A)  # mode
_CTRL9_XL = const(0x18)
_FIFO_STATUS1 = const(0x3A)
_TAP_CFG0 = const(0x56)
_TAP_CFG2 = const(0x58)
_INTERNAL_FREQ_FINE = const(0x63)
_FIFO_DATA_OUT_TAG = const(0x78)

_MODE_CONTINUOUS = const(0x06)
_OVERRUN = const(0x48)  # FIFO_STATUS2: FIFO_OVR_IA, FIFO_OVR_LATCHED
_WORD = const(7)


class Driver(Lsm6):
    """LSM6DSO(X); see heelcue.imu.base.Imu for the interface."""

    packet_bytes = 2 * _WORD
    fifo_samples = 256  # 512 words
    fifo_mode = _FIFO_CTRL4
    # Slope filter, latched until WAKE_UP_SRC is read; INTERRUPTS_ENABLE
    tap: tuple = ((_TAP_CFG0, 0x01), (_TAP_CFG2, 0x80))

    def __init__(self, i2c, address, name, int_pin=None):
        super().__init__(i2c, address, name, int_pin)
        self._pair = array("h", [0] * 8)
        # Views by words, not samples: after an overflow the first word can be half a sample
        self._words = [self._raw[: n * _WORD] for n in range(2 * MAX_BATCH + 1)]

    def start(self, rate_hz):
        """Run at the output rate nearest to rate_hz, FIFO on.

        Filters: the gyroscope's LPF2 cuts at about a third of the rate by itself; the
        accelerometer's first stage at half of it (DS12140, figures 18 and 20).
        """
        code = self._start_sensors(rate_hz)
        self._set(_CTRL9_XL, self._get(_CTRL9_XL) | 0x02)  # I3C off
        self._set(_FIFO_CTRL1, 2)  # interrupt from one sample (two words) on
        self._set(_FIFO_CTRL2, 0)
        self._set(_FIFO_CTRL3, code << 4 | code)
        # The true rate is trimmed in steps of 0.15 % (AN5192, 6.4)
        fine = self._get(_INTERNAL_FREQ_FINE)
        if fine > 127:
            fine -= 256
        self.rate_hz *= 1 + 0.0015 * fine
        self._pair[0] = self._pair[1] = 0
        self._start_fifo(_MODE_CONTINUOUS)

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
