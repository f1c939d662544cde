"""Reads the board's records: motor, pins, console, samples, losses, resets.

The kinds and the layout are the board's own, device/trace.py.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

from host_tools.virtual_board.device import trace as device
from host_tools.virtual_board.device.trace import (
    CONSOLE,
    FAULT,
    FIFO_RESET,
    LOST,
    MOTOR,
    PIN,
    RESET,
    SAMPLING,
    SLEEP,
    STATS,
)

RECORD = struct.Struct(device.FORMAT)
CAUSES = {
    device.POWER_ON: "power_on",
    device.HARD: "hard",
    device.WATCHDOG: "watchdog",
    device.DEEP_SLEEP: "deep_sleep",
    device.SOFT: "soft",
}


@dataclass(frozen=True)
class Record:
    """One record; t and t2 in us (t2 also a count, see device/trace.py)."""

    kind: int
    a: int
    b: int
    c: int
    t_us: int
    t2: int


@dataclass(frozen=True)
class Pulse:
    """One on-time of the motor; off_us is None while it still runs."""

    on_us: int
    off_us: int | None
    strength: float  # 0-1, the greatest of the pulse
    levels: tuple[tuple[int, float], ...]  # (from us, strength) within the pulse
    newest_sample_us: int  # instant of the newest sample the firmware had read at on_us, or -1

    def felt_us(self, time_constant_ms: float = 25.0, felt_at: float = 0.5) -> int | None:
        """When a motor with this spin-up (first order) reaches the share `felt_at` of full speed.

        None when the pulse is too short or too weak for that.
        """
        speed = 0.0
        tau_us = time_constant_ms * 1000.0
        ends = [t for t, _ in self.levels[1:]] + [self.off_us]
        for (start, strength), end in zip(self.levels, ends, strict=True):
            if strength > felt_at > speed:
                wait = tau_us * math.log((strength - speed) / (strength - felt_at))
                if end is None or start + wait <= end:
                    return round(start + wait)
            if end is not None:
                speed = strength + (speed - strength) * math.exp((start - end) / tau_us)
        return None


@dataclass
class Trace:
    """All records of a run so far, by kind."""

    motor: list[Record] = field(default_factory=list)
    pins: list[Record] = field(default_factory=list)
    console: list[Record] = field(default_factory=list)
    sampling: list[Record] = field(default_factory=list)
    fifo_resets: list[Record] = field(default_factory=list)
    losses: list[Record] = field(default_factory=list)
    resets: list[Record] = field(default_factory=list)
    faults: list[Record] = field(default_factory=list)
    sleeps: list[Record] = field(default_factory=list)
    stats: dict[str, int] = field(default_factory=dict)
    now_us: int = 0

    def add(self, record: Record) -> None:
        """Sort one record in."""
        if record.kind != SAMPLING:  # that one names an instant to come
            self.now_us = max(self.now_us, record.t_us)
        kinds = {
            MOTOR: self.motor,
            PIN: self.pins,
            CONSOLE: self.console,
            SAMPLING: self.sampling,
            FIFO_RESET: self.fifo_resets,
            LOST: self.losses,
            RESET: self.resets,
            FAULT: self.faults,
            SLEEP: self.sleeps,
        }
        if record.kind == STATS:
            self.stats[device.STAT_NAMES[record.a]] = record.t2
        elif record.kind in kinds:
            kinds[record.kind].append(record)

    def pulses(self) -> list[Pulse]:
        """The motor's on-times, oldest first."""
        found: list[Pulse] = []
        levels: list[tuple[int, float]] = []
        newest = -1
        for record in self.motor:
            if record.b:
                if not levels:
                    newest = record.t2
                levels.append((record.t_us, record.b / 65535.0))
            elif levels:
                found.append(_pulse(levels, record.t_us, newest))
                levels = []
        if levels:
            found.append(_pulse(levels, None, newest))
        return found

    def pin_changes(self, number: int) -> list[tuple[int, int]]:
        """(t_us, level) of one traced GPIO."""
        return [(r.t_us, r.b) for r in self.pins if r.a == number]

    def reset_causes(self) -> list[tuple[int, str]]:
        """(t_us, cause) of every restart of the processor."""
        return [(r.t_us, CAUSES.get(r.a, str(r.a))) for r in self.resets]

    def sample_instant_us(self, n: int, after_us: int | None = None) -> int | None:
        """Instant at which the chip took sample n, counted from the last FIFO reset.

        after_us: count from the last FIFO reset before this time. None when nothing was sampled.
        """
        resets = [r for r in self.fifo_resets if after_us is None or r.t_us <= after_us]
        if not resets:
            return None
        index = resets[-1].c + n
        starts = [
            r
            for r in self.sampling
            if r.c <= index and r.t2 and (after_us is None or r.t_us <= after_us)
        ]
        if not starts:
            return None
        start = starts[-1]
        return start.t_us + (index - start.c) * start.t2 // 1000


def _pulse(levels: list[tuple[int, float]], off_us: int | None, newest: int) -> Pulse:
    return Pulse(
        on_us=levels[0][0],
        off_us=off_us,
        strength=max(strength for _, strength in levels),
        levels=tuple(levels),
        newest_sample_us=newest,
    )
