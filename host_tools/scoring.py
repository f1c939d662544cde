"""Score detections against labelled strides, by the rules in README.md.

A stride counts if its heel-off is known and its push-off peak reaches 60 deg/s. The first two
counted strides, and those that do not count, are optional: neither right nor wrong. A counted
stride is hit by the first detection from 100 ms before its heel-off to 20 ms after its push-off
peak; any other detection is false, but for one second around each gap and, in a `partial`
recording, outside the labelled strides.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from host_tools.recordings import Recording
from host_tools.sidecars import Stride

EARLY_S = 0.100
LATE_S = 0.020
MIN_PUSH_OFF_DPS = 60.0
SETTLING_STRIDES = 2
FIRST_STRIDES = 6  # of a recording, whose share found is told one by one
GAP_MARGIN_S = 1.0
# An optional step's reach: before the label's start (which follows heel-off) and after its end
OPTIONAL_BEFORE_S, OPTIONAL_AFTER_S = 0.8, 0.05
# How far before its heel-off a labelled stride of a partial recording reaches
PARTIAL_BEFORE_S = 0.6

ALL = "ALL"


class Counted(NamedTuple):
    """A stride that counts: heel-off and push-off peak are known (seconds, deg/s)."""

    step_start_s: float
    step_end_s: float
    heel_off_s: float
    push_off_peak_s: float
    push_off_peak_dps: float


class Labels(NamedTuple):
    """A recording's labels as scoring needs them."""

    counted: list[Counted]  # after the settling strides
    settling: list[Counted]  # the first two that would count
    optional: list[Stride]  # those that do not count, and the settling ones
    gaps_s: list[tuple[float, float]]
    partial: bool

    @property
    def walked(self) -> list[Counted]:
        """Every stride with a known heel-off and a real push-off, settling ones included."""
        return self.settling + self.counted

    def in_gap(self, time_s: float) -> bool:
        """Say whether a time is within a second of a gap."""
        return any(
            start - GAP_MARGIN_S <= time_s <= end + GAP_MARGIN_S for start, end in self.gaps_s
        )

    def excuses(self, time_s: float) -> bool:
        """Say whether a detection that hit nothing is neither right nor wrong."""
        if self.in_gap(time_s):
            return True
        if any(
            stride.step_start_s - OPTIONAL_BEFORE_S
            <= time_s
            <= stride.step_end_s + OPTIONAL_AFTER_S
            for stride in self.optional
        ):
            return True
        return self.partial and not any(
            stride.heel_off_s - PARTIAL_BEFORE_S <= time_s <= stride.step_end_s
            for stride in self.counted
        )


def labels_of(recording: Recording) -> Labels:
    """Sort a recording's labelled strides into those that count and those that do not."""
    eligible: list[Counted] = []
    optional: list[Stride] = []
    for stride in recording.strides:
        if (
            stride.heel_off_s is not None
            and stride.push_off_peak_s is not None
            and stride.push_off_peak_dps is not None
            and stride.push_off_peak_dps >= MIN_PUSH_OFF_DPS
        ):
            eligible.append(
                Counted(
                    stride.step_start_s,
                    stride.step_end_s,
                    stride.heel_off_s,
                    stride.push_off_peak_s,
                    stride.push_off_peak_dps,
                )
            )
        else:
            optional.append(stride)
    settling, counted = eligible[:SETTLING_STRIDES], eligible[SETTLING_STRIDES:]
    return Labels(
        counted,
        settling,
        optional + [Stride(*stride) for stride in settling],
        recording.gaps_s,
        bool(recording.meta.get("partial")),
    )


class Hit(NamedTuple):
    """A counted stride and the detection that hit it."""

    stride: Counted
    time_s: float

    @property
    def error_ms(self) -> float:
        """Detection minus reference heel-off."""
        return (self.time_s - self.stride.heel_off_s) * 1000


