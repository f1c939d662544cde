"""The IMU as the loop sees it: samples and gaps, with everything that goes wrong already answered.

The FIFO is the time base. When samples are missing (overflow, bus failure, restart), their number
comes from the chip where it counts them, else from the time since the last known sample divided by
the measured sample period: exact to about one sample for gaps below a second.
"""

import gc
import time
from array import array

from heelcue import bus, faults, imu
from heelcue.compat import const
from heelcue.imu.base import MAX_BATCH

_CHECK_EVERY = const(50)  # samples between two looks at frozen and saturated data
_FROZEN_CHECKS = const(24)  # 1200 identical samples: never from a real chip, whose noise is 1 LSB
_RAIL = const(32_700)  # LSB of 16 bits: as good as an axis's end
_RAIL_CHECKS = const(10)  # 500 samples in a row: no movement keeps an axis there
_SILENT_SAMPLES = const(20)  # an IMU that has none for so many periods,
_SILENT_US = const(100_000)  # and so long on top, is silent
_FIRST_RETRY_MS = const(25)  # then twice as long each time
_RETRY_MOST_MS = const(2_000)
_ERRORS_MOST = const(3)  # failed transfers in a row
_PIN_MISSES = const(50)  # waits in vain for the interrupt pin: it is not wired
_MEASURE_US = const(20_000_000)  # the period is taken over so long
_MEASURE_MOST = const(12_000)  # samples: 24 s at 500 Hz, and before ticks_us wraps at 25 Hz
_GAP_MAX_US = const(60_000_000)
_READ_MOST_US = const(20_000)  # a read takes 6 ms at most


