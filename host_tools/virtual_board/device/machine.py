"""machine of ESP32_GENERIC v1.26.1, over the virtual board."""

from . import trace
from .analog import ADC
from .board import WAKE_EXT0, WAKE_EXT1, WAKE_GPIO, WAKE_NONE, WAKE_TIMER
from .buses import I2C, SPI, SoftI2C  # noqa: F401
from .clock import NEVER
from .pins import Pin
from .pwm import PWM
from .timers import WDT, Timer
from .trace import DEEP_SLEEP, HARD

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5
PIN_WAKE = 2
EXT0_WAKE = 2
EXT1_WAKE = 3
TIMER_WAKE = 4
TOUCHPAD_WAKE = 5
ULP_WAKE = 6
SLEEP = 2
DEEPSLEEP = 4

SoftSPI = SPI
_board = None
_hz = 160000000
_raise_soft_reset = None


def attach(board):
    """Say which board the classes belong to."""
    global _board
    _board = board
    for kind in (Pin, PWM, Timer, WDT, I2C, SPI, ADC):
        kind.board_ = board


class Signal:
    """machine.Signal: a pin that may be active low."""

    def __init__(self, pin, *args, invert=False):
        self._pin = pin if isinstance(pin, Pin) else Pin(pin, *args)
        self._invert = 1 if invert else 0

    def value(self, *level):
        """Get or set."""
        if not level:
            return self._pin.value() ^ self._invert
        return self._pin.value((1 if level[0] else 0) ^ self._invert)

    __call__ = value

    def on(self):
        """Active."""
        self.value(1)

    def off(self):
        """Inactive."""
        self.value(0)


class RTC:
    """machine.RTC: memory that survives deep sleep and resets, and the date."""

    def __init__(self, id=0):
        pass

    def memory(self, *data):
        """Get or set up to 2048 bytes."""
        if not data:
            return _board.rtc_memory
        if len(data[0]) > 2048:
            raise ValueError("buffer too long")
        _board.rtc_memory = bytes(data[0])
        return None

    def datetime(self, when=None):
        """Get or set (year, month, day, weekday, hours, minutes, seconds, subseconds)."""
        from . import time

        if when is None:
            t = time.gmtime()
            return (t[0], t[1], t[2], t[6], t[3], t[4], t[5], _board.clock.now % 1000000)
        seconds = time.mktime((when[0], when[1], when[2], when[4], when[5], when[6], 0, 0))
        _board.rtc_offset_us = seconds * 1000000 - _board.clock.now
        return None


def freq(*hz):
    """Get or set the processor's clock (its costs stay those of 160 MHz)."""
    global _hz
    if not hz:
        return _hz
    if hz[0] // 1000000 not in (20, 40, 80, 160, 240):
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    _hz = hz[0]
    return None


def unique_id():
    """The MAC address from the fuses."""
    return b"\x24\x0a\xc4\x00\x01\x10"


def reset_cause():
    """Why the processor started."""
    return _board.cause


def wake_reason():
    """What ended the deep sleep."""
    return _board.wake


def reset():
    """Start anew, as by the reset button (ports/esp32 reports it as a hard reset)."""
    _board.reset(HARD)


def soft_reset():
    """Leave the running program and start the interpreter anew."""
    raise SystemExit


def idle():
    """Let time pass to the next event, a FreeRTOS tick at most."""
    clock = _board.clock
    clock.call()
    clock.wait_event(clock.now + _board.costs["idle_us"])


def disable_irq():
    """No soft callbacks until enable_irq()."""
    state = _board.clock.busy
    _board.clock.busy = True
    return state


def enable_irq(state):
    """Soft callbacks again."""
    _board.clock.busy = state
    _board.clock.call()


def _woken():
    """Which wake-up source is active now."""
    board = _board
    if board.ext0 is not None and board.lines[board.ext0[0]].level == board.ext0[1]:
        return WAKE_EXT0
    if board.ext1 is not None:
        levels = [board.lines[number].level for number in board.ext1[0]]
        if board.ext1[1] and 1 in levels:
            return WAKE_EXT1
        # The plain ESP32 waits for all of them, the others for any
        if not board.ext1[1] and (0 in levels if board.target != "esp32" else 1 not in levels):
            return WAKE_EXT1
    if board.gpio_wake is not None:
        numbers, high = board.gpio_wake
        if (1 if high else 0) in [board.lines[number].level for number in numbers]:
            return WAKE_GPIO
    return WAKE_NONE


def _sleep(until):
    """Hardware goes on until a wake-up source is active or the time comes; returns which."""
    board = _board
    clock = board.clock
    while True:
        reason = _woken()
        if reason != WAKE_NONE:
            return reason
        if clock.now >= until:
            return WAKE_TIMER
        step = clock.next if clock.next < until else until
        if step >= NEVER:
            step = clock.now + 1000000
        if clock.pace is not None:
            step = clock.pace(step)
        clock.run(step)


def hold_for_wake_up():
    """What ESP-IDF does to the pads that are to wake the chip, and never undoes (sleep_modes.c).

    Those of the GPIO wake-up; those of EXT1 where nothing else keeps the RTC's peripherals on.
    """
    numbers = []
    if _board.gpio_wake is not None:
        numbers = _board.gpio_wake[0]
    elif _board.ext1 is not None and _board.ext0 is None:
        numbers = _board.ext1[0]
    for number in numbers:
        # What cannot be let go by machine.Pin is not held: whether it reads then nobody tells
        if number < _board.input_only_from and _board.lines[number].held is None:
            _board.lines[number].freeze()


def lightsleep(time_ms=None):
    """Processor, timers and PWM stand still; chips go on."""
    board = _board
    clock = board.clock
    clock.call()
    board.trace.put(trace.SLEEP, clock.now, 1, 1)
    start = clock.now
    clocked = board.timers + [board.watchdog] + list(board.rmt_channels.values())
    paused = [(core, core.due) for core in clocked if core.due != NEVER]
    for core, _ in paused:
        core.due = NEVER
    handlers = [(line, line.handler) for line in board.lines.values() if line.handler is not None]
    for line, _ in handlers:
        line.handler = None
    reason = _sleep(clock.now + time_ms * 1000 if time_ms else NEVER)
    for line, handler in handlers:
        line.handler = handler
    for core, due in paused:
        clock.at(core, due + clock.now - start)
    board.wake = reason
    board.trace.put(trace.SLEEP, clock.now, 1, 0)
    clock.spend(board.costs["wake_us"])


def deepsleep(time_ms=None):
    """All but the RTC and the chips is off; the wake-up is a reset."""
    board = _board
    clock = board.clock
    clock.call()
    if board.gpio_wake is not None:
        if board.target in ("esp32", "esp32s3"):
            raise ValueError("DEEPSLEEP with gpio pins not supported on this chip")
        if not set(board.gpio_wake[0]).issubset(board.rtc_pins):
            raise ValueError("wake-up pin not supported")
    hold_for_wake_up()
    for line in board.lines.values():
        line.fall_asleep(board.deep_sleep_hold)
    board.release(DEEP_SLEEP)
    board.deaf = True
    for core in board.timers + [board.watchdog]:
        core.due = NEVER
    board.trace.put(trace.SLEEP, clock.now, 2, 1)
    reason = _sleep(clock.now + time_ms * 1000 if time_ms else NEVER)
    board.trace.put(trace.SLEEP, clock.now, 2, 0)
    board.reset(DEEP_SLEEP, reason)


sleep = lightsleep
