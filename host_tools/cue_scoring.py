"""Score the buzz itself: when it is felt, against when the heel left the ground.

A cue is *felt* one motor spin-up after the motor is switched on. A predicted cue aims `lead_ms`
before heel-off, a reactive one follows heel-off. Its *timing error* is the time it is felt minus
the time aimed at (reference heel-off, minus `lead_ms` if predicted): 0 is perfect.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from heelcue.events import CUE, CUE_PREDICTED, CUE_REACTIVE, HEEL_OFF, TOE_OFF

from host_tools.events import NAMES
from host_tools.replay import Replay
from host_tools.scoring import (
    LATE_S,
    Counted,
    Labels,
    Score,
    hit_window,
    match,
    quantile,
    share_within,
)

EARLY_S = 0.300  # a cue this long before the time aimed at still belongs to the stride
STEADY_FROM_STRIDE = 4  # a predictor needs strides to learn from; those after the fourth count


class Cue(NamedTuple):
    """One buzz: when the motor is switched on, and when it should be felt if all is right."""

    on_s: float
    predicted: bool
    aim_s: float  # when heel-off would be if the timing were perfect


def cues_of(replay: Replay, settings: Mapping[str, Any]) -> list[Cue]:
    """Return the cues of a recording with their kinds.

    The kind is in the stride's record. Without one (an event file has none, and the recording's
    end may leave a stride open) a cue between a heel-off and its toe-off is a reactive one: it may
    wait after the heel-off until that has become a push-off.
    """
    spin_up_s, lead_s = settings["motor_spin_up_ms"] / 1000, settings["lead_ms"] / 1000
    kinds = {
        round(stride.cue_s, 4): stride.cue_kind for stride in replay.strides if stride.cue_s >= 0
    }
    cues = []
    heel_is_up = False
    for event in sorted(replay.events, key=lambda event: (event.t_s, event.name == NAMES[CUE])):
        if event.name == NAMES[HEEL_OFF]:
            heel_is_up = True
        elif event.name == NAMES[TOE_OFF]:
            heel_is_up = False
        elif event.name == NAMES[CUE]:
            likely = CUE_REACTIVE if heel_is_up else CUE_PREDICTED
            predicted = kinds.get(event.t_s, likely) != CUE_REACTIVE
            aim_s = event.t_s + spin_up_s + (lead_s if predicted else 0.0)
            cues.append(Cue(event.t_s, predicted, aim_s))
    return cues


@dataclass(frozen=True)
class CueScore:
    """What became of one recording's cues. Errors in ms: felt minus aimed at."""

    strides: int  # counted strides
    predicted_ms: list[float]  # timing errors of the counted strides cued ahead
    reacted_ms: list[float]  # timing errors of the counted strides cued on detection
    prediction_ms: list[float]  # predicted heel-off minus reference, where one was recorded
    late_strides: int  # counted strides after the fourth
    late_predicted: int  # those that were cued ahead
    false_predicted_s: list[float]
    false_reactive_s: list[float]
    doubled: int  # counted strides with more than one cue
    strides_to_first: int | None  # 1: the first real stride was cued; None: no stride to cue

    @property
    def missed(self) -> int:
        """Counted strides that were not cued."""
        return self.strides - len(self.predicted_ms) - len(self.reacted_ms)


def score_cues(
    labels: Labels, heel_offs: Score, replay: Replay, settings: Mapping[str, Any]
) -> CueScore:
    """Score one recording's cues; `heel_offs` is the score of its detections."""
    spin_up_s = settings["motor_spin_up_ms"] / 1000

    def window(stride: Counted) -> tuple[float, float]:
        return stride.heel_off_s - EARLY_S, stride.push_off_peak_s + LATE_S + spin_up_s

    cues = sorted(cues_of(replay, settings), key=lambda cue: cue.aim_s)
    aims = [cue.aim_s for cue in cues]
    taken = match(labels.counted, aims, window)
    rank = {id(stride): number for number, stride in enumerate(labels.walked)}
    errors: dict[bool, list[float]] = {True: [], False: []}
    late_predicted = 0
    for index, stride in taken.items():
        cue = cues[index]
        errors[cue.predicted].append((cue.aim_s - stride.heel_off_s) * 1000)
        late_predicted += cue.predicted and rank[id(stride)] >= STEADY_FROM_STRIDE
    false: dict[bool, list[float]] = {True: [], False: []}
    doubled = 0
    for index, cue in enumerate(cues):
        if index in taken:
            continue
        if any(low <= cue.aim_s <= high for low, high in map(window, labels.counted)):
            doubled += 1
        elif labels.excuses(cue.aim_s) or labels.excuses(cue.aim_s - spin_up_s):
            continue
        false[cue.predicted].append(cue.on_s)
    counted = [
        stride
        for stride in labels.counted
        if not labels.in_gap(stride.heel_off_s) or id(stride) in map(id, taken.values())
    ]
    return CueScore(
        strides=len(counted),
        predicted_ms=errors[True],
        reacted_ms=errors[False],
        prediction_ms=_prediction_errors(heel_offs, replay),
        late_strides=sum(rank[id(stride)] >= STEADY_FROM_STRIDE for stride in counted),
        late_predicted=late_predicted,
        false_predicted_s=false[True],
        false_reactive_s=false[False],
        doubled=doubled,
        strides_to_first=_strides_to_first(labels, [cue.aim_s - spin_up_s for cue in cues]),
    )


