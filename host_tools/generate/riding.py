"""Being moved: car, bus, lift, bicycle.

Vehicle accelerations of 0.5-3 m/s2 and body vibration of 0.1-1 m/s2 between 1 and 20 Hz after
Griffin 1990 (Handbook of Human Vibration); lifts at 0.6-2.5 m/s and about 1 m/s2. Cycling: 60-100
turns of the crank per minute, the foot pitching by 10-22 degrees to each side of its mean (the
ankle alone moves through 27 degrees: BMC Musculoskelet Disord 2021, 22:1044), crank 170 mm.
"""

from __future__ import annotations

import numpy as np

from host_tools.generate.motion import Motion, Shift, Turn, X, Y, Z, fixed_turn
from host_tools.generate.script import Script
from host_tools.generate.tracks import (
    Constant,
    Periodic,
    Polynomial,
    Product,
    Sine,
    Sum,
    Track,
    from_points,
    from_rate,
    noise,
    switch,
)
from host_tools.recordings import Floats

CRANK_M = 0.17


def car(rng: np.random.Generator, duration_s: float) -> Motion:
    """Ride in a car as a passenger; the feet rest on the floor and move now and then."""
    return car_body(rng, duration_s).then(*_resting_foot(rng, duration_s).links)


def bus(rng: np.random.Generator, duration_s: float) -> Motion:
    """Ride in a bus, seated or standing and holding on: more stops, more sway, more bumps."""
    body = _vehicle(rng, duration_s, top_mps=14.0, stop_s=25.0, road=1.6, sway_deg=1.5, brisk=1.2)
    return body.then(*_resting_foot(rng, duration_s, balance=rng.uniform(0.5, 8)).links)


def car_body(rng: np.random.Generator, duration_s: float) -> Motion:
    """Motion of a car's floor."""
    top = float(rng.uniform(10, 33))
    return _vehicle(rng, duration_s, top, stop_s=60.0, road=rng.uniform(0.5, 1.3), sway_deg=0.8)


def lift(rng: np.random.Generator, duration_s: float) -> Motion:
    """Stand in a lift that goes up and down and stops; doors, small steps aside are left out."""
    t, rate = [-1.0, 0.0], [0.0, 0.0]
    reached = float(rng.uniform(1, 5))
    while reached < duration_s:
        top, gain = rng.uniform(0.6, 2.5), rng.uniform(0.6, 1.3)
        ramp = top / gain * 1.5
        cruise = float(rng.uniform(1.0, 12.0))
        way = float(rng.choice([-1, 1])) * top
        t += [reached, reached + ramp, reached + ramp + cruise, reached + 2 * ramp + cruise]
        rate += [0.0, way, way, 0.0]
        reached = t[-1] + float(rng.uniform(3, 15))
        if rng.random() < 0.3:  # the car levels out with a bump
            t.append(t[-1] + 0.4)
            rate.append(0.0)
    z = Sum(from_rate(t, rate), Sine(8e-6, float(rng.uniform(8, 25))))
    stand = Script(rng, duration_s)
    while not stand.done:
        size = stand.uniform(0.4, 2.5)
        stand.unrest(stand.uniform(2, 10), 0.25, pitch=size, roll=size)
        if stand.chance(0.25):
            stand.move(
                stand.uniform(0.4, 1.0), roll=stand.uniform(-3, 3), pitch=stand.uniform(0, 3)
            )
    return Motion(Shift(z=z)).then(*stand.motion().links)


def cycling(rng: np.random.Generator, duration_s: float) -> Motion:
    """Cycle: the crank turns, coasts and stands; the foot follows the pedal."""
    spans, crank = _pedalling(rng, duration_s)
    pedalling = switch([(a, b, 1.0) for a, b in spans], 0.8)
    radius = CRANK_M
    mean, tilt = float(rng.uniform(-5, 18)), float(rng.uniform(10, 22))
    lag = float(rng.uniform(-0.5, 0.9))
    pitch = Sum(
        Constant(mean),
        Periodic(crank, tilt, 1.0, lag),
        Periodic(crank, tilt * float(rng.uniform(0, 0.25)), 2.0, float(rng.uniform(0, 6))),
        Product(pedalling, noise(rng, duration_s + 1, 0.5, float(rng.uniform(0.5, 3)))),
        noise(rng, duration_s + 1, 2.0, 1.5),
    )
    knee = float(rng.uniform(1, 5))
    return Motion(
        Shift(*_road(rng, duration_s, float(rng.uniform(0.5, 2.0)))),
        Turn(Z, noise(rng, duration_s + 1, 4.0, 25.0)),
        Turn(X, Sum(noise(rng, duration_s + 1, 1.0, 3.0), Periodic(crank, 1.5))),
        Shift(Periodic(crank, radius), float(rng.uniform(0.08, 0.14)),
              Periodic(crank, radius, 1.0, np.pi / 2)),
        Turn(Z, Sum(Constant(float(rng.uniform(-12, 12))), Periodic(crank, knee, 1.0, 1.0))),
        Turn(X, Periodic(crank, knee, 1.0, 2.0)),
        Turn(Y, pitch),
        Shift(float(rng.uniform(-0.06, 0.0)), 0.01, 0.075),
    )  # fmt: skip


def cross_trainer(rng: np.random.Generator, duration_s: float) -> Motion:
    """Train on an elliptical trainer: the foot stays on a plate that goes round."""
    _, crank = _pedalling(rng, duration_s)
    pitch = Sum(
        Constant(float(rng.uniform(-3, 10))),
        Periodic(crank, float(rng.uniform(6, 22)), 1.0, float(rng.uniform(-1, 1.5))),
        noise(rng, duration_s + 1, 1.0, 1.0),
    )
    return Motion(
        Shift(Periodic(crank, float(rng.uniform(0.18, 0.27))), 0.1,
              Periodic(crank, float(rng.uniform(0.05, 0.12)), 1.0, np.pi / 2)),
        Turn(Y, pitch),
        Turn(X, noise(rng, duration_s + 1, 1.0, 1.5)),
        Shift(-0.03, 0.0, 0.07),
    )  # fmt: skip


