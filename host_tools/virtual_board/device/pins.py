"""GPIO lines: what drives them, what hangs on them, interrupts. `Pin` as on the ESP32 v1.26.1.

Sources: ESP32 datasheet 4.1 (GPIO 34-39 input only, 6-11 wired to the flash), ESP32-C3 datasheet
(GPIO 11-17 flash), ESP32-C6 datasheet (GPIO 24-30 flash), ESP32-S3 datasheet (GPIO 26-32 flash);
micropython ports/esp32/machine_pin.c.
"""

from . import trace
from .port import micropython

USABLE = {
    "esp32": tuple(range(6)) + tuple(range(12, 20)) + (21, 22, 23, 25, 26, 27)
    + tuple(range(32, 40)),
    "esp32c3": tuple(range(11)) + (18, 19, 20, 21),
    "esp32c6": tuple(range(24)),
    "esp32s3": tuple(range(22)) + tuple(range(33, 49)),
}  # fmt: skip
INPUT_ONLY_FROM = {"esp32": 34, "esp32c3": 99, "esp32c6": 99, "esp32s3": 99}
RTC_PINS = {  # can wake from deep sleep
    "esp32": (0, 2, 4, 12, 13, 14, 15, 25, 26, 27, 32, 33, 34, 35, 36, 37, 38, 39),
    "esp32c3": (0, 1, 2, 3, 4, 5),
    "esp32c6": tuple(range(8)),
    "esp32s3": tuple(range(22)),
}

MODE_OUTPUT = micropython.const(2)
MODE_OPEN_DRAIN = micropython.const(4)
PULL_DOWN = micropython.const(1)
PULL_UP = micropython.const(2)
RISING = micropython.const(1)
FALLING = micropython.const(2)


class Line:
    """One GPIO: output latch, direction, pulls and whatever drives it from outside."""

    def __init__(self, board, number):
        self.board = board
        self.number = number
        self.mode = 0
        self.pull = 0
        self.latch = 0
        # (mode, pull, latch, level) in which the pad is frozen, whatever the registers say
        self.held = None
        self.held_for_sleep = False  # ... only because of esp32.gpio_deep_sleep_hold
        self.outside = None  # level driven from outside: 0, 1, or None when nothing drives
        self.level = 0
        self.handler = None
        self.pin = None
        self.trigger = 0
        self.pwm = None  # the PWM that owns the output
        self.rmt = None  # or the RMT channel
        self.watchers = []  # objects with line_changed(line), told of every level change
        self.traced = False

    @micropython.native
    def resolve(self):
        """Work out the level after a change; tell watchers and interrupts."""
        old = self.level
        mode, pull, latch = self.mode, self.pull, self.latch
        if self.held is not None:
            mode, pull, latch, _ = self.held
        if self.outside is not None and not (mode & MODE_OUTPUT and not mode & MODE_OPEN_DRAIN):
            level = self.outside
            if mode & MODE_OUTPUT and not latch:
                level = 0  # open drain: anybody low wins
        elif mode & MODE_OPEN_DRAIN and latch:
            level = 1 if pull & PULL_UP or self.number in self.board.pulled_up else 0
        elif mode & MODE_OUTPUT:
            level = latch
        elif pull & PULL_UP or self.number in self.board.pulled_up:
            level = 1
        else:
            level = 0
        if level == old:
            return
        self.level = level
        if self.traced:
            self.board.trace.put(trace.PIN, self.board.clock.now, self.number, level)
        for watcher in self.watchers:
            watcher.line_changed(self)
        if self.handler is not None and self.trigger & (RISING if level else FALLING):
            self.board.clock.schedule(self.handler, self.pin)

    @micropython.native
    def drive(self, level):
        """Drive the line from outside: 0, 1 or None (let go)."""
        if level != self.outside:
            self.outside = level
            self.resolve()

    def freeze(self):
        """Hold the pad as it is."""
        self.held = (self.mode, self.pull, self.latch, self.level)

    def read(self):
        """What the processor reads: the level, but of an input that is held the one it had.

        ESP-IDF said so of gpio_hold_en() for years and says the opposite since; an input that has
        woken a C6 is stuck (micropython issue 17334). The wake-up itself sees the true level.
        """
        if self.held is not None and not self.held[0] & MODE_OUTPUT:
            return self.held[3]
        return self.level

    def fall_asleep(self, hold_all):
        """Deep sleep: pads outside the RTC domain are held all (hold_all), or none.

        gpio_hold_en() alone does not reach them there (ESP-IDF, driver/gpio.h), but on the C6
        (SOC_GPIO_SUPPORT_HOLD_SINGLE_IO_IN_DSLP).
        """
        if self.number in self.board.rtc_pins or self.board.target == "esp32c6":
            return
        if not hold_all:
            self.held = None
        elif self.held is None:
            self.freeze()
            self.held_for_sleep = True

    def reset(self):
        """The registers as after a reset of the chip; a pad that is held stays as it is."""
        self.handler = self.pin = self.pwm = self.rmt = None
        self.trigger = 0
        self.mode = self.pull = self.latch = 0
        self.resolve()


