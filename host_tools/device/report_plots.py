"""The report's pictures: small, so that they are legible on a phone and two fit beside each other.

Colours are from the Okabe-Ito palette, which colour-blind readers can tell apart.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from host_tools.device.walks import Walk
from host_tools.recordings import Floats

INCHES = (4.4, 2.7)
PNG_DPI = 150
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#8a8a8a"
KIND_COLOURS = {"predicted": BLUE, "reactive": ORANGE, "none": GREY, "false": RED}
KIND_NAMES = {
    "predicted": "predicted",
    "reactive": "reacted",
    "none": "no cue",
    "false": "false",
}
ROLLING = 15  # strides of the running median
SECONDS_BELOW_S = 120.0  # shorter walks are drawn over seconds: 0.025 minutes tell nobody anything
TICKS_OF_DATES = 5


@dataclass(frozen=True)
class Picture:
    """One picture: `name` for its file, a heading, a sentence for the reader, SVG and PNG."""

    name: str
    title: str
    caption: str
    svg: bytes
    png: bytes


@contextmanager
def _figure() -> Iterator[tuple[Any, Any]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES)
    axes = figure.add_axes((0.15, 0.165, 0.83, 0.725))
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.xaxis.label.set_fontsize(9)
    axes.yaxis.label.set_fontsize(9)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    yield figure, axes


def _picture(name: str, title: str, caption: str, figure: Any) -> Picture:
    import matplotlib as mpl

    files = {}
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        for kind, options in (("svg", {"metadata": {"Date": None}}), ("png", {"dpi": PNG_DPI})):
            stream = io.BytesIO()
            figure.savefig(stream, format=kind, **options)
            files[kind] = stream.getvalue()
    return Picture(name, title, caption, files["svg"], files["png"])


def _running_median(values: Floats) -> Floats:
    """Return the median of the values around each one (n,)."""
    half = ROLLING // 2
    padded = np.concatenate([np.full(half, np.nan), values, np.full(half, np.nan)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, ROLLING)
    known = ~np.isnan(windows).all(axis=1)
    result = np.full(len(values), np.nan)
    result[known] = np.nanmedian(windows[known], axis=1)
    return result


def _since_start(walk: Walk, times_s: Floats) -> tuple[Floats, str]:
    """Return times of the session as the axis of a walk's pictures has them, and their unit."""
    if walk.duration_s < SECONDS_BELOW_S:
        return times_s - walk.start_s, "seconds"
    return (times_s - walk.start_s) / 60, "minutes"


def date_ticks(times: Sequence[datetime]) -> tuple[list[datetime], list[str]]:
    """Return which of the walks' times to name below an axis of dates, and their names.

    times: rising. They lie so far apart that the names do not touch; days of other years have
    their year, and hours are named where all walks are of two days.
    """
    span = times[-1] - times[0]
    hours = span < timedelta(days=2)
    years = len({time.year for time in times}) > 1
    ticks: list[datetime] = []
    names: list[str] = []
    for time in times:
        name = f"{time.day} {time:%b}" + (f"\n{time:%H:%M}" if hours else "")
        name += f"\n{time.year}" if years and not hours else ""
        far = not ticks or time - ticks[-1] >= span / TICKS_OF_DATES
        if far and name not in names:
            ticks.append(time)
            names.append(name)
    return ticks, names


def walk_pictures(walk: Walk) -> list[Picture]:
    """Draw a walk's pictures; those without data are left out."""
    drawn = [
        _cadence(walk), _phases(walk), _cue_timing(walk), _cue_kinds(walk), _latency(walk),
        _battery(walk),
    ]  # fmt: skip
    return [picture for picture in drawn if picture is not None]


def _cadence(walk: Walk) -> Picture | None:
    values = walk.values("cadence_spm")
    if np.isnan(values).all():
        return None
    times, unit = _since_start(walk, walk.values("heel_off_s"))
    with _figure() as (figure, axes):
        axes.plot(times, values, ".", color=BLUE, markersize=2, alpha=0.35)
        axes.plot(times, _running_median(values), color=BLUE, linewidth=1.6)
        low, high = np.nanquantile(values, [0.02, 0.98])
        axes.set_ylim(low - 8, high + 8)
        axes.set_xlabel(unit)
        axes.set_ylabel("steps per minute")
        return _picture(
            "cadence",
            "Cadence",
            "Steps per minute of both feet. A dot is a stride, the line its running median.",
            figure,
        )


