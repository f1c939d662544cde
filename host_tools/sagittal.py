"""The true sagittal rate of a labelled recording: for plots and the baseline, never the device.

Uses the whole recording and its labels, so the future; the device's own estimate of the axis is
in heelcue.mounting.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, filtfilt

from host_tools.recordings import Floats, Recording

MOVING_DPS = 60.0  # slower rotation says little about the axis
RANGE_DPS = 2000.0  # beyond a chip's range: a broken sample
CUTOFF_HZ = 15.0  # as the reference heel-off was computed with


def sagittal_axis(recording: Recording) -> Floats:
    """Return the unit vector (3,) of heel-up rotation in the sensor frame.

    The direction in which the foot turns most, with the sign that makes labelled push-off peaks
    positive; without labels the sign that makes the greatest rates heel-up, a good guess only.
    """
    rates = np.clip(recording.gyr_dps, -RANGE_DPS, RANGE_DPS)
    moving = rates[np.linalg.norm(rates, axis=1) > MOVING_DPS]
    if len(moving) < 3:
        return np.array([0.0, 1.0, 0.0])
    _, vectors = np.linalg.eigh(moving.T @ moving)
    axis: Floats = vectors[:, -1]
    peaks_s = [s.push_off_peak_s for s in recording.strides if s.push_off_peak_s is not None]
    if peaks_s:
        rows = np.clip(np.searchsorted(recording.t_s, peaks_s), 0, len(rates) - 1)
        positive = float((rates[rows] @ axis).sum())
    else:
        # push-off is faster than swing (so in 94 % of the labelled recordings)
        positive = float(np.quantile(rates @ axis, [0.005, 0.995]).sum())
    return axis if positive >= 0 else -axis


def sagittal_rate_dps(recording: Recording, *, smooth: bool = False) -> Floats:
    """Return the heel-up rate (n,) in deg/s; `smooth` filters it at 15 Hz without delay."""
    rate: Floats = np.clip(recording.gyr_dps, -RANGE_DPS, RANGE_DPS) @ sagittal_axis(recording)
    if smooth and len(rate) > 30 and recording.rate_hz > 2.5 * CUTOFF_HZ:
        b, a = butter(2, CUTOFF_HZ, fs=recording.rate_hz)
        rate = filtfilt(b, a, rate)
    return rate
