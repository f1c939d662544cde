"""machine.PWM (LEDC) and the motor that hangs on one line, with its plant.

The plant is a first-order spin-up: published spin-up times of coin ERM motors are 40-80 ms, of
LRAs 10-25 ms. It lives on the host (trace.py there), which knows the on-times; here
the board only records the strength that the pin carries.
"""

from . import trace
from .port import micropython

FULL = micropython.const(65535)
MAX_HZ = micropython.const(40000000)


class PWM:
    """machine.PWM of the ESP32 port: duty() 10 bits, duty_u16(), duty_ns(), freq()."""

    board_ = None

    def __init__(self, dest, freq=-1, duty=-1, duty_u16=-1, duty_ns=-1, invert=False):
        line = getattr(dest, "_line", None)
        if line is None:
            line = self.board_.lines.get(dest)
            if line is None:
                raise ValueError("invalid pin")
        if line.number >= self.board_.input_only_from:
            raise ValueError("invalid pin")
        self._line = line
        self._hz = 5000
        self._duty = FULL // 2
        self._invert = False
        self._on = False
        other = line.pwm
        if other is not None:  # the same channel, taken over
            self._hz = other._hz
            self._duty = other._duty
            other._on = False
        self.init(freq, duty, duty_u16, duty_ns, invert)

    def __repr__(self):
        return "PWM(Pin(%d), freq=%d, duty_u16=%d)" % (self._line.number, self._hz, self._duty)

    def init(self, freq=-1, duty=-1, duty_u16=-1, duty_ns=-1, invert=False):
        """Configure and start."""
        if freq != -1:
            self._check(freq)
            self._hz = freq
        if duty != -1:
            self._duty = self._scaled(duty, 1023)
        elif duty_u16 != -1:
            self._duty = self._scaled(duty_u16, FULL)
        elif duty_ns != -1:
            self._duty = min(FULL, duty_ns * self._hz * FULL // 1000000000)
        self._invert = bool(invert)
        self._on = True
        self._line.pwm = self
        self._apply()

    @staticmethod
    def _check(freq):
        if not 0 < freq <= MAX_HZ:
            raise ValueError("frequency must be from 1Hz to 40MHz")

    @staticmethod
    def _scaled(value, top):
        if not 0 <= value <= top:
            raise ValueError("duty must be from 0 to %d" % top)
        return value * FULL // top

    def _apply(self):
        board = self._line.board
        strength = self._duty if self._on else 0
        if self._invert and self._on:
            strength = FULL - strength
        board.drive_strength(self._line, strength)
        board.clock.call()

    def freq(self, value=None):
        """Get or set the frequency in Hz."""
        if value is None:
            return self._hz
        self._check(value)
        self._hz = value
        self._line.board.clock.call()
        return None

    def duty_u16(self, value=None):
        """Get or set the duty, 0-65535."""
        if value is None:
            return self._duty
        self._duty = self._scaled(value, FULL)
        if self._on:
            self._apply()
        return None

    def duty(self, value=None):
        """Get or set the duty, 0-1023."""
        if value is None:
            return (self._duty * 1023 + FULL // 2) // FULL
        self._duty = self._scaled(value, 1023)
        if self._on:
            self._apply()
        return None

    def duty_ns(self, value=None):
        """Get or set the on-time in ns."""
        if value is None:
            return self._duty * 1000000000 // FULL // self._hz
        self._duty = min(FULL, value * self._hz * FULL // 1000000000)
        if self._on:
            self._apply()
        return None

    def detach(self):
        """Give the pin back to its latch (another function was chosen for it)."""
        self._on = False
        if self._line.pwm is self:
            self._line.pwm = None

    def deinit(self):
        """Stop; the pin goes low."""
        if self._line.pwm is self:
            self._on = False
            self._line.latch = 0
            self._line.pwm = None
            self._line.board.drive_strength(self._line, 0)
        self._line.board.clock.call()


class LeftRunning:
    """A PWM that nobody knows of any more: it went on through a reset of the processor."""

    _hz = 5000
    _duty = FULL // 2
    _on = True

    def __init__(self, line):
        self._line = line

    def detach(self):
        """The pin was set up anew."""
        self._line.pwm = None


class Motor:
    """What turns: records every change of its drive strength (0-65535)."""

    def __init__(self, board):
        self.board = board
        self.strength = 0
        self.line = None

    def attach(self, line):
        """Hang the motor's MOSFET on a GPIO line."""
        self.line = line
        line.watchers.append(self)

    def line_changed(self, line):
        """The line's digital level changed."""
        if line.pwm is None:
            self.set(FULL if line.level else 0)

    def set(self, strength):
        """Change the drive; recorded with the instant of the newest sample the firmware has."""
        if strength == self.strength:
            return
        self.strength = strength
        board = self.board
        board.trace.put(trace.MOTOR, board.clock.now, 0, strength, 0, board.newest_sample_us())
