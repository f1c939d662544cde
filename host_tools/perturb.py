"""Make recordings harder in ways that happen: turned, resampled, noisy, lossy, begun late, slow ...

Each perturbation is a function (recording, rng) -> recording, or None for a recording to which it
cannot be done; what it does follows from the recording's name alone, so that a sweep repeats
exactly.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from scipy.interpolate import make_interp_spline
from scipy.signal import butter, sosfiltfilt
from scipy.spatial.transform import Rotation

from host_tools.errors import HeelcueError
from host_tools.other_people import elsewhere, loose, paced
from host_tools.recordings import GRAVITY_MPS2, Floats, Recording
from host_tools.scoring import labels_of

Perturbation = Callable[[Recording, np.random.Generator], Recording | None]

BIAS_DPS = 20.0
SCALE_ERROR = 0.03
# MPU-6000/MPU-6050 product specification, revision 3.4, tables of noise spectral density
GYRO_NOISE_DPS_PER_SQRT_HZ = 0.005
ACC_NOISE_G_PER_SQRT_HZ = 400e-6
CLIP_G, CLIP_DPS = 2.0, 500.0
CHIP_G, CHIP_DPS = 16.0, 2000.0
LOSS_EVERY_S = 5.0  # mean time between losses
LOSS_MOST_MS = 100.0  # the longest
# Begun in mid-walk: after so many strides, and with so many to come
WALKED_BEFORE, WALKED_AFTER = 2, 5
MID_WALK = "begun in mid-walk"


def unchanged(recording: Recording, rng: np.random.Generator) -> Recording:
    """Leave it as it was recorded."""
    return recording


def rotated(recording: Recording, rng: np.random.Generator) -> Recording:
    """Mount the sensor in a random orientation."""
    matrix = Rotation.random(rng=rng).as_matrix()
    return replace(
        recording, acc_mps2=recording.acc_mps2 @ matrix.T, gyr_dps=recording.gyr_dps @ matrix.T
    )


def biased(recording: Recording, rng: np.random.Generator) -> Recording:
    """Offset each gyro axis by 20 deg/s, up or down."""
    return replace(
        recording, gyr_dps=recording.gyr_dps + BIAS_DPS * rng.choice([-1.0, 1.0], size=3)
    )


def misscaled(recording: Recording, rng: np.random.Generator) -> Recording:
    """Scale each axis of both sensors wrongly by up to 3 %."""
    acc, gyr = 1 + rng.uniform(-SCALE_ERROR, SCALE_ERROR, (2, 3))
    return replace(recording, acc_mps2=recording.acc_mps2 * acc, gyr_dps=recording.gyr_dps * gyr)


def noisy(recording: Recording, rng: np.random.Generator) -> Recording:
    """Add white noise of an MPU6050 over the whole bandwidth."""
    root_hz = np.sqrt(recording.rate_hz / 2)
    acc = rng.standard_normal(recording.acc_mps2.shape)
    gyr = rng.standard_normal(recording.gyr_dps.shape)
    return replace(
        recording,
        acc_mps2=recording.acc_mps2 + acc * ACC_NOISE_G_PER_SQRT_HZ * GRAVITY_MPS2 * root_hz,
        gyr_dps=recording.gyr_dps + gyr * GYRO_NOISE_DPS_PER_SQRT_HZ * root_hz,
    )


def _clip(recording: Recording, range_g: float, range_dps: float) -> Recording:
    limit_mps2 = range_g * GRAVITY_MPS2
    return replace(
        recording,
        acc_mps2=np.clip(recording.acc_mps2, -limit_mps2, limit_mps2),
        gyr_dps=np.clip(recording.gyr_dps, -range_dps, range_dps),
    )


def clipped(recording: Recording, rng: np.random.Generator) -> Recording:
    """Measure with ranges too small for a foot: +-2 g, +-500 deg/s."""
    return _clip(recording, CLIP_G, CLIP_DPS)


def lossy(recording: Recording, rng: np.random.Generator) -> Recording:
    """Lose up to 100 ms of samples about every 5 s; nothing is excused in scoring."""
    n, rate_hz = len(recording.t_s), recording.rate_hz
    keep = np.ones(n, dtype=bool)
    for start in np.flatnonzero(rng.random(n) < 1 / (LOSS_EVERY_S * rate_hz)):
        keep[start : start + rng.integers(1, round(LOSS_MOST_MS / 1000 * rate_hz) + 1)] = False
    keep[:2] = True
    return replace(
        recording,
        t_s=recording.t_s[keep],
        acc_mps2=recording.acc_mps2[keep],
        gyr_dps=recording.gyr_dps[keep],
    )


def resampled(recording: Recording, rng: np.random.Generator, rate_hz: float) -> Recording:
    """Sample the same motion at another rate (band-limited first when it is lower), no delay."""
    t_s = recording.t_s
    # broken samples (beyond any chip's range) would ring through the whole spline
    safe = _clip(recording, CHIP_G, CHIP_DPS)
    signals = np.hstack([safe.acc_mps2, safe.gyr_dps])
    if rate_hz < recording.rate_hz and len(t_s) > 30:
        low_pass = butter(4, 0.45 * rate_hz, fs=recording.rate_hz, output="sos")
        signals = sosfiltfilt(low_pass, signals, axis=0)
    new_t_s = np.arange(t_s[0], t_s[-1], 1 / rate_hz)
    values: Floats = make_interp_spline(t_s, signals, k=3)(new_t_s)
    return replace(
        recording,
        t_s=new_t_s,
        acc_mps2=values[:, :3],
        gyr_dps=values[:, 3:],
        meta=recording.meta | {"sampling_rate_hz": rate_hz},
    )


def begun_at(recording: Recording, start_s: float) -> Recording:
    """Leave out what was before `start_s` (the recording's own time, which goes on counting).

    A step under way keeps its label but not its heel-off, and so is optional in scoring. Raises
    HeelcueError if fewer than two measured samples would be left.
    """
    keep = recording.t_s >= start_s
    if (keep & recording.measured).sum() < 2:
        raise HeelcueError(f"{recording.path}: there is nothing to begin with at {start_s:g} s")
    began_s = float(recording.t_s[keep][0])
    left_out_s = began_s - float(recording.t_s[0])
    meta = recording.meta | {"duration_s": recording.duration_s - left_out_s}
    if "gaps_s" in meta:
        meta["gaps_s"] = [gap for gap in meta["gaps_s"] if gap[1] >= began_s]
    if "strides" in meta:
        meta["strides"] = []
        for entry, stride in zip(recording.meta["strides"], recording.strides, strict=True):
            if stride.step_end_s >= began_s:
                under_way = stride.heel_off_s is not None and stride.heel_off_s < began_s
                meta["strides"].append(entry | {"heel_off_s": None} if under_way else entry)
    return replace(
        recording,
        t_s=recording.t_s[keep],
        acc_mps2=recording.acc_mps2[keep],
        gyr_dps=recording.gyr_dps[keep],
        meta=meta,
    )


def begun_in_mid_walk(recording: Recording, rng: np.random.Generator) -> Recording | None:
    """Switch on at any moment from the second stride to the last but fourth; None without them."""
    walked = labels_of(recording).walked
    if len(walked) < WALKED_BEFORE + WALKED_AFTER:
        return None
    first_s, last_s = walked[WALKED_BEFORE - 1].heel_off_s, walked[-WALKED_AFTER].heel_off_s
    return begun_at(recording, float(rng.uniform(first_s, last_s)))


PERTURBATIONS: dict[str, Perturbation] = {
    "as recorded": unchanged,
    "random mounting": rotated,
    "59 Hz": partial(resampled, rate_hz=59.0),
    "98 Hz": partial(resampled, rate_hz=98.0),
    "208 Hz": partial(resampled, rate_hz=208.0),
    "416 Hz": partial(resampled, rate_hz=416.0),
    "gyro bias ±20 deg/s": biased,
    "scale error 3 %": misscaled,
    "MPU6050 noise": noisy,
    "±2 g, ±500 deg/s": clipped,
    "lost samples": lossy,
    MID_WALK: begun_in_mid_walk,
    "a quarter slower": partial(paced, slower=1.25),
    "a quarter faster": partial(paced, slower=0.8),
    "worn at the heel": partial(elsewhere, forward_m=-0.17, up_m=-0.03),
    "loose clip, 15 Hz": partial(loose, spring_hz=15.0, damping=0.4),
    "loose clip, 30 Hz": partial(loose, spring_hz=30.0, damping=0.2),
}


def perturb(recording: Recording, name: str) -> Recording | None:
    """Apply one of PERTURBATIONS; its random choices follow from the two names.

    Returns None for a recording to which it cannot be done.
    """
    seed = zlib.crc32(f"{recording.path.name} {name}".encode())
    return PERTURBATIONS[name](recording, np.random.default_rng(seed))
