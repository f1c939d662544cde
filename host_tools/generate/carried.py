"""The device off the foot: in a bag, a hand or a pocket of who walks, shaken, dropped, on a table.

A walking trunk bounces by 3-5 cm at step rate and sways and turns at stride rate (Pozzo et al.
1990, Exp Brain Res 82:97; Zijlstra and Hof 2003, Gait Posture 18:1); arms swing by 15-35 degrees
(Meyns et al. 2013, Gait Posture 38:555); thighs go to and fro through some 40 degrees (Winter 1991,
The Biomechanics and Motor Control of Human Gait).
"""

from __future__ import annotations

import numpy as np

from host_tools.generate.motion import (
    Link,
    Motion,
    Shift,
    Turn,
    X,
    Y,
    Z,
    fixed_turn,
)
from host_tools.generate.tracks import (
    Constant,
    Periodic,
    Product,
    Scaled,
    Sine,
    Sum,
    Track,
    from_points,
    from_rate,
    noise,
    switch,
)
from host_tools.recordings import GRAVITY_MPS2


def bag(rng: np.random.Generator, duration_s: float) -> Motion:
    """Ride in a bag that its carrier walks with: it bounces, swings, bumps into the hip."""
    going, phase, trunk = _carrier(rng, duration_s)
    swing = float(rng.uniform(2, 14))
    bump = float(rng.uniform(0.1, 0.6))
    return trunk.then(
        Shift(0.0, float(rng.uniform(-0.3, 0.3)), float(rng.uniform(-0.4, 0.3))),
        Turn(Y, Product(going, _beat(rng, phase, swing, (1, 2, 3)))),
        Turn(X, Product(going, _beat(rng, phase, 0.6 * swing, (1, 2, 4)))),
        Turn(Z, Product(going, _beat(rng, phase, 0.5 * swing, (1, 2)))),
        Shift(
            Product(going, _beat(rng, phase, 0.004 * bump, (4, 6, 8))),
            Product(going, _beat(rng, phase, 0.004 * bump, (4, 6))),
            Sum(Constant(-0.3), Product(going, _beat(rng, phase, 0.006 * bump, (4, 6, 8)))),
        ),
        *_tumbled(rng),
        Turn(Y, noise(rng, duration_s + 1, 5.0, float(rng.uniform(1, 10)))),
        Turn(X, noise(rng, duration_s + 1, 5.0, float(rng.uniform(1, 10)))),
    )


def hand(rng: np.random.Generator, duration_s: float) -> Motion:
    """Be carried in a swinging hand, and looked at when its owner stands."""
    going, phase, trunk = _carrier(rng, duration_s)
    arm = float(rng.uniform(8, 32))
    idle = Sum(Constant(1.0), Scaled(going, -1.0))
    return trunk.then(
        Shift(0.0, float(rng.choice([-0.2, 0.2])), 0.4),
        Turn(Y, Product(going, _beat(rng, phase, arm, (1, 2, 3), fade=2.5))),
        Shift(0.0, 0.0, -0.3),
        Turn(Y, Sum(Constant(float(rng.uniform(-80, -5))), noise(rng, duration_s + 1, 1.5, 6.0))),
        Shift(0.0, 0.0, -0.27),
        *(
            Turn(
                axis,
                Sum(
                    noise(rng, duration_s + 1, 0.5, float(rng.uniform(1, 4))),
                    Product(idle, noise(rng, duration_s + 1, 0.6, float(rng.uniform(5, 40)))),
                ),
            )
            for axis in (X, Y, Z)
        ),
        *_tumbled(rng),
    )


def pocket(rng: np.random.Generator, duration_s: float) -> Motion:
    """Be carried in a trouser pocket: the thigh swings as the shoe would."""
    going, phase, trunk = _carrier(rng, duration_s)
    thigh = float(rng.uniform(14, 26))
    swing = Sum(
        Periodic(phase, thigh),
        Periodic(phase, thigh * float(rng.uniform(0.1, 0.35)), 2.0, float(rng.uniform(0, 6.3))),
        Periodic(phase, thigh * 0.1, 3.0, float(rng.uniform(0, 6.3))),
    )
    return trunk.then(
        Shift(0.0, float(rng.choice([-0.12, 0.12])), -0.05),
        Turn(Y, Sum(Constant(float(rng.uniform(0, 10))), Product(going, swing))),
        Shift(float(rng.uniform(0, 0.08)), 0.0, float(rng.uniform(-0.4, -0.1))),
        Turn(X, Product(going, _beat(rng, phase, float(rng.uniform(1, 6)), (1, 2, 4)))),
        Turn(Z, Product(going, _beat(rng, phase, float(rng.uniform(1, 8)), (1, 2, 4)))),
        Shift(Product(going, _beat(rng, phase, float(rng.uniform(0.0003, 0.003)), (4, 6, 8)))),
        *_tumbled(rng),
    )


