"""The button: what presses mean.

short                 test buzz
twice                 mute, or unmute, the cues
three times           start, or stop, a raw recording
1.5 s                 off: deep sleep that only the button ends
held as boot ends     safe mode (main.py)
"""

import time

from heelcue.compat import const

SHORT = const(1)
DOUBLE = const(2)
TRIPLE = const(3)
LONG = const(9)

_LOOK_MS = const(20)  # also the debouncing: contacts bounce for a few ms
_LONG_MS = const(1_500)
_AGAIN_MS = const(400)  # a further press within this time counts to the same gesture


class Button:
    """Turns levels into gestures: look(now_ms) returns one of the above, or 0.

    read: function without arguments, True while pressed.
    """

    def __init__(self, read):
        self._read = read
        self._looked_ms = time.ticks_ms()
        self._down = False
        self._down_ms = 0
        self._up_ms = 0
        self._presses = 0
        self._long = False
        self._armed = False  # a button held since boot means nothing until it is let go

    def look(self, now):
        """Look at the button; at most every 20 ms."""
        if time.ticks_diff(now, self._looked_ms) < _LOOK_MS:
            return 0
        self._looked_ms = now
        down = self._read()
        if not self._armed:
            self._armed = not down
            return 0
        if down and not self._down:
            self._down = True
            self._down_ms = now
            self._long = False
        elif down:
            if not self._long and time.ticks_diff(now, self._down_ms) >= _LONG_MS:
                self._long = True
                self._presses = 0
                return LONG
        elif self._down:
            self._down = False
            self._up_ms = now
            if not self._long:
                self._presses += 1
        elif self._presses and time.ticks_diff(now, self._up_ms) >= _AGAIN_MS:
            presses = self._presses
            self._presses = 0
            return min(presses, TRIPLE)
        return 0
