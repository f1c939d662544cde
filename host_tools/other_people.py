"""Recordings as if of other people: slower or faster walkers, the clip worn in another way.

Each is a perturbation as in perturb.py. They are only models: no one slows down by doing everything
in the same way for longer, and no clip is a single spring. They are good for finding rules that
hold for the recorded people only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.signal import bilinear, butter, lfilter, lfilter_zi, sosfiltfilt
from scipy.spatial.transform import Rotation

from host_tools.recordings import GRAVITY_MPS2, Floats, Recording
from host_tools.sagittal import sagittal_axis

# The mean acceleration over some strides is gravity: a foot comes back to rest in each
GRAVITY_HZ = 0.25
STILL_DPS = 20.0
TURNING_HZ = 30.0  # a foot's turning is below that; noise above it would be differentiated
TIMES_S = ("step_start_s", "step_end_s", "heel_off_s", "push_off_peak_s", "heel_off_fsr_s")


def _orientation(recording: Recording) -> Rotation:
    """Return the sensor's orientation at each sample (n), against the first, by the gyro alone."""
    steps = np.radians(recording.gyr_dps[:-1]) * np.diff(recording.t_s)[:, None]
    turned = np.vstack([[0.0, 0.0, 0.0, 1.0], Rotation.from_rotvec(steps).as_quat()])
    # All products of the first k turns, in log2(n) passes: each takes in twice as many as the last
    width = 1
    while width < len(turned):
        turned[width:] = (
            Rotation.from_quat(turned[:-width]) * Rotation.from_quat(turned[width:])
        ).as_quat()
        width *= 2
    return Rotation.from_quat(turned)


def gravity_mps2(recording: Recording) -> Floats:
    """Return gravity (n, 3) as an accelerometer at rest would feel it, sensor frame, m/s2.

    In a frame that does not turn, gravity is what is left of acceleration over several strides;
    that also takes out the gyro's drift, which is slower still. Uses the future.
    """
    orientation = _orientation(recording)
    room = orientation.apply(recording.acc_mps2)
    if recording.rate_hz > 4 * GRAVITY_HZ and len(room) > 30:
        low_pass = butter(2, GRAVITY_HZ, fs=recording.rate_hz, output="sos")
        room = sosfiltfilt(low_pass, room, axis=0)
    room *= GRAVITY_MPS2 / np.maximum(np.linalg.norm(room, axis=1, keepdims=True), 1e-6)
    felt: Floats = orientation.inv().apply(room)
    return felt


def _later(entry: dict[str, Any], first_s: float, slower: float) -> dict[str, Any]:
    """Return a stride's labels in the new time."""
    moved = {
        key: first_s + (entry[key] - first_s) * slower
        for key in TIMES_S
        if entry.get(key) is not None
    }
    if entry.get("push_off_peak_dps") is not None:
        moved["push_off_peak_dps"] = entry["push_off_peak_dps"] / slower
    return entry | moved


def paced(recording: Recording, rng: np.random.Generator, slower: float) -> Recording:
    """Let the same way of walking take `slower` times as long: below 1 it is faster.

    Angles and places stay, so rates of rotation fall by that factor and accelerations, but for
    gravity, by its square. The samples stay too: the sampling rate falls by the factor.
    """
    first_s = float(recording.t_s[0])
    gravity = gravity_mps2(recording)
    meta = recording.meta | {
        "duration_s": recording.duration_s * slower,
        "sampling_rate_hz": recording.rate_hz / slower,
    }
    if "gaps_s" in meta:
        meta["gaps_s"] = [[first_s + (t - first_s) * slower for t in gap] for gap in meta["gaps_s"]]
    if "strides" in meta:
        meta["strides"] = [_later(entry, first_s, slower) for entry in meta["strides"]]
    return replace(
        recording,
        t_s=first_s + (recording.t_s - first_s) * slower,
        acc_mps2=gravity + (recording.acc_mps2 - gravity) / slower**2,
        gyr_dps=recording.gyr_dps / slower,
        meta=meta,
    )


def loose(
    recording: Recording, rng: np.random.Generator, spring_hz: float, damping: float
) -> Recording:
    """Hold the device by a spring and a damper: it follows the shoe, overshoots and rings.

    spring_hz: undamped resonance; damping: share of critical damping. A mass on a moving base
    (any textbook of vibration): (2 z w s + w2) / (s2 + 2 z w s + w2), in turning and in moving.
    """
    rate_hz = recording.rate_hz
    if spring_hz > 0.4 * rate_hz:
        return recording  # it rings faster than can be sampled
    # the bilinear transform bends frequencies; this puts the resonance where it belongs
    w = 2 * rate_hz * np.tan(np.pi * spring_hz / rate_hz)
    b, a = bilinear([2 * damping * w, w * w], [1.0, 2 * damping * w, w * w], fs=rate_hz)
    at_rest = lfilter_zi(b, a)

    def follow(signal: Floats) -> Floats:
        filtered, _ = lfilter(b, a, signal, axis=0, zi=at_rest[:, None] * signal[:1])
        out: Floats = filtered
        return out

    return replace(
        recording, acc_mps2=follow(recording.acc_mps2), gyr_dps=follow(recording.gyr_dps)
    )


def elsewhere(
    recording: Recording, rng: np.random.Generator, forward_m: float, up_m: float
) -> Recording:
    """Wear the device elsewhere on the same shoe: so far further forward and up.

    A rigid body turns alike everywhere, and accelerates by alpha x r + omega x (omega x r) more
    (any textbook of mechanics). Forward is across up and the axis of heel-up rotation.
    """
    still = np.linalg.norm(recording.gyr_dps, axis=1) < STILL_DPS
    if still.sum() < 2 or len(recording.t_s) < 30:
        return recording  # nothing says where up is
    up = recording.acc_mps2[still].mean(axis=0)
    up /= np.linalg.norm(up)
    left = sagittal_axis(recording)
    left -= up * (left @ up)
    forward = np.cross(left / max(float(np.linalg.norm(left)), 1e-6), up)
    arm_m = forward_m * forward + up_m * up
    turning = np.radians(recording.gyr_dps)
    if recording.rate_hz > 2.5 * TURNING_HZ:
        low_pass = butter(2, TURNING_HZ, fs=recording.rate_hz, output="sos")
        turning = sosfiltfilt(low_pass, turning, axis=0)
    faster = np.gradient(turning, recording.t_s, axis=0)
    more = np.cross(faster, arm_m) + np.cross(turning, np.cross(turning, arm_m))
    return replace(recording, acc_mps2=recording.acc_mps2 + more)
