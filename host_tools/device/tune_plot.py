"""Before and after tuning, as one picture."""

from __future__ import annotations

import io

import numpy as np

from host_tools.device.tune import Found
from host_tools.scoring import Tally

COLOURS = ("#8a8a8a", "#0072B2")


def before_and_after(found: Found) -> bytes:
    """Draw errors, misses and false cues of the settings before and after; PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    edges = np.arange(-100, 151, 5.0)
    for name, tally, colour in zip(
        ("before", "after"), (found.start, found.tuned), COLOURS, strict=True
    ):
        left.hist(np.clip(tally.errors_ms, -99, 149), edges, color=colour, alpha=0.6, label=name)
    left.axvline(0, color="black", linewidth=1)
    left.set_xlabel("detection minus heel-off, ms")
    left.set_ylabel("strides")
    left.legend(frameon=False)
    places = np.arange(2)
    for shift, name, tally, colour in (
        (-0.2, "before", found.start, COLOURS[0]),
        (0.2, "after", found.tuned, COLOURS[1]),
    ):
        bars = right.bar(places + shift, _counts(tally), 0.36, color=colour, label=name)
        right.bar_label(bars, fontsize=8)
    right.set_xticks(places, ["missed", "false"])
    right.set_ylabel("heel-offs")
    right.yaxis.get_major_locator().set_params(integer=True)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=150)
    return stream.getvalue()


def _counts(tally: Tally) -> list[int]:
    return [tally.missed, tally.false]
