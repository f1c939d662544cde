"""machine.Timer and machine.WDT of the ESP32 port."""

from .clock import NEVER, Source
from .trace import WATCHDOG

HARDWARE_TIMERS = {"esp32": 4, "esp32c3": 2, "esp32c6": 2, "esp32s3": 4}
# Timer.init() takes a reference of the timer group each time, in eight bits, and none is ever given
# back: with the three that the system holds, the count runs over at this one, the group is reset,
# and on an ESP32 the system's clock with it (micropython issue 19162, v1.28.0). A soft reset does
# not help.
INITS_MOST = 253


class TimerCore(Source):
    """One hardware timer; outlives the Timer objects that name it."""

    def __init__(self, clock):
        self.clock = clock
        self.period_us = 0
        self.repeat = False
        self.callback = None
        self.handle = None

    def fire(self):
        """The alarm: queue the callback."""
        if self.repeat:
            self.due += self.period_us
        else:
            self.due = NEVER
        if self.callback is not None:
            self.clock.schedule(self.callback, self.handle)


class Timer:
    """machine.Timer: ids from 0, callbacks soft, `hard=True` refused as the port refuses it."""

    ONE_SHOT = 0
    PERIODIC = 1
    board_ = None

    def __init__(self, id, **options):
        board = self.board_
        if not isinstance(id, int):
            raise TypeError("can't convert %s to int" % type(id).__name__)
        count = HARDWARE_TIMERS[board.target]
        if not 0 <= id < count:
            raise ValueError("invalid Timer number, max %d" % count)
        self._id = id
        self._core = board.timers[id]
        if options:
            self.init(**options)

    def __repr__(self):
        core = self._core
        return "Timer(%d, mode=%s, period=%d)" % (
            self._id,
            "PERIODIC" if core.repeat else "ONE_SHOT",
            core.period_us // 1000,
        )

    def init(self, mode=1, callback=None, period=0xFFFFFFFF, tick_hz=1000, freq=None, hard=False):
        """Start: `period` in units of 1/tick_hz s, or `freq` in Hz."""
        core = self._core
        core.due = NEVER
        self._acquire()
        if hard:
            raise ValueError("hard Timers are not implemented")
        if freq is not None:
            core.period_us = max(1, int(1000000 / freq))
        else:
            core.period_us = max(1, period * 1000000 // tick_hz)
        core.repeat = bool(mode)
        core.callback = callback
        core.handle = self
        clock = core.clock
        clock.at(core, clock.now + core.period_us)
        clock.call()

    def _acquire(self):
        """Count the reference that the port takes; the one too many stops the board's clock."""
        board = self.board_
        group = 0 if HARDWARE_TIMERS[board.target] == 2 else self._id & 1
        board.timer_inits[group] += 1
        if board.timer_inits[group] > INITS_MOST:
            raise RuntimeError(
                "Timer.init() number %d: from here on the clock stands still"
                % board.timer_inits[group]
            )

    def deinit(self):
        """Stop."""
        self._core.due = NEVER
        self._core.callback = None
        self._core.clock.call()

    def value(self):
        """Milliseconds since the start of the running period."""
        core = self._core
        if core.due == NEVER:
            return 0
        return (core.clock.now - (core.due - core.period_us)) // 1000


class WatchdogCore(Source):
    """The task watchdog: resets the board when it is not fed."""

    def __init__(self, board):
        self.board = board
        self.timeout_us = 0

    def fire(self):
        """Nobody fed it."""
        self.due = NEVER
        self.board.reset(WATCHDOG)


class WDT:
    """machine.WDT: cannot be stopped once started, except by a reset."""

    board_ = None

    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError("WDT(%s) doesn't exist" % id)
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        core = self.board_.watchdog
        core.timeout_us = timeout * 1000
        self._core = core
        self.feed()

    def feed(self):
        """Start the time anew."""
        core = self._core
        clock = core.board.clock
        clock.at(core, clock.now + core.timeout_us)
        clock.call()
