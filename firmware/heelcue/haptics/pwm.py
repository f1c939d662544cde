"""ERM motor on a MOSFET: PWM for the strength, a hardware timer ends overdrive and pulse.

The MOSFET only pulls one way, so there is no active brake; the motor runs out by itself. Where the
processor hangs within a call it stays on until the watchdog comes, 8 s: the RMT is preferred.
"""

import time

import machine

from heelcue.compat import const
from heelcue.haptics.timed import TimedMotor

PWM_HZ = const(20_000)  # above hearing
_FULL = const(65_535)


class PwmMotor(TimedMotor):
    """See heelcue.haptics.base.Motor."""

    kind = "pwm"

    def __init__(self, board, settings, before=None):
        super().__init__(settings, before)
        self._number = board["motor"]
        self._pin = machine.Pin(self._number, machine.Pin.OUT, value=0)
        self._pwm = machine.PWM(self._pin, freq=PWM_HZ, duty_u16=0)
        self._duty = 0
        self._settling = False  # overdrive runs
        self._settle_ms = time.ticks_ms()
        self._start_beat()

    def _drive(self, pulse_ms, strength_pct):
        duty = _FULL * strength_pct // 100
        over = self.overdrive_ms
        if over and duty < _FULL and over < pulse_ms:
            self._duty = duty
            self._settle_ms = time.ticks_add(time.ticks_ms(), over)
            self._settling = True
            duty = _FULL
        self._pwm.duty_u16(duty)

    def _beat(self, _timer):
        if self._settling and time.ticks_diff(time.ticks_ms(), self._settle_ms) >= 0:
            self._settling = False
            if self.is_on:
                self._pwm.duty_u16(self._duty)
        super()._beat(_timer)

    def _finish(self):
        self._settling = False
        self._pwm.duty_u16(0)

    def _release(self):
        self._finish()

    def deinit(self):
        """Motor off; timer, PWM and pin given back."""
        super().deinit()
        self._pwm.deinit()
        machine.Pin(self._number, machine.Pin.OUT, value=0)
