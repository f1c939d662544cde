"""ERM motor on a MOSFET: PWM for the strength, hardware timers end overdrive and pulse.

The MOSFET only pulls one way, so there is no active brake; the motor runs out by itself.
"""

import machine

from heelcue.compat import const
from heelcue.haptics.base import Motor

PWM_HZ = const(20_000)  # above hearing
_FULL = const(65_535)
_END_TIMER = const(0)  # the ESP32-C3 has two timers, 0 and 1
_OVERDRIVE_TIMER = const(1)


class PwmMotor(Motor):
    """See heelcue.haptics.base.Motor."""

    kind = "pwm"

    def __init__(self, board, settings):
        super().__init__(settings)
        self._number = board["motor"]
        self._pin = machine.Pin(self._number, machine.Pin.OUT, value=0)
        self._pwm = machine.PWM(self._pin, freq=PWM_HZ, duty_u16=0)
        self._end = machine.Timer(_END_TIMER)
        self._overdrive = machine.Timer(_OVERDRIVE_TIMER)
        self._duty = 0
        # Bound once: taking a bound method allocates
        self._on_end = self._ended
        self._on_overdrive = self._settle

    def _drive(self, pulse_ms, strength_pct):
        duty = _FULL * strength_pct // 100
        # The end is armed before the start, so that no exception can come between
        self._end.init(mode=machine.Timer.ONE_SHOT, period=pulse_ms, callback=self._on_end)
        over = self.overdrive_ms
        if over and duty < _FULL and over < pulse_ms:
            self._duty = duty
            self._pwm.duty_u16(_FULL)
            self._overdrive.init(
                mode=machine.Timer.ONE_SHOT, period=over, callback=self._on_overdrive
            )
        else:
            self._pwm.duty_u16(duty)

    def _settle(self, _timer):
        if self.is_on:
            self._pwm.duty_u16(self._duty)

    def _ended(self, _timer):
        self._pwm.duty_u16(0)
        self.is_on = False

    def _release(self):
        self._pwm.duty_u16(0)

    def deinit(self):
        """Motor off; timers, PWM and pin given back."""
        self.off()
        self._end.deinit()
        self._overdrive.deinit()
        self._pwm.deinit()
        machine.Pin(self._number, machine.Pin.OUT, value=0)