def shaking(rng: np.random.Generator, duration_s: float) -> Motion:
    """Be shaken by hand, to and fro and about every axis, with pauses."""
    spans, reached = [], float(rng.uniform(0.5, 3))
    t, rate = [-1.0, 0.0], [0.0, 0.0]
    while reached < duration_s:
        length, speed = float(rng.uniform(0.6, 8)), 2 * np.pi * float(rng.uniform(1.2, 6.0))
        spans.append((reached, reached + length, float(rng.uniform(0.2, 1.0)) * 9 / speed))
        t += [reached, reached + 0.2, reached + length - 0.2, reached + length]
        rate += [0.0, speed, speed * float(rng.uniform(0.85, 1.15)), 0.0]
        reached += length + float(rng.uniform(0.3, 6))
    phase, size = from_rate(t, rate), switch(spans, 0.3)
    links: list[Link] = []
    for axis in rng.permutation(3):
        angle = _beat(rng, phase, float(rng.uniform(5, 70)), (1, 2))
        links += [
            Shift(0.0, 0.0, float(rng.uniform(0.05, 0.35))),
            Turn(int(axis), Sum(Product(size, angle), noise(rng, duration_s + 1, 0.8, 4.0))),
        ]
    to_and_fro = Product(size, _beat(rng, phase, float(rng.uniform(0.01, 0.12)), (1,)))
    return Motion(*_tumbled(rng), Shift(to_and_fro), *links, *_tumbled(rng))


def dropping(rng: np.random.Generator, duration_s: float) -> Motion:
    """Be picked up, fall, hit the floor, bounce, tumble, lie; again and again."""
    height: list[tuple[float, float, float, float]] = [(-1.0, 0.0, 0.0, 0.0)]
    turn: dict[int, list[tuple[float, float, float]]] = {a: [(-1.0, 0.0, 0.0)] for a in (X, Y, Z)}
    t = float(rng.uniform(1, 4))
    while t < duration_s:
        top, lifting = float(rng.uniform(0.3, 1.3)), float(rng.uniform(0.5, 1.5))
        height.append((t, 0.0, 0.0, 0.0))
        _twist(turn, t, t + lifting, rng.uniform(-90, 90, 3))
        t += lifting
        height.append((t, top, 0.0, 0.0))
        t += float(rng.uniform(0.5, 5))
        height.append((t, top, 0.0, 0.0))
        release = 0.03  # the fingers let go
        speed = -0.35 * GRAVITY_MPS2 * release
        z = top + 0.25 * speed * release
        t += release
        height.append((t, z, speed, -GRAVITY_MPS2))
        spin = rng.normal(0, 180, 3)
        while True:  # fall, hit, and with what is left bounce
            down = np.sqrt(speed**2 + 2 * GRAVITY_MPS2 * z)
            fall = (speed + down) / GRAVITY_MPS2
            _spin(turn, t, t + fall, spin)
            t += fall
            height.append((t, 0.0, -down, -GRAVITY_MPS2))
            speed, hit = float(rng.uniform(0.15, 0.45)) * float(down), 0.006
            t += hit
            if speed < 0.25:
                height.append((t + 0.02, 0.0, 0.0, 0.0))
                t += 0.02
                break
            height.append((t, 0.0, speed, -GRAVITY_MPS2))
            z, spin = 0.0, rng.normal(0, 400, 3)
        _twist(turn, t, t + 0.12, rng.uniform(-15, 15, 3))
        t += float(rng.uniform(1.5, 8))
    links = [Turn(axis, from_points(*zip(*turn[axis], strict=True))) for axis in (X, Y, Z)]
    return Motion(Shift(z=from_points(*zip(*height, strict=True))), *links, *_tumbled(rng))


