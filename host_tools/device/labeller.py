"""Heel-off by hindsight: the reference for recordings that nobody labelled.

Kinematic heel-off, as in firmware/heelcue/README.md: the heel-up pitch rate, filtered at 15 Hz
without delay, last rises through 20 deg/s before the push-off peak; a dip of the rate is passed
over while the heel stays 2 degrees above foot-flat. All of it uses the future, which the device's
detector cannot, and none of it is shared with that detector: one checks the other.

Mounting is unknown. The sagittal axis is the direction in which the foot turns most (first
principal component of the angular rate). Its sign is the one in which the foot travels forward in
swing: forward = (heel-up axis) x (up), from the accelerations integrated between two rests of the
foot; where that says little (shuffling on the spot), the one in which the foot's angle leaves
foot-flat further up at the heel (toe-off, 60 degrees) than at the toes (landing, 20 degrees).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import argrelmin, butter, filtfilt
from scipy.stats import skew

from host_tools.errors import HeelcueError
from host_tools.recordings import Floats, Recording

CUTOFF_HZ = 15.0
ONSET_DPS = 20.0  # the rate that heel-off rises through
HEEL_UP_DEG = 2.0  # a heel this high has not come back down
QUIET_S = 0.08  # foot-flat: the stillest stretch of this length in stance
STANCE_MOST_S = 1.0  # foot-flat is looked for no further back than this before toe-off
REACH_S = 1.0  # heel-off no further back than this before the push-off peak
TURN_DEG = 5.0  # a swing of the angle that counts as one
SWING_DEG = 10.0  # a fall of the angle that ends with a landing, not with a pause
SAME_PUSH_OFF_S = 0.6  # two rises closer than this, heel never down between: one push-off
PEAK_LEAST_DPS = 40.0
STILL_DPS = 45.0  # quiet enough for a foot that stands
SHORT_RISE_DEG = 3.0  # heel rise of a step without swing (pivots, last steps)
LANDING_S = 1.0  # so long after toe-off a rise back to the level of foot-flat is the landing
FORWARD_CLEAR_M_S = 0.1  # displacement integral that outweighs one unit of the angle's skew
STANDING_STD_DPS = 1.5  # spread of the rate over half a second of standing: the chip's noise
BIAS_MATTERS_DPS = 2.0
RATE_LEAST_HZ = 40.0  # below this there is no 15 Hz to filter


class HeelOff(NamedTuple):
    """One push-off: seconds in the recording's time, rate in deg/s (heel-up positive)."""

    heel_off_s: float
    push_off_peak_s: float
    push_off_peak_dps: float
    toe_off_s: float  # the foot's angle is greatest
    landing_s: float  # end of the swing; the same as toe_off_s where none follows


@dataclass(frozen=True)
class Motion:
    """A recording as the labeller sees it: sampled regularly, sign known.

    pitch_dps, speed_dps: (n,) heel-up rate and magnitude of the rate, zero-phase 15 Hz.
    axis: (3,) unit vector of heel-up rotation in the sensor frame. forward: evidence for its sign,
    the median of the swings' displacement integrals (m s; negative never, small means unsure).
    """

    t0_s: float
    rate_hz: float
    pitch_dps: Floats
    speed_dps: Floats
    axis: Floats
    forward: float


def label(recording: Recording) -> list[HeelOff]:
    """Return the recording's push-offs in order. Raises HeelcueError below 40 samples a second."""
    return find_heel_offs(motion_of(recording))


