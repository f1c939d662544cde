"""How sure an evaluation's figures are: intervals over people, and agreement of stride times.

Strides of one person are alike, so people are drawn again and again, not strides (the cluster
bootstrap): as many as there are, with replacement, each with all of their recordings. Quantiles of
such draws of few people are too close together, by as much as a normal interval is that knows
neither Student's t nor n - 1; they are taken further out by that (the expanded percentile interval:
Hesterberg 2015, Am Stat 69:371).
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from host_tools.evaluate import Evaluation, Result, by_person
from host_tools.scoring import Tally, keys_of

RESAMPLES = 1000
SEED = 0  # the same recordings, the same intervals
AT_ONCE = 50  # resamples whose strides are in memory together
FEWEST_PEOPLE = 5  # with fewer, an interval would say more about the method than about gait
CONFIDENCE = 0.95

Interval = tuple[float, float] | None


def intervals(people: Sequence[Tally]) -> dict[str, Interval]:
    """Return 95 % intervals of F1, false heel-offs per 10 minutes and median error (ms).

    None with fewer than FEWEST_PEOPLE people, and where no two of them differ: that all were
    without a fault does not say that the next one is.
    """
    nothing: dict[str, Interval] = {
        "f1_95": None, "false_per_10min_95": None, "err_median_95_ms": None,
    }  # fmt: skip
    if len(people) < FEWEST_PEOPLE:
        return nothing
    draws = np.random.default_rng(SEED).multinomial(
        len(people), [1 / len(people)] * len(people), RESAMPLES
    )
    counts = np.array([[one.hit, one.missed, one.false, one.seconds] for one in people])
    hit, missed, false, seconds = (draws @ counts).T
    tail = _tail(len(people))
    return {
        "f1_95": _interval(2 * hit / np.maximum(1, 2 * hit + missed + false), tail),
        "false_per_10min_95": _interval(false / np.maximum(seconds, 1e-9) * 600, tail),
        "err_median_95_ms": _interval(_medians([one.errors_ms for one in people], draws), tail),
    }


def _tail(people: int) -> float:
    """Return the share of the draws to leave out at either end."""
    from scipy.stats import norm, t

    wide = t.ppf((1 + CONFIDENCE) / 2, people - 1) * math.sqrt(people / (people - 1))
    return float(norm.cdf(-wide))


def _interval(values: NDArray[Any], tail: float) -> Interval:
    if not len(values) or values.min() == values.max():
        return None
    low, high = np.quantile(values, (tail, 1 - tail))
    return float(low), float(high)


def _medians(errors_ms: Sequence[Sequence[float]], draws: NDArray[Any]) -> NDArray[Any]:
    """Return the median error of each draw of people; (people,) lists, (n, people) counts."""
    owner = np.repeat(np.arange(len(errors_ms)), [len(errors) for errors in errors_ms])
    values = np.concatenate([np.asarray(errors, dtype=float) for errors in errors_ms])
    order = np.argsort(values, kind="stable")
    values, owner = values[order], owner[order]
    medians = []
    for start in range(0, len(draws), AT_ONCE):
        upto = np.cumsum(draws[start : start + AT_ONCE, owner], axis=1)
        upto = upto[upto[:, -1] > 0] if len(values) else upto[:0]
        if len(upto):
            medians.append(values[np.argmax(2 * upto >= upto[:, -1:], axis=1)])
    return np.concatenate(medians) if medians else np.empty(0)


def stride_time_agreement(pairs_ms: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Say how detected stride times agree with the reference's (Bland and Altman 1986).

    pairs_ms: (reference, detected) heel-off to heel-off. Bias is the mean of detected minus
    reference, the limits are 1.96 sd either side of it; None with fewer than two.
    """
    if len(pairs_ms) < 2:
        return {"strides": len(pairs_ms), "bias_ms": None, "sd_ms": None, "limits_ms": None}
    differences = [detected - reference for reference, detected in pairs_ms]
    bias, sd = statistics.fmean(differences), statistics.stdev(differences)
    return {
        "strides": len(pairs_ms),
        "bias_ms": bias,
        "sd_ms": sd,
        "limits_ms": (bias - 1.96 * sd, bias + 1.96 * sd),
    }


def people_figures(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """Return people, intervals, spread over people and stride times for each set and group."""
    rows: Mapping[str, list[Result]] = defaultdict(list)
    for result in evaluation.results:
        for key in keys_of(result.set_name, result.group):
            rows[key].append(result)
    found = {}
    for key in sorted(rows):
        people = list(by_person(rows[key]).values())
        scores = [one.figures()["f1"] for one in people if one.hit + one.missed]
        pairs_ms = [pair for result in rows[key] for pair in result.stride_times_ms]
        found[key] = {
            "people": len(people),
            **intervals(people),
            "f1_of_people": {
                "least": min(scores, default=None),
                "median": statistics.median(scores) if scores else None,
                "without_a_fault": sum(score == 1 for score in scores),
                "people": len(scores),
            },
            "stride_time": stride_time_agreement(pairs_ms),
        }
    return found


def every_person(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """Return the heel-off figures of each person."""
    return {name: tally.figures() for name, tally in by_person(evaluation.results).items()}