def _pedalling(
    rng: np.random.Generator, duration_s: float
) -> tuple[list[tuple[float, float]], Track]:
    """Return spans of pedalling, and the crank's angle in radians."""
    t, rate, spans = [-1.0, 0.0], [0.0, 0.0], []
    reached = float(rng.uniform(0.5, 3))
    base = float(rng.uniform(25, 98))  # uphill, or at leisure, to swift
    while reached < duration_s:
        length = float(rng.exponential(45)) + 4
        speed = np.clip(base * np.exp(0.1 * rng.normal()), 20, 110) / 60 * 2 * np.pi
        end = reached + length
        steps = np.arange(reached + 2.0, end - 1.0, 1.5)
        t += [reached, *steps, end]
        rate += [0.0, *(speed * np.exp(0.04 * rng.normal(size=steps.size))), 0.0]
        spans.append((reached, end))
        reached = end + float(rng.exponential(6)) + 0.5
        if rng.random() < 0.3:  # the crank turned back to a good place for starting
            t += [end + 0.2, end + 0.35, end + 0.5]
            rate += [0.0, -float(rng.uniform(1, 5)), 0.0]
            reached = max(reached, end + 0.6)
    angle = from_rate(t, rate, float(rng.uniform(0, 2 * np.pi)))
    # the legs push unevenly over a turn
    return spans, Sum(angle, Periodic(angle, 0.06, 2.0, 0.7))


def _road(rng: np.random.Generator, duration_s: float, size: float) -> tuple[Track, Track, Track]:
    """Vibration of a floor on wheels (x, y, z in m): sway, road, engine, and bumps."""
    bumps: list[tuple[float, float, float]] = []
    reached = 0.0
    while reached < duration_s:
        reached += float(rng.exponential(12)) + 1.0
        bumps.append((reached, reached + float(rng.uniform(0.15, 0.5)), float(rng.uniform(1, 5))))
    rough = switch(bumps, 0.05)
    engine = float(rng.uniform(18, 45))

    def axis(share: float) -> Track:
        # rms acceleration of `noise` is about 2 rms / knot**2
        shake = noise(rng, duration_s + 1, 0.035, 0.18 * size * share * 0.035**2)
        slow = noise(rng, duration_s + 1, 0.25, 0.15 * size * share * 0.25**2)
        bump = noise(rng, duration_s + 1, 0.05, 0.2 * size * share * 0.05**2)
        hum = Sine(share * float(rng.uniform(0.02, 0.2)) / (2 * np.pi * engine) ** 2, engine)
        return Sum(shake, slow, hum, Product(rough, bump))

    return axis(0.5), axis(0.5), axis(1.0)


def _speed(
    rng: np.random.Generator, duration_s: float, top_mps: float, stop_s: float, brisk: float
) -> Polynomial:
    t, speed = [-1.0, 0.0], [0.0, 0.0]
    reached = float(rng.uniform(1, 8))
    while reached < duration_s:
        cruise = top_mps * float(rng.uniform(0.4, 1.0))
        up = cruise / (brisk * float(rng.uniform(0.8, 2.2)))
        down = cruise / (brisk * float(rng.uniform(0.9, 3.0)))
        hold = float(rng.exponential(stop_s)) + 3
        t += [reached, reached + up]
        speed += [0.0, cruise]
        steps = np.arange(reached + up + 4, reached + up + hold, 6.0)
        t += list(steps)
        speed += list(cruise * rng.uniform(0.75, 1.1, steps.size))
        t += [reached + up + hold + 3, reached + up + hold + 3 + down]
        speed += [cruise, 0.0]
        reached = t[-1] + float(rng.exponential(8)) + 1.5
        t.append(reached - 0.5)
        speed.append(0.0)
    return from_rate(t, speed)


def _vehicle(
    rng: np.random.Generator,
    duration_s: float,
    top_mps: float,
    stop_s: float,
    road: float,
    sway_deg: float,
    brisk: float = 1.0,
) -> Motion:
    """Motion of a vehicle's floor: along, turns, sway on its springs, road."""
    x, y, z = _road(rng, duration_s, road)
    turns: Floats = np.cumsum(rng.normal(0, 1, int(duration_s / 12) + 3) * 30)
    return Motion(
        Turn(Z, from_points(np.arange(turns.size) * 12.0, turns)),
        Shift(_speed(rng, duration_s, top_mps, stop_s, brisk)),
        Shift(x, y, z),
        Turn(Y, noise(rng, duration_s + 1, 0.45, sway_deg * 0.5)),
        Turn(X, noise(rng, duration_s + 1, 0.45, sway_deg * 0.6)),
    )


def _resting_foot(rng: np.random.Generator, duration_s: float, balance: float = 0.5) -> Motion:
    script = Script(rng, duration_s)
    tilt = script.uniform(-20, 20)
    script.move(1.0, pitch=tilt)
    while not script.done:
        script.unrest(script.uniform(2, 25), 0.25, pitch=balance, roll=balance, yaw=0.4 * balance)
        if script.chance(0.4):
            script.move(
                script.uniform(0.3, 1.0),
                pitch=script.uniform(-20, 20),
                roll=script.uniform(-8, 8),
                yaw=script.uniform(-20, 20),
                x=script.uniform(-0.15, 0.15),
            )
    return Motion(fixed_turn(Z, float(rng.uniform(-180, 180)))).then(*script.motion().links)
