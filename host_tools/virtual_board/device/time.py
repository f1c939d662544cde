"""time of the ESP32 port, over the board's clock; ticks wrap at 2**30 in ms and in us alike."""

import time as _builtin

from .port import micropython

MASK = micropython.const((1 << 30) - 1)
HALF = micropython.const(1 << 29)
EPOCH_2000 = micropython.const(946684800)  # the ESP32 counts from 2000, the host from 1970

_board = None
_clock = None


def attach(board):
    """Say which board's time it is."""
    global _board, _clock
    _board = board
    _clock = board.clock


def _uptime_us():
    return _clock.now - _board.started_us + _board.ticks_start_us


def ticks_us():
    """Microseconds since the processor started, modulo 2**30."""
    _clock.spend(_clock.call_us)
    return _uptime_us() & MASK


def ticks_ms():
    """Milliseconds since the processor started, modulo 2**30."""
    _clock.spend(_clock.call_us)
    return _uptime_us() // 1000 & MASK


def ticks_cpu():
    """Cycles at 160 MHz, modulo 2**30."""
    _clock.spend(_clock.call_us)
    return _uptime_us() * 160 & MASK


def ticks_add(ticks, delta):
    """ticks + delta within the period."""
    return ticks + delta & MASK


def ticks_diff(end, start):
    """Signed distance, -2**29 to 2**29 - 1."""
    return (end - start + HALF & MASK) - HALF


def sleep_us(us):
    """Wait."""
    _clock.wait(_clock.now + us if us > 0 else _clock.now)


def sleep_ms(ms):
    """Wait."""
    _clock.wait(_clock.now + ms * 1000 if ms > 0 else _clock.now)


def sleep(seconds):
    """Wait."""
    _clock.wait(_clock.now + int(seconds * 1000000))


def time():
    """Seconds since 2000-01-01; the clock starts there at power-on, unless the RTC was set."""
    return (_clock.now + _board.rtc_offset_us) // 1000000


def time_ns():
    """Nanoseconds since 2000-01-01."""
    return (_clock.now + _board.rtc_offset_us) * 1000


def gmtime(seconds=None):
    """Date and time, eight numbers."""
    if seconds is None:
        seconds = time()
    return tuple(_builtin.gmtime(seconds + EPOCH_2000))[:8]


localtime = gmtime


def mktime(when):
    """Seconds since 2000-01-01."""
    days_before = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
    year, month, day, hour, minute, second = when[:6]
    leaps = (year - 1) // 4 - (year - 1) // 100 + (year - 1) // 400 - 484
    days = (year - 2000) * 365 + leaps + days_before[month - 1] + day - 1
    if month > 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
        days += 1
    return ((days * 24 + hour) * 60 + minute) * 60 + second
