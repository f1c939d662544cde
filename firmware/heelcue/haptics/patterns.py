"""Buzz patterns as data, and their player.

A pattern is a flat tuple of on ms, strength %, pause ms, again and again (a tuple for each pulse
would take 1 kB more of heap). The fault with code n tells itself as a long pulse and n short ones.
"""

import time

from heelcue.compat import const

_STEP = const(3)

PATTERNS = {
    "cue": (150, 80, 0),
    "double": (120, 90, 130, 120, 90, 0),
    "on": (80, 80, 80, 200, 100, 0),
    "off": (200, 100, 80, 80, 80, 0),
    "muted": (60, 60, 90, 60, 60, 0),
    "record": (60, 80, 60, 60, 80, 60, 60, 80, 0),
    "battery": (400, 100, 200, 80, 80, 120, 80, 80, 0),
}


def of_fault(code):
    """Return the pattern that tells a fault's code (1 to 9; higher ones as 9)."""
    return (400, 100, 300) + (80, 90, 220) * min(code, 9)


class Player:
    """Plays one pattern at a time; every pulse ends by the motor driver, not by tick().

    lamp: machine.Pin or None, lit with the motor; lamp_on its level.
    """

    def __init__(self, motor, lamp=None, lamp_on=1):
        self.motor = motor
        self._lamp = lamp
        self._lamp_on = lamp_on
        self._pattern = PATTERNS["cue"]
        self._next = len(self._pattern)  # nothing to play
        self._at_ms = time.ticks_ms()
        self._lit_until = None

    @property
    def busy(self):
        """Whether a pattern is being played."""
        return self._next < len(self._pattern) or self._lit_until is not None

    def play(self, pattern):
        """Start a pattern (a name from PATTERNS or a tuple); one that is playing is replaced."""
        self._pattern = PATTERNS[pattern] if isinstance(pattern, str) else pattern
        self._next = 0
        self._at_ms = time.ticks_ms()

    def stop(self):
        """Forget the rest of the pattern; light out."""
        self._next = len(self._pattern)
        if self._lamp is not None:
            self._lamp.value(1 - self._lamp_on)

    def tick(self, now):
        """Start the next pulse when its time has come."""
        if self._lit_until is not None and time.ticks_diff(now, self._lit_until) >= 0:
            self._lit_until = None
            self._lamp.value(1 - self._lamp_on)
        if self._next >= len(self._pattern) or time.ticks_diff(now, self._at_ms) < 0:
            return
        if not self.motor.ready(now):
            return  # a cue runs: after it, or a pulse of the pattern is missing
        on_ms, strength_pct, pause_ms = self._pattern[self._next : self._next + _STEP]
        self._next += _STEP
        muted = self.motor.muted
        self.motor.muted = False
        self.motor.pulse(on_ms, strength_pct)
        self.motor.muted = muted
        if self._lamp is not None:
            self._lamp.value(self._lamp_on)
            self._lit_until = time.ticks_add(now, on_ms)
        self._at_ms = time.ticks_add(now, on_ms + max(pause_ms, 35))