def _phases(walk: Walk) -> Picture | None:
    times, unit = _since_start(walk, walk.values("heel_off_s"))
    with _figure() as (figure, axes):
        shown = 0
        for name, label, colour in (
            ("heel_down_s", "heel down", GREEN),
            ("swing_s", "swing", GREY),
            ("push_off_s", "push-off", ORANGE),
        ):
            values = walk.values(name) * 1000
            if np.isnan(values).all():
                continue
            axes.plot(times, _running_median(values), color=colour, linewidth=1.6, label=label)
            shown += 1
        if not shown:
            return None
        axes.set_ylim(bottom=0)
        axes.set_xlabel(unit)
        axes.set_ylabel("ms")
        axes.legend(fontsize=8, frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
        return _picture(
            "phases",
            "Phases of the stride",
            "How long the heel is down, the push-off (heel-off to toe-off) and the swing take.",
            figure,
        )


def _cue_timing(walk: Walk) -> Picture | None:
    errors = walk.values("cue_error_ms")
    kinds = np.array([stride.kind for stride in walk.real])
    if np.isnan(errors).all():
        return None
    edges = np.arange(-205, 210, 10.0)
    with _figure() as (figure, axes):
        parts = [(kind, errors[(kinds == kind) & ~np.isnan(errors)]) for kind in KIND_COLOURS]
        parts = [(kind, values) for kind, values in parts if len(values)]
        axes.hist(
            [np.clip(values, -200, 200) for _, values in parts],
            edges,
            stacked=True,
            color=[KIND_COLOURS[kind] for kind, _ in parts],
            label=[KIND_NAMES[kind] for kind, _ in parts],
        )
        axes.axvline(0, color="black", linewidth=1)
        axes.set_xlabel("cue minus heel-off, ms")
        axes.set_ylabel("strides")
        axes.legend(fontsize=8, frameon=False)
        return _picture(
            "cue-timing",
            "When the cue came",
            "Left of the line the motor was switched on before the heel rose, right of it after. "
            "A predicted cue is sent early, since the motor takes time to be felt.",
            figure,
        )


def _cue_kinds(walk: Walk) -> Picture | None:
    minutes = (
        np.array([stride.heel_off_s for stride in walk.strides], dtype=float) - walk.start_s
    ) / 60
    width = max(1.0, np.ceil(walk.duration_s / 60 / 20))
    edges = np.arange(0, walk.duration_s / 60 + width, width)
    with _figure() as (figure, axes):
        below = np.zeros(len(edges) - 1)
        for kind, colour in KIND_COLOURS.items():
            chosen = minutes[[stride.kind == kind for stride in walk.strides]]
            counts = np.histogram(chosen, edges)[0]
            if not counts.any():
                continue
            axes.bar(
                edges[:-1] + width / 2,
                counts,
                width * 0.92,
                bottom=below,
                color=colour,
                label=KIND_NAMES[kind],
            )
            below += counts
        axes.set_xlabel("minutes")
        axes.set_ylabel(f"strides in {width:g} min")
        axes.legend(fontsize=8, frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1))
        return _picture(
            "cues",
            "Which strides were cued",
            "Predicted: timed from the strides before. Reacted: sent when the heel was seen to "
            "rise. No cue: left out by the schedule, or missed. False: the stride never came.",
            figure,
        )


def _latency(walk: Walk) -> Picture | None:
    values = walk.values("latency_ms")
    values = values[~np.isnan(values)]
    if not len(values):
        return None
    top = max(10.0, float(np.quantile(values, 0.995)))
    with _figure() as (figure, axes):
        counts, _, _ = axes.hist(np.clip(values, 0, top), np.linspace(0, top, 41), color=GREEN)
        axes.set_yscale("log")
        axes.set_ylim(0.7, max(10.0, counts.max()) * 1.4)
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("")
        axes.set_xlabel("from reading the sample to the motor, ms")
        axes.set_ylabel("cues")
        return _picture(
            "latency",
            "How fast the device was",
            "From when the deciding sample was read out of the IMU to the motor's switch. Before "
            "that the sample waits for its turn, at most one sample period; the motor itself takes "
            "another 10 to 80 ms to be felt.",
            figure,
        )


def _battery(walk: Walk) -> Picture | None:
    if len(walk.battery_mv) < 2:
        return None
    at_s, mv = np.array(walk.battery_mv, dtype=float).T
    with _figure() as (figure, axes):
        times, unit = _since_start(walk, at_s)
        axes.plot(times, mv / 1000, color=RED, linewidth=1.6)
        axes.set_xlabel(unit)
        axes.set_ylabel("volts")
        return _picture(
            "battery", "Battery", "Voltage over the walk; 3.5 V is nearly empty.", figure
        )


TRENDS = (
    ("cadence_spm", "Cadence", "steps per minute", 1.0),
    ("stride_variability_pct", "Variability of stride time", "%", 1.0),
    ("push_off_ms", "Push-off time", "ms", 1.0),
    ("stance_pct", "Stance, by this sensor", "% of the stride", 1.0),
    ("cue_within_50_ms", "Cues felt within 50 ms of aim", "%", 100.0),
    ("minutes", "Time walked", "minutes", 1.0),
)


def trend_pictures(rows: Sequence[tuple[datetime | None, dict[str, Any]]]) -> list[Picture]:
    """Draw each figure over the walks, by date where all have one, else by number."""
    dated = all(began is not None for began, _ in rows)
    drawn = []
    for key, title, unit, factor in TRENDS:
        points = [
            (began if dated else number, figures[key] * factor)
            for number, (began, figures) in enumerate(rows, start=1)
            if figures[key] is not None
        ]
        if len(points) < 2:
            continue
        with _figure() as (figure, axes):
            axes.plot(
                [x for x, _ in points], [y for _, y in points], "o-", color=BLUE, markersize=4
            )
            axes.set_ylabel(unit)
            axes.ticklabel_format(axis="y", useOffset=False)
            heights = [y for _, y in points]
            middle = (min(heights) + max(heights)) / 2
            # small differences stay small to the eye
            half = max((max(heights) - min(heights)) * 0.65, abs(middle) * 0.06, 0.5)
            axes.set_ylim(middle - half, middle + half)
            if dated:
                axes.set_xticks(*date_ticks([x for x, _ in points if isinstance(x, datetime)]))
            else:
                axes.set_xlabel("walk")
                axes.xaxis.get_major_locator().set_params(integer=True)
            drawn.append(_picture(f"trend-{key}", title, "", figure))
    return drawn
