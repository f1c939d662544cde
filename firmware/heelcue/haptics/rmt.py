"""ERM motor on a MOSFET, driven by the RMT peripheral: the pulse is a list of symbols that the
hardware plays out of its own memory and ends by itself, even when the processor hangs.

`esp32.RMT` of MicroPython v1.26.1 (old IDF driver) and of v1.27 and later (new driver) take the
same calls as used here. The symbols are worked out in plan.py.
"""

import esp32
import machine

from heelcue.compat import const
from heelcue.haptics.base import Motor
from heelcue.haptics.plan import symbols

_CLOCK_DIV = const(80)  # 80 MHz / 80: 1 us
_END_TIMER = const(0)


class RmtMotor(Motor):
    """See heelcue.haptics.base.Motor. Raises when RMT is missing or does not work."""

    kind = "rmt"

    def __init__(self, board, settings):
        super().__init__(settings)
        self._pin = machine.Pin(board["motor"], machine.Pin.OUT, value=0)
        self._rmt = self._open()
        self.prepare(settings["pulse_ms"], settings["strength_pct"])
        self._end = machine.Timer(_END_TIMER)
        self._on_end = self._ended
        # Proof that it works: a millisecond of low level must play out
        self._rmt.write_pulses((500, 500), (0, 0))
        if not self._rmt.wait_done(timeout=20):
            self._close()
            raise OSError("RMT does not finish")

    def _open(self):
        return esp32.RMT(0, pin=self._pin, clock_div=_CLOCK_DIV, idle_level=False)

    def _close(self):
        if self._rmt is not None:
            self._rmt.deinit()
            self._rmt = None
        self._pin.init(machine.Pin.OUT, value=0)

    def prepare(self, pulse_ms, strength_pct):
        """Work a pulse out ahead of time, so that the hot path allocates nothing."""
        self._plan = symbols(pulse_ms, strength_pct, self.overdrive_ms)
        self._planned = (pulse_ms, strength_pct)

    def _drive(self, pulse_ms, strength_pct):
        if self._planned[0] != pulse_ms or self._planned[1] != strength_pct:
            self.prepare(pulse_ms, strength_pct)
        if self._rmt is None:
            self._rmt = self._open()
        # Only keeps the books (is_on): the peripheral stops by itself
        self._end.init(mode=machine.Timer.ONE_SHOT, period=pulse_ms + 1, callback=self._on_end)
        self._rmt.write_pulses(self._plan[0], self._plan[1])

    def _ended(self, _timer):
        self.is_on = False

    def _release(self):
        self._close()

    def deinit(self):
        """Motor off; timer, RMT channel and pin given back."""
        self.off()
        self._end.deinit()