@dataclass(frozen=True)
class Score:
    """What became of one recording's counted strides and detections."""

    hits: list[Hit]
    missed: list[Counted]
    false_s: list[float]

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 without any stride or detection."""
        return _f1(len(self.hits), len(self.missed), len(self.false_s))


def match(
    strides: Iterable[Counted],
    times_s: Sequence[float],
    window_of: Callable[[Counted], tuple[float, float]],
) -> dict[int, Counted]:
    """Match strides to times (sorted), one to one: {index of time: stride}.

    Each stride, in order, takes the first time that is free in its window.
    """
    taken: dict[int, Counted] = {}
    for stride in strides:
        low, high = window_of(stride)
        for index, time_s in enumerate(times_s):
            if low <= time_s <= high and index not in taken:
                taken[index] = stride
                break
    return taken


def hit_window(stride: Counted) -> tuple[float, float]:
    """Return from when to when a detection hits a stride."""
    return stride.heel_off_s - EARLY_S, stride.push_off_peak_s + LATE_S


def score_times(labels: Labels, times_s: Iterable[float]) -> Score:
    """Score the times of one kind of event in one recording."""
    times = sorted(times_s)
    taken = match(labels.counted, times, hit_window)
    hit_strides = {id(stride) for stride in taken.values()}
    return Score(
        hits=[Hit(stride, times[index]) for index, stride in taken.items()],
        missed=[
            stride
            for stride in labels.counted
            if id(stride) not in hit_strides and not labels.in_gap(stride.heel_off_s)
        ],
        false_s=[
            time_s
            for index, time_s in enumerate(times)
            if index not in taken and not labels.excuses(time_s)
        ],
    )


def first_found(labels: Labels, times_s: Iterable[float]) -> list[bool | None]:
    """Say of each of the first strides, settling ones included, whether a time hits it.

    None for one that is lost in a gap. No longer than FIRST_STRIDES or the walk.
    """
    taken = match(labels.walked, sorted(times_s), hit_window)
    hit_strides = {id(stride) for stride in taken.values()}
    return [
        True if id(stride) in hit_strides else None if labels.in_gap(stride.heel_off_s) else False
        for stride in labels.walked[:FIRST_STRIDES]
    ]


@dataclass
class Tally:
    """Counts of one group of recordings, added up."""

    recordings: int = 0
    seconds: float = 0.0
    hit: int = 0
    missed: int = 0
    false: int = 0
    before_peak: int = 0
    errors_ms: list[float] = field(default_factory=list)

    def add(self, score: Score, seconds: float) -> None:
        """Add one recording."""
        self.recordings += 1
        self.seconds += seconds
        self.hit += len(score.hits)
        self.missed += len(score.missed)
        self.false += len(score.false_s)
        self.before_peak += sum(hit.time_s < hit.stride.push_off_peak_s for hit in score.hits)
        self.errors_ms += [hit.error_ms for hit in score.hits]

    def merge(self, other: Tally) -> None:
        """Add another tally to this one."""
        self.recordings += other.recordings
        self.seconds += other.seconds
        self.hit += other.hit
        self.missed += other.missed
        self.false += other.false
        self.before_peak += other.before_peak
        self.errors_ms += other.errors_ms

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 without any stride or detection."""
        return _f1(self.hit, self.missed, self.false)

    def figures(self) -> dict[str, Any]:
        """Return the figures: ratios 0-1, ms, per 10 minutes; None where there is nothing."""
        errors = self.errors_ms
        return {
            "recordings": self.recordings,
            "strides": self.hit + self.missed,
            "recall": self.hit / max(1, self.hit + self.missed),
            "precision": self.hit / max(1, self.hit + self.false),
            "f1": self.f1,
            "false": self.false,
            "false_per_10min": self.false / max(self.seconds, 1e-9) * 600,
            "minutes": self.seconds / 60,
            "err_median_ms": statistics.median(errors) if errors else None,
            "err_p5_ms": quantile(errors, 0.05),
            "err_p95_ms": quantile(errors, 0.95),
            "within_30ms": share_within(errors, 30),
            "within_50ms": share_within(errors, 50),
            "before_peak": self.before_peak / max(1, self.hit),
        }


def _f1(hit: int, missed: int, false: int) -> float:
    return 2 * hit / max(1, 2 * hit + missed + false)


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which `share` of the values lie (no interpolation); None for none."""
    if not values:
        return None
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def share_within(errors_ms: Sequence[float], limit_ms: float) -> float:
    """Return the share of errors of at most `limit_ms` either way."""
    return sum(abs(error) <= limit_ms for error in errors_ms) / max(1, len(errors_ms))


def keys_of(set_name: str, group: str) -> tuple[str, str, str, str]:
    """Return the rows of a table that a recording counts in, its own first."""
    return (
        f"{set_name}/{group}",
        f"{set_name}/{ALL}",
        f"{ALL}/{group}",
        f"{ALL}/{ALL}",
    )
