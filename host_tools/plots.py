"""Plots of an evaluation that one can learn from: the errors, and the strides that went wrong."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

from host_tools.cross_validation import CrossValidation
from host_tools.cross_validation_report import by_worth
from host_tools.evaluate import Evaluation, Result, by_person
from host_tools.files import save_png
from host_tools.people import stride_time_agreement
from host_tools.recordings import Recording, read_recording
from host_tools.sagittal import sagittal_rate_dps

matplotlib.rcParams["text.parse_math"] = False  # a $ in a name is a $

WORST_RECORDINGS = 12
ROWS_MOST = 30  # of a picture; more are taller than a file or a screen can be
PANELS = 6
SPAN_S = 1.6  # shown on either side of a failure
DPI = 110
BLUE, RED, GREEN, GREY = "#2b6cb0", "#c53030", "#2f855a", "#718096"


def _save(figure: Any, path: Path) -> Path:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph")  # letters that the font lacks: boxes
            figure.tight_layout()
            save_png(figure, path, DPI)
    finally:
        plt.close(figure)
    return path


def plot_evaluation(evaluation: Evaluation, files: Mapping[Path, Path], folder: Path) -> list[Path]:
    """Write the plots of an evaluation into `folder`; return their paths."""
    if not evaluation.results:
        return []
    written = []
    if any(map(_detected, evaluation.results)):
        written.append(plot_errors(evaluation, folder / "error_histogram.png"))
    if any(map(_cued, evaluation.results)):
        written.append(plot_cue_timing(evaluation, folder / "cue_timing.png"))
    if any(map(_walked, evaluation.results)):
        written.append(plot_people(evaluation, folder / "people.png"))
    if any(r.stride_times_ms for r in evaluation.results):
        written.append(plot_stride_times(evaluation, folder / "stride_time.png"))
    for result in evaluation.worst_first()[:WORST_RECORDINGS]:
        recording = read_recording(files[Path(result.name)])
        path = folder / "failed" / f"{result.name.replace('/', '_')}.png"
        written.append(plot_failures(recording, result, path))
    return written


def _by_group(evaluation: Evaluation, shown: Callable[[Result], bool]) -> dict[str, list[Result]]:
    """Return the results by set and group, where there is something to show of.

    Where these are too many for one picture (each person a folder), by group, or all together.
    """
    groups: dict[str, list[Result]] = {}
    for name in (
        lambda result: f"{result.set_name} {result.group}",
        lambda result: result.group,
        lambda result: "all",
    ):
        groups = {}
        for result in evaluation.results:
            groups.setdefault(name(result), []).append(result)
        groups = {name: one for name, one in sorted(groups.items()) if any(map(shown, one))}
        if len(groups) <= ROWS_MOST:
            break
    return groups


def _detected(result: Result) -> bool:
    score = result.heel_offs
    return bool(score.hits or score.missed or score.false_s)


def _cued(result: Result) -> bool:
    return bool(result.cues.predicted_ms or result.cues.reacted_ms)


def _walked(result: Result) -> bool:
    return bool(result.heel_offs.hits or result.heel_offs.missed)


def plot_errors(evaluation: Evaluation, path: Path) -> Path:
    """Histogram of detection minus reference heel-off, one row a set and group."""
    groups = _by_group(evaluation, _detected)
    figure, rows = plt.subplots(
        len(groups), 1, figsize=(8, 1.2 + 1.4 * len(groups)), sharex=True, squeeze=False
    )
    for axes, (name, results) in zip(rows[:, 0], groups.items(), strict=True):
        errors = [hit.error_ms for result in results for hit in result.heel_offs.hits]
        axes.hist(np.clip(errors, -100, 150), bins=np.arange(-100, 155, 5), color=BLUE)
        axes.axvline(0, color="black", linewidth=1)
        title = name
        if errors:
            median, p95 = np.median(errors), np.quantile(errors, 0.95)
            axes.axvline(median, color=RED, linewidth=1.2)
            axes.axvline(p95, color=RED, linewidth=1.2, linestyle=":")
            title = f"{name}: median {median:+.0f} ms, p95 {p95:+.0f} ms"
        missed = sum(len(result.heel_offs.missed) for result in results)
        false = sum(len(result.heel_offs.false_s) for result in results)
        axes.set_title(
            f"{title} ({len(errors)} hit, {missed} missed, {false} false)", loc="left", fontsize=9
        )
        axes.set_ylabel("strides", fontsize=8)
    rows[-1, 0].set_xlabel("detection minus reference heel-off, ms (beyond the ends: at the ends)")
    figure.suptitle("When the device notices heel-off", fontsize=11)
    return _save(figure, path)


def plot_cue_timing(evaluation: Evaluation, path: Path) -> Path:
    """Histogram of when the buzz is felt, minus when it should be, by kind of cue."""
    groups = _by_group(evaluation, _cued)
    figure, rows = plt.subplots(
        len(groups), 1, figsize=(8, 1.2 + 1.4 * len(groups)), sharex=True, squeeze=False
    )
    for axes, (name, results) in zip(rows[:, 0], groups.items(), strict=True):
        kinds = [
            [error for result in results for error in result.cues.predicted_ms],
            [error for result in results for error in result.cues.reacted_ms],
        ]
        axes.hist(
            [np.clip(errors, -200, 200) for errors in kinds],
            bins=np.arange(-200, 210, 10),
            color=[GREEN, BLUE],
            label=["predicted", "reactive"],
            stacked=True,
        )
        axes.axvspan(-50, 50, color=GREY, alpha=0.15)
        axes.axvline(0, color="black", linewidth=1)
        axes.set_title(
            f"{name}: {len(kinds[0])} predicted, {len(kinds[1])} reactive", loc="left", fontsize=9
        )
        axes.set_ylabel("cues", fontsize=8)
    rows[0, 0].legend(fontsize=8, loc="upper right")
    rows[-1, 0].set_xlabel(
        "felt minus aimed at, ms (shaded: within 50 ms; beyond the ends: at the ends)"
    )
    figure.suptitle("When the wearer feels the buzz", fontsize=11)
    return _save(figure, path)


def plot_people(evaluation: Evaluation, path: Path) -> Path:
    """Each person's F1, and median and 5-95 % of the errors, one row a set and group."""
    groups = _by_group(evaluation, _walked)
    figure, rows = plt.subplots(
        len(groups), 2, figsize=(10, 1.2 + 1.9 * len(groups)), sharex="col", squeeze=False
    )
    for (left, right), (name, results) in zip(rows, groups.items(), strict=True):
        people = list(by_person(results).values())
        scores = sorted(one.figures()["f1"] for one in people if one.hit + one.missed)
        left.step([*scores[:1], *scores], np.arange(len(scores) + 1) / len(scores), where="post")
        left.set_ylabel("share of people", fontsize=8)
        left.set_ylim(0, 1.05)
        people_ = "1 person" if len(scores) == 1 else f"{len(scores)} people"
        left.set_title(f"{name}: {people_}", loc="left", fontsize=9)
        spans = sorted(
            (np.quantile(one.errors_ms, (0.5, 0.05, 0.95)).tolist() for one in people if one.hit),
        )
        for place, (median, low, high) in enumerate(spans):
            right.plot([low, high], [place, place], color=GREY, linewidth=0.8)
            right.plot(median, place, ".", color=BLUE, markersize=4)
        right.axvline(0, color="black", linewidth=1)
        right.set_yticks([])
        right.set_ylabel("people", fontsize=8)
    rows[-1, 0].set_xlabel("F1 of a person, at most")
    rows[-1, 1].set_xlabel("detection minus reference, ms: median, 5 to 95 %")
    figure.suptitle("How it differs from person to person", fontsize=11)
    return _save(figure, path)


