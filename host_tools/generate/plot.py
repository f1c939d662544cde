"""Pictures of generated recordings: signals with the events marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from host_tools.files import save_png
from host_tools.generate.walk import Generated
from host_tools.recordings import GRAVITY_MPS2

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_EVENTS = (
    ("heel_off_s", "heel-off", "#2a9d3a", "-"),
    ("push_off_peak_s", "push-off peak", "#d98200", ":"),
    ("toe_off_s", "toe-off", "#0a86c8", "--"),
    ("initial_contact_s", "initial contact", "#a2329b", "-."),
)
_AXES = (("x forward", "#c8553d"), ("y left", "#222222"), ("z up", "#4a7fb5"))
DPI = 90
_DETAIL_S = 4.0  # of a walk; an activity is shown for longer
_DETAIL_ACTIVITY_S = 15.0


def plot_generated(made: Generated, path: Path) -> None:
    """Write a PNG: the whole recording's pitch rate, and some seconds of it in detail.

    Signals are those of the sensor, turned back to the foot frame; the truth of the pitch angle
    comes from the motion.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    acc = made.acc @ made.mounting.T / GRAVITY_MPS2
    gyr = (made.gyr - made.gyro_bias_dps) @ made.mounting.T
    figure = Figure(figsize=(13, 10), layout="constrained")
    FigureCanvasAgg(figure)
    whole, rates, angle, force = figure.subplots(4, 1, height_ratios=[1.2, 2, 1.2, 2])
    begin, span = _detail(made)
    near = (made.t_s >= begin) & (made.t_s <= begin + span)
    t = made.t_s[near]

    whole.plot(made.t_s, gyr[:, 1], color="#222222", lw=0.6)
    whole.axvspan(begin, begin + span, color="#ffe9a8", zorder=0)
    for a, b in made.gaps_s:
        whole.axvspan(a, b, color="#f3b0b0", zorder=0)
    whole.set(ylabel="rate about y\ndeg/s", xlim=(0, made.duration_s))
    whole.set_title(f"{made.info['source']}: {made.duration_s:g} s, {len(made.strides)} strides")

    for axis, (label, colour) in enumerate(_AXES):
        width = 1.6 if axis == 1 else 0.9
        rates.plot(t, gyr[near, axis], color=colour, lw=width, label=label)
        force.plot(t, acc[near, axis], color=colour, lw=0.9, label=label)
    force.plot(t, np.linalg.norm(acc[near], axis=1), color="#999999", lw=0.8, label="size")
    rates.set_ylabel("angular rate\nheel-up: y positive\ndeg/s")
    force.set(ylabel="specific force\ng", xlabel="t in s")
    rotation = made.motion.at(t).rotation  # truth
    # Two arguments: a foot that tips beyond 90 degrees is not folded back
    pitch_deg = np.degrees(np.unwrap(np.arctan2(-rotation[:, 2, 0], rotation[:, 2, 2])))
    angle.plot(t, pitch_deg, color="#222222", lw=1.4)
    angle.set_ylabel("pitch, heel up\ndeg")
    for axes in (rates, angle, force):
        axes.set_xlim(begin, begin + span)
        for key, label, colour, style in _EVENTS:
            times = [at for stride in made.strides if (at := stride[key]) is not None]
            for k, at in enumerate(t for t in times if begin <= t <= begin + span):
                axes.axvline(at, color=colour, ls=style, lw=1.0, label=label if k == 0 else "_")
    for axes in (whole, rates, angle, force):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    _legend(rates)
    _legend(force)
    save_png(figure, path, DPI)


def _legend(axes: Axes) -> None:
    axes.legend(loc="upper left", bbox_to_anchor=(1.005, 1.0), fontsize=8, frameon=False)


def _detail(made: Generated) -> tuple[float, float]:
    """Return start and length of the detail: steady strides, or the middle of an activity."""
    if len(made.strides) > 3 and made.strides[3]["heel_off_s"] is not None:
        return float(made.strides[3]["heel_off_s"]) - 0.4, _DETAIL_S
    return max(0.0, made.duration_s / 2 - _DETAIL_ACTIVITY_S / 2), _DETAIL_ACTIVITY_S


def plot_comparison(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write a PNG of `compare.table`: 5-95 % as a line, 25-75 % as a bar, the median as a dot."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(row["figure"] for row in rows))
    groups = list(dict.fromkeys(row["group"] for row in rows))
    figure = Figure(figsize=(13, 2 + 0.55 * len(groups) * ((len(names) + 4) // 5)))
    FigureCanvasAgg(figure)
    grid = figure.subplots((len(names) + 4) // 5, 5, squeeze=False)
    for axes, name in zip(grid.flat, names, strict=False):
        for row in (row for row in rows if row["figure"] == name):
            y = groups.index(row["group"])
            for key, colour, shift in (
                ("generated", "#c8553d", -0.14),
                ("recorded", "#222222", 0.14),
            ):
                low, lower, middle, upper, high = row[key]
                axes.plot([low, high], [y + shift] * 2, color=colour, lw=1.2)
                axes.plot(
                    [lower, upper], [y + shift] * 2, color=colour, lw=5, solid_capstyle="butt"
                )
                label = key if name == names[0] and y == 0 else None
                axes.plot(middle, y + shift, "o", color="white", mec=colour, ms=5, label=label)
        axes.set_title(name, fontsize=9)
        axes.set_yticks(range(len(groups)), groups, fontsize=8)
        axes.tick_params(axis="x", labelsize=8)
        axes.invert_yaxis()
        axes.grid(alpha=0.25, axis="x")
        axes.spines[["top", "right"]].set_visible(False)
    for axes in grid.flat[len(names) :]:
        axes.set_axis_off()
    figure.legend(loc="lower center", ncols=2, frameon=False, fontsize=9)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    save_png(figure, path, DPI)