class Irq:
    """What Pin.irq() returns."""

    def __init__(self, line):
        self._line = line

    def __call__(self):
        line = self._line
        if line.handler is not None:
            line.handler(line.pin)

    def trigger(self, trigger=None):
        """Get, or set, the trigger; returns the one before."""
        before = self._line.trigger
        if trigger is not None:
            self._line.trigger = trigger
        return before


class Pin:
    """machine.Pin of the ESP32 port."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = PULL_DOWN
    PULL_UP = PULL_UP
    IRQ_RISING = RISING
    IRQ_FALLING = FALLING
    WAKE_LOW = 4
    WAKE_HIGH = 5
    DRIVE_0 = 0
    DRIVE_1 = 1
    DRIVE_2 = 2
    DRIVE_3 = 3

    board_ = None  # the board, set by machine.attach()

    def __init__(self, id, mode=None, pull=-1, value=None, drive=None, hold=None):
        if isinstance(id, Pin):
            id = id._line.number
        line = self.board_.lines.get(id) if isinstance(id, int) else None
        if line is None:
            raise ValueError("invalid pin")
        self._line = line
        if mode is not None or pull != -1 or value is not None or hold is not None:
            self.init(mode, pull, value=value, drive=drive, hold=hold)

    def __repr__(self):
        return "Pin(%d)" % self._line.number

    def init(self, mode=None, pull=-1, value=None, drive=None, hold=None):
        """Configure; the initial value is set before the direction, as in the port."""
        line = self._line
        board = line.board
        if mode is not None and mode & MODE_OUTPUT and line.number >= INPUT_ONLY_FROM[board.target]:
            raise ValueError("pin can only be input")
        if mode is not None and line.pwm is not None:
            line.pwm.detach()
        if mode is not None:
            line.rmt = None  # routed back to the latch; a channel goes on playing to nobody
        if value is not None:
            line.latch = 1 if value else 0
        if mode is not None:
            line.mode = mode
        if pull != -1:
            line.pull = 0 if pull is None else pull
        # Only outputs can be held (GPIO_IS_VALID_OUTPUT_GPIO in machine_pin.c)
        if hold is not None and line.number < INPUT_ONLY_FROM[board.target]:
            line.held = None
        line.resolve()
        if hold and line.number < INPUT_ONLY_FROM[board.target]:
            line.freeze()
        board.clock.call()

    def value(self, level=None):
        """Get the level, or set the output latch."""
        line = self._line
        if level is None:
            line.board.clock.call()
            return line.read()
        self._set(1 if level else 0)
        return None

    __call__ = value

    def on(self):
        """Set the output latch."""
        self._set(1)

    def off(self):
        """Clear the output latch."""
        self._set(0)

    def toggle(self):
        """Change the output latch."""
        self._set(1 - self._line.latch)

    def _set(self, level):
        line = self._line
        line.latch = level
        if line.pwm is None and line.rmt is None:
            line.resolve()
        line.board.clock.call()

    def irq(self, handler=None, trigger=RISING | FALLING, wake=None):
        """Soft interrupt on edges; with `wake`, a level that wakes the board from sleep."""
        line = self._line
        if trigger in (Pin.WAKE_LOW, Pin.WAKE_HIGH) and wake is not None:
            line.board.wake_on_pin(line.number, 1 if trigger == Pin.WAKE_HIGH else 0, wake)
        else:
            line.pin = self
            line.handler = handler
            line.trigger = trigger if handler is not None else 0
        line.board.clock.call()
        return Irq(line)
