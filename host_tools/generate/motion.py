"""Rigid-body motion as a chain of shifts and turns, and what an IMU riding on it feels.

Frames: the world has x forward (at the start), y left, z up. A chain starts in the world frame;
each `Shift` moves the origin in the frame reached so far, each `Turn` rotates that frame about one
of its own axes (right-handed). The last frame is the body's. Nothing is differenced: velocity,
acceleration and turning rate are carried along the chain in body components, as in the outward
recursion of the Newton-Euler method (Luh, Walker and Paul 1980).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from host_tools.generate.tracks import Constant, Track, Triple
from host_tools.recordings import GRAVITY_MPS2, Floats

X, Y, Z = 0, 1, 2

# Slots of the state: everything is a vector in body components. An IMU needs the first four only.
_ACC, _UP, _RATE, _TURN_ACC, _VEL, _POS, _EAST, _NORTH = range(8)
_FELT, _WHOLE = 4, 8


@dataclass(frozen=True)
class Shift:
    """Move the origin by (x, y, z) metres in the present frame; each a track or a constant."""

    x: Track | float = 0.0
    y: Track | float = 0.0
    z: Track | float = 0.0


@dataclass(frozen=True)
class Turn:
    """Rotate the frame about its own axis (X, Y or Z) by an angle in degrees."""

    axis: int
    angle_deg: Track


Link = Shift | Turn


@dataclass(frozen=True)
class State:
    """A motion sampled at n times.

    position_m, velocity_mps, acceleration_mps2: (n, 3), world frame. rotation: (n, 3, 3), body to
    world. rate_dps: (n, 3), angular velocity in the body frame. specific_force_mps2: (n, 3), what
    an accelerometer at the body's origin feels, rotation' (a - g), body frame.
    """

    position_m: Floats
    velocity_mps: Floats
    acceleration_mps2: Floats
    rotation: Floats
    rate_dps: Floats
    specific_force_mps2: Floats


def _cross(a: Floats, b: Floats) -> Floats:
    return np.stack(
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    )


class Moving(Protocol):
    """Whatever an IMU can ride on."""

    def felt(self, t: Floats) -> tuple[Floats, Floats]:
        """Return specific force in m/s2 and angular rate in deg/s, both (3, n), body frame."""

    def at(self, t: Floats) -> State:
        """Sample the whole state at the times `t` in s, shape (n,)."""


class Motion:
    """A chain of links; immutable.

    With a `clock`, the chain is at `clock(t)` when it is `t`: a clock that slows down brings
    everything smoothly to rest.
    """

    def __init__(self, *links: Link, clock: Track | None = None) -> None:
        self.links, self.clock = links, clock

    def then(self, *links: Link) -> Motion:
        """Return this chain with more links at its end (a sensor on a body, a foot on a leg)."""
        return Motion(*self.links, *links, clock=self.clock)

    def by(self, clock: Track) -> Motion:
        """Return this chain run by a clock."""
        return Motion(*self.links, clock=clock)

    def _run(self, t: Floats, slots: int) -> Floats:
        s = np.zeros((3, slots, t.size))
        s[2, _UP] = 1.0
        if slots == _WHOLE:
            s[0, _EAST] = s[1, _NORTH] = 1.0
        ticks = _Ticks(t, self.clock)
        for link in self.links:
            if isinstance(link, Shift):
                _shift(s, link, ticks)
            else:
                _turn(s, link, ticks)
        return s

    def felt(self, t: Floats) -> tuple[Floats, Floats]:
        """Return specific force in m/s2 and angular rate in deg/s, both (3, n), body frame."""
        s = self._run(np.array(t, float), _FELT)
        return s[:, _ACC] + GRAVITY_MPS2 * s[:, _UP], np.degrees(s[:, _RATE])

    def at(self, t: Floats) -> State:
        """Sample the whole state at the times `t` in s, shape (n,)."""
        s = self._run(np.array(t, float), _WHOLE)
        to_world = s[:, [_EAST, _NORTH, _UP]].transpose(2, 1, 0)

        def world(slot: int) -> Floats:
            out: Floats = np.einsum("nij,jn->ni", to_world, s[:, slot])
            return out

        return State(
            position_m=world(_POS),
            velocity_mps=world(_VEL),
            acceleration_mps2=world(_ACC),
            rotation=np.ascontiguousarray(to_world),
            rate_dps=np.degrees(s[:, _RATE]).T,
            specific_force_mps2=(s[:, _ACC] + GRAVITY_MPS2 * s[:, _UP]).T,
        )


class _Ticks:
    """Evaluates tracks at the given times, by the motion's clock."""

    def __init__(self, t: Floats, clock: Track | None) -> None:
        self.size = t.size
        if clock is None:
            self.t, self.speed, self.gain = t, None, None
        else:
            self.t, self.speed, self.gain = clock(t)

    def of(self, track: Track) -> Triple:
        value, first, second = track(self.t)
        if self.speed is None or self.gain is None:
            return value, first, second
        return value, first * self.speed, second * self.speed**2 + first * self.gain


def _shift(s: Floats, link: Shift, ticks: _Ticks) -> None:
    d, dd, ddd = (np.zeros((3, ticks.size)) for _ in range(3))
    moving = False
    for axis, part in enumerate((link.x, link.y, link.z)):
        if isinstance(part, (int, float)):
            d[axis] = part
        else:
            d[axis], dd[axis], ddd[axis] = ticks.of(part)
            moving = True
    omega, alpha = s[:, _RATE], s[:, _TURN_ACC]
    swept = _cross(omega, d)
    s[:, _ACC] += _cross(alpha, d) + _cross(omega, swept + 2 * dd if moving else swept)
    if moving:
        s[:, _ACC] += ddd
    if s.shape[1] == _WHOLE:
        s[:, _VEL] += swept + dd
        s[:, _POS] += d


def _turn(s: Floats, link: Turn, ticks: _Ticks) -> None:
    i, j, k = link.axis, (link.axis + 1) % 3, (link.axis + 2) % 3
    fixed = isinstance(link.angle_deg, Constant)
    values = link.angle_deg(ticks.t[:1]) if fixed else ticks.of(link.angle_deg)
    angle, rate, acceleration = (np.radians(x) for x in values)
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = cosine * s[j] + sine * s[k]
    s[k] *= cosine
    s[k] -= sine * s[j]
    s[j] = turned
    if fixed:
        return
    # the frame itself turns: its components of the old rate change with it
    s[j, _TURN_ACC] += s[k, _RATE] * rate
    s[k, _TURN_ACC] -= s[j, _RATE] * rate
    s[i, _TURN_ACC] += acceleration
    s[i, _RATE] += rate


def fixed_turn(axis: int, angle_deg: float) -> Turn:
    """Return a turn by a constant angle."""
    return Turn(axis, Constant(angle_deg))
