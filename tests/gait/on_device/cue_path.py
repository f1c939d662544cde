"""Runs on MicroPython and on CPython: a made-up walk through predictor and scheduler.

The sagittal rate is what the roll of a foot looks like: a slap at landing, nothing while flat,
then a climb that gets steeper and steeper, through 20 deg/s at heel-off.
"""

import json
import sys
from array import array

from heelcue.events import CUE, HEEL_OFF, INITIAL_CONTACT, RECORD_FIELDS, TOE_OFF
from heelcue.predictor import N_MASK, Predictor
from heelcue.scheduler import Scheduler
from heelcue.settings import defaults

FLAT_BIT = 64  # beside the event bits: the foot is flat


def stride(rates, bits, rate_hz, swing_ms, span_ms, comes=True, climb_ms=100):
    """Append a swing, a landing and a stance with its heel-off (not if the walker stops)."""

    def samples(ms):
        return int(ms * rate_hz / 1000 + 0.5)

    rates.extend([-200 * 16] * samples(swing_ms))
    bits.extend([0] * samples(swing_ms))
    span = samples(span_ms)
    for k in range(span):
        ms = (span - k) * 1000 / rate_hz
        roll = 20 * 16 * 2.718281828 ** (-ms / climb_ms) if comes else 0
        slap = k < samples(100)
        rates.append(int(120 * 16 if slap else roll))
        bits.append((INITIAL_CONTACT if k == 0 else 0) | (0 if slap else FLAT_BIT))
    if not comes:
        return len(rates)
    heel_off = len(rates)
    late = samples(15)  # a detector's delay
    push = samples(220)
    for k in range(push):
        ms = k * 1000 / rate_hz
        rates.append(int(16 * min(400, 20 * 2.718281828 ** (ms / climb_ms))))
        bits.append(HEEL_OFF if k == late else (TOE_OFF if k == push - 1 else 0))
    return heel_off


class Walk:
    """Predictor and scheduler wired as the pipeline wires them."""

    def __init__(self, settings, rate_hz, first_n=0):
        self.predictor = Predictor(settings, rate_hz)
        self.scheduler = Scheduler(settings, rate_hz, self.predictor)
        self.n = first_n
        self.peak = 0

    def step(self, rate, bits):
        """One sample; returns CUE or 0."""
        n = self.n
        self.n = (n + 1) & N_MASK
        predictor = self.predictor
        if predictor.live:
            predictor.step(n, rate, bits & FLAT_BIT != 0)
        self.peak = max(self.peak, rate)
        if bits & TOE_OFF:
            predictor.on_push_off(self.peak)
            self.peak = 0
        return self.scheduler.step(n, bits & ~FLAT_BIT)


def run(walk, rates, bits, cues):
    """Step over everything; write 1 into `cues` where a cue starts. Allocates nothing."""
    k = 0
    n = len(rates)
    while k < n:
        if walk.step(rates[k], bits[k]) == CUE:
            cues[k] = 1
        k += 1


def made_up_walk(rate_hz):
    """Return (rates, bits) with steady strides, odd ones, a stop and a new start."""
    rates = []
    bits = []
    for span_ms in (450, 460, 440, 455, 450, 700, 450, 460, 300, 450, 450, 450, 440):
        stride(rates, bits, rate_hz, 420, span_ms)
    stride(rates, bits, rate_hz, 420, 1500, comes=False)
    for _ in range(5):
        stride(rates, bits, rate_hz, 420, 450)
    return array("i", rates), array("b", bits)


def main(lock):
    """Print, for some settings, where the cues start; `lock()` locks the heap, unlock frees it."""
    said = []
    for rate_hz in (100, 208, 416):
        rates, bits = made_up_walk(rate_hz)
        for lead_ms in (0, 30, 150, 300):
            for mode in ("auto", "reactive", "predictive"):
                settings = defaults()
                settings["lead_ms"] = lead_ms
                settings["cue_mode"] = mode
                walk = Walk(settings, rate_hz, N_MASK - 1000)
                cues = bytearray(len(rates))
                record = array("i", [0] * RECORD_FIELDS)
                with lock:
                    run(walk, rates, bits, cues)
                    walk.scheduler.fill(record)
                    walk.scheduler.fill_false(record)
                    walk.scheduler.gap(100)
                    walk.scheduler.stop(walk.n)
                s = walk.scheduler
                starts = [k for k in range(len(cues)) if cues[k]]
                said.append([starts, s.predicted, s.reactive, s.false_predicted, list(record)])
    return said


class HeapLock:
    """While it holds, MicroPython raises MemoryError on any allocation."""

    def __enter__(self):
        micropython.heap_lock()

    def __exit__(self, kind, value, trace):
        micropython.heap_unlock()


if __name__ == "__main__":
    import micropython

    if len(sys.argv) > 1:  # prove that the lock bites

        class Leaky(Walk):
            """A Walk that allocates in every step."""

            def step(self, rate, bits):
                return super().step(rate + [0][0], bits)

        Walk = Leaky
    print(json.dumps(main(HeapLock())))
