"""Are generated walks like real ones? The spread of what the foot does, side by side.

For both, the same figures are taken from the signals alone: of each counted stride that the next
counted stride follows within 0.6-2.4 s, the sagittal rate (zero-phase 15 Hz, as in the definition
of heel-off), its integral and the size of the acceleration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
from scipy.integrate import cumulative_trapezoid
from scipy.signal import butter, sosfiltfilt

from host_tools.batch import progress_bar, run_all
from host_tools.find import find_recordings
from host_tools.generate.sensor import Sensor
from host_tools.generate.walk import Walk, generate_walk
from host_tools.recordings import Floats, read_recording
from host_tools.scoring import MIN_PUSH_OFF_DPS
from host_tools.sidecars import Stride

# Kinds of gait that the labelled recordings hold, by the groups' names in them
GROUPS = {
    "healthy": "healthy",
    "orthopaedic": "orthopedic",
    "neurological": "neurological",
    "hemiparetic": "hemiparetic",
}
FIGURES = (
    "stride time, s",
    "heel-off to peak, s",
    "push-off peak, deg/s",
    "swing rate, deg/s",
    "landing rate, deg/s",
    "heel-up pitch, deg",
    "toe-up pitch, deg",
    "stance rate rms, deg/s",
    "other axes rms, deg/s",
    "greatest acceleration, m/s2",
)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
STRIDE_LEAST_S, STRIDE_GREATEST_S = 0.6, 2.4
_GRID = np.linspace(0, 1, 201)


def figures(
    t_s: Floats, acc: Floats, gyr: Floats, rate_hz: float, strides: Sequence[Stride]
) -> Floats:
    """Return the `FIGURES` of each usable stride, shape (strides, figures); any mounting.

    t_s (n,), acc (n, 3) m/s2, gyr (n, 3) deg/s. The sagittal axis is the first principal axis of
    the rate while striding, heel-up where the labelled push-off peaks are positive.
    """
    counted = [
        s
        for s in strides
        if s.heel_off_s is not None and (s.push_off_peak_dps or 0.0) >= MIN_PUSH_OFF_DPS
    ]
    if len(counted) < 2:
        return np.empty((0, len(FIGURES)))
    smooth = sosfiltfilt(butter(2, 15 / (rate_hz / 2), output="sos"), gyr, axis=0)
    striding = np.zeros(t_s.size, bool)
    for s in counted:
        striding |= (t_s > s.step_start_s - 0.3) & (t_s < s.step_end_s)
    axis = np.linalg.eigh(smooth[striding].T @ smooth[striding])[1][:, -1]
    sagittal = smooth @ axis
    peaks = np.interp([s.push_off_peak_s or 0.0 for s in counted], t_s, sagittal)
    sagittal = sagittal if np.median(peaks) > 0 else -sagittal
    other = np.sqrt(np.maximum((smooth**2).sum(axis=1) - sagittal**2, 0))
    size = np.linalg.norm(acc, axis=1)
    rows = []
    for s, following in pairwise(counted):
        start, end = float(s.heel_off_s or 0), float(following.heel_off_s or 0)
        if not STRIDE_LEAST_S < end - start < STRIDE_GREATEST_S:
            continue
        at = start + _GRID * (end - start)
        rate = np.interp(at, t_s, sagittal)
        pitch = cumulative_trapezoid(rate, at, initial=0)
        stance = rate[150:185]
        rows.append(
            (
                end - start,
                float(s.push_off_peak_s or 0) - start,
                float(s.push_off_peak_dps or 0),
                rate.min(),
                rate[80:150].max(),
                pitch.max(),
                pitch[60:160].min(),
                np.sqrt((stance**2).mean()),
                np.sqrt((np.interp(at, t_s, other) ** 2).mean()),
                np.interp(at, t_s, size).max(),
            )
        )
    return np.array(rows).reshape(-1, len(FIGURES))


def of_recordings(
    folder: Path, every: int = 1, jobs: int = 1
) -> tuple[dict[str, Floats], list[str]]:
    """Return the figures of every group of labelled recordings, of every n-th recording.

    And a sentence for each recording that could not be used.
    """
    files = list(find_recordings([folder]).values())[::every]
    outcomes = run_all(_of_recording, files, jobs=jobs, what="recordings read")
    parts: dict[str, list[Floats]] = {}
    for outcome in outcomes:
        if outcome.result is not None:
            group, rows = outcome.result
            if group in GROUPS.values() and len(rows):
                parts.setdefault(group, []).append(rows)
    faults = [outcome.fault for outcome in outcomes if outcome.fault is not None]
    return {group: np.vstack(rows) for group, rows in parts.items()}, faults


def _of_recording(file: Path) -> tuple[str, Floats]:
    """Return the group of a recording and the figures of its strides."""
    recording = read_recording(file)
    rows = figures(
        recording.t_s, recording.acc_mps2, recording.gyr_dps, recording.rate_hz, recording.strides
    )
    return str(recording.meta.get("group", "unknown")), rows


def of_generated(
    presets: Iterable[str], people: int, duration_s: float = 40.0
) -> dict[str, Floats]:
    """Return the figures of generated walks of so many people of each preset, at 100 Hz."""
    rows: dict[str, list[Floats]] = {preset: [] for preset in presets}
    with progress_bar(len(rows) * people, "walks generated") as advance:
        for preset, seed in product(rows, range(people)):
            walk = Walk(
                preset=preset, seed=seed, duration_s=duration_s, sensor=Sensor(rate_hz=100.0)
            )
            made = generate_walk(walk)
            strides = [Stride(*(s[key] for key in Stride._fields)) for s in made.strides]  # type: ignore[arg-type]
            gyr = made.gyr - made.gyro_bias_dps
            rows[preset].append(figures(made.t_s, made.acc, gyr, made.rate_hz, strides))
            advance()
    return {preset: np.vstack(parts) for preset, parts in rows.items()}


def table(generated: Mapping[str, Floats], recorded: Mapping[str, Floats]) -> list[dict[str, Any]]:
    """Return one row for each group and figure: quantiles of both."""
    rows: list[dict[str, Any]] = []
    for preset, made in generated.items():
        real = recorded.get(GROUPS[preset], np.empty((0, len(FIGURES))))
        if not len(real):
            continue
        for k, figure in enumerate(FIGURES):
            rows.append(
                {
                    "group": preset,
                    "figure": figure,
                    "generated": [round(float(q), 2) for q in np.quantile(made[:, k], QUANTILES)],
                    "recorded": [round(float(q), 2) for q in np.quantile(real[:, k], QUANTILES)],
                    "strides": [len(made), len(real)],
                }
            )
    return rows
