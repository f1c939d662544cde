"""esp32.RMT of v1.27: plays a list of level durations from its own memory, then idles.

The line shows the average: neighbouring (on, off) pairs of equal length count as a PWM whose duty
is the strength, as a motor feels it; so a pulse of a hundred symbols is a handful of events.
"""

from .clock import NEVER, Source
from .pwm import FULL
from .trace import WATCHDOG

SOURCE_HZ = 80000000
MAX_UNITS = 32767
PWM_LONGEST_US = 25000  # pairs longer than this are two levels, not a PWM
CHANNELS = {"esp32": 8, "esp32c3": 2, "esp32c6": 2, "esp32s3": 4}  # that can transmit
# The plain ESP32's RMT cannot be stopped: the driver waits, interrupts off, for what is left to
# play, and the interrupt watchdog (300 ms) resets the board (esp32_rmt.c of v1.27, deactivate;
# esp-idf issue 17692)
UNSTOPPABLE = ("esp32",)
INTERRUPT_WATCHDOG_US = 300000


def strengths(durations, levels):
    """Fold symbols into [(us, strength 0-65535)]."""
    folded = []
    i = 0
    while i < len(durations):
        us = durations[i]
        strength = FULL if levels[i] else 0
        if levels[i] and i + 1 < len(durations) and not levels[i + 1]:
            pair_us = us + durations[i + 1]
            if pair_us <= PWM_LONGEST_US:
                us, strength = pair_us, FULL * us // pair_us
                i += 1
        if folded and folded[-1][1] == strength:
            folded[-1][0] += us
        else:
            folded.append([us, strength])
        i += 1
    return folded


class Channel(Source):
    """One transmitting channel."""

    def __init__(self, board, line, idle_level):
        self.board = board
        self.line = line
        self.idle = FULL if idle_level else 0
        self.parts = []
        self.looping = False
        self.plan = []

    def play(self, parts):
        """Start."""
        self.plan = parts
        self.parts = list(parts)
        self.board.clock.at(self, self.board.clock.now)
        self.fire()

    def fire(self):
        """The next part, or the idle level."""
        clock = self.board.clock
        if not self.parts and self.looping:
            self.parts = list(self.plan)
        if self.parts:
            us, strength = self.parts.pop(0)
            self.drive(strength)
            clock.at(self, clock.now + us)
        else:
            self.due = NEVER
            self.drive(self.idle)

    def drive(self, strength):
        """Put the level onto the pad, as long as the pad is routed here."""
        if self.line.rmt is self:
            self.board.drive_strength(self.line, strength)

    def disable(self):
        """What the driver does to stop: at once, or not before all is played, or never again."""
        self.looping = False
        if self.due == NEVER:
            return
        if self.board.target in UNSTOPPABLE:
            left_us = self.due - self.board.clock.now
            for us, _ in self.parts:
                left_us += us
            if left_us > INTERRUPT_WATCHDOG_US:
                self.board.stall(INTERRUPT_WATCHDOG_US)
                self.due = NEVER  # the reset stops it
                self.board.reset(WATCHDOG)
            self.board.stall(left_us)
        self.stop()

    def stop(self):
        """End at once."""
        self.parts = []
        self.looping = False
        if self.due != NEVER:
            self.due = NEVER
            self.drive(self.idle)


class LeftPlaying(Channel):
    """A channel that nobody knows of any more: it plays on through a reset of the processor."""

    def go_on(self, left_us, parts):
        """Play what is left: the running part for left_us more, then parts."""
        self.parts = parts
        self.line.rmt = self
        self.board.clock.at(self, self.board.clock.now + left_us)


class RMT:
    """esp32.RMT(channel, pin=, clock_div=8, idle_level=False)."""

    PULSE_MAX = MAX_UNITS
    board_ = None

    def __init__(self, channel, pin=None, clock_div=8, idle_level=False, tx_carrier=None):
        board = self.board_
        if not 0 <= channel < CHANNELS[board.target]:
            raise ValueError("invalid channel ID")
        if not 1 <= clock_div <= 255:
            raise ValueError("clock_div must be between 1 and 255")
        line = board.line_of(pin)
        if channel in board.rmt_channels:
            raise OSError("RMT channel %d is in use" % channel)
        self._number = channel
        self._divider = clock_div
        self._channel = Channel(board, line, idle_level)
        board.rmt_channels[channel] = self._channel
        if line.pwm is not None:
            line.pwm.detach()
        line.rmt = self._channel
        board.drive_strength(line, self._channel.idle)

    def __repr__(self):
        return "RMT(channel=%d, pin=%d, source_freq=%d, clock_div=%d)" % (
            self._number,
            self._channel.line.number,
            SOURCE_HZ,
            self._divider,
        )

    @staticmethod
    def source_freq():
        """The clock before the divider, in Hz."""
        return SOURCE_HZ

    def clock_div(self):
        """The divider."""
        return self._divider

    def write_pulses(self, duration, data=True):
        """Play: list of durations and first level; one duration and levels; or two lists."""
        if isinstance(duration, int):
            levels = list(data)
            durations = [duration] * len(levels)
        elif isinstance(data, (bool, int)):
            durations = list(duration)
            levels = [int(bool(data)) ^ (k & 1) for k in range(len(durations))]
        else:
            durations, levels = list(duration), list(data)
            if len(durations) != len(levels):
                raise ValueError("duration and data must have same length")
        if not durations:
            raise ValueError("No pulses")
        for units in durations:
            if not 0 < units <= MAX_UNITS:
                raise ValueError("duration must be from 1 to %d" % MAX_UNITS)
        channel = self._need()
        clock = channel.board.clock
        clock.spend(clock.call_us + 2 * len(durations))
        while channel.due != NEVER and not channel.looping:
            clock.wait(channel.due)  # the driver waits for the transmission before
        us = [units * self._divider * 1000000 // SOURCE_HZ for units in durations]
        channel.play(strengths(us, levels))

    def wait_done(self, timeout=0):
        """True when nothing plays any more; waits up to timeout ms."""
        channel = self._need()
        clock = channel.board.clock
        clock.call()
        until = clock.now + timeout * 1000
        while channel.due != NEVER and clock.now < until:
            clock.wait(min(until, channel.due))
        return channel.due == NEVER

    def loop(self, enable):
        """Repeat what plays until told otherwise."""
        self._need().looping = bool(enable)

    def deinit(self):
        """Stop and give the channel back."""
        channel = self._need()
        channel.disable()
        del channel.board.rmt_channels[self._number]
        self._channel = None

    def _need(self):
        if self._channel is None:
            raise ValueError("RMT was deinitialised")
        return self._channel
