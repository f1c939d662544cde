"""ERM motor on a MOSFET, driven by the RMT peripheral: the pulse is a list of symbols that the
hardware plays out of its own memory and ends by itself, even when the processor hangs.

`esp32.RMT` of MicroPython v1.26.1 (old IDF driver) and of v1.27 and later (new driver) take the
same calls as used here. The symbols are worked out in plan.py.
"""

import time

import esp32
import machine

from heelcue.compat import const
from heelcue.haptics.base import MAX_PULSE_MS, Motor
from heelcue.haptics.plan import symbols

_CLOCK_DIV = const(80)  # 80 MHz / 80: 1 us


class RmtMotor(Motor):
    """See heelcue.haptics.base.Motor. Raises when RMT is missing or does not work."""

    kind = "rmt"

    def __init__(self, board, settings, before=None):
        super().__init__(settings, before)
        self._pin = machine.Pin(board["motor"], machine.Pin.OUT, value=0)
        self._rmt = self._open()
        self._cut = False  # the pin was taken away from the peripheral, which may play on
        self._planned = (0, 0, 0)
        self.prepare(settings["pulse_ms"], settings["strength_pct"])
        # Proof that it works: a millisecond of low level must play out
        self._rmt.write_pulses((500, 500), (0, 0))
        if not self._rmt.wait_done(timeout=20):
            self._close()
            raise OSError("RMT does not finish")

    def _open(self):
        return esp32.RMT(0, pin=self._pin, clock_div=_CLOCK_DIV, idle_level=False)

    def _close(self):
        self._rmt.deinit()
        self._pin.init(machine.Pin.OUT, value=0)

    def prepare(self, pulse_ms, strength_pct):
        """See Motor.prepare(): a pulse is worked out, so that the hot path allocates nothing."""
        self._cue_ms = pulse_ms
        self._cue_pct = strength_pct
        self._work_out(pulse_ms, strength_pct)

    def _work_out(self, pulse_ms, strength_pct):
        planned = self._planned
        if planned[0] != pulse_ms or planned[1] != strength_pct or planned[2] != self.overdrive_ms:
            self._plan = symbols(pulse_ms, strength_pct, self.overdrive_ms)
            self._planned = (pulse_ms, strength_pct, self.overdrive_ms)

    def _drive(self, pulse_ms, strength_pct):
        self._work_out(pulse_ms, strength_pct)
        if self._cut:  # its pulse is over by now: none is begun before (`_free_ms`)
            self._close()
            self._rmt = self._open()
            self._cut = False
        self._rmt.write_pulses(self._plan[0], self._plan[1])

    def guard(self, now):
        """See Motor.guard(); also ends the books of a pulse that the peripheral ended."""
        if (
            self.is_on
            and time.ticks_diff(now, self._end_ms) >= 0
            and self._rmt.wait_done(timeout=0)
        ):
            self.is_on = False
            self._work_out(self._cue_ms, self._cue_pct)  # after a pulse of another kind
        super().guard(now)

    def _release(self):
        # The pin goes back to its latch, and so low at once. The peripheral plays on to nobody: to
        # stop it, the plain ESP32 waits for its end with interrupts off, and more than 300 ms of
        # that are a reset by the interrupt watchdog (MicroPython v1.27 on; esp-idf issue 17692).
        self._pin.init(machine.Pin.OUT, value=0)
        self._cut = True

    def deinit(self):
        """Motor off; RMT channel and pin given back, once the channel has played out."""
        self.off()
        self._rmt.wait_done(timeout=MAX_PULSE_MS + 100)
        self._close()
