"""Smooth functions of time, each giving its value and its first two derivatives.

A motion is made of tracks; velocities, accelerations and turning rates follow from them exactly,
without differencing, so a motion can be sampled at any rate. All tracks hold their end values
outside their knots.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import BSpline, PchipInterpolator, PPoly

from host_tools.recordings import Floats

Triple = tuple[Floats, Floats, Floats]

# Sum of the squared quintic B-spline at its knots: the variance of a spline whose coefficients
# are independent with variance 1
_QUINTIC_VARIANCE = (1 + 26**2 + 66**2 + 26**2 + 1) / 120**2

# Of noise(): rms of its derivative, times its knot spacing, over its rms
NOISE_RATE_PER_KNOT = 0.98


class Track(Protocol):
    """Anything that maps times in s, shape (n,), to value, first and second derivative."""

    def __call__(self, t: Floats) -> Triple:
        """Evaluate at the times `t`."""


class Constant:
    """A value that does not change."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __call__(self, t: Floats) -> Triple:
        zero = np.zeros_like(t)
        return zero + self.value, zero, zero


class Polynomial:
    """A piecewise polynomial, held constant before its first and after its last knot."""

    def __init__(self, pieces: PPoly) -> None:
        self.pieces = (pieces, pieces.derivative(1), pieces.derivative(2))
        self.start, self.end = float(pieces.x[0]), float(pieces.x[-1])
        self._last: tuple[Floats, Triple] | None = None

    def __call__(self, t: Floats) -> Triple:
        # A phase drives many movements: the last answer is kept for the same array of times
        if self._last is None or self._last[0] is not t:
            value, first, second = self.pieces
            if t.size and self.start <= t.min() and t.max() <= self.end:
                answer = value(t), first(t), second(t)
            else:
                inside = (t >= self.start) & (t <= self.end)
                clipped = np.clip(t, self.start, self.end)
                answer = (
                    value(clipped),
                    np.where(inside, first(clipped), 0.0),
                    np.where(inside, second(clipped), 0.0),
                )
            self._last = t, answer
        return self._last[1]


def from_rate(t: ArrayLike, rate: ArrayLike, start: float = 0.0) -> Polynomial:
    """Integrate a rate given at knots; between two knots the rate is monotone.

    The rate is a shape-preserving cubic (Fritsch and Carlson 1980), so it takes its extremes at
    the knots only, and crosses a level exactly where a knot says so.
    """
    pieces = PchipInterpolator(np.asarray(t, float), np.asarray(rate, float)).antiderivative()
    pieces.c[-1] += start
    return Polynomial(pieces)


def rate_integrals(t: ArrayLike, rate: ArrayLike) -> Floats:
    """Integral of the same shape-preserving rate from the first knot to each knot, shape (n,)."""
    knots = np.asarray(t, float)
    integral: Floats = PchipInterpolator(knots, np.asarray(rate, float)).antiderivative()(knots)
    return integral


def from_points(
    t: ArrayLike, value: ArrayLike, first: ArrayLike = 0.0, second: ArrayLike = 0.0
) -> Polynomial:
    """Quintic through points with given first and second derivatives; twice differentiable.

    Between two points at rest it is the minimum-jerk movement (Flash and Hogan 1985). Of points at
    one time the first is taken.
    """
    x = np.asarray(t, float)
    once = np.concatenate([[True], np.diff(x) > 1e-9])
    p, v, a = (np.broadcast_to(np.asarray(y, float), x.shape)[once] for y in (value, first, second))
    x = x[once]
    if x.size == 1:
        return Polynomial(PPoly(np.full((1, 1), p[0]), [x[0], x[0] + 1.0]))
    h = np.diff(x)
    v0, v1 = v[:-1] * h, v[1:] * h
    a0, a1 = a[:-1] * h**2, a[1:] * h**2
    d = np.diff(p)
    u = (
        6 * d - 3 * (v0 + v1) + (a1 - a0) / 2,
        -15 * d + 8 * v0 + 7 * v1 + 1.5 * a0 - a1,
        10 * d - 6 * v0 - 4 * v1 - 1.5 * a0 + a1 / 2,
        a0 / 2,
        v0,
        p[:-1],
    )
    return Polynomial(PPoly(np.array([c / h ** (5 - k) for k, c in enumerate(u)]), x))