def motion_of(recording: Recording) -> Motion:
    """Find the sagittal axis and its sign, and the rate about it."""
    rate_hz = recording.rate_hz
    if rate_hz < RATE_LEAST_HZ:
        raise HeelcueError(
            f"{recording.path}: {rate_hz:g} samples per second are too few to label heel-offs; "
            f"it takes {RATE_LEAST_HZ:g} or more"
        )
    t_s = recording.t_s
    regular_s = t_s[0] + np.arange(round((t_s[-1] - t_s[0]) * rate_hz) + 1) / rate_hz
    if len(regular_s) < rate_hz:
        raise HeelcueError(f"{recording.path}: shorter than a second; there is no walk to label")

    def regular(columns: Floats) -> Floats:
        return np.column_stack([np.interp(regular_s, t_s, column) for column in columns.T])

    acc, gyr = regular(recording.acc_mps2), regular(recording.gyr_dps)
    gyr = gyr - _standing_bias(recording.gyr_dps, recording.measured, rate_hz)
    b, a = butter(2, CUTOFF_HZ, fs=rate_hz)
    smooth: Floats = filtfilt(b, a, gyr, axis=0)
    speed = np.linalg.norm(smooth, axis=1)
    centred = gyr - gyr.mean(axis=0)
    axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    pitch = smooth @ axis
    forward = _forward(acc, pitch, speed, axis, rate_hz)
    evidence = forward / FORWARD_CLEAR_M_S + _skew_of_angle(pitch, rate_hz)
    if evidence < 0:
        axis, pitch, forward = -axis, -pitch, -forward
    return Motion(float(t_s[0]), rate_hz, pitch, speed, axis, forward)


def _standing_bias(gyr: Floats, measured: NDArray[np.bool_], rate_hz: float) -> Floats:
    """Zero offset of the rate (3,), where somebody stood still for half a second; else zero.

    Rows that fill a gap in the recording are smooth too, and no measurement.
    """
    window = max(2, round(rate_hz / 2))
    whole = len(gyr) // window * window
    chunks = gyr[:whole].reshape(-1, window, 3)
    still = (chunks.std(axis=1) < STANDING_STD_DPS).all(axis=1)
    still &= measured[:whole].reshape(-1, window).all(axis=1)
    if not still.any():
        return np.zeros(3)
    bias: Floats = np.median(chunks[still].mean(axis=1), axis=0)
    return bias if np.abs(bias).max() > BIAS_MATTERS_DPS else np.zeros(3)


def _rests(speed: Floats, rate_hz: float, apart_s: float) -> NDArray[np.int64]:
    quiet = uniform_filter1d(speed, max(1, round(QUIET_S * rate_hz)))
    lows = argrelmin(quiet, order=max(1, round(apart_s * rate_hz)))[0]
    found: NDArray[np.int64] = lows[quiet[lows] < STILL_DPS]
    return found


def _forward(acc: Floats, pitch: Floats, speed: Floats, axis: Floats, rate_hz: float) -> float:
    """Median over swings of the integral of forward displacement (m s); 0 without any swing.

    Between two rests the foot's velocity is zero at both ends, so a straight line is taken off it.
    """
    travelled = []
    rests = _rests(speed, rate_hz, 0.15)
    for begin, end in pairwise(rests.tolist()):
        if not 0.4 < (end - begin) / rate_hz < 2.5:
            continue
        angle_deg = np.cumsum(pitch[begin:end]) / rate_hz
        if np.ptp(angle_deg) < 15:
            continue
        angle = np.radians(angle_deg - np.linspace(0, angle_deg[-1], end - begin))[:, None]
        sensed = acc[begin:end]
        along = np.outer(sensed @ axis, axis)
        # Rodrigues: from the foot as it is turned at each sample to the foot at rest
        world = along + (sensed - along) * np.cos(angle) + np.cross(axis, sensed) * np.sin(angle)
        up = world.mean(axis=0)
        ahead = np.cross(axis, up)
        size = np.linalg.norm(ahead)
        if size < 1e-6:
            continue
        velocity = np.cumsum(world @ ahead) / size / rate_hz
        velocity -= np.linspace(0, velocity[-1], end - begin)
        travelled.append(velocity.sum() / rate_hz)
    return float(np.median(travelled)) if travelled else 0.0


def _skew_of_angle(pitch: Floats, rate_hz: float) -> float:
    b, a = butter(2, 0.25, "high", fs=rate_hz)
    return float(skew(filtfilt(b, a, np.cumsum(pitch) / rate_hz)))


