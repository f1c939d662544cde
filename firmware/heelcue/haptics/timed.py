"""The common part of the motor drivers whose pulses a hardware timer ends."""

import time

import machine

from heelcue.compat import const
from heelcue.haptics.base import Motor

BEAT_MS = const(4)  # a pulse is longer than asked for by up to this
_TIMER = const(0)


class TimedMotor(Motor):
    """A motor whose pulses a hardware timer ends. Subclasses write _finish(), call _start_beat().

    The timer is set once and beats for as long as the driver lives. To set it for each pulse would
    be simpler, but every Timer.init() takes a reference of the timer group that MicroPython (v1.28
    and others, issue 19162) never gives back: the 254th since power-on, a few minutes into a walk,
    resets the group and stops the ESP32's clock for good.
    """

    def __init__(self, settings, before=None):
        super().__init__(settings, before)
        self._on_beat = self._tick  # bound once: taking a bound method allocates
        self._timer = None
        self._interrupted = False

    def _start_beat(self):
        self._timer = machine.Timer(_TIMER)
        self._timer.init(mode=machine.Timer.PERIODIC, period=BEAT_MS, callback=self._on_beat)

    def _finish(self):
        """End the pulse, within a callback."""
        raise NotImplementedError

    def _tick(self, timer):
        """Beat. A Ctrl-C that comes within a callback ends only that, once printed.

        (MicroPython issue 19424.) So the loop hears of it from guard().
        """
        try:
            self._beat(timer)
        except KeyboardInterrupt:
            self._interrupted = True

    def guard(self, now):
        """See Motor.guard(); raises KeyboardInterrupt for a Ctrl-C that came within a callback."""
        if self._interrupted:
            self._interrupted = False
            raise KeyboardInterrupt
        super().guard(now)

    def _beat(self, _timer):
        if self.is_on and time.ticks_diff(time.ticks_ms(), self._end_ms) >= 0:
            self._finish()
            self.is_on = False

    def deinit(self):
        """Motor off, timer given back."""
        self.off()
        if self._timer is not None:
            self._timer.deinit()