def switch(spans: Sequence[tuple[float, float, float]], ramp_s: float) -> Polynomial:
    """`level` inside each (start, end, level) span, 0 outside, with smooth ramps inside the span.

    Spans come in order of time; one that begins before the last one's end begins there instead. A
    span shorter than two ramps has shorter ramps.
    """
    t, value = [-1e3], [0.0]
    for given, end, level in spans:
        start = max(given, t[-1])
        if end - start < 1e-3:
            continue
        edge = min(ramp_s, (end - start) / 2.2)
        t += [start, start + edge, end - edge, end]
        value += [0.0, level, level, 0.0]
    return from_points(t, value)


def noise(
    rng: np.random.Generator, duration_s: float, knot_s: float, rms: float, start_s: float = 0.0
) -> Polynomial:
    """Smooth random wandering: a quintic spline with independent coefficients `knot_s` apart.

    `rms` is that of the value; its power lies below about 0.3 / knot_s Hz.
    """
    count = int(np.ceil(duration_s / knot_s)) + 7
    knots = start_s + (np.arange(count + 6) - 5.5) * knot_s
    coefficients = rng.normal(0.0, rms / np.sqrt(_QUINTIC_VARIANCE), count)
    pieces = PPoly.from_spline(BSpline(knots, coefficients, 5))
    return Polynomial(PPoly(pieces.c[:, 5:-5], pieces.x[5:-5]))


class Sine:
    """amplitude * sin(2 pi frequency t + phase)."""

    def __init__(self, amplitude: float, frequency_hz: float, phase_rad: float = 0.0) -> None:
        self.amplitude, self.omega, self.phase = amplitude, 2 * np.pi * frequency_hz, phase_rad

    def __call__(self, t: Floats) -> Triple:
        angle = self.omega * t + self.phase
        sine, cosine = self.amplitude * np.sin(angle), self.amplitude * np.cos(angle)
        return sine, self.omega * cosine, -(self.omega**2) * sine


class Periodic:
    """amplitude * sin(k * angle(t) + phase), with the angle itself a track in radians."""

    def __init__(self, angle: Track, amplitude: float, k: float = 1.0, phase: float = 0.0) -> None:
        self.angle, self.amplitude, self.k, self.phase = angle, amplitude, k, phase

    def __call__(self, t: Floats) -> Triple:
        q, dq, ddq = self.angle(t)
        sine = self.amplitude * np.sin(self.k * q + self.phase)
        cosine = self.amplitude * np.cos(self.k * q + self.phase)
        return sine, self.k * dq * cosine, self.k * ddq * cosine - (self.k * dq) ** 2 * sine


class Sum:
    """The sum of tracks."""

    def __init__(self, *parts: Track) -> None:
        self.parts = parts

    def __call__(self, t: Floats) -> Triple:
        value, first, second = (np.array(x) for x in self.parts[0](t))
        for part in self.parts[1:]:
            v, d, dd = part(t)
            value += v
            first += d
            second += dd
        return value, first, second


class Product:
    """The product of two tracks (an envelope and what it lets through)."""

    def __init__(self, a: Track, b: Track) -> None:
        self.a, self.b = a, b

    def __call__(self, t: Floats) -> Triple:
        a, da, dda = self.a(t)
        b, db, ddb = self.b(t)
        return a * b, da * b + a * db, dda * b + 2 * da * db + a * ddb


class Scaled:
    """A track times a constant."""

    def __init__(self, track: Track, factor: float) -> None:
        self.track, self.factor = track, factor

    def __call__(self, t: Floats) -> Triple:
        value, first, second = self.track(t)
        return self.factor * value, self.factor * first, self.factor * second
