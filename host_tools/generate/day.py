"""Part of a day in one recording: walks, and what comes between them, with one clip on one foot.

A detector that has just learnt a gait meets a bouncing leg or a bicycle: harder than either alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from host_tools.generate.activities import ACTIVITIES
from host_tools.generate.motion import Motion, State, Turn, X, Y, Z, fixed_turn
from host_tools.generate.presets import preset as known
from host_tools.generate.sensor import Sensor, measure
from host_tools.generate.tracks import Polynomial, from_points
from host_tools.generate.walk import Generated, Walk, describe, walk_motion
from host_tools.recordings import Floats

# What a worn shoe can go through; the rest needs the clip off the foot
WORN = tuple(
    name
    for name in ACTIVITIES
    if name not in ("bag", "hand", "pocket", "shaking", "dropping", "table")
)
_EASE_S = 1.0


class Joined:
    """Motions one after the other; each is slowed to rest, and the foot turned over to the next."""

    def __init__(self, pieces: list[tuple[Motion, float]]) -> None:
        """Join (motion, seconds); starts_s says when each begins."""
        self.starts_s: list[float] = []
        self._spans: list[tuple[float, Motion]] = []
        t, before = 0.0, None
        for motion, seconds in pieces:
            if before is not None:
                self._spans.append((t, _turn_over(before, _orientation(motion, seconds, 0), t)))
                t += _EASE_S
            self.starts_s.append(t)
            self._spans.append((t, motion.by(_easing(t, seconds))))
            before, t = _orientation(motion, seconds, 1), t + seconds
        self.duration_s = t

    def felt(self, t: Floats) -> tuple[Floats, Floats]:
        """Return specific force in m/s2 and angular rate in deg/s, both (3, n)."""
        acc, gyr = np.empty((3, t.size)), np.empty((3, t.size))
        for motion, mask in self._parts(t):
            acc[:, mask], gyr[:, mask] = motion.felt(t[mask])
        return acc, gyr

    def at(self, t: Floats) -> State:
        """Sample the state; position and heading begin anew with every piece."""
        parts = [(mask, motion.at(t[mask])) for motion, mask in self._parts(t)]
        out = {}
        for name in State.__dataclass_fields__:
            first: Floats = getattr(parts[0][1], name)
            whole = np.empty((t.size, *first.shape[1:]))
            for mask, state in parts:
                whole[mask] = getattr(state, name)
            out[name] = whole
        return State(**out)

    def _parts(self, t: Floats) -> list[tuple[Motion, NDArray[np.bool_]]]:
        which = np.searchsorted([start for start, _ in self._spans], t, side="right") - 1
        which = np.maximum(which, 0)
        return [(self._spans[k][1], which == k) for k in np.unique(which)]


def check_day(duration_s: float, preset: str) -> None:
    """Raise ValueError for a length that a day cannot have, or a preset that does not exist."""
    known(preset)
    if not 60 <= duration_s <= 90_000:
        raise ValueError(f"duration_s is {duration_s:g}; it must lie in 60..90000")


def generate_day(
    duration_s: float = 1800.0,
    seed: int = 0,
    preset: str = "healthy",
    sensor: Sensor | None = None,
) -> Generated:
    """Generate walks of one person and activities in between; strides are those of the walks.

    Raises what `check_day` does.
    """
    check_day(duration_s, preset)
    sensor = sensor or Sensor()
    rng, sensor_rng = np.random.default_rng([seed, 0xDA4]).spawn(2)
    pieces: list[tuple[Motion, float]] = []
    labels: list[list[dict[str, float | None]]] = []
    told: list[str] = []
    left = duration_s
    while left > 20:
        if len(pieces) % 2 == 0:
            seconds = min(left, float(rng.uniform(25, 120)))
            walk = Walk(
                preset=preset,
                duration_s=seconds,
                seed=seed,  # the same person every time ...
                again=len(pieces),  # ... on another walk
                quiet_s=2.0,
                leg_m=float(rng.uniform(8, 60)),
                stops_per_min=float(rng.choice([0.0, 1.0, 3.0])),
            )
            motion, strides = walk_motion(walk)
            told.append("walk")
        else:
            seconds = min(left, float(rng.uniform(40, 240)))
            told.append(str(rng.choice(WORN)))
            motion, strides = ACTIVITIES[told[-1]].make(rng.spawn(1)[0], seconds), []
        pieces.append((motion, seconds))
        labels.append(strides)
        left -= seconds + _EASE_S
    joined = Joined(pieces)
    moved = [
        {key: None if value is None else _later(key, value, start) for key, value in s.items()}
        for start, strides in zip(joined.starts_s, labels, strict=True)
        for s in strides
    ]
    readings = measure(joined, joined.duration_s, sensor, sensor_rng)
    info = describe(f"day of {preset}", "day", seed, "right")
    info["pieces"] = [
        {"start_s": round(start, 3), "what": what}
        for start, what in zip(joined.starts_s, told, strict=True)
    ]
    name = f"day_{preset}_{seed}"
    return Generated.of(name, readings, sensor, joined.duration_s, moved, info, joined)


def _later(key: str, value: float, by_s: float) -> float:
    return round(value + by_s, 4) if key.endswith("_s") else value


def _easing(start_s: float, seconds: float) -> Polynomial:
    """A clock that starts and stops smoothly within the piece, and is right in between."""
    ease = min(_EASE_S, 0.25 * seconds)
    return from_points(
        [start_s, start_s + ease, start_s + seconds - ease, start_s + seconds],
        [0.5 * ease, ease, seconds - ease, seconds - 0.5 * ease],
        [0.0, 1.0, 1.0, 0.0],
    )


def _orientation(motion: Motion, seconds: float, end: int) -> Rotation:
    """Orientation of a piece at rest, at its start (0) or its end (1)."""
    clock = _easing(0.0, seconds)
    at = clock(np.array([end * seconds]))[0]
    return Rotation.from_matrix(motion.at(at).rotation[0])


def _turn_over(before: Rotation, after: Rotation, start_s: float) -> Motion:
    """Turn from one posture to the next by the shortest way; the heading does not matter."""
    up_before, up_after = before.inv().apply([0, 0, 1]), after.inv().apply([0, 0, 1])
    axis = np.cross(up_after, up_before)
    angle_deg = float(np.degrees(np.arctan2(np.linalg.norm(axis), up_after @ up_before)))
    if angle_deg < 1e-3 or angle_deg > 180 - 1e-3:
        axis = np.array([1.0, 0.0, 0.0])
    onto, _ = Rotation.align_vectors([axis / np.linalg.norm(axis)], [[1.0, 0.0, 0.0]])
    turn = from_points([start_s, start_s + _EASE_S], [0.0, angle_deg])
    return Motion(*_fixed(before), *_fixed(onto), Turn(X, turn), *_fixed(onto.inv()))


def _fixed(rotation: Rotation) -> list[Turn]:
    yaw, pitch, roll = rotation.as_euler("ZYX", degrees=True)
    return [fixed_turn(Z, float(yaw)), fixed_turn(Y, float(pitch)), fixed_turn(X, float(roll))]