def table(rng: np.random.Generator, duration_s: float) -> Motion:
    """Lie on a table that is knocked, typed at, and now and then be pushed or turned over."""
    t, angle = [-1.0, 0.0], [0.0, 0.0]
    knocks, reached = [], 0.0
    while reached < duration_s:
        reached += float(rng.exponential(20)) + 2
        if rng.random() < 0.25:
            turn = float(rng.choice([rng.uniform(-20, 20), 90.0, 180.0]))
            t += [reached, reached + float(rng.uniform(0.5, 1.5))]
            angle += [angle[-1], angle[-1] + turn]
            reached = t[-1]
        else:
            knocks.append(
                (reached, reached + float(rng.uniform(0.05, 3)), float(rng.uniform(0, 1)))
            )
    shake = Product(switch(knocks, 0.02), noise(rng, duration_s + 1, 0.02, 0.0002))
    hum = Sine(2e-7, float(rng.uniform(20, 60)))
    return Motion(
        fixed_turn(X, float(rng.choice([0.0, 180.0, rng.uniform(-180, 180)]))),
        Shift(z=Sum(shake, hum)),
        Turn(int(rng.integers(3)), from_points(t, angle)),
        *_tumbled(rng),
    )


def _carrier(rng: np.random.Generator, duration_s: float) -> tuple[Track, Track, Motion]:
    """Someone walks with pauses: how much (0-1), the phase of the stride in rad, the trunk."""
    t, rate, spans = [-1.0, 0.0], [0.0, 0.0], []
    reached = float(rng.uniform(0.5, 4))
    base = 2 * np.pi / float(rng.uniform(0.95, 1.35))
    while reached < duration_s:
        end = reached + float(rng.exponential(40)) + 3
        steps = np.arange(reached + 0.6, end - 0.5, 1.2)
        t += [reached, *steps, end]
        rate += [0.0, *(base * np.exp(0.03 * rng.normal(size=steps.size))), 0.0]
        spans.append((reached, end, 1.0))
        reached = end + float(rng.exponential(8)) + 1
    phase, going = from_rate(t, rate), switch(spans, 0.7)
    speed = float(rng.uniform(0.8, 1.6)) / base
    ahead = from_rate(t, np.array(rate) * speed)
    rise = float(rng.uniform(0.012, 0.028))
    return (
        going,
        phase,
        Motion(
            Turn(Z, noise(rng, duration_s + 1, 6.0, 40.0)),
            Shift(
                ahead,
                Product(going, Periodic(phase, 0.02, 1.0, 0.5)),
                Product(going, _beat(rng, phase, rise, (2, 4, 6, 8), fade=2.0)),
            ),
            Turn(Z, Product(going, Periodic(phase, float(rng.uniform(3, 9)), 1.0, 1.2))),
            Turn(X, Product(going, Periodic(phase, float(rng.uniform(1, 4)), 1.0, 0.4))),
            Turn(
                Y,
                Sum(noise(rng, duration_s + 1, 0.8, 1.0), Product(going, Periodic(phase, 1.5, 2))),
            ),
        ),
    )


def _beat(
    rng: np.random.Generator,
    phase: Track,
    amplitude: float,
    harmonics: tuple[int, ...],
    fade: float = 1.3,
) -> Track:
    """A repeating movement in step with `phase`: harmonics with random phases, each weaker."""
    return Sum(
        *(
            Periodic(phase, amplitude / (1 + k) ** fade, h, float(rng.uniform(0, 2 * np.pi)))
            for k, h in enumerate(harmonics)
        )
    )


def _tumbled(rng: np.random.Generator) -> list[Link]:
    """Any orientation."""
    return [fixed_turn(axis, float(rng.uniform(-180, 180))) for axis in (X, Y, X)]


def _twist(
    turn: dict[int, list[tuple[float, float, float]]],
    start: float,
    end: float,
    by_deg: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> None:
    """Turn by some degrees about each axis, at rest before and after."""
    for axis, change in enumerate(by_deg):
        angle = turn[axis][-1][1]
        turn[axis] += [(start, angle, 0.0), (end, angle + float(change), 0.0)]


def _spin(
    turn: dict[int, list[tuple[float, float, float]]],
    start: float,
    end: float,
    rate_dps: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> None:
    """Turn freely from `start` to `end`."""
    for axis, rate in enumerate(float(r) for r in rate_dps):
        edge = min(0.02, 0.2 * (end - start))
        angle = turn[axis][-1][1]
        first = angle + 0.5 * rate * edge
        last = first + rate * (end - start - edge)
        turn[axis] += [(start, angle, 0.0), (start + edge, first, rate), (end, last, rate)]
        turn[axis].append((end + 0.006, last + 0.003 * rate, 0.0))
