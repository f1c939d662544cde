"""A script of what one foot does while it does not walk: moves, waits, taps, unrest."""

from __future__ import annotations

import numpy as np

from host_tools.generate.motion import Motion, Shift, Turn, X, Y, Z
from host_tools.generate.shape import BALL_M, DORSUM_M, HEEL_M
from host_tools.generate.tracks import (
    NOISE_RATE_PER_KNOT,
    Constant,
    Product,
    Scaled,
    Sum,
    Track,
    from_points,
    noise,
    switch,
)

CHANNELS = ("x", "y", "z", "yaw", "pitch", "roll", "pivot")


class Script:
    """Builds a foot's motion step by step; `t` is the time reached, in s.

    x, y, z: place of the ball of the flat foot, m; yaw, pitch (heel up), roll: deg; pivot: where
    along the sole the foot pitches about, m from the heel.
    """

    def __init__(self, rng: np.random.Generator, duration_s: float) -> None:
        self.rng, self.duration_s, self.t = rng, duration_s, 0.0
        start = dict.fromkeys(CHANNELS, 0.0) | {"pivot": BALL_M}
        self._knots = {key: [(-1.0, value, 0.0, 0.0)] for key, value in start.items()}
        self._unrest: dict[tuple[str, float], list[tuple[float, float, float]]] = {}

    @property
    def done(self) -> bool:
        """True when the script fills its duration."""
        return self.t >= self.duration_s

    def uniform(self, low: float, high: float) -> float:
        """Draw a number."""
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        """Return True in that share of the draws."""
        return bool(self.rng.random() < share)

    def now(self, key: str) -> float:
        """Return where a channel was last told to be."""
        return self._knots[key][-1][1]

    def wait(self, seconds: float) -> None:
        """Stay."""
        self.t += seconds

    def knot(self, t: float, rate: float = 0.0, gain: float = 0.0, **values: float) -> None:
        """Pass through values at `t`, with the given first and second derivative for all."""
        for key, value in values.items():
            self._knots[key].append((t, value, rate, gain))

    def move(self, seconds: float, **values: float) -> None:
        """Move smoothly from here to the given values, and come to rest there."""
        for key, value in values.items():
            self.knot(self.t, **{key: self.now(key)})
            self.knot(self.t + seconds, **{key: value})
        self.t += seconds

    def unrest(self, seconds: float, knot_s: float, **rms: float) -> None:
        """Wander for some seconds; `rms` is of the rate, in deg/s (or m/s for x, y, z)."""
        for key, rate in rms.items():
            spans = self._unrest.setdefault((key, knot_s), [])
            spans.append((self.t, self.t + seconds, rate * knot_s / NOISE_RATE_PER_KNOT))
        self.t += seconds

    def tap(self, angle_deg: float, up_s: float, hold_s: float, down_s: float) -> None:
        """Lift the heel (angle above 0) or the toes (below) and let them drop on the floor.

        The floor stops them within 20 ms, as it does a landing heel.
        """
        rest, stop_s = self.now("pitch"), 0.02
        pivot = BALL_M if angle_deg > 0 else HEEL_M
        if abs(self.now("pivot") - pivot) > 1e-6:
            self.move(0.12, pivot=pivot)
        drop_rate = -1.1 * angle_deg / down_s
        end = self.t + up_s + hold_s + down_s
        self.knot(self.t, pitch=rest)
        self.knot(self.t + up_s, pitch=rest + angle_deg)
        if hold_s > 0.02:
            self.knot(self.t + up_s + hold_s, pitch=rest + angle_deg)
        self.knot(end, drop_rate, pitch=rest - 0.4 * drop_rate * stop_s)
        self.knot(end + stop_s, pitch=rest)
        self.t = end + stop_s

    def motion(self) -> Motion:
        """Return the motion of the sensor on the dorsum, foot frame."""
        tracks = {key: self._channel(key) for key in CHANNELS}
        pivot = tracks["pivot"]
        # a foot that pitches rolls a little with it: the ankle's axis runs aslant
        roll = Sum(tracks["roll"], Scaled(tracks["pitch"], self.uniform(-0.2, 0.2)))
        return Motion(
            Shift(tracks["x"], tracks["y"], tracks["z"]),
            Turn(Z, tracks["yaw"]),
            Shift(Sum(pivot, Constant(-BALL_M))),
            Turn(Y, tracks["pitch"]),
            Turn(X, roll),
            Shift(Sum(Scaled(pivot, -1.0), Constant(DORSUM_M[0])), DORSUM_M[1], DORSUM_M[2]),
        )

    def _channel(self, key: str) -> Track:
        parts: list[Track] = [from_points(*zip(*self._knots[key], strict=True))]
        for (unrestful, knot_s), spans in self._unrest.items():
            if unrestful == key:
                parts.append(_wandering(self.rng, spans, knot_s))
        return Sum(*parts)


def _wandering(
    rng: np.random.Generator, spans: list[tuple[float, float, float]], knot_s: float
) -> Track:
    """One noise for all spans, let through by an envelope of each span's size."""
    spans = sorted(spans)
    begin, end = spans[0][0], max(b for _, b, _ in spans)
    return Product(
        switch(spans, max(0.1, 2 * knot_s)), noise(rng, end - begin + 1, knot_s, 1.0, begin - 0.5)
    )