class Sensor:
    """Owns the bus and the IMU driver; open() starts it.

    read() fills `buf` (array 'h') and returns the number of samples; before using them ask
    take_gap() for samples lost before the first of them. `ok` is False while there is no sensor.
    """

    def __init__(self, board, settings, counts):
        import machine

        self.board = board
        self.rate_wanted_hz = settings["imu_rate_hz"]
        self.faults = counts
        self.i2c = bus.open_bus(board["i2c"])
        pin = board["imu_int"]
        self._pin = None
        if pin is not None:
            # No longer held, should it have woken a C3: ESP-IDF holds what is to wake it
            self._pin = machine.Pin(  # type: ignore[call-arg]
                pin, machine.Pin.IN, machine.Pin.PULL_UP, hold=False
            )
        self.buf = array("h", [0] * (6 * MAX_BATCH))
        self.imu = None
        self.ok = False
        self.error = ""
        self.period_us = 5_000
        self.read_us = time.ticks_us()  # of the last read that delivered
        self.moved = False  # motion since the last take_motion()
        self.restarts = 0
        self._gap = 0
        self._missing_since = False
        self._silent_us = _SILENT_US
        self._retry_ms = time.ticks_ms()
        self._retry_after_ms = _FIRST_RETRY_MS
        self._errors = 0
        self._old = array("h", [0] * 6)
        self._unchecked = 0
        self._frozen = 0
        self._railed = 0
        self._overflowed = 0
        self._count = 0  # samples since _count_from_us, for the measured period
        self._count_from_us = self.read_us
        self._use_pin = self._pin is not None
        self._pin_misses = 0

    def open(self):
        """Look for the chip and start it; False when that failed (counted, `error` says why)."""
        self._retry_ms = time.ticks_add(time.ticks_ms(), self._retry_after_ms)
        self._retry_after_ms = min(2 * self._retry_after_ms, _RETRY_MOST_MS)
        try:
            if self.imu is None:
                self.imu = imu.probe(self.i2c, self._pin)
            self.imu.start(self.rate_wanted_hz)
        except imu.ImuError as error:
            return self._gone(faults.IMU_MISSING, str(error))
        except OSError:
            return self._gone(faults.IMU_BUS, "the IMU stopped answering while it was set up")
        self.error = ""
        self.ok = True
        self._errors = 0
        self._retry_after_ms = _FIRST_RETRY_MS
        self.restarts += 1
        self._overflowed = 0
        now = time.ticks_us()
        if not self._missing_since:
            self.read_us = now
        self.period_us = int(1_000_000 / self.imu.rate_hz)
        self._silent_us = _SILENT_SAMPLES * self.period_us + _SILENT_US
        self._silent_from_us = now
        self._count = -1
        self._use_pin = self._pin is not None
        self._pin_misses = 0
        gc.collect()
        return True

    def _gone(self, code, sentence):
        """Count why there is no sensor; returns False."""
        self.error = sentence
        self.faults.add(code, sentence)
        self.imu = None
        self.ok = False
        return False

    def restart(self):
        """Free the bus and start the chip again; the samples meanwhile count as lost."""
        self._missing_since = True
        self.ok = False
        now = time.ticks_us()
        if time.ticks_diff(now, self.read_us) > _GAP_MAX_US:
            # Nine minutes on it would lie ahead, and the loop wait for it until the watchdog comes
            self.read_us = time.ticks_add(now, -_GAP_MAX_US)
        self._free_bus()
        self.imu = None
        return self.open()

    def due(self):
        """Return True when a look at the FIFO is worth a bus transfer."""
        if not self._use_pin:
            return True
        if self._pin.value() == 0:
            self._pin_misses = 0
            return True
        # No for longer than two periods: look anyway. If that goes on, the pin is not wired.
        if time.ticks_diff(time.ticks_us(), self.read_us) <= 2 * self.period_us:
            return False
        self._pin_misses += 1
        if self._pin_misses > _PIN_MISSES:
            self._use_pin = False
        return True

    def wait(self):
        """Wait for the interrupt pin, to a period after the last read at most. Allocates nothing.

        Other work in this time would be found out of step with the samples: 2 ms more to the motor.
        """
        pin = self._pin
        while pin.value() and time.ticks_diff(time.ticks_us(), self.read_us) < self.period_us:
            time.sleep_us(50)

    def read(self):
        """Read what is in the FIFO (up to MAX_BATCH samples) into buf; return how many."""
        if not self.ok:
            if time.ticks_diff(time.ticks_ms(), self._retry_ms) >= 0:
                self.restart()
            return 0
        began = time.ticks_us()
        try:
            n = self.imu.read(self.buf)
        except OSError:
            self._transfer_failed()
            return 0
        now = time.ticks_us()
        held_us = time.ticks_diff(now, began)
        if held_us > _READ_MOST_US:
            # Held up between the FIFO's count and its data. As this read's time `now` would hide
            # what was lost meanwhile.
            now = began
            if n > 0 and held_us > (self.imu.fifo_samples - n - self.imu.left) * self.period_us:
                self.imu.suspect = True  # run over: count and data do not belong together
                self._missing_since = True
                return 0
        if self.imu.overflowed != self._overflowed:
            self._overflowed = self.imu.overflowed
            self.faults.add(faults.FIFO_OVERFLOW)
            self._missing_since = True
            self._silent_from_us = now  # it did speak, but nobody listened
        if n < 0:
            self._transfer_failed()
            return 0
        if self._errors:
            self._errors = 0
            self.error = ""
        buf = self.buf
        if n and buf[0] == -1 and buf[1] == -1 and buf[2] == -1:
            # Ones all over: nobody drove the bus during the burst; these samples are gone
            self.faults.add(faults.IMU_BUS)
            self._missing_since = True
            return 0
        if n == 0:
            if time.ticks_diff(now, self._silent_from_us) > self._silent_us:
                self.faults.add(faults.IMU_SILENT, self._why_silent())
                self.restart()
            return 0
        if self._missing_since:
            self._missing_since = False
            self._close_gap(now, n)
        self.read_us = now
        self._silent_from_us = now
        self._measure(now, n)
        self._unchecked += n
        if self._unchecked >= _CHECK_EVERY:
            self._unchecked = 0
            self._check()
        return n

    def _transfer_failed(self):
        """Free the bus; the FIFO keeps the samples. The third time in a row, restart the chip."""
        self.faults.add(faults.IMU_BUS)
        self._errors += 1
        if self._errors >= _ERRORS_MOST:
            self.restart()
            return
        if not self._free_bus():
            self.error = "SDA is held low: a chip or a short circuit blocks the I2C bus"
        self.imu.i2c = self.i2c
        self.imu.suspect = True

    def _free_bus(self):
        try:
            free = bus.recover(self.board["i2c"][1], self.board["i2c"][2])
            self.i2c = bus.open_bus(self.board["i2c"])
        except OSError:
            return False
        return free

    def _why_silent(self):
        try:
            return self.imu.selfcheck()
        except OSError:
            return "the IMU does not answer"

    def _close_gap(self, now, n):
        """Work out how many samples are missing before the n just read."""
        exactly = self.imu.lost_exactly
        if exactly >= 0:
            self.imu.lost_exactly = -1
            self._gap += exactly
            return
        passed = time.ticks_diff(now, self.read_us)
        if passed < 0 or passed > _GAP_MAX_US:
            passed = _GAP_MAX_US
        lost = (passed + self.period_us // 2) // self.period_us - n - self.imu.left
        if lost > 0:
            self._gap += lost
        self._count = -1

    def take_gap(self):
        """Return the samples lost before those just read, and forget them."""
        gap = self._gap
        if gap:
            self._gap = 0
        return gap

    def _measure(self, now, n):
        """Keep the measured sample period: chips are off by up to several percent."""
        if n > 2 or self.imu.left:  # catching up: the time says nothing
            if self._count >= 0:
                self._count += n
            return
        # After so many (a foot at rest, read in threes) the time since may have wrapped
        if self._count < 0 or self._count > _MEASURE_MOST:
            self._count_from_us = now
            self._count = 0
            return
        self._count += n
        passed = time.ticks_diff(now, self._count_from_us)
        if passed > _MEASURE_US:
            self.period_us = passed // self._count
            self._count = -1

    def _check(self):
        """Look at one sample in _CHECK_EVERY: motion, frozen data, an axis at its end stop."""
        buf = self.buf
        old = self._old
        same = True
        railed = False
        for i in range(6):
            value = buf[i]
            step = value - old[i]
            if step:
                same = False
                # 5 deg/s, or 60 mg: far above noise, far below any step
                if step > 120 or step < -120 or (i > 2 and (step > 80 or step < -80)):
                    self.moved = True
            if value > _RAIL or value < -_RAIL:
                railed = True
            old[i] = value
        self._railed = self._railed + 1 if railed else 0
        if self._railed == _RAIL_CHECKS:
            self.faults.add(faults.IMU_SATURATED)
        if not same:
            self._frozen = 0
            return
        self._frozen += 1
        if self._frozen == _FROZEN_CHECKS:  # once: if a restart did not help, a second will not
            self.faults.add(faults.IMU_FROZEN)
            self.restart()

    @property
    def interrupts(self):
        """Whether the interrupt pin speaks: it is on the board, and its wire was connected."""
        return self._use_pin

    def take_motion(self):
        """Return whether the foot moved since the last call."""
        moved = self.moved
        self.moved = False
        return moved

    def stop(self):
        """Put the chip to sleep."""
        if self.imu is not None:
            try:
                self.imu.stop()
            except OSError:
                pass
        self.ok = False
