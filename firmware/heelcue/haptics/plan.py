"""A motor pulse as RMT symbols. Pure module.

One memory block holds 64 symbols of two levels on the ESP32 and 48 on the C3 and S3 (TRM of each,
chapter RMT); at most 44 are used, so that no interrupt has to refill them. Strength is the duty of
a slow PWM, 1 kHz down to 90 Hz for the longest pulse: the motor's rotor, with a time constant of
tens of milliseconds, averages it.
"""

from heelcue.compat import const

MAX_US = const(32_000)  # one level lasts at most 32767 units of 1 us
SYMBOLS = const(44)
_MIN_PERIOD_US = const(1_000)


def symbols(pulse_ms, strength_pct, overdrive_ms):
    """Return (durations in us, levels) of a pulse: full drive first, then PWM at strength_pct."""
    durations = []
    levels = []
    left = pulse_ms * 1000
    full = left if strength_pct >= 100 else min(left, overdrive_ms * 1000)
    left -= full
    while full > 0:
        step = min(full, MAX_US)
        durations.append(step)
        levels.append(1)
        full -= step
    if left > 0:
        room = SYMBOLS - 1 - len(durations)
        period = max(_MIN_PERIOD_US, -(-left // room))
        on = max(1, period * strength_pct // 100)
        while left > 0:
            part = min(period, left)
            durations.append(min(on, part))
            levels.append(1)
            if part > on:
                durations.append(part - on)
                levels.append(0)
            left -= part
    return tuple(durations), tuple(levels)
