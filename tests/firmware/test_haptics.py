"""The motor's caps and the RMT's symbols."""

from heelcue.haptics import patterns
from heelcue.haptics.plan import MAX_US, SYMBOLS, symbols
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(1, 500), st.integers(1, 100), st.integers(0, 80))
def test_symbols_last_as_long_as_the_pulse_and_fit_the_hardware(pulse_ms, pct, overdrive_ms):
    durations, levels = symbols(pulse_ms, pct, overdrive_ms)
    assert sum(durations) == pulse_ms * 1000
    assert len(durations) == len(levels) <= 2 * SYMBOLS
    assert all(1 <= duration <= MAX_US for duration in durations)
    full_us = pulse_ms * 1000 if pct == 100 else min(pulse_ms, overdrive_ms) * 1000
    on_us = sum(d for d, level in zip(durations, levels, strict=True) if level)
    wanted = full_us + (pulse_ms * 1000 - full_us) * pct / 100
    # the last, partial period may be all on
    assert abs(on_us - wanted) <= max(1000, pulse_ms * 1000 / 30) + SYMBOLS


def test_patterns_are_within_the_drivers_caps():
    for name, pattern in patterns.PATTERNS.items():
        assert len(pattern) % 3 == 0, name
        for i in range(0, len(pattern), 3):
            on_ms, strength_pct, pause_ms = pattern[i : i + 3]
            assert 20 <= on_ms <= 500, name
            assert 0 < strength_pct <= 100, name
            assert pause_ms >= 0, name