def _turning_points(angle: Floats, least_deg: float) -> list[tuple[int, bool]]:
    """Return (index, is a top) of the angle's turns, alternating, each at least so far apart."""
    turns: list[tuple[int, bool]] = []
    values = angle.tolist()
    high = low = 0
    rising: bool | None = None
    for k, value in enumerate(values):
        if value > values[high]:
            high = k
        if value < values[low]:
            low = k
        if rising is not False and values[high] - value >= least_deg:
            turns.append((high, True))
            rising, high, low = False, k, k
        elif rising is not True and value - values[low] >= least_deg:
            turns.append((low, False))
            rising, high, low = True, k, k
    return turns


class _Found(NamedTuple):
    onset: float  # samples, between two of them
    peak: int
    top: int
    flat: int


class _Search:
    """Push-offs in one motion; indices are samples, heights degrees."""

    def __init__(self, motion: Motion) -> None:
        self.rate = motion.pitch_dps
        self.hz = motion.rate_hz
        self.angle = np.cumsum(self.rate) / self.hz
        window = max(1, round(QUIET_S * self.hz))
        self.half = window // 2
        self.quiet = uniform_filter1d(motion.speed_dps, window, origin=-1 if window > 2 else 0)
        self.rests = _rests(motion.speed_dps, self.hz, 0.1)

    def samples(self, seconds: float) -> int:
        return round(seconds * self.hz)

    def flat_level(self, flat: int, last: int) -> float:
        """Return the angle at the end of the quiet stretch around `flat`."""
        return float(self.angle[min(flat + self.half, last)])

    def onset(self, first: int, flat: int, peak: int) -> float | None:
        """Return where heel-off is, in samples; None where the rate never rises through 20."""
        rate, low = self.rate, self.flat_level(flat, peak)
        before = rate[first:peak] <= ONSET_DPS
        rises = np.flatnonzero(before & (rate[first + 1 : peak + 1] > ONSET_DPS))[::-1] + first
        if not len(rises):
            return None
        best = current = int(rises[0])
        for earlier in rises[1:].tolist():
            if peak - earlier > self.samples(REACH_S) or earlier < flat:
                break
            if self.angle[current] - low < HEEL_UP_DEG:
                break  # the heel was down again here
            current = earlier
            if self.angle[earlier] - low < HEEL_UP_DEG:
                best = earlier
                break
        return float(best + (ONSET_DPS - rate[best]) / (rate[best + 1] - rate[best]))

    def swings(self) -> list[_Found]:
        """Find the push-offs that end at a top of the foot's angle."""
        found: list[_Found] = []
        bottom = top_before = 0
        previous: tuple[int, int, float] | None = None  # first, top and level of the last one
        for turn, is_top in _turning_points(self.angle, TURN_DEG):
            if not is_top:
                bottom = turn
                continue
            landed = self.angle[top_before] - self.angle[bottom] >= SWING_DEG
            first = bottom if landed else top_before
            first = max(first, turn - self.samples(STANCE_MOST_S), 0)
            continued = (
                previous is not None
                and turn - previous[1] < self.samples(SAME_PUSH_OFF_S)
                and self.angle[bottom] - previous[2] >= HEEL_UP_DEG
            )
            if continued and previous is not None:
                first = previous[0]
            top_before = turn
            if turn - first < 4:
                continue
            flat = first + int(np.argmin(self.quiet[first : turn - 2]))
            peak = flat + int(np.argmax(self.rate[flat : turn + 1]))
            previous = first, turn, self.flat_level(flat, peak)
            onset = self.onset(first, flat, peak) if self.rate[peak] >= PEAK_LEAST_DPS else None
            if onset is None:
                continue
            if continued and found and found[-1].top >= first:
                found.pop()
            found.append(_Found(onset, peak, turn, flat))
        return found

    def short_steps(self, known: list[_Found]) -> list[_Found]:
        """Find heel rises between two rests in which the angle makes no full swing."""
        onsets = np.array([one.onset for one in known])
        tops = np.array([one.top for one in known])
        last = len(self.rate) - 1
        ends = [*self.rests[1:].tolist(), *([min(last, int(self.rests[-1]) + self.samples(1.5))]
                                            if len(self.rests) else [])]  # fmt: skip
        found = []
        for begin, end in zip(self.rests.tolist(), ends, strict=True):
            if end - begin < self.samples(0.1):
                continue
            if ((onsets > begin - self.samples(0.1)) & (onsets < end)).any():
                continue
            above = self.rate[begin:end] > ONSET_DPS
            rises = np.flatnonzero(~above[:-1] & above[1:]) + begin
            if not len(rises):
                continue
            start = int(rises[0])
            if abs(self.angle[start] - self.angle[begin]) > TURN_DEG:
                continue
            down = np.flatnonzero(self.rate[start + 1 : end] <= 0)
            stop = start + 1 + int(down[0]) if len(down) else end
            peak = start + 1 + int(np.argmax(self.rate[start + 1 : stop + 1]))
            rise_deg = self.angle[stop] - self.angle[start]
            if self.rate[peak] < PEAK_LEAST_DPS or rise_deg < SHORT_RISE_DEG:
                continue
            if ((onsets < peak) & (tops >= peak)).any():
                continue  # the second stage of a push-off that began before the rest
            if self.lands(known, begin, stop):
                continue
            onset = self.onset(begin, begin, peak)
            if onset is not None:
                found.append(_Found(onset, peak, stop, begin))
        return found

    def lands(self, known: list[_Found], begin: int, stop: int) -> bool:
        """Tell whether the rise from `begin` to `stop` only puts the toes down after a swing."""
        before = [one for one in known if one.top <= begin]
        if not before or begin - before[-1].top > self.samples(LANDING_S):
            return False
        return bool(self.angle[stop] - self.angle[before[-1].flat] < HEEL_UP_DEG)

    def landing(self, top: int, until: int) -> int:
        """Return the lowest angle after toe-off, before the next push-off or 1.5 s have passed."""
        stop = max(top + 1, min(until, top + self.samples(1.5), len(self.angle)))
        return top + int(np.argmin(self.angle[top:stop]))