def plot_stride_times(evaluation: Evaluation, path: Path) -> Path:
    """Bland and Altman's plot of stride times, one row a set and group."""
    groups = {
        name: pairs
        for name, results in _by_group(evaluation, lambda one: bool(one.stride_times_ms)).items()
        if (pairs := [pair for result in results for pair in result.stride_times_ms])
    }
    figure, rows = plt.subplots(
        len(groups), 1, figsize=(8, 1.2 + 1.9 * len(groups)), sharex=True, squeeze=False
    )
    for axes, (name, pairs) in zip(rows[:, 0], groups.items(), strict=True):
        reference, detected = np.array(pairs).T
        axes.plot((reference + detected) / 2, detected - reference, ".", color=BLUE, markersize=2)
        agreement = stride_time_agreement(pairs)
        title = f"{name}: {len(pairs)} strides"
        if (limits := agreement["limits_ms"]) is not None:
            axes.axhline(agreement["bias_ms"], color=RED, linewidth=1.2)
            for limit in limits:
                axes.axhline(limit, color=RED, linewidth=1.2, linestyle=":")
            title += (
                f", bias {agreement['bias_ms']:+.1f} ms, limits of agreement "
                f"{limits[0]:+.0f} to {limits[1]:+.0f} ms"
            )
        axes.set_title(title, loc="left", fontsize=9)
        axes.set_ylabel("detected minus\nreference, ms", fontsize=8)
    rows[-1, 0].set_xlabel("stride time, mean of reference and detected, ms")
    figure.suptitle("Stride times, heel-off to heel-off", fontsize=11)
    return _save(figure, path)


def _failures(result: Result) -> list[tuple[float, str]]:
    score = result.heel_offs
    missed = [(stride.heel_off_s, "missed") for stride in score.missed]
    return sorted(missed + [(time_s, "false") for time_s in score.false_s])


