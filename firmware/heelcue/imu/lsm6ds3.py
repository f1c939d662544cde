"""ST LSM6DS3TR-C (and the older LSM6DS3, which answers alike for what is used here).

Registers: LSM6DS3TR-C datasheet DocID030071 rev 3, application note AN5130. The FIFO is a row of
16-bit words, gyroscope x y z then accelerometer x y z; FIFO_PATTERN says which of them comes next,
so that the order can be found again when an overflow has overwritten the oldest words.
"""

from heelcue.compat import const
from heelcue.imu.base import MAX_BATCH, gather
from heelcue.imu.lsm6 import Lsm6

_FIFO_CTRL1 = const(0x06)  # watermark in 16-bit words
_FIFO_CTRL2 = const(0x07)
_FIFO_CTRL3 = const(0x08)  # decimation
_FIFO_CTRL4 = const(0x09)
_FIFO_CTRL5 = const(0x0A)  # rate, mode
_FIFO_STATUS1 = const(0x3A)
_FIFO_DATA_OUT_L = const(0x3E)
_TAP_CFG = const(0x58)

_NO_DECIMATION = const(0x09)  # both sensors
_MODE_CONTINUOUS = const(0x06)
_OVERRUN = const(0x40)  # FIFO_STATUS2
_EMPTY = const(0x10)
_SAMPLE_WORDS = const(6)

_LAYOUT = bytes((12, 0, 6, 8, 10, 0, 2, 4))  # little-endian, gyroscope first


class Driver(Lsm6):
    """LSM6DS3TR-C; see heelcue.imu.base.Imu for the interface."""

    fifo_samples = 341  # 4 kB
    fifo_mode = _FIFO_CTRL5
    tap: tuple = ((_TAP_CFG, 0x81),)  # INTERRUPTS_ENABLE, slope filter, latched

    def __init__(self, i2c, address, name, int_pin=None):
        super().__init__(i2c, address, name, int_pin)
        self._status = bytearray(4)

    def start(self, rate_hz):
        """Run at the output rate nearest to rate_hz, FIFO on.

        Filters: the gyroscope's LPF2 and the accelerometer's LPF1 cut below half the rate by
        themselves (DocID030071, tables 17 and 67).
        """
        code = self._start_sensors(rate_hz)
        self._set(_FIFO_CTRL1, _SAMPLE_WORDS)  # interrupt from one sample on
        self._set(_FIFO_CTRL2, 0)
        self._set(_FIFO_CTRL3, _NO_DECIMATION)
        self._set(_FIFO_CTRL4, 0)
        self._start_fifo(code << 3 | _MODE_CONTINUOUS)

    def read(self, buf):
        """Read up to len(buf) // 6 samples from the FIFO into buf; return how many.

        -1: what the chip answered cannot be.
        """
        status = self._status
        self.i2c.readfrom_mem_into(self.address, _FIFO_STATUS1, status)
        if status[1] & _EMPTY:
            return 0
        if status[1] & _OVERRUN and not status[3] & 0xFC:
            # Room first: while each new sample overwrites the oldest words, and not by sixes, what
            # FIFO_PATTERN says does not hold until they are read
            self.overflowed += 1
            self.i2c.readfrom_mem_into(self.address, _FIFO_DATA_OUT_L, self._views[2])
            self.i2c.readfrom_mem_into(self.address, _FIFO_STATUS1, status)
        words = (status[1] & 0x07) << 8 | status[0]
        if status[3] & 0xFC:
            return -1  # bits that are always 0: a read that went wrong
        pattern = (status[3] & 0x03) << 8 | status[2]
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