def heel_first(motion: Motion) -> tuple[float, int]:
    """Return the share of rests that the foot leaves heel first, and their number.

    The toes of a foot that stands cannot go up before its heel has landed anew, so a share below
    one half says that the sign of the axis is wrong. It has no part in choosing the sign.
    """
    angle = np.cumsum(motion.pitch_dps) / motion.rate_hz
    rests = _rests(motion.speed_dps, motion.rate_hz, 0.15).tolist()
    ways = []
    for begin, end in pairwise([*rests, len(angle)]):
        turned = angle[begin:end] - angle[begin]
        moved = np.flatnonzero(np.abs(turned) > TURN_DEG)
        if len(moved):
            ways.append(bool(turned[moved[0]] > 0))
    return (sum(ways) / len(ways) if ways else 0.0), len(ways)


def find_heel_offs(motion: Motion) -> list[HeelOff]:
    """Return the push-offs of a motion, in order."""
    search = _Search(motion)
    swings = search.swings()
    found = sorted(swings + search.short_steps(swings))
    nexts = [*(one.flat for one in found[1:]), len(motion.pitch_dps)][: len(found)]
    return [
        HeelOff(
            heel_off_s=motion.t0_s + one.onset / motion.rate_hz,
            push_off_peak_s=motion.t0_s + one.peak / motion.rate_hz,
            push_off_peak_dps=float(motion.pitch_dps[one.peak]),
            toe_off_s=motion.t0_s + one.top / motion.rate_hz,
            landing_s=motion.t0_s + search.landing(one.top, until) / motion.rate_hz,
        )
        for one, until in zip(found, nexts, strict=True)
    ]