def _prediction_errors(heel_offs: Score, replay: Replay) -> list[float]:
    predicted = {
        round(stride.heel_off_s, 4): stride.predicted_s
        for stride in replay.strides
        if stride.predicted_s >= 0
    }
    return [
        (predicted[hit.time_s] - hit.stride.heel_off_s) * 1000
        for hit in heel_offs.hits
        if hit.time_s in predicted
    ]


def _strides_to_first(labels: Labels, on_s: Sequence[float]) -> int | None:
    """Return how many real strides (settling ones too) there are up to the first that was cued.

    on_s: when the motor was switched on, later by the lead of a cue that was to be felt early.
    One more than there are if none was cued; None for fewer than two, which say nothing.
    """
    walked = labels.walked
    if len(walked) < 2:
        return None
    for number, stride in enumerate(walked, start=1):
        low, high = hit_window(stride)
        if any(low <= time_s <= high for time_s in on_s):
            return number
    return len(walked) + 1


@dataclass
class CueTally:
    """Cue scores of one group of recordings, added up."""

    seconds: float = 0.0
    scores: list[CueScore] = field(default_factory=list)

    def add(self, score: CueScore, seconds: float) -> None:
        """Add one recording."""
        self.scores.append(score)
        self.seconds += seconds

    def _all(self, name: str) -> list[float]:
        return [value for score in self.scores for value in getattr(score, name)]

    def _sum(self, name: str) -> int:
        return sum(int(getattr(score, name)) for score in self.scores)

    def figures(self) -> dict[str, Any]:
        """Return the figures: shares 0-1, ms, per 10 minutes and hour; None where nothing is."""
        predicted, reacted = self._all("predicted_ms"), self._all("reacted_ms")
        prediction = self._all("prediction_ms")
        false_predicted = len(self._all("false_predicted_s"))
        false = false_predicted + len(self._all("false_reactive_s"))
        strides, late = self._sum("strides"), self._sum("late_strides")
        firsts = [s.strides_to_first for s in self.scores if s.strides_to_first is not None]
        seconds = max(self.seconds, 1e-9)
        return {
            "strides": strides,
            "predicted": _share(len(predicted), strides),
            "reacted": _share(len(reacted), strides),
            "missed": _share(self._sum("missed"), strides),
            "doubled": self._sum("doubled"),
            "predicted_after_4th": _share(self._sum("late_predicted"), late),
            "predicted_within_30ms": _within(predicted, 30),
            "predicted_within_50ms": _within(predicted, 50),
            "predicted_median_ms": _median(predicted),
            "predicted_p5_ms": quantile(predicted, 0.05),
            "predicted_p95_ms": quantile(predicted, 0.95),
            "prediction_within_50ms": _within(prediction, 50),
            "reacted_median_ms": _median(reacted),
            "reacted_p95_ms": quantile(reacted, 0.95),
            "felt_within_50ms": _within(predicted + reacted, 50),
            "false": false,
            "false_predicted": false_predicted,
            "false_per_10min": false / seconds * 600,
            "false_predicted_per_10min": false_predicted / seconds * 600,
            "false_per_hour": false / seconds * 3600,
            "strides_to_first_median": _median(firsts),
            "first_by_second_stride": _share(sum(first <= 2 for first in firsts), len(firsts)),
            "first_by_third_stride": _share(sum(first <= 3 for first in firsts), len(firsts)),
        }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _within(errors_ms: Sequence[float], limit_ms: float) -> float | None:
    return share_within(errors_ms, limit_ms) if errors_ms else None


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return float(statistics.median(found)) if found else None
