"""The IMU that rides on a motion: mounting, noise, bias, scale, clipping, lost samples.

Defaults are those of an MPU6050 at +-16 g and +-2000 deg/s with its 94 Hz filter (InvenSense
PS-MPU-6000A-00 rev 3.4: rate noise 0.005 deg/s/sqrt(Hz), acceleration noise 400 ug/sqrt(Hz),
16.4 LSB per deg/s, 2048 LSB/g). Its zero-rate offset may be +-20 deg/s and its scale 3 % off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import upfirdn
from scipy.spatial.transform import Rotation

from host_tools.generate.motion import Moving
from host_tools.generate.tracks import noise
from host_tools.recordings import GRAVITY_MPS2, Floats

_CHUNK = 15_000
# A landing holds next to nothing above half of this
_LEAST_FINE_HZ = 800.0
# The half-power frequency of a Gaussian of standard deviation 1 s, in Hz
_GAUSS_HALF_POWER = np.sqrt(np.log(2.0)) / (2 * np.pi)
Mounting = str | tuple[float, float, float]


@dataclass(frozen=True)
class Sensor:
    """What the IMU adds to the truth.

    rate_hz: samples per second. mounting: `random`, `aligned` (sensor axes are the foot's) or
    angles in degrees (roll about x, then pitch about y, then yaw about z) of the rotation that
    takes sensor components to foot components. gyro_bias_dps: per axis, or one magnitude that is
    laid along a random direction. gyro_drift_dps_per_min: random walk of the bias. scale_error_pct:
    each axis is off by up to this much. bandwidth_hz: half-power frequency of the anti-alias filter
    (zero-phase Gaussian; never above 0.45 times the rate). clip_g, clip_dps: the ranges.
    lost_per_min: how many stretches of samples are lost per minute, lost_ms: their mean length.
    ideal: True turns noise, bias, scale error and rounding off.
    """

    rate_hz: float = 208.0
    mounting: Mounting = "random"
    gyro_noise_dps: float = 0.06
    acc_noise_mg: float = 4.0
    gyro_bias_dps: float | tuple[float, float, float] = 2.0
    gyro_drift_dps_per_min: float = 0.2
    scale_error_pct: float = 1.0
    bandwidth_hz: float = 94.0
    clip_g: float = 16.0
    clip_dps: float = 2000.0
    lost_per_min: float = 0.0
    lost_ms: float = 150.0
    ideal: bool = False

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not isinstance(value, str) and not np.isfinite(value).all():
                raise ValueError(f"{name} is {value}; it must be a finite number")
        if not 20 <= self.rate_hz <= 2000:
            raise ValueError(f"rate_hz is {self.rate_hz:g}; it must lie in 20..2000")
        for name in ("gyro_noise_dps", "acc_noise_mg", "scale_error_pct", "lost_per_min"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name):g}; it must not be negative")
        for name in ("clip_g", "clip_dps", "bandwidth_hz", "lost_ms"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name):g}; it must be positive")
        if self.lost_per_min * self.lost_ms > 30_000:
            raise ValueError(
                f"lost_per_min is {self.lost_per_min:g}; "
                f"with {30_000 / self.lost_ms:g} half of all samples are lost"
            )
        mounting_matrix(self.mounting, np.random.default_rng(0))


@dataclass(frozen=True)
class Readings:
    """t_s (n,), acc (n, 3) m/s2, gyr (n, 3) deg/s, both sensor frame; gaps_s: lost spans."""

    t_s: Floats
    acc: Floats
    gyr: Floats
    gaps_s: list[tuple[float, float]]
    mounting: Floats
    gyro_bias_dps: Floats


def mounting_matrix(mounting: Mounting, rng: np.random.Generator) -> Floats:
    """Return the (3, 3) rotation that takes sensor components to foot components."""
    if isinstance(mounting, str):
        if mounting == "aligned":
            return np.eye(3)
        if mounting == "random":
            out: Floats = Rotation.random(random_state=rng).as_matrix()  # uniform over all
            return out
        raise ValueError(
            f"mounting is {mounting!r}; it must be 'random', 'aligned' or three angles in degrees"
        )
    if len(mounting) != 3:
        raise ValueError("mounting needs three angles in degrees: roll, pitch, yaw")
    fixed: Floats = Rotation.from_euler("xyz", mounting, degrees=True).as_matrix()
    return fixed


def measure(
    motion: Moving, duration_s: float, sensor: Sensor, rng: np.random.Generator
) -> Readings:
    """Sample what `sensor` reads while it rides on the last frame of `motion`."""
    seeds = rng.spawn(5)  # one stream per effect: switching one off leaves the others as they were
    mounting = mounting_matrix(sensor.mounting, seeds[0])
    n = int(np.floor(duration_s * sensor.rate_hz)) + 1
    t = np.arange(n) / sensor.rate_hz
    acc, gyr = _filtered(motion, n, sensor)
    acc, gyr = acc.T @ mounting, gyr.T @ mounting
    bias: Floats = np.zeros(3)
    if not sensor.ideal:
        bias = _bias(sensor, seeds[1])
        drift = sensor.gyro_drift_dps_per_min
        walk = [noise(g, duration_s + 1, 60.0, drift)(t)[0] for g in seeds[2].spawn(3)]
        scale = 1 + sensor.scale_error_pct / 100 * seeds[3].uniform(-1, 1, (2, 3))
        acc = acc * scale[0] + seeds[4].normal(
            0, sensor.acc_noise_mg * GRAVITY_MPS2 / 1000, acc.shape
        )
        gyr = gyr * scale[1] + bias + np.stack(walk, axis=1)
        gyr += seeds[4].normal(0, sensor.gyro_noise_dps, gyr.shape)
    acc = _clip(acc, sensor.clip_g * GRAVITY_MPS2, sensor.ideal)
    gyr = _clip(gyr, sensor.clip_dps, sensor.ideal)
    keep, gaps = _lose(t, sensor, np.random.default_rng(seeds[0].integers(2**63)))
    return Readings(t[keep], acc[keep], gyr[keep], gaps, mounting, bias)


def _bias(sensor: Sensor, rng: np.random.Generator) -> Floats:
    if isinstance(sensor.gyro_bias_dps, tuple):
        return np.array(sensor.gyro_bias_dps, float)
    direction = rng.normal(size=3)
    out: Floats = sensor.gyro_bias_dps * direction / np.linalg.norm(direction)
    return out


def _clip(values: Floats, full_scale: float, ideal: bool) -> Floats:
    if ideal:
        return values
    lsb = full_scale / 32768
    out: Floats = np.clip(np.rint(values / lsb), -32768, 32767) * lsb
    return out


def _filtered(motion: Moving, n: int, sensor: Sensor) -> tuple[Floats, Floats]:
    """Sample finely, smooth with a Gaussian, keep every `over`-th value; (3, n) each."""
    sigma_s = _GAUSS_HALF_POWER / min(sensor.bandwidth_hz, 0.45 * sensor.rate_hz)
    over = int(np.ceil(max(1 / sigma_s, _LEAST_FINE_HZ) / sensor.rate_hz))
    fine_s = 1 / sensor.rate_hz / over
    half = int(np.ceil(4 * sigma_s / fine_s / over)) * over
    taps = np.exp(-0.5 * (np.arange(-half, half + 1) * fine_s / sigma_s) ** 2)
    taps /= taps.sum()
    first = 2 * half // over
    parts: list[list[Floats]] = []
    for start in range(0, n, _CHUNK):
        count = min(_CHUNK, n - start)
        ticks = np.arange(start * over - half, (start + count - 1) * over + half + 1)
        felt = motion.felt(np.asarray(ticks * fine_s, float))
        parts.append([upfirdn(taps, x, 1, over, axis=1)[:, first : first + count] for x in felt])
    return np.hstack([p[0] for p in parts]), np.hstack([p[1] for p in parts])


def _lose(
    t: Floats, sensor: Sensor, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], list[tuple[float, float]]]:
    keep = np.ones(t.size, bool)
    expected = sensor.lost_per_min * (t[-1] / 60)
    for start in np.sort(rng.uniform(0, t[-1], rng.poisson(expected))):
        keep[(t >= start) & (t < start + rng.exponential(sensor.lost_ms / 1000))] = False
    if not keep.any():
        keep[0] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[1], keep.astype(int), [1]])))
    gaps = [
        (float(t[max(a - 1, 0)]), float(t[min(b, t.size - 1)]))
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]
    return keep, gaps