def plot_failures(recording: Recording, result: Result, path: Path) -> Path:
    """The heel-up rate around the failures of one recording, with reference and detections."""
    failures = _failures(result)
    shown = failures[:PANELS]
    figure, panels = plt.subplots(len(shown), 1, figsize=(9, 1.0 + 2.0 * len(shown)), squeeze=False)
    rate_dps = sagittal_rate_dps(recording, smooth=True)
    for axes, (at_s, kind) in zip(panels[:, 0], shown, strict=True):
        _plot_failure(axes, recording, rate_dps, result, at_s, kind)
    panels[0, 0].legend(  # beside the panel's title: above the signal, not over it
        fontsize=7, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, frameon=False
    )
    panels[-1, 0].set_xlabel("t, s")
    more = f", first {len(shown)} of {len(failures)} failures" if len(failures) > PANELS else ""
    figure.suptitle(f"{result.name} ({result.group}): F1 {result.heel_offs.f1:.3f}{more}")
    return _save(figure, path)


def _lines(axes: Any, times_s: Sequence[float], **style: Any) -> None:
    low, high = axes.get_xlim()
    label = style.pop("label")
    for time_s in times_s:
        if low <= time_s <= high:
            axes.axvline(time_s, label=label, **style)
            label = None


def _plot_failure(
    axes: Any, recording: Recording, rate_dps: Any, result: Result, at_s: float, kind: str
) -> None:
    start, stop = np.searchsorted(recording.t_s, [at_s - SPAN_S, at_s + SPAN_S])
    axes.plot(recording.t_s[start:stop], rate_dps[start:stop], color="black", linewidth=1)
    axes.set_xlim(at_s - SPAN_S, at_s + SPAN_S)
    axes.axhline(0, color=GREY, linewidth=0.6)
    references = [s.heel_off_s for s in recording.strides if s.heel_off_s is not None]
    for number, stride in enumerate(recording.strides):
        axes.axvspan(
            stride.step_start_s,
            stride.step_end_s,
            color=GREY,
            alpha=0.12,
            label="labelled step" if number == 0 else None,
        )
    _lines(axes, references, color=GREEN, linewidth=1.6, label="reference heel-off")
    _lines(axes, result.detected_s, color=BLUE, linestyle="--", label="detected")
    _lines(axes, [at_s], color=RED, linewidth=3.5, alpha=0.35, label="failure")
    axes.set_title(f"{kind} at {at_s:.2f} s", loc="left", fontsize=9, color=RED)
    axes.set_ylabel("heel-up deg/s", fontsize=8)


def plot_sweep(figures: Mapping[str, Mapping[str, Any]], path: Path) -> Path:
    """F1 lost under each perturbation, with the worst group beside it."""
    names = [name for name in figures if name != "as recorded"][::-1]
    figure, axes = plt.subplots(figsize=(8, 1.4 + 0.42 * len(names)))
    places = np.arange(len(names))
    bars = (
        ("f1_lost", "all recordings", BLUE, 0.2),
        ("f1_lost_worst_group", "worst group", GREY, -0.2),
    )
    for key, label, color, shift in bars:
        axes.barh(
            places + shift, [figures[name][key] for name in names], 0.38, color=color, label=label
        )
    axes.axvline(0, color="black", linewidth=0.8)
    axes.axvline(0.003, color=RED, linewidth=1, linestyle=":", label="0.003")
    axes.set_yticks(places, names, fontsize=9)
    axes.set_xlabel("F1 lost (to the left: gained)")
    axes.set_title(f"Robustness: F1 as recorded {figures['as recorded']['f1']:.4f}", fontsize=11)
    axes.legend(fontsize=8)
    return _save(figure, path)


def plot_constants(found: CrossValidation, path: Path) -> Path:
    """F1 over each constant's value, the others as they are; what each fold of people chose."""
    constants = by_worth(found)
    across = min(5, max(1, len(constants)))
    down = -(-len(constants) // across)
    figure, rows = plt.subplots(
        down, across, figsize=(2.5 * across, 1.0 + 1.7 * down), sharey=True, squeeze=False
    )
    for axes in rows.flat[len(constants) :]:
        axes.set_visible(False)
    for axes, one in zip(rows.flat, constants, strict=False):
        points = {one.value: 0.0}
        points |= {other: found.f1_changes[(one.name, other),] for other in one.others.values()}
        values = sorted(points)
        chosen = found.chosen(one)
        axes.axhline(0, color=GREY, linewidth=0.6)
        axes.plot(values, [points[value] for value in values], ".-", color=BLUE, linewidth=1)
        axes.plot(one.value, 0, "o", color="black", markersize=4)
        for value in set(chosen) - {one.value}:
            axes.plot(value, points[value], "o", color=RED, markersize=4)
            axes.annotate(
                f"{chosen.count(value)}x", (value, points[value]), (0, 4), fontsize=7, color=RED,
                textcoords="offset points", ha="center",
            )  # fmt: skip
        axes.margins(y=0.2)  # room for how many folds
        axes.set_xticks(values, [str(value) for value in values], fontsize=7)
        axes.tick_params(axis="y", labelsize=7)
        axes.set_title(f"{one.name}, {one.unit}", fontsize=7)
    for row in rows:
        row[0].set_ylabel("F1 gained", fontsize=8)
    figure.suptitle(
        f"F1 for {found.aim.what} over each constant: black as it is ({found.as_is.f1:.4f}), "
        "red chosen by so many folds",
        fontsize=10,
    )
    return _save(figure, path)
